#include "tests/unit/net/toy.h"

#include "base/number.h"
#include "net/connections.h"
#include "net/reader.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX_LINE = 200, FLOOD_PIECE = 30000 };

enum toy_state { TOY_LINE, TOY_LITERAL, TOY_TAIL, TOY_DATA, TOY_FLOOD };

struct toy {
	unsigned threads;
	struct loop **loops;
	GThread **thread_handles;
	pthread_mutex_t lock;
	GPtrArray *sessions;
	struct toy_facts facts;
	struct tls_server *tls;
};

struct session {
	struct toy *toy;
	struct stream *stream;
	struct reader *reader;
	enum toy_state state;
	uint64_t size;
	struct spool *spool;
	bool show;
	uint64_t flood_left, flood_at;
	bool slow, gone;
	bool held; /* by PAUSE */
};

void toy_pattern(uint8_t *data, size_t offset, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)((offset + i) * 7 + ((offset + i) >> 8) * 13 + ((offset + i) >> 16));
}

uint32_t toy_crc(const void *data, size_t len)
{
	return (uint32_t)crc32_z(0, data, len);
}

static uint32_t spool_crc(struct spool *spool)
{
	uint32_t crc = 0;
	uint8_t data[8192];
	uint64_t at = 0;
	ssize_t len;

	while ((len = spool_read(spool, at, data, sizeof data)) > 0) {
		crc = (uint32_t)crc32_z(crc, data, (size_t)len);
		at += (uint64_t)len;
	}
	return crc;
}

G_GNUC_PRINTF(2, 3)
static void say(struct session *session, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	stream_write(session->stream, text, strlen(text));
	stream_write(session->stream, "\r\n", 2);
}

static void session_free(struct session *session)
{
	pthread_mutex_lock(&session->toy->lock);
	g_ptr_array_remove_fast(session->toy->sessions, session);
	pthread_mutex_unlock(&session->toy->lock);
	reader_destroy(&session->reader);
	stream_destroy(&session->stream);
	spool_destroy(&session->spool);
	g_free(session);
}

static void flood(struct session *session)
{
	uint8_t piece[FLOOD_PIECE];

	while (session->flood_left > 0 && !stream_above_high_water(session->stream)) {
		size_t len = MIN(session->flood_left, sizeof piece);
		g_autoptr(GBytes) bytes = NULL;

		toy_pattern(piece, session->flood_at, len);
		bytes = g_bytes_new(piece, len);
		if (session->flood_at / FLOOD_PIECE % 2 == 0)
			stream_write_bytes(session->stream, bytes);
		else
			stream_write(session->stream, piece, len);
		session->flood_at += len;
		session->flood_left -= len;
	}
	pthread_mutex_lock(&session->toy->lock);
	session->toy->facts.most_queued = MAX(session->toy->facts.most_queued,
					      stream_queued(session->stream));
	pthread_mutex_unlock(&session->toy->lock);
	if (session->flood_left > 0)
		return;
	session->state = TOY_LINE;
	say(session, "got");
}

static void get(struct session *session, uint64_t size)
{
	g_autofree uint8_t *data = g_malloc(size + 1);

	toy_pattern(data, 0, size);
	stream_write(session->stream, data, size);
	say(session, "got");
}

static void slow_done(void *arg)
{
	struct session *session = arg;

	session->slow = false;
	if (session->gone) {
		session_free(session);
		return;
	}
	say(session, "slow");
	stream_resume(session->stream);
}

static void bind_channel(struct session *session, const char *type)
{
	g_autoptr(GBytes) data = NULL;
	g_autoptr(GString) hex = g_string_new("bind ");

	if (!stream_channel_binding(session->stream, type, &data)) {
		say(session, "bind none");
		return;
	}
	for (size_t i = 0; i < g_bytes_get_size(data); i++)
		g_string_append_printf(hex, "%02x", ((const uint8_t *)g_bytes_get_data(data, NULL))[i]);
	say(session, "%s", hex->str);
}

static bool take_number(const char *line, const char *word, uint64_t *value_out)
{
	return g_str_has_prefix(line, word) &&
	       number_parse(slice_from_string(line + strlen(word)), 0, UINT64_MAX, value_out);
}

/* Words that concern the connection itself.  False: not one of them. */
static bool connection_command(struct session *session, const char *line)
{
	struct stream *stream = session->stream;

	if (strcmp(line, "STARTTLS") == 0) {
		say(session, "go");
		stream_start_tls(stream, stream_can_start_tls(stream) ? NULL : session->toy->tls);
	} else if (strcmp(line, "DEFLATE") == 0) {
		say(session, "go");
		stream_start_deflate(stream);
	} else if (strcmp(line, "PAUSE") == 0) {
		session->held = true;
		stream_pause(stream);
	} else if (strcmp(line, "SLOW") == 0) {
		session->slow = true;
		stream_pause(stream);
		loop_post(stream_loop(stream), slow_done, session);
	} else if (strcmp(line, "WHO") == 0) {
		stream_set_user(stream, "alice@example.test");
		say(session, "who %s %s", stream_security(stream),
		    stream_client_identity(stream) != NULL ? stream_client_identity(stream) : "-");
	} else if (g_str_has_prefix(line, "BIND ")) {
		bind_channel(session, line + 5);
	} else if (strcmp(line, "QUIT") == 0) {
		say(session, "bye");
		stream_close(stream);
	} else {
		return false;
	}
	return true;
}

/* False: the session is no more. */
static bool command(struct session *session, const char *line)
{
	uint64_t number;

	if (strcmp(line, "DESTROY") == 0) {
		session_free(session);
		return false;
	}
	if (connection_command(session, line))
		return true;
	if (g_str_has_prefix(line, "LINE ")) {
		say(session, "line %zu %s", strlen(line + 5), line + 5);
	} else if (take_number(line, "LIT ", &session->size)) {
		session->spool = spool_create(1 << 20, NULL);
		session->state = TOY_LITERAL;
	} else if (strcmp(line, "SHOW") == 0 || take_number(line, "DATA ", &session->size)) {
		session->show = strcmp(line, "SHOW") == 0;
		session->size = session->show ? UINT64_MAX : session->size;
		session->spool = spool_create(1 << 20, NULL);
		session->state = TOY_DATA;
	} else if (take_number(line, "GET ", &number)) {
		get(session, number);
	} else if (take_number(line, "FLOOD ", &session->flood_left)) {
		session->flood_at = 0;
		session->state = TOY_FLOOD;
		flood(session);
	} else if (take_number(line, "LIMIT ", &number)) {
		stream_set_input_limit(session->stream, number);
		say(session, "limit");
	} else if (take_number(line, "TIMEOUT ", &number)) {
		stream_set_timeout(session->stream, number);
		say(session, "timeout");
	} else {
		say(session, "bad");
	}
	return true;
}

static enum reader_result read_line(struct session *session, char **line_out)
{
	struct slice line;
	enum reader_result result = reader_line(session->reader, &line, NULL);

	if (result == READER_DONE)
		*line_out = slice_dup(line);
	return result;
}

static void say_data(struct session *session, enum reader_result result)
{
	const char *word = result == READER_TOO_LONG ? "long" : "done";
	struct slice whole;

	if (session->show && spool_in_memory(session->spool, &whole)) {
		g_autofree char *text = slice_dup(whole), *escaped = g_strescape(text, NULL);

		say(session, "data %s %s", word, escaped);
	} else {
		say(session, "data %s %" G_GUINT64_FORMAT " %08x", word, spool_size(session->spool),
		    spool_crc(session->spool));
	}
	spool_destroy(&session->spool);
}

/* One step of what is being read; false when more must come first. */
static bool step(struct session *session)
{
	g_autofree char *line = NULL;
	enum reader_result result;

	switch (session->state) {
	case TOY_LITERAL:
		if (reader_literal(session->reader, session->size, session->spool) == READER_MORE)
			return false;
		session->state = TOY_TAIL;
		return true;
	case TOY_TAIL:
		if (read_line(session, &line) != READER_DONE)
			return false;
		say(session, "literal %" G_GUINT64_FORMAT " %08x %s", spool_size(session->spool),
		    spool_crc(session->spool), line);
		spool_destroy(&session->spool);
		session->state = TOY_LINE;
		return true;
	case TOY_DATA:
		result = reader_dot_data(session->reader, session->size, session->spool);
		if (result == READER_MORE)
			return false;
		say_data(session, result);
		session->state = TOY_LINE;
		return true;
	case TOY_FLOOD:
		return false;
	default:
		result = read_line(session, &line);
		if (result == READER_TOO_LONG)
			say(session, "too long");
		return result == READER_TOO_LONG || (result == READER_DONE && command(session, line));
	}
}

static void toy_input(void *owner)
{
	struct session *session = owner;
	struct toy *toy = session->toy;

	pthread_mutex_lock(&toy->lock);
	toy->facts.most_input = MAX(toy->facts.most_input, stream_peek(session->stream).len);
	pthread_mutex_unlock(&toy->lock);
	/* While it is slow its further octets stay where they are, as in a session
	 * whose command is with a worker. */
	while (step(session) && !session->slow && !session->held)
		;
}

static void toy_drained(void *owner)
{
	struct session *session = owner;

	pthread_mutex_lock(&session->toy->lock);
	session->toy->facts.drained++;
	pthread_mutex_unlock(&session->toy->lock);
	if (session->state == TOY_FLOOD) {
		flood(session);
		stream_wake(session->stream);
	}
}

static void toy_secured(void *owner)
{
	struct session *session = owner;

	pthread_mutex_lock(&session->toy->lock);
	session->toy->facts.secured++;
	pthread_mutex_unlock(&session->toy->lock);
}

static void toy_ended(void *owner, enum stream_end why)
{
	struct session *session = owner;

	pthread_mutex_lock(&session->toy->lock);
	session->toy->facts.ended[why]++;
	pthread_mutex_unlock(&session->toy->lock);
	if (session->slow)
		session->gone = true;
	else
		session_free(session);
}

static void toy_timed_out(void *owner)
{
	struct session *session = owner;

	pthread_mutex_lock(&session->toy->lock);
	session->toy->facts.timed_out++;
	pthread_mutex_unlock(&session->toy->lock);
	say(session, "too late");
	stream_close(session->stream);
}

static void toy_goodbye(void *owner, enum stream_end why)
{
	struct session *session = owner;

	pthread_mutex_lock(&session->toy->lock);
	session->toy->facts.goodbyes++;
	pthread_mutex_unlock(&session->toy->lock);
	say(session, why == STREAM_END_KICKED ? "kicked" : "shutting down");
	stream_close(session->stream);
}

void toy_accepted(void *arg, struct stream *stream)
{
	static const struct stream_handler handler = {
		.input = toy_input,
		.drained = toy_drained,
		.secured = toy_secured,
		.ended = toy_ended,
		.timed_out = toy_timed_out,
		.goodbye = toy_goodbye,
	};
	struct toy *toy = arg;
	struct session *session = g_new0(struct session, 1);

	session->toy = toy;
	session->stream = stream;
	session->reader = reader_create(stream, MAX_LINE);
	pthread_mutex_lock(&toy->lock);
	g_ptr_array_add(toy->sessions, session);
	for (unsigned i = 0; i < toy->threads; i++)
		toy->facts.sessions[i] += toy->loops[i] == stream_loop(stream);
	pthread_mutex_unlock(&toy->lock);
	stream_set_owner(stream, &handler, session);
	say(session, "hello");
}

/* --- life --- */

static gpointer thread_main(gpointer loop)
{
	loop_run(loop);
	return NULL;
}

struct toy *toy_start(unsigned threads)
{
	struct toy *toy = g_new0(struct toy, 1);

	g_assert(threads <= G_N_ELEMENTS(toy->facts.sessions));
	pthread_mutex_init(&toy->lock, NULL);
	toy->threads = threads;
	toy->sessions = g_ptr_array_new();
	toy->loops = g_new0(struct loop *, threads);
	toy->thread_handles = g_new0(GThread *, threads);
	for (unsigned i = 0; i < threads; i++) {
		toy->loops[i] = loop_create();
		toy->thread_handles[i] = g_thread_new("toy", thread_main, toy->loops[i]);
	}
	return toy;
}

void toy_stop(struct toy **toy_ptr)
{
	struct toy *toy = *toy_ptr;

	*toy_ptr = NULL;
	connections_end_all();
	toy_wait_empty(toy);
	for (unsigned i = 0; i < toy->threads; i++) {
		loop_stop(toy->loops[i]);
		g_thread_join(toy->thread_handles[i]);
		loop_destroy(&toy->loops[i]);
	}
	tls_server_unref(&toy->tls);
	g_ptr_array_unref(toy->sessions);
	pthread_mutex_destroy(&toy->lock);
	g_free(toy->loops);
	g_free(toy->thread_handles);
	g_free(toy);
}

struct loop *toy_loop(struct toy *toy, unsigned index)
{
	return toy->loops[index];
}

struct loop *const *toy_loops(struct toy *toy)
{
	return toy->loops;
}

void toy_set_tls(struct toy *toy, struct tls_server *tls)
{
	tls_server_unref(&toy->tls);
	toy->tls = tls_server_ref(tls);
}

/* --- calls into the loop --- */

struct call {
	void (*fn)(void *arg);
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t done_cond;
	bool done;
};

static void run_call(void *arg)
{
	struct call *call = arg;

	call->fn(call->arg);
	pthread_mutex_lock(&call->lock);
	call->done = true;
	pthread_cond_signal(&call->done_cond);
	pthread_mutex_unlock(&call->lock);
}

static void call_in(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct call call = { .fn = fn, .arg = arg };

	pthread_mutex_init(&call.lock, NULL);
	pthread_cond_init(&call.done_cond, NULL);
	loop_post(loop, run_call, &call);
	pthread_mutex_lock(&call.lock);
	while (!call.done)
		pthread_cond_wait(&call.done_cond, &call.lock);
	pthread_mutex_unlock(&call.lock);
	pthread_mutex_destroy(&call.lock);
	pthread_cond_destroy(&call.done_cond);
}

void toy_call(struct toy *toy, void (*fn)(void *arg), void *arg)
{
	call_in(toy->loops[0], fn, arg);
}

static void nothing(void *arg)
{
	(void)arg;
}

void toy_barrier(struct toy *toy)
{
	/* The first job may run in a round of events that was fetched before; the
	 * second can't, nor before the tasks of that round. */
	for (unsigned i = 0; i < toy->threads; i++) {
		call_in(toy->loops[i], nothing, NULL);
		call_in(toy->loops[i], nothing, NULL);
	}
}

struct adoption {
	struct toy *toy;
	struct tls_server *tls;
	int fd;
};

static void adopt(void *arg)
{
	struct adoption *adoption = arg;
	struct stream *stream = stream_adopt(adoption->toy->loops[0], adoption->fd, "toy");

	if (adoption->tls != NULL)
		stream_start_tls(stream, adoption->tls);
	toy_accepted(adoption->toy, stream);
}

int toy_connect_tls(struct toy *toy, struct tls_server *tls)
{
	struct adoption adoption = { .toy = toy, .tls = tls };
	int pair[2];

	g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	adoption.fd = pair[0];
	toy_call(toy, adopt, &adoption);
	return pair[1];
}

int toy_connect(struct toy *toy)
{
	return toy_connect_tls(toy, NULL);
}

struct opening {
	struct toy *toy;
	const struct listener_options *options;
	struct listener *listener;
};

static void open_listener(void *arg)
{
	struct opening *opening = arg;
	struct listener_options options = *opening->options;
	char *error = NULL;

	options.accepted = toy_accepted;
	options.arg = opening->toy;
	opening->listener = listener_open("127.0.0.1:0", opening->toy->loops, opening->toy->threads,
					  &options, &error);
	if (opening->listener == NULL)
		g_error("%s", error);
}

struct listener *toy_listen(struct toy *toy, const struct listener_options *options)
{
	struct opening opening = { .toy = toy, .options = options };

	toy_call(toy, open_listener, &opening);
	return opening.listener;
}

int toy_dial(const struct listener *listener)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)listener_port(listener)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		g_error("can't connect to the listener: %s", g_strerror(errno));
	return fd;
}

static void resume_all(void *arg)
{
	struct toy *toy = arg;

	pthread_mutex_lock(&toy->lock);
	for (guint i = 0; i < toy->sessions->len; i++) {
		struct session *session = toy->sessions->pdata[i];

		if (!loop_is_mine(stream_loop(session->stream)) || !session->held)
			continue;
		session->held = false;
		stream_resume(session->stream);
	}
	pthread_mutex_unlock(&toy->lock);
}

void toy_resume(struct toy *toy)
{
	for (unsigned i = 0; i < toy->threads; i++)
		call_in(toy->loops[i], resume_all, toy);
}

void toy_wait_empty(struct toy *toy)
{
	gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	for (;;) {
		guint left;

		toy_barrier(toy);
		pthread_mutex_lock(&toy->lock);
		left = toy->sessions->len;
		pthread_mutex_unlock(&toy->lock);
		if (left == 0)
			return;
		if (g_get_monotonic_time() > limit)
			g_error("%u sessions are still there after a minute", left);
	}
}

struct toy_facts toy_facts(struct toy *toy)
{
	struct toy_facts facts;

	pthread_mutex_lock(&toy->lock);
	facts = toy->facts;
	pthread_mutex_unlock(&toy->lock);
	return facts;
}
