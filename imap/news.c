/* What has happened to the selected mailbox since the client was last told
 * (RFC 9051 7.5, RFC 7162): EXPUNGE or VANISHED, EXISTS, RECENT, FETCH. */
#include "imap/fetch_print.h"
#include "imap/flags.h"
#include "imap/notify.h"
#include "imap/search_context.h"
#include "imap/selected.h"

struct teller {
	struct imap_session *session;
	struct sequence_set vanished; /* UIDs, for VANISHED */
	uint32_t gone;                /* EXPUNGE lines so far */
	bool has_added;
	struct sequence_set touched;  /* new or changed, as new message numbers, for kept searches */
	struct sequence_set arrived;  /* the new ones */
};

static void on_vanished(void *arg, uint32_t uid, uint32_t old_seq)
{
	struct teller *teller = arg;

	if (session_has(teller->session, EXTENSION_QRESYNC | EXTENSION_UIDONLY)) {
		sequence_set_add(&teller->vanished, uid, uid);
		return;
	}
	session_untagged(teller->session, "%u EXPUNGE", old_seq - teller->gone);
	teller->gone++;
}

static void on_changed(void *arg, const struct view_entry *entry, uint64_t old_flags, uint32_t new_seq)
{
	struct teller *teller = arg;
	struct imap_session *session = teller->session;

	sequence_set_add(&teller->touched, new_seq, new_seq);
	if (selected_was_told(session, entry) || !notify_wants_flags(session))
		return;
	if (entry->flags == old_flags && !session_has(session, EXTENSION_CONDSTORE))
		return;
	fetch_print_flags(session, entry, new_seq, fetch_print_flag_items(session));
}

static void on_added(void *arg, const struct view_entry *entry, uint32_t new_seq)
{
	struct teller *teller = arg;

	sequence_set_add(&teller->touched, new_seq, new_seq);
	sequence_set_add(&teller->arrived, new_seq, new_seq);
	teller->has_added = true;
	/* What it has added itself it knows (RFC 5465 5.2). */
	if (!sequence_set_contains(&teller->session->selected->own, entry->uid))
		notify_message_added(teller->session, entry->uid);
}

static void tell_counts(struct imap_session *session, bool has_added)
{
	struct selected *selected = session->selected;
	uint32_t count = view_count(selected->view);
	bool has_changed = has_added || count != selected->told_count;

	if (has_changed)
		session_untagged(session, "%u EXISTS", count);
	/* EXPUNGE counts EXISTS down, but says nothing of RECENT. */
	if (has_changed || selected_recent_count(session) != selected->told_recent)
		selected_tell_recent(session);
}

/* When no worker is at hand the claim stands in memory alone, until the next one that has one. */
static void claim_recent(struct imap_session *session, struct store *store, const struct view *old)
{
	uint32_t first;

	selected_claim_recent(session, view_uidnext(old));
	if (store != NULL && !session->selected->is_read_only &&
	    !session_has(session, EXTENSION_IMAP4REV2))
		mailbox_claim_recent(store, session->selected->ref, &first);
}

static void move_to(struct imap_session *session, struct store *store, const struct view *next)
{
	static const struct view_diff diff = { on_vanished, on_changed, on_added };
	struct selected *selected = session->selected;
	struct teller teller = { .session = session };
	const struct view *old = selected->view;
	GString *out = session_text(session);

	selected->view = view_ref(next);
	selected->told_count = view_count(old);
	selected_tell_keywords(session, view_keywords(next));
	search_context_before_expunges(session, old, next);
	/* Expunges first: they are in terms of the old numbers. */
	view_compare(old, next, &(struct view_diff){ .vanished = diff.vanished }, &teller);
	if (teller.vanished.count > 0) {
		g_string_append(out, "* VANISHED ");
		sequence_set_format(&teller.vanished, out);
		g_string_append(out, "\r\n");
	}
	selected->told_count -= teller.gone + (uint32_t)sequence_set_size(&teller.vanished);
	view_compare(old, next, &(struct view_diff){ .added = diff.added }, &teller);
	if (teller.has_added)
		claim_recent(session, store, old);
	if (sequence_set_max(&selected->own) < view_uidnext(next))
		sequence_set_clear(&selected->own);
	tell_counts(session, teller.has_added);
	view_compare(old, next, &(struct view_diff){ .changed = diff.changed }, &teller);
	selected->told_count = view_count(next);
	sequence_set_resolve(&teller.touched, 0);
	search_context_update(session, store, &teller.touched, &teller.arrived);
	sequence_set_clear(&teller.touched);
	sequence_set_clear(&teller.arrived);
	sequence_set_clear(&teller.vanished);
	view_unref(&old);
}

/* The newest snapshot, from memory if it is known there.  NULL: none to be had; *gone_out
 * when the mailbox does not exist any more. */
static const struct view *newest(struct imap_session *session, struct store *store, bool *gone_out)
{
	struct selected *selected = session->selected;
	const struct view *view = NULL;
	enum store_result result;

	*gone_out = false;
	if (!selected->must_ask)
		view = view_peek(imap_room_pool(session->room), selected->ref,
				 MAX(selected->wanted_modseq, view_modseq(selected->view)));
	if (view != NULL || store == NULL)
		return view;
	result = view_open(store, selected->ref, &view, NULL);
	if (result == STORE_OK) {
		selected->must_ask = false;
		return view;
	}
	*gone_out = result == STORE_NOT_FOUND;
	return NULL;
}

/* Searches that are kept up to date may have to read. */
static bool news_are_searched(const struct selected *selected)
{
	return selected->contexts != NULL && selected->contexts->len > 0;
}

bool selected_needs_store(struct imap_session *session, bool ask)
{
	struct selected *selected = session->selected;
	const struct view *view;

	if (selected->must_ask || selected->rights_stale)
		return true;
	/* NOOP: a change that was answered to another session before must not be missed, even
	 * when its notice is still under way. */
	if (ask) {
		view = view_newest(imap_room_pool(session->room), selected->ref);
		selected->must_ask = view == NULL;
		selected->has_news |= view != selected->view;
		view_unref(&view);
	}
	if (selected->must_ask)
		return true;
	if (!selected->has_news)
		return false;
	if (news_are_searched(selected))
		return true;
	view = view_peek(imap_room_pool(session->room), selected->ref,
			 MAX(selected->wanted_modseq, view_modseq(selected->view)));
	if (view == NULL)
		return true;
	view_unref(&view);
	return false;
}

bool selected_tell_news(struct imap_session *session, struct store *store, bool expunge_allowed)
{
	struct selected *selected = session->selected;
	const struct view *view, *next;
	bool gone;

	/* A snapshot may be here before its notice. */
	if (store == NULL && news_are_searched(selected))
		return true;
	if (store != NULL && !selected_refresh_rights(session, store))
		return false;
	view = newest(session, store, &gone);
	if (gone)
		return false;
	if (view == NULL)
		return true;
	next = expunge_allowed ? view_ref(view) : view_without_expunges(selected->view, view);
	if (next != selected->view)
		move_to(session, store, next);
	/* What could not be told now is still news. */
	selected->has_news = next != view;
	selected->has_own_news = false;
	g_clear_pointer(&selected->told, g_array_unref);
	view_unref(&next);
	view_unref(&view);
	return true;
}
