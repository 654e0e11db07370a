#include "imap/fetch_print.h"

#include "imap/date.h"
#include "imap/flags.h"
#include "imap/notify.h"
#include "imap/selected.h"

void fetch_print_begin(struct imap_session *session, const struct view_entry *entry, uint32_t seq)
{
	bool uid_only = session_has(session, EXTENSION_UIDONLY);
	GString *out = session_text(session);

	g_string_append(out, "* ");
	quote_number(out, uid_only ? entry->uid : seq);
	g_string_append(out, uid_only ? " UIDFETCH (" : " FETCH (");
}

bool fetch_needs_facts(unsigned items)
{
	return (items & (FETCH_ENVELOPE | FETCH_BODY | FETCH_BODYSTRUCTURE | FETCH_PREVIEW)) != 0;
}

struct print {
	struct imap_session *session;
	GString *out;
	const struct view_entry *entry;
	const struct content_facts *facts;
};

static void put_slice(GString *out, struct slice text)
{
	g_string_append_len(out, text.data, (gssize)text.len);
}

static void put_date(GString *out, int64_t seconds)
{
	if (seconds == 0)
		g_string_append(out, "NIL");
	else
		date_time_format(out, seconds, 0);
}

static void put_flags(const struct print *p)
{
	const struct selected *selected = p->session->selected;

	g_string_append_c(p->out, '(');
	flags_print(p->out, p->entry->flags, selected_is_recent(p->session, p->entry->uid),
		    (const char *const *)selected->keywords);
	g_string_append_c(p->out, ')');
}

static void put_email_id(const struct print *p)
{
	char id[OBJECT_ID_SIZE];

	message_email_id(p->entry->hash, id);
	g_string_append_printf(p->out, "(%s)", id);
}

static void put_thread_id(const struct print *p)
{
	char id[OBJECT_ID_SIZE];

	message_thread_id(p->entry->thread_id, id);
	g_string_append_printf(p->out, "(%s)", id);
}

/* IMAP4rev2 has parameters' values decoded, where there is something to decode. */
static void put_structure(const struct print *p, struct slice text, struct slice decoded)
{
	bool is_decoded = decoded.len > 0 && session_has(p->session, EXTENSION_IMAP4REV2);

	put_slice(p->out, is_decoded ? decoded : text);
}

static void put_value(const struct print *p, enum fetch_item item)
{
	switch (item) {
	case FETCH_UID: quote_number(p->out, p->entry->uid); break;
	case FETCH_FLAGS: put_flags(p); break;
	case FETCH_INTERNALDATE:
		date_time_format(p->out, p->entry->internal_date, p->entry->zone);
		break;
	case FETCH_RFC822_SIZE: quote_number(p->out, p->entry->size); break;
	case FETCH_ENVELOPE: put_slice(p->out, p->facts->envelope); break;
	case FETCH_BODY: put_structure(p, p->facts->body, p->facts->body_decoded); break;
	case FETCH_BODYSTRUCTURE:
		put_structure(p, p->facts->bodystructure, p->facts->bodystructure_decoded);
		break;
	case FETCH_MODSEQ:
		g_string_append_c(p->out, '(');
		quote_number(p->out, p->entry->modseq);
		g_string_append_c(p->out, ')');
		break;
	case FETCH_PREVIEW:
		quote_string(p->out, p->facts->preview, session_quote_mode(p->session));
		break;
	case FETCH_SAVEDATE: put_date(p->out, p->entry->save_date); break;
	case FETCH_EMAILID: put_email_id(p); break;
	case FETCH_THREADID: put_thread_id(p); break;
	}
}

static const struct {
	enum fetch_item item;
	const char *label;
} labels[] = {
	{ FETCH_UID, "UID " },
	{ FETCH_FLAGS, "FLAGS " },
	{ FETCH_INTERNALDATE, "INTERNALDATE " },
	{ FETCH_RFC822_SIZE, "RFC822.SIZE " },
	{ FETCH_ENVELOPE, "ENVELOPE " },
	{ FETCH_BODY, "BODY " },
	{ FETCH_BODYSTRUCTURE, "BODYSTRUCTURE " },
	{ FETCH_MODSEQ, "MODSEQ " },
	{ FETCH_PREVIEW, "PREVIEW " },
	{ FETCH_SAVEDATE, "SAVEDATE " },
	{ FETCH_EMAILID, "EMAILID " },
	{ FETCH_THREADID, "THREADID " },
};

bool fetch_print_items(struct imap_session *session, const struct view_entry *entry,
		       const struct content_facts *facts, unsigned items, bool space)
{
	struct print print = { session, session_text(session), entry, facts };

	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
		if (!(items & labels[i].item))
			continue;
		if (space)
			g_string_append_c(print.out, ' ');
		g_string_append(print.out, labels[i].label);
		put_value(&print, labels[i].item);
		space = true;
	}
	return space;
}

/* With CONDSTORE (RFC 7162 3.2.4) and IMAP4rev2 (RFC 9051 7.5.2) always, else in every answer to a UID
 * command (RFC 9051 6.4.9).  UIDFETCH begins with it. */
static bool names_uid(const struct imap_session *session)
{
	return !session_has(session, EXTENSION_UIDONLY) &&
	       (session_has(session, EXTENSION_CONDSTORE | EXTENSION_IMAP4REV2) || notify_names_uids(session) ||
		(session->command != NULL && command_is_uid(session->command)));
}

unsigned fetch_print_flag_items(const struct imap_session *session)
{
	return FETCH_FLAGS | (session_has(session, EXTENSION_CONDSTORE) ? FETCH_MODSEQ : 0) |
	       (names_uid(session) ? FETCH_UID : 0);
}

void fetch_print_flags(struct imap_session *session, const struct view_entry *entry, uint32_t seq,
		       unsigned items)
{
	fetch_print_begin(session, entry, seq);
	fetch_print_items(session, entry, NULL, items, false);
	g_string_append(session_text(session), ")\r\n");
}
