/* All rooms of a running daemon, made in order and taken down in reverse. */
#ifndef GATEWAY_HOUSE_H
#define GATEWAY_HOUSE_H

#include "config/config.h"
#include "gateway/entrances.h"
#include "net/loop.h"
#include "scheduling/queue_runner.h"
#include "store/service.h"

struct house;

/* Database, password checks, the outgoing queue, the front rooms.  Blocks until the
 * database answers.  NULL and *error_out (g_free() it) on failure.  `loop` is where
 * the house asks the database for its own figures. */
struct house *house_create(const struct config *config, struct loop *loop, char **error_out);
/* Puts every room behind its entrance. */
void house_furnish(struct house *house, struct entrances *entrances);
void house_reload(struct house *house, const struct config *config);
/* When no connection is left and the loops have ended. */
void house_destroy(struct house **house);

struct house_figures {
	int64_t uptime_seconds;
	bool database_answers;
	uint64_t queue_length; /* outgoing mail that waits */
	struct store_counters store;
	struct queue_runner_counters queue;
};

/* Any thread; what is asked of the database is what its last look (some seconds ago) gave. */
struct house_figures house_figures(struct house *house);

#endif
