/* What all sessions share: settings, workers, accounts. */
#include "imap/session.h"
#include "imap/signature_memo.h"

struct imap_room {
	GMutex lock; /* around config, which a reload replaces */
	const struct config *config;
	struct store_pool *pool;
	struct auth *auth;
	struct signature_memos *signatures;
	void (*keywords_stored)(struct store *, const struct config *, struct mailbox_ref, struct uid_set,
				const char *const *);
};

struct imap_room *imap_room_create(const struct imap_room_options *options)
{
	struct imap_room *room = g_new0(struct imap_room, 1);

	g_mutex_init(&room->lock);
	room->config = config_ref(options->config);
	room->pool = options->pool;
	room->auth = options->auth;
	room->signatures = signature_memos_create();
	room->keywords_stored = options->keywords_stored;
	return room;
}

void imap_room_reload(struct imap_room *room, const struct config *config)
{
	const struct config *old;

	g_mutex_lock(&room->lock);
	old = room->config;
	room->config = config_ref(config);
	g_mutex_unlock(&room->lock);
	config_unref(&old);
}

void imap_room_destroy(struct imap_room **room)
{
	if (*room == NULL)
		return;
	signature_memos_destroy(&(*room)->signatures);
	config_unref(&(*room)->config);
	g_mutex_clear(&(*room)->lock);
	g_free(*room);
	*room = NULL;
}

struct store_pool *imap_room_pool(struct imap_room *room)
{
	return room->pool;
}

struct signature_memos *imap_room_signatures(struct imap_room *room)
{
	return room->signatures;
}

struct auth *imap_room_auth(struct imap_room *room)
{
	return room->auth;
}

const struct config *imap_room_config(struct imap_room *room)
{
	const struct config *config;

	g_mutex_lock(&room->lock);
	config = config_ref(room->config);
	g_mutex_unlock(&room->lock);
	return config;
}

void imap_room_keywords_stored(struct imap_room *room, struct store *store, struct mailbox_ref mailbox,
			       struct uid_set uids, const char *const *keywords)
{
	const struct config *config;

	if (room->keywords_stored == NULL || keywords == NULL || keywords[0] == NULL)
		return;
	config = imap_room_config(room);
	room->keywords_stored(store, config, mailbox, uids, keywords);
	config_unref(&config);
}
