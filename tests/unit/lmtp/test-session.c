/* Whole conversations over a socket pair: the real stream, reader and session; the
 * worker is the loop itself, and delivery a table. */
#include "lmtp/session.h"

#include "base/log.h"
#include "net/connections.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SIZE 1000

/* ---- What stands for the store and scheduling. */

static GMutex lock;
static GString *delivered;     /* "address|sender|protocol|octets\n" */

struct lmtp_delivery {
	const struct lmtp_envelope *envelope;
};

static unsigned confirmed;

struct deliver_memory *deliver_memory_create(void)
{
	return NULL;
}

void deliver_memory_destroy(struct deliver_memory **memory)
{
	(void)memory;
}

void deliver_confirm(struct deliver_memory *memory, GBytes *receipt)
{
	(void)memory;
	g_assert_nonnull(receipt);
	g_mutex_lock(&lock);
	confirmed++;
	g_mutex_unlock(&lock);
}

void lmtp_recipient_free(struct lmtp_recipient *recipient)
{
	g_free(recipient->address);
	g_free(recipient->reply);
	g_free(recipient);
}

const char *lmtp_recipient_find(struct store *store, const struct config *config, struct lmtp_recipient *recipient)
{
	(void)store;
	(void)config;
	if (g_str_has_prefix(recipient->address, "nobody@"))
		return "550 5.1.1 Unknown";
	return g_str_has_prefix(recipient->address, "down@") ? "451 4.3.0 Down" : NULL;
}

struct lmtp_delivery *lmtp_delivery_create(const struct lmtp_envelope *envelope)
{
	struct lmtp_delivery *delivery = g_new0(struct lmtp_delivery, 1);

	delivery->envelope = envelope;
	return delivery;
}

void lmtp_delivery_destroy(struct lmtp_delivery **delivery)
{
	g_clear_pointer(delivery, g_free);
}

GBytes *lmtp_delivery_receipt(const struct lmtp_delivery *delivery)
{
	return g_bytes_new_static(delivery, 1);
}

void lmtp_delivery_run(struct lmtp_delivery *delivery, struct store *store, struct lmtp_recipient *recipient)
{
	const struct lmtp_envelope *envelope = delivery->envelope;
	char octets[MAX_SIZE + 1] = "";
	ssize_t len = spool_read(envelope->octets, 0, octets, MAX_SIZE);

	(void)store;
	g_assert_cmpint(len, ==, spool_size(envelope->octets));
	g_mutex_lock(&lock);
	g_string_append_printf(delivered, "%s|%s|%s|%s\n", recipient->address, envelope->sender, envelope->protocol,
			       octets);
	g_mutex_unlock(&lock);
	recipient->reply = g_strdup_printf(g_str_has_prefix(recipient->address, "later@") ? "451 4.2.0 <%s> Later"
											    : "250 2.0.0 <%s> Saved",
					   recipient->address);
}

struct job {
	store_work_fn work;
	store_done_fn done;
	void *arg;
};

static void run_job(void *arg)
{
	struct job *job = arg;

	job->work(NULL, job->arg);
	job->done(job->arg);
	g_free(job);
}

void store_pool_submit(struct store_pool *pool, struct loop *home, store_work_fn work, store_done_fn done,
		       void *arg)
{
	struct job *job = g_new0(struct job, 1);

	(void)pool;
	*job = (struct job){ work, done, arg };
	loop_post(home, run_job, job);
}

/* ---- The server's thread and a client. */

static struct loop *loop;
static struct lmtp_room *room;
static GThread *thread;

static void *run_loop(void *arg)
{
	(void)arg;
	loop_run(loop);
	return NULL;
}

static void start_session(void *arg)
{
	lmtp_start(room, stream_adopt(loop, GPOINTER_TO_INT(arg), "lmtp"));
}

static int connect_client(void)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	loop_post(loop, start_session, GINT_TO_POINTER(fds[0]));
	return fds[1];
}

static void send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		/* The server may have said goodbye already. */
		if (n < 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static char *read_to_end(int fd)
{
	GString *all = g_string_new(NULL);
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(all, buffer, n);
	close(fd);
	return g_string_free(all, FALSE);
}

/* The replies' codes, "250-" lines left out: "220 250 250 354". */
static char *codes_of(const char *replies)
{
	g_auto(GStrv) lines = g_strsplit(replies, "\r\n", -1);
	GString *codes = g_string_new(NULL);

	for (size_t i = 0; lines[i] != NULL; i++) {
		if (strlen(lines[i]) < 4 || lines[i][3] == '-')
			continue;
		g_string_append_printf(codes, "%s%.3s", codes->len > 0 ? " " : "", lines[i]);
	}
	return g_string_free(codes, FALSE);
}

/* One connection: what is said in two pieces cut at `cut`, or one octet at a time. */
static char *converse(const char *said, size_t cut, bool by_octet)
{
	size_t len = strlen(said);
	int fd = connect_client();

	g_mutex_lock(&lock);
	g_string_truncate(delivered, 0);
	confirmed = 0;
	g_mutex_unlock(&lock);
	if (by_octet) {
		for (size_t i = 0; i < len; i++)
			send_all(fd, said + i, 1);
	} else {
		send_all(fd, said, cut);
		send_all(fd, said + cut, len - cut);
	}
	shutdown(fd, SHUT_WR);
	return read_to_end(fd);
}

static const struct {
	const char *what, *said, *codes, *delivered;
} conversations[] = {
	{ "one message", "LHLO c\r\nMAIL FROM:<s@x.test>\r\nRCPT TO:<alice@b.test>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n",
	  "220 250 250 250 354 250 221", "alice@b.test|s@x.test|LMTP|hello\r\n\n" },
	{ "one reply per recipient, in order",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nRCPT TO:<later@b.test>\r\nRCPT TO:<c@b.test>\r\n"
	  "DATA\r\nx\r\n.\r\nQUIT\r\n",
	  "220 250 250 250 250 250 354 250 451 250 221",
	  "a@b.test||LMTP|x\r\n\nlater@b.test||LMTP|x\r\n\nc@b.test||LMTP|x\r\n\n" },
	{ "refused recipients get no reply after the data",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@b.test>\r\nRCPT TO:<a@b.test>\r\nRCPT TO:<down@b.test>\r\n"
	  "DATA\r\nx\r\n.\r\nQUIT\r\n",
	  "220 250 250 550 250 451 354 250 221", "a@b.test||LMTP|x\r\n\n" },
	{ "no recipient taken",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@b.test>\r\nDATA\r\nQUIT\r\n", "220 250 250 550 503 221", "" },
	{ "dots are unstuffed and bare line ends kept",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n..a\r\nb\nc\rd\r\n.e\r\n.\r\nQUIT\r\n",
	  "220 250 250 250 354 250 221", "a@b.test||LMTP|.a\r\nb\nc\rd\r\ne\r\n\n" },
	{ "only CRLF.CRLF ends data",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nx\n.\nMAIL FROM:<evil@x.test>\n.\r\nRSET\r.\r\n.\r\n"
	  "QUIT\r\n",
	  "220 250 250 250 354 250 221", "a@b.test||LMTP|x\n.\nMAIL FROM:<evil@x.test>\n.\r\nRSET\r.\r\n\n" },
	{ "an empty message", "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n.\r\nQUIT\r\n",
	  "220 250 250 250 354 250 221", "a@b.test||LMTP|\n" },
	{ "two messages", "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n1\r\n.\r\n"
	  "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<c@b.test>\r\nDATA\r\n2\r\n.\r\nQUIT\r\n",
	  "220 250 250 250 354 250 250 250 354 250 221", "a@b.test||LMTP|1\r\n\nc@b.test||UTF8LMTP|2\r\n\n" },
	{ "chunks", "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nBDAT 3\r\n.\r\nBDAT 0\r\nBDAT 4 LAST\r\nQUITQUIT\r\n",
	  "220 250 250 250 250 250 250 221", "a@b.test||LMTP|.\r\nQUIT\n" },
	{ "a chunk too early is taken off the wire",
	  "LHLO c\r\nBDAT 6\r\nQUIT\r\nMAIL FROM:<>\r\nBDAT 6 LAST\r\nRSET\r\nRSET\r\nQUIT\r\n",
	  "220 250 503 250 503 250 221", "" },
	{ "everything after a refused chunk is too late until RSET",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nBDAT 2000\r\n%2000%BDAT 1\r\nxDATA\r\nRCPT TO:<c@b.test>\r\n"
	  "RSET\r\nMAIL FROM:<>\r\nQUIT\r\n",
	  "220 250 250 250 552 503 503 503 250 250 221", "" },
	{ "chunks may not pass the limit together",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nBDAT 600\r\n%600%BDAT 600 LAST\r\n%600%QUIT\r\n",
	  "220 250 250 250 250 552 221", "" },
	{ "data over the limit is refused for each recipient",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nRCPT TO:<c@b.test>\r\nDATA\r\n%1001%\r\n.\r\nNOOP\r\nQUIT\r\n",
	  "220 250 250 250 250 354 552 552 250 221", "" },
	{ "an announced size over the limit", "LHLO c\r\nMAIL FROM:<> SIZE=1001\r\nMAIL FROM:<> SIZE=1000\r\nQUIT\r\n",
	  "220 250 552 250 221", "" },
	{ "too many recipients",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nRCPT TO:<c@b.test>\r\nRCPT TO:<d@b.test>\r\nRCPT TO:<e@b.test>\r\n"
	  "RCPT TO:<f@b.test>\r\nQUIT\r\n",
	  "220 250 250 250 250 250 452 452 221", "" },
	{ "out of order",
	  "MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nLHLO c\r\nRCPT TO:<a@b.test>\r\nDATA\r\nMAIL FROM:<>\r\n"
	  "MAIL FROM:<>\r\nDATA\r\nQUIT\r\n",
	  "220 503 503 503 250 503 503 250 503 503 221", "" },
	{ "LHLO and RSET end a transaction",
	  "LHLO c\r\nMAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b.test>\r\nMAIL FROM:<>\r\nLHLO c\r\nRCPT TO:<a@b.test>\r\nQUIT\r\n",
	  "220 250 250 250 503 250 250 503 221", "" },
	{ "small words", "NOOP\r\nNOOP x\r\nRSET\r\nHELP\r\nVRFY a\r\nVRFY\r\nlhlo c\r\nquit\r\n",
	  "220 250 250 250 214 252 501 250 221", "" },
	{ "wrong words", "EHLO c\r\nHELO c\r\nEXPN x\r\n\r\nLHLO\r\nLHLO a b\r\nSTARTTLS\r\nLHLO c\r\nSTARTTLS\r\nDATA x\r\nQUIT\r\n",
	  "220 500 500 500 500 501 501 503 250 454 503 221", "" },
	{ "a BDAT that can't be understood ends the connection", "LHLO c\r\nBDAT x\r\nNOOP\r\n", "220 250 501", "" },
	{ "a long line is refused and skipped", "NOOP %3000%\r\nNOOP\r\nQUIT\r\n", "220 500 250 221", "" },
	{ "an end without goodbye delivers nothing",
	  "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nhalf a mess", "220 250 250 250 354", "" },
};

/* "%n%" becomes n times "x". */
static char *expand(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p != '\0'; p++) {
		char *end;
		gint64 n;

		if (*p != '%') {
			g_string_append_c(out, *p);
			continue;
		}
		n = g_ascii_strtoll(p + 1, &end, 10);
		g_assert_cmpint(*end, ==, '%');
		for (gint64 i = 0; i < n; i++)
			g_string_append_c(out, 'x');
		p = end;
	}
	return g_string_free(out, FALSE);
}

static void check(size_t i, size_t cut, bool by_octet)
{
	g_autofree char *said = expand(conversations[i].said);
	g_autofree char *replies = converse(said, MIN(cut, strlen(said)), by_octet);
	g_autofree char *codes = codes_of(replies);

	g_assert_cmpstr(codes, ==, conversations[i].codes);
	g_mutex_lock(&lock);
	g_assert_cmpstr(delivered->str, ==, conversations[i].delivered);
	g_mutex_unlock(&lock);
}

static void conversations_end_as_the_table_says(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++) {
		g_test_message("%s", conversations[i].what);
		check(i, 0, false);
	}
}

static void one_octet_at_a_time_changes_nothing(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++) {
		g_test_message("%s", conversations[i].what);
		check(i, 0, true);
	}
}

static void every_cut_changes_nothing(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++) {
		size_t len = strlen(conversations[i].said);

		g_test_message("%s", conversations[i].what);
		for (size_t cut = 1; cut < len; cut++)
			check(i, cut, false);
	}
}

static void the_client_may_vanish_anywhere(void)
{
	g_autofree char *said = expand(conversations[1].said);

	for (size_t cut = 0; cut < strlen(said); cut++) {
		int fd = connect_client();

		send_all(fd, said, cut);
		close(fd);
	}
	/* Another conversation comes after all of them in the same loop. */
	check(0, 0, false);
	while (connections_count() > 0)
		g_thread_yield();
}

static void await_reply(int fd, const char *wanted)
{
	g_autoptr(GString) all = g_string_new(NULL);
	char octet;

	while (strstr(all->str, wanted) == NULL) {
		g_assert_cmpint(read(fd, &octet, 1), ==, 1);
		g_string_append_c(all, octet);
	}
}

/* Whether the next word of the client tells that it has our answers. */
static void only_a_command_after_the_replies_confirms_them(void)
{
	static const char mail[] = "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nx\r\n.\r\n";
	static const struct {
		const char *with_data, *after_replies;
		unsigned confirmed;
	} rows[] = {
		{ "", "QUIT\r\n", 1 },
		{ "", "", 0 },
		{ "QUIT\r\n", "", 0 },
		{ "NOOP\r\nNOOP\r\n", "", 0 },
		{ "NOOP\r\n", "NOOP\r\nQUIT\r\n", 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *said = g_strconcat(mail, rows[i].with_data, NULL);
		g_autofree char *rest = NULL;
		int fd = connect_client();

		g_mutex_lock(&lock);
		confirmed = 0;
		g_mutex_unlock(&lock);
		send_all(fd, said, strlen(said));
		await_reply(fd, "Saved\r\n");
		send_all(fd, rows[i].after_replies, strlen(rows[i].after_replies));
		shutdown(fd, SHUT_WR);
		rest = read_to_end(fd);
		while (connections_count() > 0)
			g_thread_yield();
		g_mutex_lock(&lock);
		g_assert_cmpuint(confirmed, ==, rows[i].confirmed);
		g_mutex_unlock(&lock);
	}
}

static void capabilities_are_announced(void)
{
	g_autofree char *replies = converse("LHLO c\r\nQUIT\r\n", 0, false);
	static const char *const wanted[] = { "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000", "CHUNKING",
					      "ENHANCEDSTATUSCODES" };

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_autofree char *middle = g_strdup_printf("250-%s\r\n", wanted[i]);
		g_autofree char *last = g_strdup_printf("250 %s\r\n", wanted[i]);

		g_assert_true(strstr(replies, middle) != NULL || strstr(replies, last) != NULL);
	}
	/* No certificate, no STARTTLS. */
	g_assert_null(strstr(replies, "STARTTLS"));
}

static void endless_nonsense_is_not_listened_to(void)
{
	g_autofree char *said = NULL;
	g_autofree char *replies = NULL;
	GString *text = g_string_new(NULL);

	for (int i = 0; i < 1000; i++)
		g_string_append(text, "GET / HTTP/1.1\r\n");
	said = g_string_free(text, FALSE);
	replies = converse(said, 0, false);
	g_assert_nonnull(strstr(replies, "421 4.7.0"));
	g_assert_cmpuint(strlen(replies), <, 2000);
}

int main(int argc, char **argv)
{
	const struct config *config = config_defaults();
	int status;

	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_WARNING);
	((struct config *)config)->lmtp.max_message_size = MAX_SIZE;
	((struct config *)config)->lmtp.max_recipients = 3;
	((struct config *)config)->server.state_dir = g_get_tmp_dir();
	delivered = g_string_new(NULL);
	loop = loop_create();
	room = lmtp_room_create(config, NULL);
	thread = g_thread_new("loop", run_loop, NULL);
#define ADD(name) g_test_add_func("/lmtp-session/" #name, name)
	ADD(conversations_end_as_the_table_says);
	ADD(one_octet_at_a_time_changes_nothing);
	ADD(every_cut_changes_nothing);
	ADD(the_client_may_vanish_anywhere);
	ADD(only_a_command_after_the_replies_confirms_them);
	ADD(capabilities_are_announced);
	ADD(endless_nonsense_is_not_listened_to);
	status = g_test_run();
	while (connections_count() > 0)
		g_thread_yield();
	loop_stop(loop);
	g_thread_join(thread);
	loop_destroy(&loop);
	lmtp_room_destroy(&room);
	config_unref(&config);
	g_string_free(delivered, TRUE);
	return status;
}
