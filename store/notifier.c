/* Notices travel as lines in the payload of NOTIFY:
 *
 *	NODE kinds account mailbox modseq name old_name
 *
 * names percent-encoded, "-" for none.  What is waiting is sent at most every 10 ms, in
 * payloads below PostgreSQL's 8,000 octets; message notices of one mailbox are merged. */
#include "store/notifier.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/number.h"
#include "store/mailbox_memo.h"
#include "store/notify_private.h"
#include "store/statement.h"
#include "store/view_private.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ROOM "store"
#define CHANNEL "convoke"
#define MAX_PAYLOAD 7000
#define GATHER_MS 10
#define RETRY_MS 500

struct notifier {
	struct store_shared *shared;
	struct store *store;
	GThread *thread;
	bool send;
	int wakeup;
	GMutex lock;              /* guards the next three */
	GPtrArray *waiting;       /* of struct notice, strings owned */
	bool stop;
	bool has_tried;           /* to listen, once */
	GCond tried;
	unsigned listening;       /* the number of the connection on which LISTEN is in force */
};

static void notice_free(void *data)
{
	struct notice *notice = data;

	g_free((char *)notice->name);
	g_free((char *)notice->old_name);
	g_free(notice);
}

/* "-" stands for none, so a mailbox of that name is written otherwise. */
static void append_name(GString *line, const char *name)
{
	g_string_append_c(line, ' ');
	if (name == NULL)
		g_string_append_c(line, '-');
	else if (strcmp(name, "-") == 0)
		g_string_append(line, "%2D");
	else
		escape_url(line, slice_from_string(name));
}

static void append_line(GString *payload, const char *node, const struct notice *notice)
{
	g_string_append_printf(payload, "%s %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
			       " %" G_GUINT64_FORMAT, node, notice->kinds, notice->mailbox.account_id,
			       notice->mailbox.mailbox_id, notice->modseq);
	append_name(payload, notice->name);
	append_name(payload, notice->old_name);
	g_string_append_c(payload, '\n');
}

static void send_payload(struct store *store, GString *payload)
{
	static const struct db_statement notify = {
		"SELECT pg_notify('" CHANNEL "', $1)", false };
	struct db_args args = { 0 };

	if (payload->len == 0)
		return;
	db_text_slice(&args, slice_of(payload->str, payload->len));
	if (db_run(store, &notify, &args, NULL) == STORE_OK)
		atomic_fetch_add_explicit(&store->shared->notices_sent, 1, memory_order_relaxed);
	g_string_set_size(payload, 0);
}

static void send_all(struct notifier *notifier, GPtrArray *notices)
{
	GString *payload = g_string_new(NULL);

	for (guint i = 0; i < notices->len; i++) {
		append_line(payload, notifier->shared->node, g_ptr_array_index(notices, i));
		if (payload->len > MAX_PAYLOAD / 2)
			send_payload(notifier->store, payload);
	}
	send_payload(notifier->store, payload);
	g_string_free(payload, TRUE);
}

static bool merge(GPtrArray *waiting, const struct notice *notice)
{
	if ((notice->kinds & ~(unsigned)NOTICE_MESSAGES) != 0)
		return false;
	for (guint i = 0; i < waiting->len; i++) {
		struct notice *other = g_ptr_array_index(waiting, i);

		if ((other->kinds & ~(unsigned)NOTICE_MESSAGES) != 0 ||
		    !mailbox_ref_equal(other->mailbox, notice->mailbox))
			continue;
		other->kinds |= notice->kinds;
		other->modseq = MAX(other->modseq, notice->modseq);
		return true;
	}
	return false;
}

void notifier_send(struct notifier *notifier, struct store *store, const struct notice *notice)
{
	static const uint64_t one = 1;
	struct notice *copy;

	if (notifier == NULL) {
		GString *payload = g_string_new(NULL);

		append_line(payload, store->shared->node, notice);
		send_payload(store, payload);
		g_string_free(payload, TRUE);
		return;
	}
	if (!notifier->send)
		return;
	g_mutex_lock(&notifier->lock);
	if (!merge(notifier->waiting, notice)) {
		copy = g_memdup2(notice, sizeof(*notice));
		copy->name = g_strdup(notice->name);
		copy->old_name = g_strdup(notice->old_name);
		g_ptr_array_add(notifier->waiting, copy);
		if (notifier->waiting->len == 1 && write(notifier->wakeup, &one, sizeof(one)) < 0)
			log_error(ROOM, "can't wake the notifier: %s", g_strerror(errno));
	}
	g_mutex_unlock(&notifier->lock);
}

/* "-" is none. */
static char *read_name(const char *word)
{
	return strcmp(word, "-") == 0 ? NULL : g_uri_unescape_string(word, NULL);
}

static bool read_number(const char *word, uint64_t *value_out)
{
	return number_parse(slice_from_string(word), 0, UINT64_MAX, value_out);
}

static void receive_line(struct notifier *notifier, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	struct notice notice = { 0 };
	uint64_t kinds;

	if (g_strv_length(words) != 7 || strcmp(words[0], notifier->shared->node) == 0 ||
	    !read_number(words[1], &kinds) || !read_number(words[2], &notice.mailbox.account_id) ||
	    !read_number(words[3], &notice.mailbox.mailbox_id) ||
	    !read_number(words[4], &notice.modseq))
		return;
	notice.kinds = (unsigned)kinds;
	notice.name = read_name(words[5]);
	notice.old_name = read_name(words[6]);
	mailbox_memo_hear(notifier->shared->mailboxes, &notice);
	if (notice.kinds & NOTICE_MESSAGES)
		view_registry_hear(notifier->shared->views, notice.mailbox, notice.modseq);
	if (notice.kinds & NOTICE_DELETED)
		view_registry_forget(notifier->shared->views, notice.mailbox);
	notify_publish(notifier->shared->notify, &notice);
	atomic_fetch_add_explicit(&notifier->shared->notices_received, 1, memory_order_relaxed);
	g_free((char *)notice.name);
	g_free((char *)notice.old_name);
}

static void receive(struct notifier *notifier)
{
	PGnotify *notify;

	if (notifier->store->conn == NULL || PQconsumeInput(notifier->store->conn) == 0) {
		atomic_store(&notifier->shared->is_alone, false);
		connection_drop(notifier->store);
		return;
	}
	while (notifier->store->conn != NULL &&
	       (notify = PQnotifies(notifier->store->conn)) != NULL) {
		g_auto(GStrv) lines = g_strsplit(notify->extra, "\n", -1);

		for (char **line = lines; *line != NULL; line++)
			if (**line != '\0')
				receive_line(notifier, *line);
		PQfreemem(notify);
	}
}

/* A new connection has missed what was said before: everybody looks for himself. */
static void keep_listening(struct notifier *notifier)
{
	struct store *store = notifier->store;
	enum store_result result = connection_ensure(store);

	if (result == STORE_OK && store->connected == notifier->listening)
		return;
	atomic_store(&notifier->shared->is_alone, false);
	notifier->listening = 0;
	if (result != STORE_OK || connection_command(store, "SET synchronous_commit = off") != STORE_OK ||
	    connection_command(store, "LISTEN " CHANNEL) != STORE_OK)
		return;
	notifier->listening = store->connected;
	view_registry_doubt(notifier->shared->views);
	mailbox_memo_forget_all(notifier->shared->mailboxes);
	atomic_store(&notifier->shared->is_alone, !notifier->send);
	notify_publish_resync(notifier->shared->notify);
}

static GPtrArray *take_waiting(struct notifier *notifier, bool *stop_out)
{
	GPtrArray *taken;

	g_mutex_lock(&notifier->lock);
	taken = notifier->waiting;
	notifier->waiting = g_ptr_array_new_with_free_func(notice_free);
	*stop_out = notifier->stop;
	g_mutex_unlock(&notifier->lock);
	return taken;
}

static void wait_for_something(struct notifier *notifier)
{
	struct pollfd polled[2] = {
		{ .fd = notifier->wakeup, .events = POLLIN },
		{ .fd = notifier->store->conn != NULL ? PQsocket(notifier->store->conn) : -1,
		  .events = POLLIN },
	};
	uint64_t count;

	poll(polled, 2, notifier->store->conn != NULL ? -1 : RETRY_MS);
	if ((polled[0].revents & POLLIN) && read(notifier->wakeup, &count, sizeof(count)) < 0)
		log_error(ROOM, "notifier: %s", g_strerror(errno));
}

static void *run(void *arg)
{
	struct notifier *notifier = arg;
	GPtrArray *taken;
	bool stop = false;

	keep_listening(notifier);
	g_mutex_lock(&notifier->lock);
	notifier->has_tried = true;
	g_cond_signal(&notifier->tried);
	g_mutex_unlock(&notifier->lock);
	while (!stop) {
		keep_listening(notifier);
		taken = take_waiting(notifier, &stop);
		send_all(notifier, taken);
		if (notifier->store->conn != NULL)
			receive(notifier);
		if (taken->len > 0 && !stop)
			g_usleep(GATHER_MS * 1000); /* what comes meanwhile goes together */
		else if (!stop)
			wait_for_something(notifier);
		g_ptr_array_unref(taken);
	}
	return NULL;
}

struct notifier *notifier_create(const char *url, struct store_shared *shared, bool send)
{
	struct notifier *notifier = g_new0(struct notifier, 1);

	notifier->shared = shared;
	notifier->send = send;
	notifier->store = connection_create(url, shared);
	notifier->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g_assert(notifier->wakeup >= 0);
	g_mutex_init(&notifier->lock);
	g_cond_init(&notifier->tried);
	notifier->waiting = g_ptr_array_new_with_free_func(notice_free);
	notifier->thread = g_thread_new("notifier", run, notifier);
	g_mutex_lock(&notifier->lock);
	while (!notifier->has_tried)
		g_cond_wait(&notifier->tried, &notifier->lock);
	g_mutex_unlock(&notifier->lock);
	return notifier;
}

void notifier_destroy(struct notifier **notifier)
{
	static const uint64_t one = 1;
	struct notifier *n = *notifier;

	if (n == NULL)
		return;
	*notifier = NULL;
	g_mutex_lock(&n->lock);
	n->stop = true;
	g_mutex_unlock(&n->lock);
	if (write(n->wakeup, &one, sizeof(one)) < 0)
		log_error(ROOM, "can't wake the notifier: %s", g_strerror(errno));
	g_thread_join(n->thread);
	connection_destroy(&n->store);
	g_ptr_array_unref(n->waiting);
	close(n->wakeup);
	g_cond_clear(&n->tried);
	g_mutex_clear(&n->lock);
	g_free(n);
}
