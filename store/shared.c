/* See the header. */
#include "store/shared.h"

#include "base/secret.h"
#include "store/content_cache.h"
#include "store/notify_private.h"
#include "store/view_private.h"

struct store_shared *shared_create(void)
{
	struct store_shared *shared = g_new0(struct store_shared, 1);

	shared->node = secret_token(9);
	shared->contents = content_cache_create();
	shared->notify = notify_create();
	shared->views = view_registry_create(shared);
	return shared;
}

void shared_destroy(struct store_shared **shared)
{
	if (*shared == NULL)
		return;
	view_registry_destroy(&(*shared)->views);
	notify_destroy(&(*shared)->notify);
	content_cache_destroy(&(*shared)->contents);
	g_free((*shared)->node);
	g_clear_pointer(shared, g_free);
}
