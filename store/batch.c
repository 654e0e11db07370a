/* One line of waiting requests per mailbox that is being worked on.  Who works is its
 * leader; when he is done he wakes those he worked for and makes the first of the line the
 * next leader, so nobody works for others twice. */
#include "store/batch.h"

#include "store/shared.h"

/* One commit pays for this many; more would make each wait for too many others. */
#define MOST_TOGETHER 64

struct line {
	struct mailbox_ref mailbox;
	struct batch_request *first, **last;
};

struct batches {
	GMutex lock;
	GHashTable *lines; /* struct mailbox_ref -> struct line; there while somebody leads */
};

struct batches *batches_create(void)
{
	struct batches *batches = g_new0(struct batches, 1);

	g_mutex_init(&batches->lock);
	batches->lines = g_hash_table_new_full(mailbox_key_hash, mailbox_key_equal, NULL, g_free);
	return batches;
}

void batches_destroy(struct batches **batches)
{
	struct batches *b = *batches;

	if (b == NULL)
		return;
	*batches = NULL;
	g_assert(g_hash_table_size(b->lines) == 0);
	g_hash_table_unref(b->lines);
	g_mutex_clear(&b->lock);
	g_free(b);
}

static struct line *begin_line(struct batches *batches, struct mailbox_ref mailbox)
{
	struct line *line = g_new0(struct line, 1);

	line->mailbox = mailbox;
	line->last = &line->first;
	g_hash_table_insert(batches->lines, &line->mailbox, line);
	return line;
}

/* The lock is held, and given away meanwhile.  True: it is this thread's turn to lead. */
static bool wait_in_line(struct batches *batches, struct line *line, struct batch_request *request)
{
	g_cond_init(&request->wakeup);
	request->state = BATCH_WAITS;
	*line->last = request;
	line->last = &request->next;
	while (request->state == BATCH_WAITS)
		g_cond_wait(&request->wakeup, &batches->lock);
	g_cond_clear(&request->wakeup);
	return request->state == BATCH_LEADS;
}

/* The lock is held: the first of the line is out of it, alone. */
static struct batch_request *take_first(struct line *line)
{
	struct batch_request *request = line->first;

	line->first = request->next;
	if (line->first == NULL)
		line->last = &line->first;
	request->next = NULL;
	return request;
}

static void take_waiting(struct line *line, struct batch_request *leader)
{
	struct batch_request *tail = leader;

	for (unsigned taken = 1; line->first != NULL && taken < MOST_TOGETHER; taken++)
		tail = tail->next = take_first(line);
}

static void wake(struct batch_request *request, int state)
{
	request->state = state;
	g_cond_signal(&request->wakeup);
}

/* The lock is held. */
static void release(struct batches *batches, struct line *line, struct batch_request *leader)
{
	for (struct batch_request *request = leader->next, *next; request != NULL; request = next) {
		next = request->next;
		wake(request, BATCH_DONE);
	}
	if (line->first != NULL)
		wake(take_first(line), BATCH_LEADS);
	else
		g_hash_table_remove(batches->lines, &line->mailbox);
}

void batch_run(struct batches *batches, struct store *store, struct mailbox_ref mailbox,
	       struct batch_request *request, batch_fn run)
{
	struct line *line;

	request->next = NULL;
	g_mutex_lock(&batches->lock);
	line = g_hash_table_lookup(batches->lines, &mailbox);
	if (line == NULL) {
		line = begin_line(batches, mailbox);
	} else if (!wait_in_line(batches, line, request)) {
		g_mutex_unlock(&batches->lock);
		return;
	}
	take_waiting(line, request);
	g_mutex_unlock(&batches->lock);
	run(store, mailbox, request);
	g_mutex_lock(&batches->lock);
	release(batches, line, request);
	g_mutex_unlock(&batches->lock);
}

unsigned batch_length(struct batches *batches, struct mailbox_ref mailbox)
{
	const struct line *line;
	unsigned length;

	g_mutex_lock(&batches->lock);
	line = g_hash_table_lookup(batches->lines, &mailbox);
	length = line != NULL ? 1 : 0;
	for (const struct batch_request *at = line != NULL ? line->first : NULL; at != NULL; at = at->next)
		length++;
	g_mutex_unlock(&batches->lock);
	return length;
}
