/* One table of the living, one of addresses, both under one mutex that is taken
 * when a connection comes, signs in and goes.  Ending one from outside is a job
 * posted to its loop by number, not by pointer: it may be gone by then. */
#include "net/connections.h"

#include "net/connection.h"
#include "net/loop_task.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <pthread.h>

struct farewell {
	uint64_t id;
	enum stream_end why;
};

static struct {
	pthread_mutex_t lock;
	GHashTable *by_id;      /* uint64_t -> struct connection */
	GHashTable *by_address; /* struct in6_addr -> count */
	uint64_t last_id;
	unsigned admitted;
	unsigned limit_total, limit_per_address;
} registry = { .lock = PTHREAD_MUTEX_INITIALIZER };

static guint address_hash(gconstpointer key)
{
	const struct in6_addr *address = key;
	guint hash = 5381;

	for (size_t i = 0; i < sizeof address->s6_addr; i++)
		hash = hash * 33 + address->s6_addr[i];
	return hash;
}

static gboolean address_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct in6_addr)) == 0;
}

static void registry_lock(void)
{
	pthread_mutex_lock(&registry.lock);
	if (registry.by_id == NULL) {
		registry.by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
		registry.by_address = g_hash_table_new_full(address_hash, address_equal, g_free, NULL);
	}
}

static void registry_unlock(void)
{
	pthread_mutex_unlock(&registry.lock);
}

static void peer_from_ipv6(struct peer *peer, const struct sockaddr_in6 *in6)
{
	unsigned port = ntohs(in6->sin6_port);

	peer->key = in6->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], peer->address, sizeof peer->address);
		g_snprintf(peer->text, sizeof peer->text, "%s:%u", peer->address, port);
		peer->loopback = in6->sin6_addr.s6_addr[12] == 127;
		return;
	}
	inet_ntop(AF_INET6, &in6->sin6_addr, peer->address, sizeof peer->address);
	g_snprintf(peer->text, sizeof peer->text, "[%s]:%u", peer->address, port);
	peer->loopback = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	/* One customer has a whole /64 to choose addresses from. */
	if (!peer->loopback)
		memset(&peer->key.s6_addr[8], 0, 8);
}

void peer_from_sockaddr(struct peer *peer, const struct sockaddr *address)
{
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	const struct sockaddr_in *in = (const void *)address;

	*peer = (struct peer){ .text = "local", .address = "local", .loopback = true };
	if (address->sa_family == AF_INET6) {
		peer_from_ipv6(peer, (const void *)address);
	} else if (address->sa_family == AF_INET) {
		mapped.sin6_port = in->sin_port;
		mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
		memcpy(&mapped.sin6_addr.s6_addr[12], &in->sin_addr, 4);
		peer_from_ipv6(peer, &mapped);
	}
}

void connections_set_limits(unsigned total, unsigned per_address)
{
	registry_lock();
	registry.limit_total = total;
	registry.limit_per_address = per_address;
	registry_unlock();
}

bool connections_admit(const struct peer *peer)
{
	unsigned here;
	bool full;

	registry_lock();
	here = GPOINTER_TO_UINT(g_hash_table_lookup(registry.by_address, &peer->key));
	full = (registry.limit_total != 0 && registry.admitted >= registry.limit_total) ||
	       (registry.limit_per_address != 0 && here >= registry.limit_per_address);
	if (!full) {
		registry.admitted++;
		g_hash_table_insert(registry.by_address, g_memdup2(&peer->key, sizeof peer->key),
				    GUINT_TO_POINTER(here + 1));
	}
	registry_unlock();
	return !full;
}

void connections_dismiss(const struct peer *peer)
{
	unsigned here;

	registry_lock();
	here = GPOINTER_TO_UINT(g_hash_table_lookup(registry.by_address, &peer->key));
	g_assert(here > 0 && registry.admitted > 0);
	registry.admitted--;
	if (here == 1)
		g_hash_table_remove(registry.by_address, &peer->key);
	else
		g_hash_table_insert(registry.by_address, g_memdup2(&peer->key, sizeof peer->key),
				    GUINT_TO_POINTER(here - 1));
	registry_unlock();
}

void connection_register(struct connection *connection)
{
	connection->since = clock_now();
	atomic_store(&connection->security, "plain");
	counter_add(connection->counters->open, 1);
	counter_add(connection->counters->total, 1);
	loop_load_add(connection->loop, 1);
	registry_lock();
	connection->id = ++registry.last_id;
	g_hash_table_insert(registry.by_id, &connection->id, connection);
	registry_unlock();
}

void connection_unregister(struct connection *connection)
{
	registry_lock();
	g_hash_table_remove(registry.by_id, &connection->id);
	g_clear_pointer(&connection->user, g_free);
	registry_unlock();
	if (connection->admitted)
		connections_dismiss(&connection->peer);
	loop_load_add(connection->loop, -1);
	atomic_fetch_sub_explicit(&connection->counters->open, 1, memory_order_relaxed);
}

void connection_set_user(struct connection *connection, const char *user)
{
	registry_lock();
	g_free(connection->user);
	connection->user = g_strdup(user);
	registry_unlock();
}

void connection_count_in(struct connection *connection, size_t octets)
{
	counter_add(connection->octets_in, octets);
	counter_add(connection->counters->octets_in, octets);
}

void connection_count_out(struct connection *connection, size_t octets)
{
	counter_add(connection->octets_out, octets);
	counter_add(connection->counters->octets_out, octets);
}

static void info_free(gpointer data)
{
	struct connection_info *info = data;

	g_free(info->peer);
	g_free(info->user);
	g_free(info);
}

static struct connection_info *info_of(struct connection *connection)
{
	struct connection_info *info = g_new(struct connection_info, 1);

	*info = (struct connection_info){
		.id = connection->id,
		.since = connection->since,
		.label = connection->counters->label,
		.peer = g_strdup(connection->peer.text),
		.user = g_strdup(connection->user),
		.security = atomic_load(&connection->security),
		.octets_in = atomic_load(&connection->octets_in),
		.octets_out = atomic_load(&connection->octets_out),
	};
	return info;
}

static gint info_compare(gconstpointer a, gconstpointer b)
{
	const struct connection_info *const *left = a, *const *right = b;

	return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

GPtrArray *connections_list(void)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(info_free);
	GHashTableIter iter;
	gpointer connection;

	registry_lock();
	g_hash_table_iter_init(&iter, registry.by_id);
	while (g_hash_table_iter_next(&iter, NULL, &connection))
		g_ptr_array_add(list, info_of(connection));
	registry_unlock();
	g_ptr_array_sort(list, info_compare);
	return list;
}

size_t connections_count(void)
{
	size_t count;

	registry_lock();
	count = g_hash_table_size(registry.by_id);
	registry_unlock();
	return count;
}

static void farewell_job(void *arg)
{
	struct farewell *farewell = arg;
	struct connection *connection;

	registry_lock();
	connection = g_hash_table_lookup(registry.by_id, &farewell->id);
	registry_unlock();
	/* Only this thread ends it, so it stays while we talk. */
	if (connection != NULL)
		connection->goodbye(connection, farewell->why);
	g_free(farewell);
}

/* Under the lock, so that the loop is still there. */
static void farewell_post(struct connection *connection, enum stream_end why)
{
	struct farewell *farewell = g_new(struct farewell, 1);

	*farewell = (struct farewell){ connection->id, why };
	loop_post(connection->loop, farewell_job, farewell);
}

bool connections_kick(uint64_t id)
{
	struct connection *connection;

	registry_lock();
	connection = g_hash_table_lookup(registry.by_id, &id);
	if (connection != NULL)
		farewell_post(connection, STREAM_END_KICKED);
	registry_unlock();
	return connection != NULL;
}

size_t connections_end_all(void)
{
	GHashTableIter iter;
	gpointer connection;
	size_t count = 0;

	registry_lock();
	g_hash_table_iter_init(&iter, registry.by_id);
	while (g_hash_table_iter_next(&iter, NULL, &connection)) {
		farewell_post(connection, STREAM_END_SHUTDOWN);
		count++;
	}
	registry_unlock();
	return count;
}
