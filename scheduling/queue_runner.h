/* Sends what waits in the outgoing queue: to recipients of this server through
 * deliver(), to all others through the relay.  Threads of its own, each with one item and
 * one database job at a time; woken at once by queue_runner_wake(), and by themselves when
 * the next item is due. */
#ifndef SCHEDULING_QUEUE_RUNNER_H
#define SCHEDULING_QUEUE_RUNNER_H

#include "config/config.h"
#include "store/pool.h"

struct queue_runner;

/* The configuration is referenced; the pool must outlive the runner. */
struct queue_runner *queue_runner_create(const struct config *config, struct store_pool *pool);
/* Any thread; for items sent from now on. */
void queue_runner_reload(struct queue_runner *runner, const struct config *config);
/* Ends after the items under way.  *runner becomes NULL.  NULL is allowed. */
void queue_runner_destroy(struct queue_runner **runner);
/* Any thread: something was added. */
void queue_runner_wake(void);

struct queue_runner_counters {
	uint64_t sent, delivered, retried, failed;
};
void queue_runner_counters(const struct queue_runner *runner,
			   struct queue_runner_counters *counters_out);

#endif
