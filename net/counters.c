/* A short table that only grows; a label is looked up once per connection or
 * listener, after that its numbers are touched without a lock. */
#include "net/counters.h"

#include "net/connection.h"

#include <pthread.h>

enum { MAX_LABELS = 16 };

static struct {
	pthread_mutex_t lock;
	struct protocol_counters rows[MAX_LABELS];
	size_t count;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct protocol_counters *protocol_counters(const char *label)
{
	struct protocol_counters *row = NULL;

	pthread_mutex_lock(&table.lock);
	for (size_t i = 0; i < table.count && row == NULL; i++) {
		if (strcmp(table.rows[i].label, label) == 0)
			row = &table.rows[i];
	}
	if (row == NULL) {
		g_assert(table.count < MAX_LABELS);
		row = &table.rows[table.count++];
		row->label = label;
	}
	pthread_mutex_unlock(&table.lock);
	return row;
}

static void add_row(struct net_counters *sum, struct protocol_counters *row)
{
	sum->open += atomic_load(&row->open);
	sum->total += atomic_load(&row->total);
	sum->refused += atomic_load(&row->refused);
	sum->timeouts += atomic_load(&row->timeouts);
	sum->handshakes += atomic_load(&row->handshakes);
	sum->tls_failures += atomic_load(&row->tls_failures);
	sum->octets_in += atomic_load(&row->octets_in);
	sum->octets_out += atomic_load(&row->octets_out);
}

static size_t row_count(void)
{
	size_t count;

	pthread_mutex_lock(&table.lock);
	count = table.count;
	pthread_mutex_unlock(&table.lock);
	return count;
}

struct net_counters net_counters_get(const char *label)
{
	struct net_counters sum = { 0 };
	size_t count = row_count();

	for (size_t i = 0; i < count; i++) {
		if (label == NULL || strcmp(table.rows[i].label, label) == 0)
			add_row(&sum, &table.rows[i]);
	}
	return sum;
}

void net_counters_each(void (*fn)(void *arg, const char *label, const struct net_counters *counters),
		       void *arg)
{
	size_t count = row_count();

	for (size_t i = 0; i < count; i++) {
		struct net_counters sum = { 0 };

		add_row(&sum, &table.rows[i]);
		fn(arg, table.rows[i].label, &sum);
	}
}
