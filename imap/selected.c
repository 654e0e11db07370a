#include "imap/selected.h"

#include "imap/flags.h"
#include "imap/rights.h"

#include <stdlib.h>

struct selected *selected_create(const struct view *view, const char *name, bool is_read_only)
{
	struct selected *selected = g_new0(struct selected, 1);

	selected->view = view;
	selected->keywords = g_strdupv((char **)view_keywords(view));
	selected->ref = view_mailbox(view);
	selected->name = g_strdup(name);
	selected->is_read_only = is_read_only;
	selected->told_count = view_count(view);
	return selected;
}

void selected_close(struct selected **selected)
{
	struct selected *s = *selected;

	view_unref(&s->view);
	sequence_set_clear(&s->saved);
	sequence_set_clear(&s->recent);
	sequence_set_clear(&s->own);
	g_clear_pointer(&s->contexts, g_ptr_array_unref);
	g_clear_pointer(&s->told, g_array_unref);
	g_strfreev(s->keywords);
	g_free(s->name);
	g_free(s->rights);
	g_free(s);
	*selected = NULL;
}

bool selected_is_read_only(const struct selected *selected)
{
	return selected->is_read_only;
}

bool selected_may(const struct selected *selected, const char *letters)
{
	return rights_have(selected->rights, letters);
}

bool selected_refresh_rights(struct imap_session *session, struct store *store)
{
	struct selected *selected = session->selected;
	g_autofree char *rights = NULL;

	if (!selected->rights_stale)
		return true;
	if (acl_rights(store, selected->ref, session->account_id, &rights) != STORE_OK)
		return true; /* asked again next time */
	selected->rights_stale = false;
	if (!rights_have(rights, "r"))
		return false;
	if (g_str_equal(rights, selected->rights))
		return true;
	g_free(selected->rights);
	selected->rights = g_steal_pointer(&rights);
	selected_print_flags(session);
	return true;
}

/* Notices. */

static void on_notice(void *arg, const struct notice *notice)
{
	struct imap_session *session = arg;

	session->notices.kinds |= notice->kinds;
	session->notices.modseq = MAX(session->notices.modseq, notice->modseq);
	session_on_news(session);
}

void selected_unsubscribe(struct imap_session *session)
{
	notify_unsubscribe(&session->notices.subscription);
	session->notices.kinds = 0;
	session->notices.modseq = 0;
}

static void subscribe(struct imap_session *session)
{
	struct selected *selected = session->selected;

	session->notices.mailbox = selected->ref;
	session->notices.subscription =
		notify_subscribe(imap_room_pool(session->room), stream_loop(session->stream), selected->ref,
				 on_notice, session);
	/* Something may have changed between the snapshot and now. */
	selected->has_news = true;
}

static void take_notices(struct imap_session *session)
{
	struct selected *selected = session->selected;

	if (session->notices.kinds == 0)
		return;
	selected->has_news = true;
	selected->must_ask |= (session->notices.kinds & (NOTICE_RESYNC | NOTICE_DELETED)) != 0;
	selected->rights_stale |= selected->rights != NULL && (session->notices.kinds & (NOTICE_RESYNC | NOTICE_ACL));
	selected->wanted_modseq = MAX(selected->wanted_modseq, session->notices.modseq);
	session->notices.kinds = 0;
	session->notices.modseq = 0;
}

void selected_at_home(struct imap_session *session)
{
	bool fits = session->selected != NULL && session->notices.subscription != NULL &&
		    mailbox_ref_equal(session->selected->ref, session->notices.mailbox);

	if (!fits)
		selected_unsubscribe(session);
	if (session->selected == NULL)
		return;
	if (!fits)
		subscribe(session);
	take_notices(session);
}

void selected_want(struct imap_session *session, struct mailbox_ref changed, uint64_t modseq)
{
	struct selected *selected = session->selected;

	if (selected == NULL || modseq == 0 || !mailbox_ref_equal(selected->ref, changed))
		return;
	selected->has_news = selected->has_own_news = true;
	selected->wanted_modseq = MAX(selected->wanted_modseq, modseq);
}

void selected_added(struct imap_session *session, struct mailbox_ref changed, uint32_t uid)
{
	struct selected *selected = session->selected;

	if (selected != NULL && mailbox_ref_equal(selected->ref, changed))
		sequence_set_add(&selected->own, uid, uid);
}

/* Sets. */

static void add_uid_range(const struct view *view, uint32_t first, uint32_t last,
			  struct sequence_set *seqs)
{
	uint32_t from = view_seq_from(view, first);
	uint32_t behind = last == UINT32_MAX ? view_count(view) + 1 : view_seq_from(view, last + 1);

	if (from < behind)
		sequence_set_add(seqs, from, behind - 1);
}

/* Of a resolved set what there is. */
static void add_ranges(const struct view *view, const struct sequence_set *set, bool is_uid,
		       struct sequence_set *seqs)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct uid_range *range = &set->ranges[i];

		if (is_uid)
			add_uid_range(view, range->first, range->last, seqs);
		else if (range->first <= view_count(view))
			sequence_set_add(seqs, range->first, MIN(range->last, view_count(view)));
	}
}

static uint32_t last_uid(const struct view *view)
{
	return view_count(view) > 0 ? view_entry(view, view_count(view))->uid : 0;
}

bool selected_resolve(struct imap_session *session, struct command *command,
		      struct sequence_set *given, bool is_uid, struct sequence_set *seqs_out)
{
	const struct selected *selected = session->selected;
	uint32_t count = view_count(selected->view);

	sequence_set_init(seqs_out);
	command_on_end(command, sequence_set_clear_later, seqs_out);
	if (given->is_saved) {
		add_ranges(selected->view, &selected->saved, true, seqs_out);
		return true;
	}
	if (!is_uid && given->has_star && count == 0) {
		command_bad(command, "The mailbox is empty");
		return false;
	}
	sequence_set_resolve(given, is_uid ? last_uid(selected->view) : count);
	if (!is_uid && sequence_set_max(given) > count) {
		command_bad(command, "There is no message of that number");
		return false;
	}
	add_ranges(selected->view, given, is_uid, seqs_out);
	return true;
}

void selected_resolve_wide(const struct view *view, struct command *command,
			   const struct sequence_set *given, bool is_uid, struct sequence_set *seqs_out)
{
	struct sequence_set own;

	sequence_set_init(seqs_out);
	command_on_end(command, sequence_set_clear_later, seqs_out);
	sequence_set_copy(given, &own);
	sequence_set_resolve(&own, is_uid ? last_uid(view) : view_count(view));
	add_ranges(view, &own, is_uid, seqs_out);
	sequence_set_clear(&own);
}

void selected_uids(struct imap_session *session, struct command *command,
		   const struct sequence_set *seqs, struct sequence_set *uids_out)
{
	const struct view *view = session->selected->view;

	sequence_set_init(uids_out);
	command_on_end(command, sequence_set_clear_later, uids_out);
	for (size_t i = 0; i < seqs->count; i++) {
		struct view_cursor cursor;
		const struct view_entry *entry;

		for (view_cursor_at(&cursor, view, seqs->ranges[i].first);
		     cursor.seq <= seqs->ranges[i].last && (entry = view_cursor_get(&cursor)) != NULL;
		     view_cursor_next(&cursor))
			sequence_set_add(uids_out, entry->uid, entry->uid);
	}
}

void selected_mark_told(struct selected *selected, uint32_t uid, uint64_t flags, uint64_t modseq)
{
	struct told_flags told = { uid, flags, modseq };

	if (selected->told == NULL)
		selected->told = g_array_new(FALSE, FALSE, sizeof(struct told_flags));
	g_array_append_val(selected->told, told);
}

static int compare_told(const void *a, const void *b)
{
	const struct told_flags *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

bool selected_was_told(const struct imap_session *session, const struct view_entry *entry)
{
	GArray *told = session->selected->told;
	struct told_flags key = { .uid = entry->uid };
	const struct told_flags *found;

	if (told == NULL)
		return false;
	found = bsearch(&key, told->data, told->len, sizeof(key), compare_told);
	return found != NULL && found->flags == entry->flags &&
	       (found->modseq == entry->modseq || !session_has(session, EXTENSION_CONDSTORE));
}

/* Of these UIDs those of which the snapshot has no message. */
static void absent(const struct view *view, const struct sequence_set *uids, struct sequence_set *out)
{
	for (size_t i = 0; i < uids->count; i++) {
		uint64_t from = uids->ranges[i].first, last = uids->ranges[i].last;
		struct view_cursor cursor;
		const struct view_entry *entry;

		for (view_cursor_at(&cursor, view, view_seq_from(view, (uint32_t)from));
		     (entry = view_cursor_get(&cursor)) != NULL && entry->uid <= last; view_cursor_next(&cursor)) {
			if (entry->uid > from)
				sequence_set_add(out, (uint32_t)from, entry->uid - 1);
			from = (uint64_t)entry->uid + 1;
		}
		if (from <= last)
			sequence_set_add(out, (uint32_t)from, (uint32_t)last);
	}
}

void selected_print_vanished(struct imap_session *session, struct uid_set uids,
			     const struct sequence_set *within)
{
	static const struct uid_range all = { 1, UINT32_MAX };
	GString *out = session_text(session);
	struct sequence_set asked, shown;

	sequence_set_init(&asked);
	sequence_set_init(&shown);
	sequence_set_intersect(uids, within != NULL ? sequence_set_uids(within) : (struct uid_set){ &all, 1 }, &asked);
	/* What has gone behind the snapshot's back is told later, without EARLIER: the client counts it still. */
	absent(session->selected->view, &asked, &shown);
	sequence_set_clear(&asked);
	if (shown.count > 0) {
		g_string_append(out, "* VANISHED (EARLIER) ");
		sequence_set_format(&shown, out);
		g_string_append(out, "\r\n");
	}
	sequence_set_clear(&shown);
}

/* EXAMINE leaves them to others. */
void selected_claim_recent(struct imap_session *session, uint32_t first)
{
	struct selected *selected = session->selected;
	uint32_t behind = view_uidnext(selected->view);

	if (session_has(session, EXTENSION_IMAP4REV2))
		return;
	first = view_claim_recent(imap_room_pool(session->room), selected->ref, first,
				  selected->is_read_only ? 0 : behind);
	if (first < behind)
		sequence_set_add(&selected->recent, first, behind - 1);
}

bool selected_is_recent(const struct imap_session *session, uint32_t uid)
{
	return !session_has(session, EXTENSION_IMAP4REV2) &&
	       sequence_set_contains(&session->selected->recent, uid);
}

uint32_t selected_recent_count(const struct imap_session *session)
{
	const struct selected *selected = session->selected;
	uint32_t count = 0;

	for (size_t i = 0; i < selected->recent.count; i++)
		count += view_seq_from(selected->view, selected->recent.ranges[i].last + 1) -
			 view_seq_from(selected->view, selected->recent.ranges[i].first);
	return count;
}

void selected_tell_recent(struct imap_session *session)
{
	if (session_has(session, EXTENSION_IMAP4REV2))
		return;
	session->selected->told_recent = selected_recent_count(session);
	session_untagged(session, "%u RECENT", session->selected->told_recent);
}

void selected_enable_condstore(struct imap_session *session)
{
	if (session_has(session, EXTENSION_CONDSTORE))
		return;
	session->extensions |= EXTENSION_CONDSTORE;
	if (session->selected != NULL)
		session_untagged(session, "OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest",
				 view_modseq(session->selected->view));
}

void selected_print_flags(struct imap_session *session)
{
	const struct selected *selected = session->selected;
	const char *const *keywords = (const char *const *)selected->keywords;
	GString *out = session_text(session);

	g_string_append(out, "* FLAGS (");
	flags_print_all(out, keywords);
	g_string_append(out, ")\r\n* OK [PERMANENTFLAGS (");
	if (!selected->is_read_only) {
		bool may_write = selected_may(selected, "w");
		uint64_t flags = rights_system_flags(selected->rights) | (may_write ? ~MESSAGE_SYSTEM_FLAGS : 0);

		flags_print(out, flags, false, keywords);
		if (may_write && g_strv_length((char **)keywords) < MESSAGE_KEYWORD_MAX)
			g_string_append(out, " \\*");
	}
	g_string_append(out, ")] Flags permitted\r\n");
}

/* The list only grows, so a shorter one is an older one. */
static bool begins_with(const char *const *told, const char *const *keywords)
{
	while (*keywords != NULL && *told != NULL && g_str_equal(*told, *keywords)) {
		told++;
		keywords++;
	}
	return *keywords == NULL;
}

void selected_tell_keywords(struct imap_session *session, const char *const *keywords)
{
	struct selected *selected = session->selected;

	if (begins_with((const char *const *)selected->keywords, keywords))
		return;
	g_strfreev(selected->keywords);
	selected->keywords = g_strdupv((char **)keywords);
	selected_print_flags(session);
}
