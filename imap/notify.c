/* The network thread's side: the watch's life, and gathering what happens. */
#include "imap/notify_private.h"

#include "imap/cmd_fetch.h"
#include "imap/selected.h"

enum { MOST_WAITING = 1000 };

static void free_happening(void *arg)
{
	struct happening *happening = arg;

	g_free(happening->name);
	g_free(happening->old_name);
	g_free(happening);
}

static void free_shared(void *arg)
{
	struct shared_mailbox *shared = arg;

	notify_unsubscribe(&shared->subscription);
	g_free(shared->name);
	g_free(shared);
}

/* Notices, in the network thread. */

static struct happening *find_waiting(GPtrArray *list, struct mailbox_ref mailbox)
{
	for (guint i = 0; i < list->len; i++) {
		struct happening *happening = list->pdata[i];

		if ((happening->kinds & NOTICE_MESSAGES) && mailbox_ref_equal(happening->mailbox, mailbox))
			return happening;
	}
	return NULL;
}

static void keep_notice(struct notify_watch *watch, const struct notice *notice, bool is_own)
{
	struct happening *happening = NULL;

	if (notice->kinds & NOTICE_MESSAGES)
		happening = find_waiting(watch->waiting, notice->mailbox);
	if (happening != NULL) {
		happening->kinds |= notice->kinds;
		return;
	}
	if (watch->waiting->len >= MOST_WAITING || (notice->kinds & NOTICE_RESYNC)) {
		watch->overflow = true;
		return;
	}
	happening = g_new0(struct happening, 1);
	happening->kinds = notice->kinds;
	happening->is_own = is_own;
	happening->mailbox = notice->mailbox;
	happening->name = g_strdup(notice->name);
	happening->old_name = g_strdup(notice->old_name);
	g_ptr_array_add(watch->waiting, happening);
}

unsigned notify_events_of(unsigned kinds)
{
	static const struct {
		unsigned kinds, event;
	} rows[] = {
		{ NOTICE_NEW, EVENT_MESSAGE_NEW },
		{ NOTICE_EXPUNGED, EVENT_MESSAGE_EXPUNGE },
		{ NOTICE_FLAGS, EVENT_FLAG_CHANGE },
		{ NOTICE_CREATED | NOTICE_DELETED | NOTICE_RENAMED, EVENT_MAILBOX_NAME },
		{ NOTICE_SUBSCRIPTION, EVENT_SUBSCRIPTION },
		{ NOTICE_METADATA, EVENT_MAILBOX_METADATA | EVENT_SERVER_METADATA },
		/* A right that is given or taken makes a mailbox come or go (RFC 5465 5.4, 5.9). */
		{ NOTICE_ACL, ~0u },
		{ NOTICE_RESYNC, ~0u },
	};
	unsigned events = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (kinds & rows[i].kinds)
			events |= rows[i].event;
	return events;
}

bool notify_is_wide(const struct notify_watch *watch)
{
	for (size_t i = 0; i < watch->request.count; i++)
		if (mailbox_scope_is_wide(&watch->request.groups[i].scope))
			return true;
	return false;
}

unsigned notify_wanted_events(const struct notify_watch *watch)
{
	unsigned events = 0;

	for (size_t i = 0; i < watch->request.count; i++)
		if (!mailbox_scope_is_selected(&watch->request.groups[i].scope))
			events |= watch->request.groups[i].events;
	return events;
}

static void on_notice(void *arg, const struct notice *notice)
{
	struct imap_session *session = arg;
	bool is_own = notice->origin == session->id;

	if (!(notify_events_of(notice->kinds) & (notify_wanted_events(session->watch) | session->watch->also)))
		return;
	/* Of what the session did itself only the list of subscriptions is of use to it. */
	if (is_own && !(notice->kinds & NOTICE_SUBSCRIPTION))
		return;
	keep_notice(session->watch, notice, is_own);
	session_on_news(session);
}

static void create_watch(struct imap_session *session, const struct notify_request *request)
{
	struct notify_watch *watch = g_new0(struct notify_watch, 1);

	watch->request = *request;
	watch->waiting = g_ptr_array_new_with_free_func(free_happening);
	watch->taken = g_ptr_array_new_with_free_func(free_happening);
	watch->shared = g_ptr_array_new_with_free_func(free_shared);
	session->watch = watch;
}

static struct notify_subscription *follow(struct imap_session *session, struct mailbox_ref mailbox)
{
	return notify_subscribe(imap_room_pool(session->room), stream_loop(session->stream), mailbox, on_notice,
				session);
}

static void follow_own(struct imap_session *session)
{
	if (session->watch->own == NULL)
		session->watch->own = follow(session, (struct mailbox_ref){ session->account_id, 0 });
}

enum { METADATA_EVENTS = EVENT_MAILBOX_METADATA | EVENT_SERVER_METADATA };

void notify_start(struct imap_session *session, const struct notify_request *request)
{
	notify_stop(session);
	create_watch(session, request);
	session->watch->is_asked = true;
	if (request->count > 0 && session_has(session, EXTENSION_METADATA))
		session->watch->also = METADATA_EVENTS;
	if ((notify_wanted_events(session->watch) | session->watch->also) != 0)
		follow_own(session);
	if (notify_is_wide(session->watch))
		session->watch->everybody = follow(session, NOTICE_EVERYBODY);
}

void notify_enable_metadata(struct imap_session *session)
{
	if (session->watch == NULL)
		create_watch(session, &(struct notify_request){ .arena = arena_create() });
	session->watch->also = METADATA_EVENTS;
	follow_own(session);
}

bool notify_is_asked(const struct imap_session *session)
{
	return session->watch != NULL && session->watch->is_asked;
}

void notify_stop(struct imap_session *session)
{
	struct notify_watch *watch = session->watch;

	if (watch == NULL)
		return;
	fetch_unasked_end(&watch->fetch);
	notify_unsubscribe(&watch->own);
	notify_unsubscribe(&watch->everybody);
	sequence_set_clear(&watch->new_uids);
	g_ptr_array_unref(watch->waiting);
	g_ptr_array_unref(watch->taken);
	g_ptr_array_unref(watch->shared);
	g_clear_pointer(&watch->subscribed, g_hash_table_unref);
	arena_destroy(&watch->request.arena);
	g_clear_pointer(&session->watch, g_free);
}

/* Subscribes to other people's mailboxes that a worker has found, and leaves those that are gone. */
static void follow_shared(struct imap_session *session, GPtrArray *mailboxes)
{
	for (guint i = mailboxes->len; i > 0; i--) {
		struct shared_mailbox *shared = mailboxes->pdata[i - 1];

		if (shared->is_gone)
			g_ptr_array_remove_index(mailboxes, i - 1);
		else if (shared->subscription == NULL)
			shared->subscription = follow(session, shared->ref);
	}
}

void notify_at_home(struct imap_session *session)
{
	struct notify_watch *watch = session->watch;

	if (watch == NULL)
		return;
	follow_shared(session, watch->shared);
	while (watch->waiting->len > 0)
		g_ptr_array_add(watch->taken, g_ptr_array_steal_index(watch->waiting, 0));
	watch->overflow_taken |= watch->overflow;
	watch->overflow = false;
}

bool notify_is_waiting(const struct imap_session *session)
{
	const struct notify_watch *watch = session->watch;

	return watch != NULL && (watch->waiting->len > 0 || watch->taken->len > 0 || watch->overflow ||
				 watch->overflow_taken || watch->fetch != NULL || watch->new_uids.count > 0);
}

/* The selected mailbox. */

static const struct notify_group *selected_group(const struct imap_session *session)
{
	for (size_t i = 0; session->watch != NULL && i < session->watch->request.count; i++)
		if (mailbox_scope_is_selected(&session->watch->request.groups[i].scope))
			return &session->watch->request.groups[i];
	return NULL;
}

static unsigned selected_events(const struct imap_session *session)
{
	const struct notify_group *group = selected_group(session);

	return group != NULL ? group->events : 0;
}

bool notify_pushes_selected(const struct imap_session *session)
{
	return selected_events(session) != 0;
}

bool notify_pushes_expunges(const struct imap_session *session)
{
	return notify_pushes_selected(session) && selected_group(session)->scope.kind == SCOPE_SELECTED;
}

bool notify_hides_selected(const struct imap_session *session)
{
	return notify_is_asked(session) && selected_events(session) == 0;
}

bool notify_wants_flags(const struct imap_session *session)
{
	return !notify_is_asked(session) || notify_hides_selected(session) ||
	       (selected_events(session) & EVENT_FLAG_CHANGE) != 0;
}

bool notify_names_uids(const struct imap_session *session)
{
	return (selected_events(session) & EVENT_FLAG_CHANGE) != 0;
}

void notify_message_added(struct imap_session *session, uint32_t uid)
{
	struct notify_watch *watch = session->watch;

	if (watch != NULL && watch->request.has_new_items)
		sequence_set_add(&watch->new_uids, uid, uid);
}

void notify_forget_added(struct imap_session *session)
{
	if (session->watch != NULL)
		sequence_set_clear(&session->watch->new_uids);
}

/* Which events. */

unsigned notify_events_for(const struct notify_watch *watch, const char *name)
{
	unsigned events = 0;

	for (size_t i = 0; name != NULL && i < watch->request.count; i++) {
		const struct notify_group *group = &watch->request.groups[i];

		if (!mailbox_scope_fits(&group->scope, name, watch->subscribed))
			continue;
		/* Groups add up (RFC 5465 6); NONE keeps a mailbox from those behind it. */
		if (group->events == 0)
			break;
		events |= group->events;
	}
	return events;
}
