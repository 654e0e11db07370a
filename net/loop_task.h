/* Work put off to the end of the loop's turn: after every event that was ready
 * has been handled, before the loop waits again.  For net/ alone: a stream
 * gathers what its owner writes in one turn and sends it at once. */
#ifndef NET_LOOP_TASK_H
#define NET_LOOP_TASK_H

#include "net/loop.h"

/* Lives inside what it works on; zero but for fn and arg before its first use. */
struct loop_task {
	loop_fn fn;
	void *arg;
	struct loop_task *next, **link; /* link NULL: not queued */
};

/* Once per turn however often it is called; one queued while tasks run has its
 * turn after the next look at the sockets. */
void loop_task_queue(struct loop *loop, struct loop_task *task);
void loop_task_cancel(struct loop *loop, struct loop_task *task);

/* How many streams live on this loop; any thread.  The listener gives the next
 * connection to the loop with the fewest. */
void loop_load_add(struct loop *loop, int change);
int loop_load(const struct loop *loop);

#endif
