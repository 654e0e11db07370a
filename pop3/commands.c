/* The words of POP3 as rows: where each is allowed, what stands behind it, and what
 * it does. */
#include "pop3/session.h"

#include "pop3/parser.h"

#define MAX_LANGUAGE 64

void pop3_refuse(struct pop3_session *session, const char *reply)
{
	if (++session->bad_commands >= session->config->pop3.max_bad_commands)
		pop3_goodbye(session, "-ERR Too many bad commands");
	else
		pop3_reply(session, reply);
}

static void write_lines(struct pop3_session *session, GString *lines)
{
	g_string_append(lines, ".\r\n");
	stream_write(session->stream, lines->str, lines->len);
	g_string_free(lines, TRUE);
}

static void run_capa(struct pop3_session *session, struct slice rest)
{
	GString *lines = g_string_new("+OK Capabilities follow\r\n"
				      "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"
				      "EXPIRE NEVER\r\nUTF8 USER\r\nLANG\r\nIMPLEMENTATION convoke\r\n");

	(void)rest;
	if (pop3_may_sign_in(session)) {
		g_string_append(lines, "USER\r\nSASL");
		pop3_print_sasl(session, lines);
		g_string_append(lines, "\r\n");
	}
	if (session->state == POP3_AUTHORIZATION && stream_can_start_tls(session->stream))
		g_string_append(lines, "STLS\r\n");
	write_lines(session, lines);
}

static void run_stls(struct pop3_session *session, struct slice rest)
{
	(void)rest;
	if (!stream_can_start_tls(session->stream)) {
		pop3_reply(session, stream_is_secure(session->stream) ? "-ERR TLS is already active"
								      : "-ERR TLS is not available");
		return;
	}
	pop3_reply(session, "+OK Begin TLS");
	stream_start_tls(session->stream, NULL);
}

/* RFC 6856 section 2.  Names and passwords are UTF-8 with or without it, and stored
 * octets are sent as they are; there is nothing to switch but what is announced. */
static void run_utf8(struct pop3_session *session, struct slice rest)
{
	(void)rest;
	pop3_reply(session, "+OK UTF-8 it is");
}

static void run_lang(struct pop3_session *session, struct slice rest)
{
	if (rest.len == 0)
		write_lines(session, g_string_new("+OK Languages follow\r\nen English\r\n"));
	else if (rest.len <= MAX_LANGUAGE &&
		 (slice_equal(rest, SLICE("*")) || slice_equal_ascii_case(rest, SLICE("en"))))
		pop3_reply(session, "+OK en English");
	else
		pop3_reply(session, "-ERR No such language");
}

static void run_noop(struct pop3_session *session, struct slice rest)
{
	(void)rest;
	pop3_reply(session, "+OK");
}

static void run_stat(struct pop3_session *session, struct slice rest)
{
	(void)rest;
	pop3_replyf(session, "+OK %" G_GSIZE_FORMAT " %" G_GUINT64_FORMAT, pop3_drop_unmarked(session->drop),
		    pop3_drop_octets(session->drop));
}

/* The message that a number from the client names; the refusal is said here. */
static bool find_message(struct pop3_session *session, uint64_t number, size_t *index_out)
{
	if (number == 0 || number > pop3_drop_count(session->drop)) {
		pop3_reply(session, "-ERR No such message");
		return false;
	}
	*index_out = (size_t)number - 1;
	if (pop3_drop_is_marked(session->drop, *index_out)) {
		pop3_reply(session, "-ERR Message is deleted");
		return false;
	}
	return true;
}

/* One message number and nothing else. */
static bool parse_message(struct pop3_session *session, struct slice rest, size_t *index_out)
{
	uint64_t number;

	if (pop3_parse_numbers(rest, 1, &number))
		return find_message(session, number, index_out);
	pop3_refuse(session, "-ERR A message number is expected");
	return false;
}

typedef void (*append_fn)(const struct pop3_drop *drop, size_t index, GString *out);

static void append_size(const struct pop3_drop *drop, size_t index, GString *out)
{
	g_string_append_printf(out, "%" G_GUINT64_FORMAT, pop3_drop_size(drop, index));
}

/* What LIST and UIDL have in common: a fact of one message or of all. */
static void list_facts(struct pop3_session *session, struct slice rest, append_fn append)
{
	GString *lines;
	size_t index;

	if (rest.len > 0) {
		if (!parse_message(session, rest, &index))
			return;
		lines = g_string_new(NULL);
		g_string_printf(lines, "+OK %" G_GSIZE_FORMAT " ", index + 1);
		append(session->drop, index, lines);
		pop3_reply(session, lines->str);
		g_string_free(lines, TRUE);
		return;
	}
	lines = g_string_new("+OK Listing follows\r\n");
	for (index = 0; index < pop3_drop_count(session->drop); index++) {
		if (pop3_drop_is_marked(session->drop, index))
			continue;
		g_string_append_printf(lines, "%" G_GSIZE_FORMAT " ", index + 1);
		append(session->drop, index, lines);
		g_string_append(lines, "\r\n");
	}
	write_lines(session, lines);
}

static void run_list(struct pop3_session *session, struct slice rest)
{
	list_facts(session, rest, append_size);
}

static void run_uidl(struct pop3_session *session, struct slice rest)
{
	list_facts(session, rest, pop3_drop_append_uidl);
}

static void run_retr(struct pop3_session *session, struct slice rest)
{
	size_t index;

	if (parse_message(session, rest, &index))
		pop3_begin_transfer(session, index, G_MAXUINT64);
}

static void run_top(struct pop3_session *session, struct slice rest)
{
	uint64_t numbers[2];
	size_t index;

	if (!pop3_parse_numbers(rest, 2, numbers))
		pop3_refuse(session, "-ERR Syntax: TOP message lines");
	else if (find_message(session, numbers[0], &index))
		pop3_begin_transfer(session, index, MIN(numbers[1], G_MAXUINT64 - 1));
}

static void run_dele(struct pop3_session *session, struct slice rest)
{
	size_t index;

	if (!parse_message(session, rest, &index))
		return;
	pop3_drop_mark(session->drop, index);
	pop3_reply(session, "+OK Marked to be deleted");
}

static void run_rset(struct pop3_session *session, struct slice rest)
{
	(void)rest;
	pop3_drop_unmark_all(session->drop);
	pop3_replyf(session, "+OK %" G_GSIZE_FORMAT " messages", pop3_drop_count(session->drop));
}

static void update(struct pop3_session *session, struct store *store)
{
	session->removed = pop3_drop_remove_marked(store, session->drop);
	pop3_drop_close(store, &session->drop);
}

static void updated(struct pop3_session *session)
{
	pop3_goodbye(session, session->removed == POP3_DROP_OK
			      ? "+OK Goodbye" : "-ERR [SYS/TEMP] Some deleted messages are not removed");
}

/* UPDATE (RFC 1939 section 6): the goodbye comes after the removal is committed. */
static void run_quit(struct pop3_session *session, struct slice rest)
{
	(void)rest;
	if (session->state == POP3_TRANSACTION)
		pop3_submit(session, update, updated);
	else
		pop3_goodbye(session, "+OK Goodbye");
}

enum arguments { NO_ARGUMENT, MAY_HAVE_ARGUMENT };

static const struct command {
	struct slice word;
	void (*run)(struct pop3_session *session, struct slice rest);
	unsigned states;
	enum arguments arguments;
} commands[] = {
	{ { "RETR", 4 }, run_retr, POP3_TRANSACTION, MAY_HAVE_ARGUMENT },
	{ { "TOP", 3 }, run_top, POP3_TRANSACTION, MAY_HAVE_ARGUMENT },
	{ { "DELE", 4 }, run_dele, POP3_TRANSACTION, MAY_HAVE_ARGUMENT },
	{ { "LIST", 4 }, run_list, POP3_TRANSACTION, MAY_HAVE_ARGUMENT },
	{ { "UIDL", 4 }, run_uidl, POP3_TRANSACTION, MAY_HAVE_ARGUMENT },
	{ { "STAT", 4 }, run_stat, POP3_TRANSACTION, NO_ARGUMENT },
	{ { "NOOP", 4 }, run_noop, POP3_TRANSACTION, NO_ARGUMENT },
	{ { "RSET", 4 }, run_rset, POP3_TRANSACTION, NO_ARGUMENT },
	{ { "USER", 4 }, pop3_run_user, POP3_AUTHORIZATION, MAY_HAVE_ARGUMENT },
	{ { "PASS", 4 }, pop3_run_pass, POP3_AUTHORIZATION, MAY_HAVE_ARGUMENT },
	{ { "AUTH", 4 }, pop3_run_auth, POP3_AUTHORIZATION, MAY_HAVE_ARGUMENT },
	{ { "STLS", 4 }, run_stls, POP3_AUTHORIZATION, NO_ARGUMENT },
	{ { "UTF8", 4 }, run_utf8, POP3_AUTHORIZATION, NO_ARGUMENT },
	{ { "LANG", 4 }, run_lang, POP3_ANY_STATE, MAY_HAVE_ARGUMENT },
	{ { "CAPA", 4 }, run_capa, POP3_ANY_STATE, NO_ARGUMENT },
	{ { "QUIT", 4 }, run_quit, POP3_ANY_STATE, NO_ARGUMENT },
};

static const struct command *find_command(struct slice word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (slice_equal_ascii_case(word, commands[i].word))
			return &commands[i];
	return NULL;
}

void pop3_command(struct pop3_session *session, struct slice line)
{
	const struct command *command;
	struct slice verb, rest;

	pop3_split_verb(line, &verb, &rest);
	command = find_command(verb);
	if (command == NULL) {
		pop3_refuse(session, "-ERR Unknown command");
	} else if (!(command->states & (unsigned)session->state)) {
		pop3_refuse(session, session->state == POP3_AUTHORIZATION ? "-ERR Sign in first"
									  : "-ERR Already signed in");
	} else if (command->arguments == NO_ARGUMENT && rest.len > 0) {
		pop3_refuse(session, "-ERR This command takes no argument");
	} else {
		session->bad_commands = 0;
		command->run(session, rest);
	}
}
