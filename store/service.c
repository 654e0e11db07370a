/* Puts the room together.  Order at the end: workers first (they may still tell changes),
 * then the notifier, then the cluster. */
#include "store/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/connection.h"
#include "store/content_cache.h"
#include "store/managed.h"
#include "store/maildrop_private.h"
#include "store/notifier.h"
#include "store/pool_private.h"
#include "store/view_private.h"

#define ROOM "store"
#define START_SECONDS 60
#define RETRY_US 100000
/* How often housekeeping runs, and how often leases are renewed. */
#define HOUSEKEEPING_SECONDS 300
#define LEASE_SECONDS 15
#define GRACE_SECONDS 86400

struct store_service {
	struct managed *managed; /* NULL: somebody else's database */
	char *url;
	struct store_shared *shared;
	struct store_pool *pool;
	GThread *housekeeper;
	GMutex lock;
	GCond ending;
	bool stop;
};

/* The connection string in force; *managed_out is started when the settings say so. */
static char *find_database(const struct config *config, unsigned connections,
			   struct managed **managed_out, char **error_out)
{
	struct managed_options options = { config->server.state_dir, config->server.user, connections };

	if (strcmp(config->database.url, "managed") != 0)
		return g_strdup(config->database.url);
	*managed_out = managed_start(&options, error_out);
	return *managed_out != NULL ? managed_url(config->server.state_dir) : NULL;
}

static bool wait_for_database(struct store *store, char **error_out)
{
	int64_t end = clock_monotonic() + START_SECONDS * INT64_C(1000000);

	while (connection_ensure(store) != STORE_OK) {
		if (clock_monotonic() > end) {
			g_autofree char *problem = connection_problem(store);

			*error_out = g_strdup_printf("the database does not answer: %s", problem);
			return false;
		}
		g_usleep(RETRY_US);
	}
	return true;
}

static bool bring_up_to_date(struct store *store, bool alone, char **error_out)
{
	enum store_result result = store_migrate(store, false, NULL);

	if (result == STORE_CONFLICT)
		*error_out = g_strdup("the database was made by a newer convoke");
	else if (result != STORE_OK)
		*error_out = g_strdup("the database can't be migrated; the log says why");
	/* The leases of a process that is no more: in a managed cluster nobody else can have any. */
	if (result == STORE_OK && alone)
		result = maildrop_forget_all(store);
	return result == STORE_OK;
}

static bool wait_ending(struct store_service *service, unsigned seconds)
{
	int64_t until = g_get_monotonic_time() + seconds * INT64_C(1000000);
	bool stop;

	g_mutex_lock(&service->lock);
	while (!service->stop && g_cond_wait_until(&service->ending, &service->lock, until))
		;
	stop = service->stop;
	g_mutex_unlock(&service->lock);
	return stop;
}

static void *keep_house(void *arg)
{
	struct store_service *service = arg;
	struct store *store = connection_create(service->url, service->shared);
	struct store_housekeeping done;
	int64_t next = clock_monotonic() + HOUSEKEEPING_SECONDS * INT64_C(1000000);

	while (!wait_ending(service, LEASE_SECONDS)) {
		maildrop_renew_all(store);
		if (clock_monotonic() < next)
			continue;
		next = clock_monotonic() + HOUSEKEEPING_SECONDS * INT64_C(1000000);
		if (store_housekeep(store, GRACE_SECONDS, &done) == STORE_OK &&
		    done.content_removed + done.rows_removed > 0)
			log_info(ROOM, "housekeeping: %" G_GUINT64_FORMAT " contents (%" G_GUINT64_FORMAT
				 " octets) and %" G_GUINT64_FORMAT " old rows removed",
				 done.content_removed, done.octets_removed, done.rows_removed);
	}
	connection_destroy(&store);
	return NULL;
}

static bool start(struct store_service *service, const struct config *config, char **error_out)
{
	struct store *store;
	bool done;

	service->url = find_database(config, config->server.workers + 4, &service->managed, error_out);
	if (service->url == NULL)
		return false;
	service->shared = shared_create();
	store = connection_create(service->url, service->shared);
	done = wait_for_database(store, error_out) &&
	       bring_up_to_date(store, service->managed != NULL, error_out);
	connection_destroy(&store);
	if (!done)
		return false;
	service->shared->notifier = notifier_create(service->url, service->shared,
						    service->managed == NULL);
	service->pool = pool_create(service->url, config->server.workers, service->shared);
	service->housekeeper = g_thread_new("housekeeper", keep_house, service);
	return true;
}

struct store_service *store_service_create(const struct config *config, char **error_out)
{
	struct store_service *service = g_new0(struct store_service, 1);

	*error_out = NULL;
	g_mutex_init(&service->lock);
	g_cond_init(&service->ending);
	if (!start(service, config, error_out))
		store_service_destroy(&service);
	return service;
}

void store_service_destroy(struct store_service **service)
{
	struct store_service *s = *service;

	if (s == NULL)
		return;
	*service = NULL;
	pool_destroy(&s->pool);
	g_mutex_lock(&s->lock);
	s->stop = true;
	g_cond_signal(&s->ending);
	g_mutex_unlock(&s->lock);
	if (s->housekeeper != NULL)
		g_thread_join(s->housekeeper);
	if (s->shared != NULL)
		notifier_destroy(&s->shared->notifier);
	shared_destroy(&s->shared);
	managed_stop(&s->managed);
	g_cond_clear(&s->ending);
	g_mutex_clear(&s->lock);
	g_free(s->url);
	g_free(s);
}

struct store_pool *store_service_pool(struct store_service *service)
{
	return service->pool;
}

void store_service_counters(const struct store_service *service, struct store_counters *counters_out)
{
	struct store_shared *shared = service->shared;
	struct pool_counters pool;

	pool_counters(service->pool, &pool);
	*counters_out = (struct store_counters){
		.jobs_waiting = pool.waiting, .jobs_running = pool.running, .jobs_done = pool.done,
		.statements = shared->statements, .reconnects = shared->reconnects,
		.failures = shared->failures,
		.view_loads = shared->view_loads, .view_refreshes = shared->view_refreshes,
		.view_shared = shared->view_shared,
		.view_entries = view_registry_entries(shared->views),
		.notices_sent = shared->notices_sent, .notices_received = shared->notices_received,
		.cluster_restarts = service->managed != NULL ? managed_restarts(service->managed) : 0,
	};
	content_cache_counters(shared->contents, &counters_out->content_hits,
			       &counters_out->content_misses, &counters_out->content_octets);
}

/* What a store of its own holds beside its connection. */
struct alone {
	struct managed *managed;
	struct store_shared *shared;
};

static void end_alone(void *arg)
{
	struct alone *alone = arg;

	shared_destroy(&alone->shared);
	managed_stop(&alone->managed);
	g_free(alone);
}

enum store_result store_open(const struct config *config, struct store **store_out, char **error_out)
{
	struct alone *alone = g_new0(struct alone, 1);
	bool runs = strcmp(config->database.url, "managed") == 0 &&
		    managed_is_running(config->server.state_dir);
	g_autofree char *url = runs ? managed_url(config->server.state_dir) :
			       find_database(config, 8, &alone->managed, error_out);

	*store_out = NULL;
	if (url == NULL) {
		g_free(alone);
		return STORE_UNAVAILABLE;
	}
	*error_out = NULL;
	alone->shared = shared_create();
	*store_out = connection_create(url, alone->shared);
	(*store_out)->at_close = end_alone;
	(*store_out)->at_close_arg = alone;
	if (connection_ensure(*store_out) == STORE_OK)
		return STORE_OK;
	*error_out = connection_problem(*store_out);
	store_close(store_out);
	return STORE_UNAVAILABLE;
}

void store_close(struct store **store)
{
	connection_destroy(store);
}
