#include "imap/notify.h"

#include "imap/cmd_fetch.h"
#include "imap/lookup.h"
#include "imap/rights.h"
#include "imap/selected.h"
#include "imap/status.h"

enum { MOST_WAITING = 1000, MOST_SHARED = 1000 };

/* Something that happened; message kinds of one mailbox are merged. */
struct happening {
	unsigned kinds;
	struct mailbox_ref mailbox;
	char *name, *old_name;
};

/* Somebody else's mailbox that a group names. */
struct shared_mailbox {
	struct mailbox_ref ref;
	struct notify_subscription *subscription; /* network thread */
};

struct notify_watch {
	struct notify_request request;
	/* Network thread alone. */
	struct notify_subscription *own;
	GPtrArray *waiting;              /* of struct happening */
	bool overflow;
	/* Whoever owns the session. */
	GPtrArray *taken;                /* of struct happening, to be told */
	bool overflow_taken;
	GHashTable *subscribed;          /* names; NULL: not known */
	GPtrArray *shared;               /* of struct shared_mailbox */
	uint32_t new_uid;                /* the first one new in the selected mailbox, 0: none */
	struct command *fetch;           /* tells the items of those */
};

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

static void keep_notice(struct notify_watch *watch, const struct notice *notice)
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
	happening->mailbox = notice->mailbox;
	happening->name = g_strdup(notice->name);
	happening->old_name = g_strdup(notice->old_name);
	g_ptr_array_add(watch->waiting, happening);
}

static unsigned events_of(unsigned kinds)
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
		{ NOTICE_RESYNC, ~0u },
	};
	unsigned events = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (kinds & rows[i].kinds)
			events |= rows[i].event;
	return events;
}

/* What any group about other mailboxes wants. */
static unsigned wanted_events(const struct notify_watch *watch)
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

	if (!(events_of(notice->kinds) & wanted_events(session->watch)))
		return;
	keep_notice(session->watch, notice);
	session_on_news(session);
}

void notify_start(struct imap_session *session, const struct notify_request *request)
{
	struct notify_watch *watch = g_new0(struct notify_watch, 1);
	struct mailbox_ref all = { session->account_id, 0 };

	notify_stop(session);
	watch->request = *request;
	watch->waiting = g_ptr_array_new_with_free_func(free_happening);
	watch->taken = g_ptr_array_new_with_free_func(free_happening);
	watch->shared = g_ptr_array_new_with_free_func(free_shared);
	session->watch = watch;
	if (wanted_events(watch) != 0)
		watch->own = notify_subscribe(imap_room_pool(session->room), stream_loop(session->stream), all,
					      on_notice, session);
}

static void end_fetch(struct notify_watch *watch)
{
	struct arena *arena;

	if (watch->fetch == NULL)
		return;
	command_end(watch->fetch);
	arena = watch->fetch->arena;
	watch->fetch = NULL;
	arena_destroy(&arena);
}

void notify_stop(struct imap_session *session)
{
	struct notify_watch *watch = session->watch;

	if (watch == NULL)
		return;
	end_fetch(watch);
	notify_unsubscribe(&watch->own);
	g_ptr_array_unref(watch->waiting);
	g_ptr_array_unref(watch->taken);
	g_ptr_array_unref(watch->shared);
	g_clear_pointer(&watch->subscribed, g_hash_table_unref);
	arena_destroy(&watch->request.arena);
	g_clear_pointer(&session->watch, g_free);
}

void notify_at_home(struct imap_session *session)
{
	struct notify_watch *watch = session->watch;

	if (watch == NULL)
		return;
	for (guint i = 0; i < watch->shared->len; i++) {
		struct shared_mailbox *shared = watch->shared->pdata[i];

		if (shared->subscription == NULL)
			shared->subscription = notify_subscribe(imap_room_pool(session->room),
								stream_loop(session->stream), shared->ref,
								on_notice, session);
	}
	while (watch->waiting->len > 0)
		g_ptr_array_add(watch->taken, g_ptr_array_steal_index(watch->waiting, 0));
	watch->overflow_taken |= watch->overflow;
	watch->overflow = false;
}

bool notify_is_waiting(const struct imap_session *session)
{
	const struct notify_watch *watch = session->watch;

	return watch != NULL && (watch->waiting->len > 0 || watch->taken->len > 0 || watch->overflow ||
				 watch->overflow_taken || watch->new_uid != 0);
}

/* The selected mailbox. */

static const struct notify_group *selected_group(const struct imap_session *session)
{
	for (size_t i = 0; session->watch != NULL && i < session->watch->request.count; i++)
		if (mailbox_scope_is_selected(&session->watch->request.groups[i].scope))
			return &session->watch->request.groups[i];
	return NULL;
}

bool notify_pushes_selected(const struct imap_session *session)
{
	const struct notify_group *group = selected_group(session);

	return group != NULL && group->events != 0;
}

bool notify_pushes_expunges(const struct imap_session *session)
{
	return notify_pushes_selected(session) && selected_group(session)->scope.kind == SCOPE_SELECTED;
}

bool notify_wants_flags(const struct imap_session *session)
{
	const struct notify_group *group = selected_group(session);

	return group == NULL || (group->events & EVENT_FLAG_CHANGE) != 0;
}

void notify_message_added(struct imap_session *session, uint32_t uid)
{
	struct notify_watch *watch = session->watch;

	if (watch != NULL && watch->request.has_new_items && watch->new_uid == 0 && watch->fetch == NULL)
		watch->new_uid = uid;
}

/* Which group a mailbox belongs to: the first that fits. */

/* The events wanted of a mailbox. */
static unsigned events_for(const struct notify_watch *watch, const char *name)
{
	for (size_t i = 0; name != NULL && i < watch->request.count; i++)
		if (mailbox_scope_fits(&watch->request.groups[i].scope, name, watch->subscribed))
			return watch->request.groups[i].events;
	return 0;
}

static bool is_wide(const struct notify_watch *watch)
{
	for (size_t i = 0; i < watch->request.count; i++)
		if (mailbox_scope_is_wide(&watch->request.groups[i].scope))
			return true;
	return false;
}

static enum store_result load_subscriptions(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;
	g_auto(GStrv) names = NULL;
	enum store_result result = mailbox_subscriptions(store, session->account_id, &names);

	if (result != STORE_OK)
		return result;
	g_clear_pointer(&watch->subscribed, g_hash_table_unref);
	watch->subscribed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; names[i] != NULL; i++)
		g_hash_table_add(watch->subscribed, g_strdup(names[i]));
	return STORE_OK;
}

/* Telling, in a worker. */

static bool is_selected_mailbox(const struct imap_session *session, struct mailbox_ref ref)
{
	return session->selected != NULL && mailbox_ref_equal(session->selected->ref, ref);
}

static void tell_status(struct imap_session *session, const struct mailbox *mailbox, unsigned events)
{
	status_print(session, mailbox, status_items_of_news((events & EVENT_FLAG_CHANGE) != 0,
							    session_has(session, EXTENSION_CONDSTORE)));
}

/* The row, under the name that the client knows it by; NOT_FOUND when it may not know. */
static enum store_result get_mailbox(struct imap_session *session, struct store *store,
				     struct mailbox_ref ref, struct mailbox *mailbox_out)
{
	g_autoptr(GPtrArray) shared = NULL;
	enum store_result result;

	if (ref.account_id == session->account_id)
		return mailbox_get(store, ref, mailbox_out);
	*mailbox_out = (struct mailbox){ 0 };
	shared = g_ptr_array_new_with_free_func((GDestroyNotify)mailbox_free);
	result = lookup_list_shared(session, store, shared);
	for (guint i = 0; result == STORE_OK && i < shared->len; i++) {
		struct mailbox *mailbox = shared->pdata[i];

		if (!mailbox_ref_equal(mailbox->ref, ref) || !rights_have(mailbox->rights, "r"))
			continue;
		*mailbox_out = *mailbox;
		memset(mailbox, 0, sizeof(*mailbox));
		return STORE_OK;
	}
	return result == STORE_OK ? STORE_NOT_FOUND : result;
}

static void tell_messages(struct imap_session *session, struct store *store,
			  const struct happening *happening)
{
	struct mailbox mailbox = { 0 };
	unsigned events;

	if (is_selected_mailbox(session, happening->mailbox))
		return;
	if (get_mailbox(session, store, happening->mailbox, &mailbox) == STORE_OK && !mailbox.noselect) {
		events = events_for(session->watch, mailbox.name);
		if (events & events_of(happening->kinds) & EVENT_MESSAGES)
			tell_status(session, &mailbox, events);
	}
	mailbox_clear(&mailbox);
}

static void tell_list(struct imap_session *session, struct store *store, const char *name,
		      const char *old_name)
{
	struct mailbox_name_rules rules = session_names(session);
	GString *out = session_text(session);
	struct mailbox mailbox = { 0 };
	enum store_result result = mailbox_find(store, session->account_id, slice_from_string(name), &mailbox);

	g_string_append_printf(out, "* LIST (%s",
			       result != STORE_OK ? "\\NonExistent" :
			       mailbox.noselect ? "\\Noselect \\HasChildren" :
			       mailbox.has_children ? "\\HasChildren" : "\\HasNoChildren");
	if (session->watch->subscribed != NULL && g_hash_table_contains(session->watch->subscribed, name))
		g_string_append(out, " \\Subscribed");
	if (result == STORE_OK)
		lookup_print_use(out, mailbox.use);
	g_string_append_printf(out, ") \"%c\" ", rules.separator);
	mailbox_name_write(out, slice_from_string(name), rules);
	if (old_name != NULL) {
		g_string_append(out, " (\"OLDNAME\" (");
		mailbox_name_write(out, slice_from_string(old_name), rules);
		g_string_append(out, "))");
	}
	g_string_append(out, "\r\n");
	mailbox_clear(&mailbox);
}

static void tell_name(struct imap_session *session, struct store *store,
		      const struct happening *happening)
{
	const struct notify_watch *watch = session->watch;

	if (happening->mailbox.account_id == session->account_id &&
	    ((events_for(watch, happening->name) | events_for(watch, happening->old_name)) & EVENT_MAILBOX_NAME))
		tell_list(session, store, happening->name, happening->old_name);
}

static void tell_subscription(struct imap_session *session, struct store *store,
			      const struct happening *happening)
{
	struct notify_watch *watch = session->watch;
	unsigned before = events_for(watch, happening->name);

	if (load_subscriptions(session, store) == STORE_OK &&
	    ((before | events_for(watch, happening->name)) & EVENT_SUBSCRIPTION))
		tell_list(session, store, happening->name, NULL);
}

/* Only the names of entries (RFC 5464 4.4.2); the store says the first that was changed. */
static void tell_metadata(struct imap_session *session, struct store *store,
			  const struct happening *happening)
{
	struct mailbox mailbox = { 0 };
	GString *out = session_text(session);
	bool told = false;

	/* Private entries of other people's mailboxes are somebody's own. */
	if (happening->name == NULL || (happening->mailbox.account_id != session->account_id &&
					g_ascii_strncasecmp(happening->name, "/private", 8) == 0))
		return;
	if (happening->mailbox.mailbox_id == 0)
		told = wanted_events(session->watch) & EVENT_SERVER_METADATA;
	else if (get_mailbox(session, store, happening->mailbox, &mailbox) == STORE_OK)
		told = events_for(session->watch, mailbox.name) & EVENT_MAILBOX_METADATA;
	if (told) {
		g_string_append(out, "* METADATA ");
		mailbox_name_write(out, slice_from_string(mailbox.name != NULL ? mailbox.name : ""),
				   session_names(session));
		g_string_append_printf(out, " %s\r\n", happening->name);
	}
	mailbox_clear(&mailbox);
}

static void tell_one(struct imap_session *session, struct store *store,
		     const struct happening *happening)
{
	if (happening->kinds & NOTICE_MESSAGES)
		tell_messages(session, store, happening);
	else if (happening->kinds & (NOTICE_CREATED | NOTICE_DELETED | NOTICE_RENAMED))
		tell_name(session, store, happening);
	else if (happening->kinds & NOTICE_SUBSCRIPTION)
		tell_subscription(session, store, happening);
	else if (happening->kinds & NOTICE_METADATA)
		tell_metadata(session, store, happening);
}

/* From here on nothing is told; notices are no longer taken when the session is home. */
static void give_up(struct imap_session *session)
{
	struct notify_watch *watch = session->watch;

	session_untagged(session, "OK [NOTIFICATIONOVERFLOW] Too much has happened; NOTIFY is off");
	watch->request.count = 0;
	watch->request.has_new_items = false;
	watch->overflow_taken = false;
	g_ptr_array_set_size(watch->taken, 0);
}

static void begin_fetch(struct notify_watch *watch)
{
	static const struct command_row row = { "NOTIFY FETCH", NULL, ANY_STATE, CMD_STORE | CMD_UID };
	struct arena *arena = arena_create();

	watch->fetch = arena_new(arena, struct command);
	watch->fetch->arena = arena;
	watch->fetch->row = &row;
}

static enum command_step tell_new(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;
	enum command_step step;

	if (watch->fetch == NULL)
		begin_fetch(watch);
	step = fetch_new_messages(session, watch->fetch, store, &watch->request.new_items, watch->new_uid);
	if (step == STEP_MORE)
		return STEP_MORE;
	end_fetch(watch);
	watch->new_uid = 0;
	return STEP_DONE;
}

enum command_step notify_tell(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;

	if (watch == NULL)
		return STEP_DONE;
	if (watch->new_uid != 0 && session->selected == NULL)
		watch->new_uid = 0;
	if (watch->new_uid != 0 && tell_new(session, store) == STEP_MORE)
		return STEP_MORE;
	if (watch->overflow_taken) {
		give_up(session);
		return STEP_DONE;
	}
	for (guint i = 0; i < watch->taken->len; i++)
		tell_one(session, store, watch->taken->pdata[i]);
	g_ptr_array_set_size(watch->taken, 0);
	return STEP_DONE;
}

/* NOTIFY SET. */

static void prepare_mailbox(struct imap_session *session, const struct mailbox *mailbox)
{
	struct notify_watch *watch = session->watch;
	unsigned events = events_for(watch, mailbox->name);
	bool is_shared = mailbox->ref.account_id != session->account_id;

	if (events == 0 || mailbox->noselect || !rights_have(mailbox->rights, "r"))
		return;
	if (is_shared && watch->shared->len < MOST_SHARED) {
		struct shared_mailbox *shared = g_new0(struct shared_mailbox, 1);

		shared->ref = mailbox->ref;
		g_ptr_array_add(watch->shared, shared);
	}
	if (watch->request.wants_status && (events & EVENT_MESSAGES) &&
	    !is_selected_mailbox(session, mailbox->ref))
		tell_status(session, mailbox, events | EVENT_FLAG_CHANGE);
}

enum store_result notify_prepare(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;
	g_autoptr(GPtrArray) mailboxes = NULL;
	enum store_result result = load_subscriptions(session, store);

	if (result == STORE_OK)
		result = mailbox_list(store, session->account_id, &mailboxes);
	if (result == STORE_OK && is_wide(watch))
		result = lookup_list_shared(session, store, mailboxes);
	for (guint i = 0; result == STORE_OK && i < mailboxes->len; i++)
		prepare_mailbox(session, mailboxes->pdata[i]);
	return result;
}
