/* libevent's core waits (epoll) and keeps the timers; it is used by one thread
 * alone, so without its locks.  Other threads reach the loop through a list
 * under a mutex and an eventfd, written once per batch. */
#include "net/loop.h"

#include "net/loop_task.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop_job {
	struct loop_job *next;
	loop_fn fn;
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event wakeup;
	int wakeup_fd;
	pthread_mutex_t lock;                    /* guards the three below */
	struct loop_job *jobs, **jobs_end;
	bool signalled;                 /* the eventfd is written and not read yet */
	struct loop_task *tasks, **tasks_end;
	bool stopped;
	atomic_uintptr_t thread;
	atomic_int load;
};

struct loop_timer {
	struct event event;
	loop_fn fn;
	void *arg;
};

struct loop_watch {
	struct event event;
	struct loop *loop;
	int fd;
	unsigned wanted;
	loop_watch_fn fn;
	void *arg;
};

static void run_jobs(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct loop_job *job;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof count) < 0)
		g_assert(errno == EAGAIN || errno == EINTR);
	pthread_mutex_lock(&loop->lock);
	job = loop->jobs;
	loop->jobs = NULL;
	loop->jobs_end = &loop->jobs;
	loop->signalled = false;
	pthread_mutex_unlock(&loop->lock);
	while (job != NULL) {
		struct loop_job *next = job->next;

		job->fn(job->arg);
		g_free(job);
		job = next;
	}
}

static struct event_base *base_create(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *loop_create(void)
{
	struct loop *loop = g_new0(struct loop, 1);

	loop->base = base_create();
	loop->wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->base == NULL || loop->wakeup_fd < 0)
		g_error("can't make an event loop: %s", g_strerror(errno));
	pthread_mutex_init(&loop->lock, NULL);
	loop->jobs_end = &loop->jobs;
	loop->tasks_end = &loop->tasks;
	atomic_store(&loop->thread, (uintptr_t)pthread_self());
	event_assign(&loop->wakeup, loop->base, loop->wakeup_fd, EV_READ | EV_PERSIST, run_jobs, loop);
	event_add(&loop->wakeup, NULL);
	return loop;
}

void loop_destroy(struct loop **loop_ptr)
{
	struct loop *loop = *loop_ptr;
	struct loop_job *next;

	if (loop == NULL)
		return;
	*loop_ptr = NULL;
	event_del(&loop->wakeup);
	event_base_free(loop->base);
	close(loop->wakeup_fd);
	for (struct loop_job *job = loop->jobs; job != NULL; job = next) {
		next = job->next;
		g_free(job);
	}
	pthread_mutex_destroy(&loop->lock);
	g_free(loop);
}

/* Only the tasks that are queued now: one that queues itself again must not
 * keep the loop from its sockets. */
static void run_tasks(struct loop *loop)
{
	struct loop_task *batch = loop->tasks;

	if (batch == NULL)
		return;
	batch->link = &batch;
	loop->tasks = NULL;
	loop->tasks_end = &loop->tasks;
	while (batch != NULL) {
		struct loop_task *task = batch;

		batch = task->next;
		if (batch != NULL)
			batch->link = &batch;
		task->next = NULL;
		task->link = NULL;
		task->fn(task->arg);
	}
}

void loop_run(struct loop *loop)
{
	atomic_store(&loop->thread, (uintptr_t)pthread_self());
	loop->stopped = false;
	while (!loop->stopped) {
		int wait = loop->tasks != NULL ? EVLOOP_NONBLOCK : 0;

		event_base_loop(loop->base, EVLOOP_ONCE | wait);
		run_tasks(loop);
	}
}

static void stop_job(void *arg)
{
	struct loop *loop = arg;

	loop->stopped = true;
}

void loop_stop(struct loop *loop)
{
	loop_post(loop, stop_job, loop);
}

void loop_post(struct loop *loop, loop_fn fn, void *arg)
{
	struct loop_job *job = g_new(struct loop_job, 1);
	bool signal;

	*job = (struct loop_job){ NULL, fn, arg };
	pthread_mutex_lock(&loop->lock);
	*loop->jobs_end = job;
	loop->jobs_end = &job->next;
	signal = !loop->signalled;
	loop->signalled = true;
	if (signal) {
		uint64_t one = 1;

		/* Under the lock, so that a loop stopped by this very job is not
		 * destroyed before the write. */
		if (write(loop->wakeup_fd, &one, sizeof one) < 0)
			g_assert(errno == EAGAIN);
	}
	pthread_mutex_unlock(&loop->lock);
}

bool loop_is_mine(const struct loop *loop)
{
	return atomic_load(&loop->thread) == (uintptr_t)pthread_self();
}

void loop_task_queue(struct loop *loop, struct loop_task *task)
{
	if (task->link != NULL)
		return;
	task->next = NULL;
	task->link = loop->tasks_end;
	*loop->tasks_end = task;
	loop->tasks_end = &task->next;
}

void loop_task_cancel(struct loop *loop, struct loop_task *task)
{
	if (task->link == NULL)
		return;
	*task->link = task->next;
	if (task->next != NULL)
		task->next->link = task->link;
	else if (loop->tasks_end == &task->next)
		loop->tasks_end = task->link;
	task->next = NULL;
	task->link = NULL;
}

void loop_load_add(struct loop *loop, int change)
{
	atomic_fetch_add(&loop->load, change);
}

int loop_load(const struct loop *loop)
{
	return atomic_load(&loop->load);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fn(timer->arg);
}

struct loop_timer *loop_timer_create(struct loop *loop, loop_fn fn, void *arg)
{
	struct loop_timer *timer = g_new0(struct loop_timer, 1);

	timer->fn = fn;
	timer->arg = arg;
	evtimer_assign(&timer->event, loop->base, timer_fired, timer);
	return timer;
}

void loop_timer_set(struct loop_timer *timer, uint64_t milliseconds)
{
	struct timeval wait = {
		.tv_sec = (time_t)(milliseconds / 1000),
		.tv_usec = (suseconds_t)(milliseconds % 1000 * 1000),
	};

	evtimer_add(&timer->event, &wait);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	evtimer_del(&timer->event);
}

void loop_timer_destroy(struct loop_timer **timer)
{
	if (*timer == NULL)
		return;
	evtimer_del(&(*timer)->event);
	g_free(*timer);
	*timer = NULL;
}

static void watch_fired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;
	unsigned events = 0;

	(void)fd;
	if (what & EV_READ)
		events |= LOOP_READ;
	if (what & EV_WRITE)
		events |= LOOP_WRITE;
	watch->fn(watch->arg, events);
}

struct loop_watch *loop_watch_create(struct loop *loop, int fd, loop_watch_fn fn, void *arg)
{
	struct loop_watch *watch = g_new0(struct loop_watch, 1);

	watch->loop = loop;
	watch->fd = fd;
	watch->fn = fn;
	watch->arg = arg;
	event_assign(&watch->event, loop->base, fd, EV_PERSIST, watch_fired, watch);
	return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
	short what = EV_PERSIST;

	if (events == watch->wanted)
		return;
	if (watch->wanted != 0)
		event_del(&watch->event);
	watch->wanted = events;
	if (events == 0)
		return;
	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	event_assign(&watch->event, watch->loop->base, watch->fd, what, watch_fired, watch);
	event_add(&watch->event, NULL);
}

void loop_watch_destroy(struct loop_watch **watch)
{
	if (*watch == NULL)
		return;
	loop_watch_set(*watch, 0);
	g_free(*watch);
	*watch = NULL;
}
