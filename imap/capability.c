/* A row is advertised in the states it names, when its condition holds.  Rows with
 * a value print it behind the name. */
#include "imap/capability.h"

#include "imap/quota.h"

enum { BEFORE = IN_NOT_AUTHENTICATED, AFTER = SIGNED_IN, ALWAYS = BEFORE | AFTER };

static bool can_start_tls(const struct imap_session *session)
{
	return stream_can_start_tls(session->stream);
}

static bool may_not_sign_in(const struct imap_session *session)
{
	return !session_may_sign_in(session);
}

static bool is_not_deflated(const struct imap_session *session)
{
	return !stream_is_deflated(session->stream);
}

static bool may_unauthenticate(const struct imap_session *session)
{
	return session->config->imap.unauthenticate;
}

static void print_append_limit(const struct imap_session *session, GString *out)
{
	g_string_append_printf(out, "%" G_GUINT64_FORMAT, session->config->imap.max_message_size);
}

static void print_message_limit(const struct imap_session *session, GString *out)
{
	g_string_append_printf(out, "%u", session->config->imap.message_limit);
}

static const struct {
	const char *name;
	unsigned states;
	bool (*condition)(const struct imap_session *session);
	void (*value)(const struct imap_session *session, GString *out);
} rows[] = {
	{ "IMAP4rev1", ALWAYS, NULL, NULL },
	{ "IMAP4rev2", ALWAYS, NULL, NULL },
	{ "LITERAL+", ALWAYS, NULL, NULL },
	{ "SASL-IR", BEFORE, NULL, NULL },
	{ "ID", ALWAYS, NULL, NULL },
	{ "ENABLE", ALWAYS, NULL, NULL },
	{ "STARTTLS", BEFORE, can_start_tls, NULL },
	{ "LOGINDISABLED", BEFORE, may_not_sign_in, NULL },
	{ "IDLE", ALWAYS, NULL, NULL },
	{ "NAMESPACE", AFTER, NULL, NULL },
	{ "CHILDREN", AFTER, NULL, NULL },
	{ "SPECIAL-USE", AFTER, NULL, NULL },
	{ "CREATE-SPECIAL-USE", AFTER, NULL, NULL },
	{ "UNSELECT", AFTER, NULL, NULL },
	{ "UIDPLUS", AFTER, NULL, NULL },
	{ "MOVE", AFTER, NULL, NULL },
	{ "LIST-EXTENDED", AFTER, NULL, NULL },
	{ "LIST-STATUS", AFTER, NULL, NULL },
	{ "STATUS=SIZE", AFTER, NULL, NULL },
	{ "ESEARCH", AFTER, NULL, NULL },
	{ "SEARCHRES", AFTER, NULL, NULL },
	{ "CONDSTORE", AFTER, NULL, NULL },
	{ "QRESYNC", AFTER, NULL, NULL },
	{ "SORT", AFTER, NULL, NULL },
	{ "THREAD=ORDEREDSUBJECT", AFTER, NULL, NULL },
	{ "THREAD=REFERENCES", AFTER, NULL, NULL },
	{ "BINARY", AFTER, NULL, NULL },
	{ "UTF8=ACCEPT", AFTER, NULL, NULL },
	{ "APPENDLIMIT=", ALWAYS, NULL, print_append_limit },
	{ "QUOTA", AFTER, NULL, NULL },
	{ "QUOTA=RES-STORAGE", AFTER, NULL, NULL },
	{ "QUOTA=RES-MESSAGE", AFTER, NULL, NULL },
	{ "QUOTASET", AFTER, quota_is_admin, NULL },
	{ "OBJECTID", AFTER, NULL, NULL },
	{ "SAVEDATE", AFTER, NULL, NULL },
	{ "PREVIEW", AFTER, NULL, NULL },
	{ "WITHIN", AFTER, NULL, NULL },
	{ "MULTIAPPEND", AFTER, NULL, NULL },
	{ "COMPRESS=DEFLATE", AFTER, is_not_deflated, NULL },
	{ "UNAUTHENTICATE", AFTER, may_unauthenticate, NULL },
	{ "REPLACE", AFTER, NULL, NULL },
	{ "CATENATE", AFTER, NULL, NULL },
	{ "ACL", AFTER, NULL, NULL },
	{ "RIGHTS=kxte", AFTER, NULL, NULL },
	{ "LIST-MYRIGHTS", AFTER, NULL, NULL },
	{ "METADATA", AFTER, NULL, NULL },
	{ "LIST-METADATA", AFTER, NULL, NULL },
	{ "NOTIFY", AFTER, NULL, NULL },
	{ "INPROGRESS", AFTER, NULL, NULL },
	{ "MESSAGELIMIT=", AFTER, NULL, print_message_limit },
	{ "CONTEXT=SEARCH", AFTER, NULL, NULL },
	{ "MULTISEARCH", AFTER, NULL, NULL },
	{ "SORT=DISPLAY", AFTER, NULL, NULL },
	{ "ESORT", AFTER, NULL, NULL },
	{ "PARTIAL", AFTER, NULL, NULL },
	{ "SEARCH=FUZZY", AFTER, NULL, NULL },
	{ "UIDONLY", AFTER, NULL, NULL },
	{ "I18NLEVEL=1", AFTER, NULL, NULL },
};

static void print_mechanisms(const struct imap_session *session, GString *out)
{
	struct sasl_peer peer;

	if (session->state != SESSION_NOT_AUTHENTICATED)
		return;
	peer = session_sasl_peer(session);
	sasl_print_mechanisms(imap_room_auth(session->room), &peer, " AUTH=", out);
	sasl_peer_clear(&peer);
}

void capability_print(const struct imap_session *session, GString *out)
{
	unsigned state = 1u << session->state;
	const char *space = "";

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!(rows[i].states & state) ||
		    (rows[i].condition != NULL && !rows[i].condition(session)))
			continue;
		g_string_append(out, space);
		g_string_append(out, rows[i].name);
		if (rows[i].value != NULL)
			rows[i].value(session, out);
		space = " ";
	}
	print_mechanisms(session, out);
}
