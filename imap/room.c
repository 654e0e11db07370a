/* What all sessions share: settings, workers, accounts. */
#include "config/current.h"
#include "imap/session.h"
#include "imap/signature_memo.h"

struct imap_room {
	struct config_current config;
	struct store_pool *pool;
	struct auth *auth;
	struct signature_memos *signatures;
	void (*keywords_stored)(struct store *, const struct config *, struct mailbox_ref, struct uid_set,
				const char *const *);
};

struct imap_room *imap_room_create(const struct imap_room_options *options)
{
	struct imap_room *room = g_new0(struct imap_room, 1);

	config_current_init(&room->config, options->config);
	room->pool = options->pool;
	room->auth = options->auth;
	room->signatures = signature_memos_create();
	room->keywords_stored = options->keywords_stored;
	return room;
}

void imap_room_reload(struct imap_room *room, const struct config *config)
{
	config_current_replace(&room->config, config);
}

void imap_room_destroy(struct imap_room **room)
{
	if (*room == NULL)
		return;
	signature_memos_destroy(&(*room)->signatures);
	config_current_clear(&(*room)->config);
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
	return config_current_get(&room->config);
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
