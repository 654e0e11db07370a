/* The TLS value of a listener, exchanged at a reload while its streams in other
 * threads may be about to use it. */
#include "net/stream_private.h"

#include <pthread.h>

struct tls_slot {
	atomic_int references;
	pthread_mutex_t lock;
	struct tls_server *tls;
};

struct tls_slot *tls_slot_create(struct tls_server *tls)
{
	struct tls_slot *slot = g_new0(struct tls_slot, 1);

	atomic_init(&slot->references, 1);
	pthread_mutex_init(&slot->lock, NULL);
	slot->tls = tls_server_ref(tls);
	return slot;
}

struct tls_slot *tls_slot_ref(struct tls_slot *slot)
{
	if (slot != NULL)
		atomic_fetch_add(&slot->references, 1);
	return slot;
}

void tls_slot_unref(struct tls_slot **slot)
{
	if (*slot != NULL && atomic_fetch_sub(&(*slot)->references, 1) == 1) {
		tls_server_unref(&(*slot)->tls);
		pthread_mutex_destroy(&(*slot)->lock);
		g_free(*slot);
	}
	*slot = NULL;
}

void tls_slot_set(struct tls_slot *slot, struct tls_server *tls)
{
	struct tls_server *old;

	tls_server_ref(tls);
	pthread_mutex_lock(&slot->lock);
	old = slot->tls;
	slot->tls = tls;
	pthread_mutex_unlock(&slot->lock);
	tls_server_unref(&old);
}

struct tls_server *tls_slot_get(struct tls_slot *slot)
{
	struct tls_server *tls;

	pthread_mutex_lock(&slot->lock);
	tls = tls_server_ref(slot->tls);
	pthread_mutex_unlock(&slot->lock);
	return tls;
}
