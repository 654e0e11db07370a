/* One queue under one lock; a worker takes the oldest job.  Of the idle workers the one that
 * became idle last is woken: its connection's server process has its caches warm. */
#include "store/pool.h"

#include "store/connection.h"
#include "store/pool_private.h"

struct job {
	struct job *next;
	struct loop *home;
	store_work_fn work;
	store_done_fn done;
	void *arg;
};

/* A waiting worker, on its own stack. */
struct idle_worker {
	struct idle_worker *next;
	GCond wakeup;
	bool woken;
};

struct store_pool {
	struct store_shared *shared;
	char *url;
	GMutex lock;            /* guards all below but the array of threads */
	struct idle_worker *idle; /* the last that became idle first */
	struct job *first, **last;
	bool stop;
	struct pool_counters counters;
	GPtrArray *threads;
};

struct store_shared *pool_shared(struct store_pool *pool)
{
	return pool->shared;
}

/* The lock is held. */
static void wake_one(struct store_pool *pool)
{
	struct idle_worker *worker = pool->idle;

	if (worker == NULL)
		return;
	pool->idle = worker->next;
	worker->woken = true;
	g_cond_signal(&worker->wakeup);
}

/* The lock is held, and given away meanwhile. */
static void wait_idle(struct store_pool *pool)
{
	struct idle_worker self = { .next = pool->idle };

	g_cond_init(&self.wakeup);
	pool->idle = &self;
	while (!self.woken)
		g_cond_wait(&self.wakeup, &pool->lock);
	g_cond_clear(&self.wakeup);
}

void store_pool_submit(struct store_pool *pool, struct loop *home, store_work_fn work,
		       store_done_fn done, void *arg)
{
	struct job *job = g_new0(struct job, 1);

	g_assert((home == NULL) == (done == NULL));
	*job = (struct job){ .home = home, .work = work, .done = done, .arg = arg };
	g_mutex_lock(&pool->lock);
	g_assert(!pool->stop);
	*pool->last = job;
	pool->last = &job->next;
	pool->counters.waiting++;
	wake_one(pool);
	g_mutex_unlock(&pool->lock);
}

/* NULL: the pool ends and nothing is queued any more. */
static struct job *next_job(struct store_pool *pool, bool had_one)
{
	struct job *job;

	g_mutex_lock(&pool->lock);
	if (had_one) {
		pool->counters.running--;
		pool->counters.done++;
	}
	while (pool->first == NULL && !pool->stop)
		wait_idle(pool);
	job = pool->first;
	if (job != NULL) {
		pool->first = job->next;
		if (pool->first == NULL)
			pool->last = &pool->first;
		pool->counters.waiting--;
		pool->counters.running++;
	}
	g_mutex_unlock(&pool->lock);
	return job;
}

/* A job begins and ends its transactions itself. */
static void *run(void *arg)
{
	struct store_pool *pool = arg;
	struct store *store = connection_create(pool->url, pool->shared);
	struct job *job;

	for (bool had_one = false; (job = next_job(pool, had_one)) != NULL; had_one = true) {
		job->work(store, job->arg);
		g_assert(!store->in_transaction);
		if (job->done != NULL)
			loop_post(job->home, job->done, job->arg);
		g_free(job);
	}
	connection_destroy(&store);
	return NULL;
}

struct store_pool *pool_create(const char *url, unsigned workers, struct store_shared *shared)
{
	struct store_pool *pool = g_new0(struct store_pool, 1);

	pool->shared = shared;
	pool->url = g_strdup(url);
	pool->last = &pool->first;
	g_mutex_init(&pool->lock);
	pool->threads = g_ptr_array_new();
	for (unsigned i = 0; i < MAX(workers, 1); i++)
		g_ptr_array_add(pool->threads, g_thread_new("store", run, pool));
	return pool;
}

void pool_destroy(struct store_pool **pool)
{
	struct store_pool *p = *pool;

	if (p == NULL)
		return;
	*pool = NULL;
	g_mutex_lock(&p->lock);
	p->stop = true;
	while (p->idle != NULL)
		wake_one(p);
	g_mutex_unlock(&p->lock);
	for (guint i = 0; i < p->threads->len; i++)
		g_thread_join(g_ptr_array_index(p->threads, i));
	g_ptr_array_unref(p->threads);
	g_mutex_clear(&p->lock);
	g_free(p->url);
	g_free(p);
}

void pool_counters(struct store_pool *pool, struct pool_counters *counters_out)
{
	g_mutex_lock(&pool->lock);
	*counters_out = pool->counters;
	g_mutex_unlock(&pool->lock);
}
