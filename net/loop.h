/* One network thread's event loop: jobs posted from anywhere, timers, watched
 * descriptors.  Everything but loop_post(), loop_stop() and loop_create() may be
 * called only in the thread that runs the loop. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;

typedef void (*loop_fn)(void *arg);

struct loop *loop_create(void);
/* Only when it does not run; jobs still queued are dropped.  *loop becomes NULL. */
void loop_destroy(struct loop **loop);
/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
/* Any thread. */
void loop_stop(struct loop *loop);
/* Any thread: fn(arg) runs in the loop's thread, in the order posted. */
void loop_post(struct loop *loop, loop_fn fn, void *arg);
/* True in the thread that runs (or, before loop_run, created) the loop. */
bool loop_is_mine(const struct loop *loop);

/* A timer that is not set yet. */
struct loop_timer *loop_timer_create(struct loop *loop, loop_fn fn, void *arg);
/* Fires once after `milliseconds`, replacing an earlier setting. */
void loop_timer_set(struct loop_timer *timer, uint64_t milliseconds);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer **timer);

enum loop_events { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void (*loop_watch_fn)(void *arg, unsigned events);

/* Level-triggered watching of a descriptor, which stays the caller's. */
struct loop_watch *loop_watch_create(struct loop *loop, int fd, loop_watch_fn fn, void *arg);
/* Which of LOOP_READ | LOOP_WRITE to wait for; 0 for none. */
void loop_watch_set(struct loop_watch *watch, unsigned events);
void loop_watch_destroy(struct loop_watch **watch);

#endif
