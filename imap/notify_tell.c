/* The worker's side of NOTIFY: what has happened, as STATUS, LIST and METADATA. */
#include "imap/notify_private.h"

#include "imap/cmd_fetch.h"
#include "imap/lookup.h"
#include "imap/rights.h"
#include "imap/selected.h"
#include "imap/status.h"

enum { MOST_SHARED = 1000 };

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

static bool is_selected_mailbox(const struct imap_session *session, struct mailbox_ref ref)
{
	return session->selected != NULL && mailbox_ref_equal(session->selected->ref, ref);
}

static bool is_shared(const struct imap_session *session, const struct happening *happening)
{
	return happening->mailbox.account_id != session->account_id;
}

/* LIST. */

/* `mailbox` NULL: there is none of that name for the reader. */
static void print_list(struct imap_session *session, const struct mailbox *mailbox, const char *name,
		       const char *old_name)
{
	struct mailbox_name_rules rules = session_names(session);
	GString *out = session_text(session);

	g_string_append_printf(out, "* LIST (%s",
			       mailbox == NULL ? "\\NonExistent" :
			       mailbox->noselect ? "\\Noselect \\HasChildren" :
			       mailbox->has_children ? "\\HasChildren" : "\\HasNoChildren");
	if (mailbox != NULL && !rights_have(mailbox->rights, "r"))
		g_string_append(out, " \\NoAccess");
	if (session->watch->subscribed != NULL && g_hash_table_contains(session->watch->subscribed, name))
		g_string_append(out, " \\Subscribed");
	if (mailbox != NULL)
		lookup_print_use(out, mailbox->use);
	g_string_append_printf(out, ") \"%c\" ", rules.separator);
	mailbox_name_write(out, slice_from_string(name), rules);
	if (old_name != NULL) {
		g_string_append(out, " (\"OLDNAME\" (");
		mailbox_name_write(out, slice_from_string(old_name), rules);
		g_string_append(out, "))");
	}
	g_string_append(out, "\r\n");
}

static void tell_list(struct imap_session *session, struct store *store, const char *name,
		      const char *old_name)
{
	struct mailbox mailbox = { 0 };
	enum store_result result = lookup_name(session, store, slice_from_string(name), &mailbox);
	bool is_there = result == STORE_OK && rights_have(mailbox.rights, "l");

	print_list(session, is_there ? &mailbox : NULL, name, old_name);
	mailbox_clear(&mailbox);
}

/* A mailbox that comes or goes changes the one above it too (RFC 5465 5.4). */
static void tell_parent(struct imap_session *session, struct store *store, const char *name)
{
	const char *end = name != NULL ? strrchr(name, '/') : NULL;
	g_autofree char *parent = end != NULL ? g_strndup(name, (gsize)(end - name)) : NULL;

	if (notify_events_for(session->watch, parent) & EVENT_MAILBOX_NAME)
		tell_list(session, store, parent, NULL);
}

static void tell_name(struct imap_session *session, struct store *store,
		      const struct happening *happening)
{
	const struct notify_watch *watch = session->watch;

	if ((notify_events_for(watch, happening->name) | notify_events_for(watch, happening->old_name)) &
	    EVENT_MAILBOX_NAME)
		tell_list(session, store, happening->name, happening->old_name);
	if (happening->old_name == NULL)
		tell_parent(session, store, happening->name);
}

static void tell_subscription(struct imap_session *session, struct store *store,
			      const struct happening *happening)
{
	struct notify_watch *watch = session->watch;
	unsigned before = notify_events_for(watch, happening->name);

	if (load_subscriptions(session, store) == STORE_OK && !happening->is_own &&
	    ((before | notify_events_for(watch, happening->name)) & EVENT_SUBSCRIPTION))
		tell_list(session, store, happening->name, NULL);
}

/* Other people's mailboxes: those that may be listed, and what has changed among them. */

static struct shared_mailbox *find_shared(const struct notify_watch *watch, struct mailbox_ref ref)
{
	for (guint i = 0; i < watch->shared->len; i++) {
		struct shared_mailbox *shared = watch->shared->pdata[i];

		if (!shared->is_gone && mailbox_ref_equal(shared->ref, ref))
			return shared;
	}
	return NULL;
}

static struct shared_mailbox *add_shared(struct notify_watch *watch, const struct mailbox *mailbox)
{
	struct shared_mailbox *shared;

	if (watch->shared->len >= MOST_SHARED)
		return NULL;
	shared = g_new0(struct shared_mailbox, 1);
	shared->ref = mailbox->ref;
	shared->name = g_strdup(mailbox->name);
	shared->may_read = rights_have(mailbox->rights, "r");
	g_ptr_array_add(watch->shared, shared);
	return shared;
}

/* One that may be listed now, compared with what was known of it. */
static void meet_shared(struct imap_session *session, const struct mailbox *mailbox)
{
	struct notify_watch *watch = session->watch;
	unsigned events = notify_events_for(watch, mailbox->name);
	struct shared_mailbox *shared = find_shared(watch, mailbox->ref);
	bool may_read = rights_have(mailbox->rights, "r"), named = (events & EVENT_MAILBOX_NAME) != 0;

	if (shared == NULL) {
		if (events == 0 || (shared = add_shared(watch, mailbox)) == NULL)
			return;
		if (named || !may_read)
			print_list(session, mailbox, mailbox->name, NULL);
	} else if (!g_str_equal(shared->name, mailbox->name)) {
		if (named || (notify_events_for(watch, shared->name) & EVENT_MAILBOX_NAME))
			print_list(session, mailbox, mailbox->name, shared->name);
		g_free(shared->name);
		shared->name = g_strdup(mailbox->name);
	} else if (shared->may_read != may_read) {
		print_list(session, mailbox, mailbox->name, NULL);
	}
	shared->may_read = may_read;
	shared->is_known = true;
}

static enum store_result refresh_shared(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;
	g_autoptr(GPtrArray) mailboxes = g_ptr_array_new_with_free_func((GDestroyNotify)mailbox_free);
	enum store_result result = notify_is_wide(watch) ? lookup_list_shared(session, store, mailboxes) : STORE_OK;

	if (result != STORE_OK)
		return result;
	for (guint i = 0; i < watch->shared->len; i++)
		((struct shared_mailbox *)watch->shared->pdata[i])->is_known = false;
	for (guint i = 0; i < mailboxes->len; i++)
		meet_shared(session, mailboxes->pdata[i]);
	for (guint i = 0; i < watch->shared->len; i++) {
		struct shared_mailbox *shared = watch->shared->pdata[i];

		if (shared->is_known || shared->is_gone)
			continue;
		print_list(session, NULL, shared->name, NULL);
		shared->is_gone = true;
	}
	return STORE_OK;
}

/* STATUS and METADATA. */

static void tell_status(struct imap_session *session, const struct mailbox *mailbox, unsigned events,
			bool modseq)
{
	status_print(session, mailbox, status_items_of_news((events & EVENT_FLAG_CHANGE) != 0, modseq));
}

/* The row, under the name that the client knows it by; NOT_FOUND when it may not know. */
static enum store_result get_mailbox(struct imap_session *session, struct store *store,
				     struct mailbox_ref ref, struct mailbox *mailbox_out)
{
	const struct shared_mailbox *shared = find_shared(session->watch, ref);
	g_autofree char *rights = NULL;
	enum store_result result;

	*mailbox_out = (struct mailbox){ 0 };
	if (ref.account_id == session->account_id)
		return mailbox_get(store, ref, mailbox_out);
	if (shared == NULL)
		return STORE_NOT_FOUND;
	result = acl_rights(store, ref, session->account_id, &rights);
	if (result == STORE_OK && !rights_have(rights, "lr"))
		result = STORE_NOT_FOUND;
	if (result == STORE_OK)
		result = mailbox_get(store, ref, mailbox_out);
	if (result == STORE_OK) {
		g_free(mailbox_out->name);
		mailbox_out->name = g_strdup(shared->name);
	}
	return result;
}

static void tell_messages(struct imap_session *session, struct store *store,
			  const struct happening *happening)
{
	struct mailbox mailbox = { 0 };
	unsigned events;

	if (is_selected_mailbox(session, happening->mailbox))
		return;
	if (get_mailbox(session, store, happening->mailbox, &mailbox) == STORE_OK && !mailbox.noselect) {
		events = notify_events_for(session->watch, mailbox.name);
		if (events & notify_events_of(happening->kinds) & EVENT_MESSAGES)
			tell_status(session, &mailbox, events, session_has(session, EXTENSION_CONDSTORE));
	}
	mailbox_clear(&mailbox);
}

/* Only the names of entries (RFC 5464 4.4.2). */
static void tell_metadata(struct imap_session *session, struct store *store,
			  const struct happening *happening)
{
	const struct notify_watch *watch = session->watch;
	struct mailbox mailbox = { 0 };
	GString *out = session_text(session);
	bool told = false;

	/* Private entries of other people's mailboxes are somebody's own. */
	if (happening->name == NULL ||
	    (is_shared(session, happening) && g_ascii_strncasecmp(happening->name, "/private", 8) == 0))
		return;
	if (happening->mailbox.mailbox_id == 0)
		told = (notify_wanted_events(watch) | watch->also) & EVENT_SERVER_METADATA;
	else if (get_mailbox(session, store, happening->mailbox, &mailbox) == STORE_OK)
		told = (notify_events_for(watch, mailbox.name) | watch->also) & EVENT_MAILBOX_METADATA;
	if (told) {
		g_string_append(out, "* METADATA ");
		mailbox_name_write(out, slice_from_string(mailbox.name != NULL ? mailbox.name : ""),
				   session_names(session));
		g_string_append_c(out, ' ');
		quote_astring(out, slice_from_string(happening->name), QUOTE_ASCII);
		g_string_append(out, "\r\n");
	}
	mailbox_clear(&mailbox);
}

static void tell_one(struct imap_session *session, struct store *store,
		     const struct happening *happening)
{
	unsigned names = NOTICE_CREATED | NOTICE_DELETED | NOTICE_RENAMED;

	if (happening->kinds & NOTICE_MESSAGES)
		tell_messages(session, store, happening);
	else if ((happening->kinds & NOTICE_ACL) || ((happening->kinds & names) && is_shared(session, happening)))
		refresh_shared(session, store);
	else if (happening->kinds & names)
		tell_name(session, store, happening);
	else if (happening->kinds & NOTICE_SUBSCRIPTION)
		tell_subscription(session, store, happening);
	else if (happening->kinds & NOTICE_METADATA)
		tell_metadata(session, store, happening);
}

/* From here on nothing is told, as after NOTIFY NONE. */
static void give_up(struct imap_session *session)
{
	struct notify_watch *watch = session->watch;

	if (watch->is_asked)
		session_untagged(session, "OK [NOTIFICATIONOVERFLOW] Too much has happened; NOTIFY is off");
	watch->request.count = 0;
	watch->request.has_new_items = false;
	watch->overflow_taken = false;
	g_ptr_array_set_size(watch->taken, 0);
}

static enum command_step tell_new(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;
	enum command_step step;

	step = fetch_unasked(session, store, &watch->request.new_items, &watch->new_uids, &watch->fetch);
	/* It has them now; those that come meanwhile are the next. */
	sequence_set_clear(&watch->new_uids);
	return step == STEP_MORE ? STEP_MORE : STEP_DONE;
}

enum command_step notify_tell(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;

	if (watch == NULL)
		return STEP_DONE;
	if ((watch->fetch != NULL || watch->new_uids.count > 0) && tell_new(session, store) == STEP_MORE)
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
	unsigned events = notify_events_for(watch, mailbox->name);
	bool may_read = rights_have(mailbox->rights, "r");

	if (events == 0 || mailbox->noselect)
		return;
	if (mailbox->ref.account_id != session->account_id)
		add_shared(watch, mailbox);
	if (!may_read)
		print_list(session, mailbox, mailbox->name, NULL);
	else if (watch->request.wants_status && (events & EVENT_MESSAGES) &&
		 !is_selected_mailbox(session, mailbox->ref))
		tell_status(session, mailbox, events | EVENT_FLAG_CHANGE,
			    (events & EVENT_FLAG_CHANGE) || session_has(session, EXTENSION_CONDSTORE));
}

enum store_result notify_prepare(struct imap_session *session, struct store *store)
{
	struct notify_watch *watch = session->watch;
	g_autoptr(GPtrArray) mailboxes = NULL;
	enum store_result result = load_subscriptions(session, store);

	if (result == STORE_OK)
		result = mailbox_list(store, session->account_id, &mailboxes);
	if (result == STORE_OK && notify_is_wide(watch))
		result = lookup_list_shared(session, store, mailboxes);
	for (guint i = 0; result == STORE_OK && i < mailboxes->len; i++)
		prepare_mailbox(session, mailboxes->pdata[i]);
	return result;
}
