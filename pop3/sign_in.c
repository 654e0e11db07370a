/* USER, PASS and AUTH: the check and the opening of the maildrop are one job. */
#include "pop3/session.h"

#include "base/escape.h"
#include "base/log.h"
#include "base/secret.h"
#include "pop3/parser.h"

#define ROOM "pop3"
#define MAX_FAILED_SIGN_INS 5

bool pop3_may_sign_in(const struct pop3_session *session)
{
	return stream_is_secure(session->stream) || stream_peer_is_loopback(session->stream) ||
	       session->config->pop3.allow_plaintext_login;
}

static struct sasl_peer describe_peer(struct pop3_session *session)
{
	struct sasl_peer peer = {
		.address = stream_peer_address(session->stream),
		.may_sign_in = pop3_may_sign_in(session),
		.client_identity = stream_client_identity(session->stream),
	};

	for (size_t i = 0; i < SASL_BINDINGS; i++)
		stream_channel_binding(session->stream, sasl_binding_types[i], &peer.bindings[i]);
	return peer;
}

void pop3_print_sasl(struct pop3_session *session, GString *out)
{
	struct sasl_peer peer = describe_peer(session);

	sasl_print_mechanisms(session->room->auth, &peer, " ", out);
	sasl_peer_clear(&peer);
}

/* RFC 3206: whether trying again, or another password, can help. */
static const char *refusal(enum auth_outcome outcome)
{
	switch (outcome) {
	case AUTH_DENIED:
	case AUTH_NOT_ALLOWED:
		return "-ERR [AUTH] Wrong name or password";
	case AUTH_DISABLED:
		return "-ERR [SYS/PERM] Account is disabled";
	case AUTH_THROTTLED:
		return "-ERR [SYS/TEMP] Too many failures, try again later";
	case AUTH_UNAVAILABLE:
		return "-ERR [SYS/TEMP] Can't check that now, try again later";
	case AUTH_MALFORMED:
	case AUTH_UNREADABLE:
		return "-ERR Malformed response";
	case AUTH_CANCELLED:
		return "-ERR Cancelled";
	case AUTH_OK:
		break;
	}
	g_assert_not_reached();
}

/* In a worker, after a check that went well. */
static void open_drop(struct pop3_session *session, struct store *store)
{
	if (session->signed_in.outcome == AUTH_OK)
		session->opened = pop3_drop_open(store, session->signed_in.account_id, &session->drop);
}

static void enter_transaction(struct pop3_session *session)
{
	g_autoptr(GString) shown = g_string_new(NULL);
	uint64_t octets = pop3_drop_octets(session->drop);

	escape_log(shown, slice_from_string(session->signed_in.address));
	log_info(ROOM, "session=%" G_GUINT64_FORMAT " peer=%s user=\"%s\" %s: signed in", stream_id(session->stream),
		 stream_peer(session->stream), shown->str, stream_security(session->stream));
	session->state = POP3_TRANSACTION;
	stream_set_user(session->stream, session->signed_in.address);
	stream_set_timeout(session->stream, (uint64_t)session->config->pop3.idle_timeout * 1000);
	pop3_replyf(session, "+OK %" G_GSIZE_FORMAT " messages (%" G_GUINT64_FORMAT " octets)",
		    pop3_drop_count(session->drop), octets);
}

static void sign_in_failed(struct pop3_session *session, const char *reply)
{
	auth_result_clear(&session->signed_in);
	if (++session->failed_sign_ins >= MAX_FAILED_SIGN_INS)
		pop3_goodbye(session, reply);
	else
		pop3_reply(session, reply);
}

static void signed_in(struct pop3_session *session)
{
	g_clear_pointer(&session->user, g_free);
	if (session->signed_in.outcome != AUTH_OK)
		sign_in_failed(session, refusal(session->signed_in.outcome));
	else if (session->opened == POP3_DROP_IN_USE)
		sign_in_failed(session, "-ERR [IN-USE] The maildrop is open in another session");
	else if (session->opened != POP3_DROP_OK)
		sign_in_failed(session, "-ERR [SYS/TEMP] Can't open the maildrop now, try again later");
	else
		enter_transaction(session);
}

void pop3_run_user(struct pop3_session *session, struct slice rest)
{
	if (!pop3_may_sign_in(session)) {
		pop3_reply(session, "-ERR [SYS/PERM] Use STLS first");
	} else if (rest.len == 0) {
		pop3_reply(session, "-ERR Syntax: USER name");
	} else {
		/* Whether there is such a name is not said here. */
		g_free(session->user);
		session->user = slice_dup(rest);
		pop3_reply(session, "+OK Now the password");
	}
}

static void check_password(struct pop3_session *session, struct store *store)
{
	auth_check_password(store, session->room->auth, slice_from_string(session->user),
			    slice_from_string(session->password), stream_peer_address(session->stream),
			    &session->signed_in);
	secret_free(&session->password);
	open_drop(session, store);
}

void pop3_run_pass(struct pop3_session *session, struct slice rest)
{
	if (session->user == NULL) {
		pop3_reply(session, "-ERR USER comes first");
		return;
	}
	/* A NUL would hide what follows it. */
	if (rest.len == 0 || memchr(rest.data, '\0', rest.len) != NULL) {
		pop3_reply(session, "-ERR Syntax: PASS password");
		return;
	}
	session->password = slice_dup(rest);
	pop3_submit(session, check_password, signed_in);
}

static void run_exchange(struct pop3_session *session, struct store *store)
{
	g_string_truncate(session->sasl_challenge, 0);
	session->sasl_step = sasl_line(session->sasl, store, slice_of(session->sasl_text, session->sasl_len),
				       session->sasl_is_initial, session->sasl_challenge);
	secret_wipe(session->sasl_text, session->sasl_len);
	g_clear_pointer(&session->sasl_text, g_free);
	if (session->sasl_step != SASL_DONE)
		return;
	session->signed_in = *sasl_result(session->sasl);
	session->signed_in.address = g_strdup(session->signed_in.address);
	open_drop(session, store);
}

static void exchanged(struct pop3_session *session)
{
	if (session->sasl_step == SASL_CHALLENGE) {
		session->input = POP3_INPUT_SASL;
		pop3_replyf(session, "+ %s", session->sasl_challenge->str);
		return;
	}
	sasl_destroy(&session->sasl);
	session->input = POP3_INPUT_LINE;
	signed_in(session);
}

static void submit_exchange(struct pop3_session *session, struct slice line, bool is_initial)
{
	session->sasl_text = slice_dup(line);
	session->sasl_len = line.len;
	session->sasl_is_initial = is_initial;
	pop3_submit(session, run_exchange, exchanged);
}

void pop3_run_auth(struct pop3_session *session, struct slice rest)
{
	struct sasl_peer peer;
	struct slice mechanism, response;

	if (!pop3_may_sign_in(session)) {
		pop3_reply(session, "-ERR [SYS/PERM] Use STLS first");
		return;
	}
	if (!pop3_parse_auth(rest, &mechanism, &response)) {
		pop3_refuse(session, "-ERR Syntax: AUTH mechanism [initial-response]");
		return;
	}
	peer = describe_peer(session);
	session->sasl = sasl_begin(session->room->auth, &peer, mechanism);
	sasl_peer_clear(&peer);
	if (session->sasl == NULL) {
		pop3_reply(session, "-ERR Mechanism not available");
	} else if (response.data != NULL) {
		submit_exchange(session, response, true);
	} else {
		session->input = POP3_INPUT_SASL;
		pop3_reply(session, "+ ");
	}
}

void pop3_sasl_line(struct pop3_session *session, struct slice line)
{
	submit_exchange(session, line, false);
}
