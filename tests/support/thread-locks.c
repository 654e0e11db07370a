/* GLib's locks on pthread's, for runs under the thread sanitizer (tests/threads): GLib waits
 * on futexes of its own, which the sanitizer does not see, so that every lock looks like
 * none.  Preloaded; what the daemon starts (PostgreSQL) goes without. */
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t once_done = PTHREAD_COND_INITIALIZER;

static void __attribute__((constructor)) for_this_process_only(void)
{
	unsetenv("LD_PRELOAD");
}

static pthread_mutex_t *lock_of(GMutex *mutex)
{
	pthread_mutex_t *lock = __atomic_load_n((pthread_mutex_t **)&mutex->p, __ATOMIC_ACQUIRE), *none = NULL;

	if (lock != NULL)
		return lock;
	lock = malloc(sizeof *lock);
	pthread_mutex_init(lock, NULL);
	if (__atomic_compare_exchange_n((pthread_mutex_t **)&mutex->p, &none, lock, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return lock;
	pthread_mutex_destroy(lock);
	free(lock);
	return none;
}

static pthread_cond_t *cond_of(GCond *cond)
{
	pthread_cond_t *c = __atomic_load_n((pthread_cond_t **)&cond->p, __ATOMIC_ACQUIRE), *none = NULL;
	pthread_condattr_t monotonic;

	if (c != NULL)
		return c;
	c = malloc(sizeof *c);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(c, &monotonic);
	if (__atomic_compare_exchange_n((pthread_cond_t **)&cond->p, &none, c, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return c;
	pthread_cond_destroy(c);
	free(c);
	return none;
}

void g_mutex_init(GMutex *mutex)
{
	mutex->p = NULL;
}

void g_mutex_clear(GMutex *mutex)
{
	if (mutex->p != NULL) {
		pthread_mutex_destroy(mutex->p);
		free(mutex->p);
	}
	mutex->p = NULL;
}

void g_mutex_lock(GMutex *mutex)
{
	pthread_mutex_lock(lock_of(mutex));
}

gboolean g_mutex_trylock(GMutex *mutex)
{
	return pthread_mutex_trylock(lock_of(mutex)) == 0;
}

void g_mutex_unlock(GMutex *mutex)
{
	pthread_mutex_unlock(lock_of(mutex));
}

void g_cond_init(GCond *cond)
{
	cond->p = NULL;
}

void g_cond_clear(GCond *cond)
{
	if (cond->p != NULL) {
		pthread_cond_destroy(cond->p);
		free(cond->p);
	}
	cond->p = NULL;
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
	pthread_cond_wait(cond_of(cond), lock_of(mutex));
}

void g_cond_signal(GCond *cond)
{
	pthread_cond_signal(cond_of(cond));
}

void g_cond_broadcast(GCond *cond)
{
	pthread_cond_broadcast(cond_of(cond));
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
	struct timespec at = { end / G_USEC_PER_SEC, end % G_USEC_PER_SEC * 1000 };

	return pthread_cond_timedwait(cond_of(cond), lock_of(mutex), &at) == 0;
}

#undef g_once_init_enter
#undef g_once_init_leave
static GSList *in_progress;

gboolean g_once_init_enter(volatile void *location)
{
	volatile gsize *value = location;
	gboolean mine = FALSE;

	pthread_mutex_lock(&once_lock);
	while (__atomic_load_n(value, __ATOMIC_ACQUIRE) == 0) {
		if (!g_slist_find(in_progress, (void *)value)) {
			in_progress = g_slist_prepend(in_progress, (void *)value);
			mine = TRUE;
			break;
		}
		pthread_cond_wait(&once_done, &once_lock);
	}
	pthread_mutex_unlock(&once_lock);
	return mine;
}

void g_once_init_leave(volatile void *location, gsize result)
{
	volatile gsize *value = location;

	pthread_mutex_lock(&once_lock);
	__atomic_store_n(value, result, __ATOMIC_RELEASE);
	in_progress = g_slist_remove(in_progress, (void *)value);
	pthread_cond_broadcast(&once_done);
	pthread_mutex_unlock(&once_lock);
}
