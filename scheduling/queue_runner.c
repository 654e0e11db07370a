/* A few threads that each take what is due, one item at a time: a relay that hangs holds
 * up nothing but what it was given, until it has hung up all of them.  The database work is
 * done by the store's workers; a thread waits for its job.
 *
 * An item is claimed for some minutes; whoever dies with it loses it to the next
 * claim.  Local delivery carries the item's number as its key, so that an item whose
 * end was not noted is not delivered twice; the relay may get one twice in that case
 * (SMTP offers nothing better). */
#include "scheduling/queue_runner.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/current.h"
#include "scheduling/queue_item.h"
#include "store/queue.h"
#include "submit/submit.h"

#define THREADS 3
#define LEASE_SECONDS 900 /* longer than an item can take, else two threads would send it */
G_STATIC_ASSERT(LEASE_SECONDS > SUBMIT_LONGEST + 120);
#define LONGEST_WAIT ((int64_t)5 * G_USEC_PER_SEC)
#define AFTER_FAILURE (2 * G_USEC_PER_SEC)

struct queue_runner {
	struct store_pool *pool;
	struct config_current config;
	GMutex lock;                 /* of counters */
	struct queue_runner_counters counters;
	gint stopping;
	GThread *threads[THREADS];
};

/* Rung by whoever added an item; any runner of the process hears it. */
static struct {
	GMutex lock;
	GCond rung;
	guint64 count;
} bell;

void queue_runner_wake(void)
{
	g_mutex_lock(&bell.lock);
	bell.count++;
	g_cond_broadcast(&bell.rung);
	g_mutex_unlock(&bell.lock);
}

static guint64 bell_count(void)
{
	guint64 count;

	g_mutex_lock(&bell.lock);
	count = bell.count;
	g_mutex_unlock(&bell.lock);
	return count;
}

/* Until the bell has rung since `heard`, or microseconds have passed. */
static void wait_for_bell(guint64 heard, gint64 microseconds)
{
	gint64 until = g_get_monotonic_time() + microseconds;

	g_mutex_lock(&bell.lock);
	while (bell.count == heard && g_cond_wait_until(&bell.rung, &bell.lock, until))
		;
	g_mutex_unlock(&bell.lock);
}

/* ---- a database job that its thread waits for ---------------------------------------- */

struct job {
	void (*work)(struct store *store, void *arg);
	void *arg;
	GMutex lock;
	GCond done;
	bool is_done;
};

static void run_job(struct store *store, void *arg)
{
	struct job *job = arg;

	job->work(store, job->arg);
	g_mutex_lock(&job->lock);
	job->is_done = true;
	g_cond_signal(&job->done);
	g_mutex_unlock(&job->lock);
}

static void do_job(struct store_pool *pool, void (*work)(struct store *, void *), void *arg)
{
	struct job job = { .work = work, .arg = arg };

	g_mutex_init(&job.lock);
	g_cond_init(&job.done);
	store_pool_submit(pool, NULL, run_job, NULL, &job);
	g_mutex_lock(&job.lock);
	while (!job.is_done)
		g_cond_wait(&job.done, &job.lock);
	g_mutex_unlock(&job.lock);
	g_cond_clear(&job.done);
	g_mutex_clear(&job.lock);
}

/* ---- one item --------------------------------------------------------------------------- */

struct item_work {
	const struct config *config;
	struct queue_item *item;
	struct queue_step step;
};

static void handle_locally(struct store *store, void *arg)
{
	struct item_work *work = arg;

	work->step = queue_item_deliver(store, work->config, work->item, clock_now());
}

static void note(struct store *store, void *arg)
{
	struct item_work *work = arg;

	queue_item_note(store, work->config, work->item, &work->step, clock_now());
}

struct octets {
	struct slice left;
};

static ssize_t read_octets(void *arg, void *buffer, size_t len)
{
	struct octets *octets = arg;
	size_t n = MIN(len, octets->left.len);

	memcpy(buffer, octets->left.data, n);
	octets->left = slice_of(octets->left.data + n, octets->left.len - n);
	return (ssize_t)n;
}

static struct queue_step send_by_relay(const struct config *config, const struct queue_item *item)
{
	const char *const recipients[] = { item->recipient, NULL };
	struct octets octets = { item->octets };
	const struct submit_message message = { .sender = item->sender, .recipients = recipients,
						.size = item->octets.len, .read = read_octets, .arg = &octets };
	struct submit_result result;
	struct queue_step step = { .text = NULL };

	submit_message(&config->submit, &message, &result);
	step.kind = result.status == SUBMIT_SENT ? QUEUE_STEP_RELAYED
		    : result.status == SUBMIT_PERMANENT ? QUEUE_STEP_FAILED
							: QUEUE_STEP_LATER;
	step.text = g_strdup(result.text);
	submit_result_clear(&result);
	return step;
}

static void count(struct queue_runner *runner, enum queue_step_kind kind)
{
	g_mutex_lock(&runner->lock);
	switch (kind) {
	case QUEUE_STEP_DELIVERED: runner->counters.delivered++; break;
	case QUEUE_STEP_RELAYED: runner->counters.sent++; break;
	case QUEUE_STEP_LATER: runner->counters.retried++; break;
	case QUEUE_STEP_FAILED: runner->counters.failed++; break;
	case QUEUE_STEP_ELSEWHERE: break;
	}
	g_mutex_unlock(&runner->lock);
}

static void handle_item(struct queue_runner *runner, const struct config *config, struct queue_item *item)
{
	struct item_work work = { config, item, { .kind = QUEUE_STEP_ELSEWHERE } };

	do_job(runner->pool, handle_locally, &work);
	if (work.step.kind == QUEUE_STEP_ELSEWHERE) {
		g_free(work.step.text);
		work.step = send_by_relay(config, item);
	}
	do_job(runner->pool, note, &work);
	count(runner, work.step.kind);
	g_free(work.step.text);
}

/* ---- the threads -------------------------------------------------------------------------- */

struct claim {
	GPtrArray *items; /* NULL: the database did not answer */
	int64_t due;
};

static void take_items(struct store *store, void *arg)
{
	struct claim *claim = arg;

	if (queue_claim(store, 1, LEASE_SECONDS, &claim->items) != STORE_OK) {
		claim->items = NULL;
		return;
	}
	if (claim->items->len == 0 && queue_next_due(store, &claim->due) != STORE_OK)
		claim->due = INT64_MAX;
}

static bool is_stopping(struct queue_runner *runner)
{
	return g_atomic_int_get(&runner->stopping) != 0;
}

static gint64 time_to(int64_t due)
{
	int64_t now = clock_now();

	return due <= now ? 10000 : MIN(due - now, LONGEST_WAIT);
}

static void run_round(struct queue_runner *runner)
{
	guint64 heard = bell_count();
	struct claim claim = { NULL, INT64_MAX };

	do_job(runner->pool, take_items, &claim);
	if (claim.items == NULL) {
		wait_for_bell(heard, AFTER_FAILURE);
		return;
	}
	for (guint i = 0; i < claim.items->len && !is_stopping(runner); i++) {
		const struct config *config = config_current_get(&runner->config);

		handle_item(runner, config, g_ptr_array_index(claim.items, i));
		config_unref(&config);
	}
	if (claim.items->len == 0)
		wait_for_bell(heard, time_to(claim.due));
	g_ptr_array_unref(claim.items);
}

static gpointer run(gpointer arg)
{
	struct queue_runner *runner = arg;

	while (!is_stopping(runner))
		run_round(runner);
	return NULL;
}

struct queue_runner *queue_runner_create(const struct config *config, struct store_pool *pool)
{
	struct queue_runner *runner = g_new0(struct queue_runner, 1);

	g_mutex_init(&runner->lock);
	config_current_init(&runner->config, config);
	runner->pool = pool;
	for (unsigned i = 0; i < THREADS; i++)
		runner->threads[i] = g_thread_new("queue", run, runner);
	return runner;
}

void queue_runner_reload(struct queue_runner *runner, const struct config *config)
{
	config_current_replace(&runner->config, config);
	/* A relay that was set just now need not wait. */
	queue_runner_wake();
}

void queue_runner_destroy(struct queue_runner **runner)
{
	struct queue_runner *r = *runner;

	if (r == NULL)
		return;
	g_atomic_int_set(&r->stopping, 1);
	queue_runner_wake();
	for (unsigned i = 0; i < THREADS; i++)
		g_thread_join(r->threads[i]);
	config_current_clear(&r->config);
	g_mutex_clear(&r->lock);
	g_clear_pointer(runner, g_free);
}

void queue_runner_counters(const struct queue_runner *runner, struct queue_runner_counters *counters_out)
{
	GMutex *lock = (GMutex *)&runner->lock;

	g_mutex_lock(lock);
	*counters_out = runner->counters;
	g_mutex_unlock(lock);
}
