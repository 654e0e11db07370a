/* See the header. */
#include "store/shared.h"

#include "base/machine.h"
#include "base/secret.h"
#include "store/batch.h"
#include "store/content_cache.h"
#include "store/mailbox_memo.h"
#include "store/maildrop_private.h"
#include "store/notify_private.h"
#include "store/view_private.h"

/* The facts of a mailbox with 100,000 messages are some 150 MB: held, its ENVELOPEs, SORTs and
 * THREADs need no database.  What passes through of long messages is as much whatever the machine. */
static struct content_cache *create_contents(void)
{
	uint64_t share = machine_memory() / 64, megabyte = 1 << 20;
	const uint64_t limits[CONTENT_PARTS] = {
		[CONTENT_PART_SHORT] = CLAMP(share, 48 * megabyte, 1024 * megabyte),
		[CONTENT_PART_LONG] = CLAMP(share, 32 * megabyte, 1024 * megabyte),
		[CONTENT_PART_CHUNKS] = 32 * megabyte,
	};

	return content_cache_create(limits);
}

struct store_shared *shared_create(void)
{
	struct store_shared *shared = g_new0(struct store_shared, 1);

	shared->node = secret_token(9);
	shared->contents = create_contents();
	shared->notify = notify_create();
	shared->views = view_registry_create(shared);
	shared->flag_changes = batches_create();
	shared->mailboxes = mailbox_memo_create();
	shared->maildrops = maildrops_create();
	return shared;
}

void shared_destroy(struct store_shared **shared)
{
	if (*shared == NULL)
		return;
	batches_destroy(&(*shared)->flag_changes);
	view_registry_destroy(&(*shared)->views);
	mailbox_memo_destroy(&(*shared)->mailboxes);
	maildrops_destroy(&(*shared)->maildrops);
	notify_destroy(&(*shared)->notify);
	content_cache_destroy(&(*shared)->contents);
	g_free((*shared)->node);
	g_clear_pointer(shared, g_free);
}

guint mailbox_key_hash(gconstpointer key)
{
	const struct mailbox_ref *ref = key;

	return (guint)(ref->mailbox_id * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

gboolean mailbox_key_equal(gconstpointer a, gconstpointer b)
{
	const struct mailbox_ref *x = a, *y = b;

	return mailbox_ref_equal(*x, *y);
}
