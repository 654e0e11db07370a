/* The words of LMTP as rows: where each is allowed, and what it does. */
#include "lmtp/parser.h"
#include "lmtp/session.h"

#define MAX_BAD_COMMANDS 20

static void run_lhlo(struct lmtp_session *session, struct slice arguments)
{
	const struct config_lmtp *settings = &session->config->lmtp;
	g_autoptr(GString) reply = g_string_new(NULL);

	if (!lmtp_is_client_name(arguments)) {
		lmtp_reply(session, "501 5.5.4 Syntax: LHLO name");
		return;
	}
	g_free(session->client_name);
	session->client_name = slice_dup(arguments);
	lmtp_move(session, LMTP_READY);
	lmtp_reset(session);
	g_string_printf(reply,
			"250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
			"250-SIZE %" G_GUINT64_FORMAT "\r\n250-CHUNKING\r\n",
			g_get_host_name(), settings->max_message_size);
	if (stream_can_start_tls(session->stream))
		g_string_append(reply, "250-STARTTLS\r\n");
	g_string_append(reply, "250 ENHANCEDSTATUSCODES");
	lmtp_reply(session, reply->str);
}

static void run_other_hello(struct lmtp_session *session, struct slice arguments)
{
	(void)arguments;
	lmtp_reply(session, "500 5.5.1 This is LMTP: say LHLO");
}

static void run_mail(struct lmtp_session *session, struct slice arguments)
{
	struct lmtp_mail mail;
	const char *problem = lmtp_parse_mail(arguments, &mail);

	if (problem == NULL && mail.size > session->config->lmtp.max_message_size)
		problem = "552 5.3.4 Message is larger than this server takes";
	if (problem == NULL) {
		session->sender = g_steal_pointer(&mail.path.address);
		session->is_utf8 = mail.is_utf8;
		lmtp_move(session, LMTP_MAIL);
	}
	lmtp_path_clear(&mail.path);
	lmtp_reply(session, problem != NULL ? problem : "250 2.1.0 Sender ok");
}

static void find_recipient(struct lmtp_session *session, struct store *store)
{
	session->candidate_reply = lmtp_recipient_find(store, session->config, session->candidate);
}

static void recipient_found(struct lmtp_session *session)
{
	if (session->candidate_reply != NULL) {
		g_clear_pointer(&session->candidate, lmtp_recipient_free);
		lmtp_reply(session, session->candidate_reply);
		return;
	}
	g_ptr_array_add(session->recipients, g_steal_pointer(&session->candidate));
	lmtp_move(session, LMTP_RCPT);
	lmtp_reply(session, "250 2.1.5 Recipient ok");
}

static void run_rcpt(struct lmtp_session *session, struct slice arguments)
{
	struct lmtp_path path;
	const char *problem = lmtp_parse_rcpt(arguments, &path);

	if (problem == NULL && session->recipients->len >= session->config->lmtp.max_recipients)
		problem = "452 4.5.3 Too many recipients";
	if (problem != NULL) {
		lmtp_path_clear(&path);
		lmtp_reply(session, problem);
		return;
	}
	session->candidate = g_new0(struct lmtp_recipient, 1);
	session->candidate->address = path.address;
	lmtp_submit(session, find_recipient, recipient_found);
}

static void run_data(struct lmtp_session *session, struct slice arguments)
{
	if (arguments.len > 0)
		lmtp_reply(session, "501 5.5.4 Syntax: DATA");
	else
		lmtp_begin_data(session);
}

/* The chunk is on its way whatever we think of the command, so its octets are
 * taken off the wire in any state. */
static void run_bdat(struct lmtp_session *session, struct slice arguments)
{
	uint64_t size;
	bool is_last;
	const char *problem = lmtp_parse_bdat(arguments, &size, &is_last);

	/* How many octets follow is unknown: what they say must not be taken for commands. */
	if (problem != NULL)
		lmtp_goodbye(session, problem);
	else
		lmtp_begin_chunk(session, size, is_last);
}

static void run_rset(struct lmtp_session *session, struct slice arguments)
{
	(void)arguments;
	lmtp_reset(session);
	lmtp_reply(session, "250 2.0.0 Ok");
}

static void run_noop(struct lmtp_session *session, struct slice arguments)
{
	(void)arguments;
	lmtp_reply(session, "250 2.0.0 Ok");
}

static void run_vrfy(struct lmtp_session *session, struct slice arguments)
{
	lmtp_reply(session, arguments.len == 0 ? "501 5.5.4 Syntax: VRFY address"
					       : "252 2.1.5 Send mail to find out");
}

static void run_help(struct lmtp_session *session, struct slice arguments)
{
	(void)arguments;
	lmtp_reply(session, "214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP STARTTLS; see RFC 2033");
}

static void run_starttls(struct lmtp_session *session, struct slice arguments)
{
	if (arguments.len > 0) {
		lmtp_reply(session, "501 5.5.4 Syntax: STARTTLS");
	} else if (!stream_can_start_tls(session->stream)) {
		lmtp_reply(session, stream_is_secure(session->stream) ? "503 5.5.1 TLS is already active"
								      : "454 4.7.0 TLS is not available");
	} else {
		lmtp_reply(session, "220 2.0.0 Go ahead");
		stream_start_tls(session->stream, NULL);
	}
}

static void run_quit(struct lmtp_session *session, struct slice arguments)
{
	(void)arguments;
	lmtp_goodbye(session, "221 2.0.0 Goodbye");
}

static const struct command {
	struct slice word;
	void (*run)(struct lmtp_session *session, struct slice arguments);
	unsigned states;
	const char *out_of_place;   /* reply in other states */
} commands[] = {
	{ { "MAIL", 4 }, run_mail, LMTP_READY, "503 5.5.1 MAIL comes after LHLO and once a transaction" },
	{ { "RCPT", 4 }, run_rcpt, LMTP_MAIL | LMTP_RCPT, "503 5.5.1 RCPT comes after MAIL" },
	{ { "DATA", 4 }, run_data, LMTP_RCPT, "503 5.5.1 No valid recipients" },
	{ { "BDAT", 4 }, run_bdat, LMTP_ANY_STATE, NULL },
	{ { "LHLO", 4 }, run_lhlo, LMTP_ANY_STATE, NULL },
	{ { "RSET", 4 }, run_rset, LMTP_ANY_STATE, NULL },
	{ { "NOOP", 4 }, run_noop, LMTP_ANY_STATE, NULL },
	{ { "QUIT", 4 }, run_quit, LMTP_ANY_STATE, NULL },
	{ { "VRFY", 4 }, run_vrfy, LMTP_ANY_STATE, NULL },
	{ { "HELP", 4 }, run_help, LMTP_ANY_STATE, NULL },
	{ { "STARTTLS", 8 }, run_starttls, LMTP_READY, "503 5.5.1 STARTTLS comes between LHLO and MAIL" },
	{ { "HELO", 4 }, run_other_hello, LMTP_ANY_STATE, NULL },
	{ { "EHLO", 4 }, run_other_hello, LMTP_ANY_STATE, NULL },
};

static const struct command *find_command(struct slice word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (slice_equal_ascii_case(word, commands[i].word))
			return &commands[i];
	return NULL;
}

/* Scripts that speak something else at this port are not listened to for ever. */
static void refuse(struct lmtp_session *session, const char *reply)
{
	if (++session->bad_commands >= MAX_BAD_COMMANDS)
		lmtp_goodbye(session, "421 4.7.0 Too many bad commands");
	else
		lmtp_reply(session, reply);
}

/* A command that was sent after our replies says that they have arrived: from here on
 * the same message is meant when it comes again. */
static void take_as_receipt(struct lmtp_session *session, size_t len)
{
	if (session->receipt == NULL)
		return;
	if (session->sent_too_early > 0) {
		session->sent_too_early -= MIN(session->sent_too_early, len + 2);
		return;
	}
	deliver_confirm(session->room->memory, session->receipt);
	g_clear_pointer(&session->receipt, g_bytes_unref);
}

void lmtp_command(struct lmtp_session *session, struct slice line)
{
	const struct command *command;
	struct slice verb, arguments;

	take_as_receipt(session, line.len);
	lmtp_split_verb(line, &verb, &arguments);
	command = find_command(verb);
	if (command == NULL) {
		refuse(session, "500 5.5.2 Command not recognized");
		return;
	}
	if (!(command->states & (unsigned)session->state)) {
		refuse(session, command->out_of_place);
		return;
	}
	session->bad_commands = 0;
	command->run(session, arguments);
}
