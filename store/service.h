/* The whole room, made once per process: the managed cluster (with [database] url =
 * managed), migrations, the pool of workers, the notifier, views and caches, and a
 * housekeeping thread (leases, collection of content nobody refers to, old rows). */
#ifndef STORE_SERVICE_H
#define STORE_SERVICE_H

#include "config/config.h"
#include "store/pool.h"
#include "store/store.h"

struct store_service;

/* Blocks until the database answers and its schema is the one of this program
 * (migrating when needed).  NULL and *error_out (g_free() it) when that does not come to
 * pass within some 60 s.  As root, the managed cluster runs as [server] user.  Reads
 * server.state_dir, user, workers and database.url; the config need not outlive the call. */
struct store_service *store_service_create(const struct config *config, char **error_out);
/* Ends the workers when their queue is empty, sends what notices there are, stops the
 * managed cluster.  No job may be submitted any more.  *service becomes NULL.  NULL is
 * allowed. */
void store_service_destroy(struct store_service **service);

/* Lives as long as the service. */
struct store_pool *store_service_pool(struct store_service *service);

/* For status and metrics; any thread. */
struct store_counters {
	uint64_t jobs_waiting, jobs_running, jobs_done;
	uint64_t statements;        /* round trips to the database */
	uint64_t reconnects, failures; /* failures: answers STORE_UNAVAILABLE */
	uint64_t content_hits, content_misses, content_octets; /* the cache of store/content.h */
	uint64_t view_loads, view_refreshes, view_shared, view_entries;
	uint64_t notices_sent, notices_received;
	uint64_t cluster_restarts;
};
void store_service_counters(const struct store_service *service, struct store_counters *counters_out);

/* One connection for convokectl and tests, for the calling thread's use.  The URL as in
 * the configuration; "managed" reaches the cluster that a running convoked has started, or
 * starts one for as long as the store is open when none runs.  Does not migrate.  Changes
 * made through it reach the running daemons by NOTIFY. */
enum store_result store_open(const struct config *config, struct store **store_out, char **error_out);
/* *store becomes NULL.  NULL is allowed. */
void store_close(struct store **store);

/* Applies the migrations that are missing, in order, each in a transaction of its own,
 * all under one advisory lock; dry_run only lists.  *report (NULL allowed) receives one
 * line per migration: "001-accounts.sql applied". STORE_CONFLICT: the database is newer than
 * this program. */
enum store_result store_migrate(struct store *store, bool dry_run, GString *report);
/* The number of the last migration this program knows / the database has (0: none). */
unsigned store_schema_wanted(void);
enum store_result store_schema_present(struct store *store, unsigned *version_out);

/* One round of housekeeping now, as the service does by itself: leases, old sessions,
 * delivery keys and change logs, content nobody refers to for `grace_seconds`. */
struct store_housekeeping {
	uint64_t content_removed, octets_removed, rows_removed;
};
enum store_result store_housekeep(struct store *store, uint64_t grace_seconds,
				  struct store_housekeeping *done_out);

#endif
