/* Whole conversations over a socket pair: the real stream, reader, session and SASL;
 * accounts, maildrop and contents are tables. */
#include "pop3/pop3.h"

#include "base/log.h"
#include "fake-accounts.h"
#include "fake-store.h"
#include "net/connections.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static struct pop3_room *room;
static struct auth *auth;

static void *run_loop(void *arg)
{
	(void)arg;
	loop_run(loop);
	return NULL;
}

static void start_session(void *arg)
{
	pop3_start(room, stream_adopt(loop, GPOINTER_TO_INT(arg), "pop3"));
}

static int connect_client(void)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	loop_post(loop, start_session, GINT_TO_POINTER(fds[0]));
	return fds[1];
}

static void send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static char *read_to_end(int fd)
{
	GString *all = g_string_new(NULL);
	char buffer[65536];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(all, buffer, n);
	close(fd);
	return g_string_free(all, FALSE);
}

static char *converse(const char *said, size_t cut, bool by_octet)
{
	size_t len = strlen(said);
	int fd = connect_client();

	if (by_octet) {
		for (size_t i = 0; i < len; i++)
			send_all(fd, said + i, 1);
	} else {
		send_all(fd, said, cut);
		send_all(fd, said + cut, len - cut);
	}
	shutdown(fd, SHUT_WR);
	return read_to_end(fd);
}

#define SIGN_IN "USER alice\r\nPASS open sesame\r\n"
#define GREETING "+OK convoke POP3 ready\r\n"
#define SIGNED_IN GREETING "+OK Now the password\r\n+OK 5 messages (798883 octets)\r\n"

static const struct {
	const char *what, *said, *replies, *removed;
} conversations[] = {
	{ "empty session", "QUIT\r\n", GREETING "+OK Goodbye\r\n", "" },
	{ "sign-in", SIGN_IN "QUIT\r\n", SIGNED_IN "+OK Goodbye\r\n", "" },
	{ "bare LF is an end of line too", "USER alice\nPASS open sesame\nQUIT\n", SIGNED_IN "+OK Goodbye\r\n", "" },
	{ "wrong password", "USER alice\r\nPASS x\r\nUSER nobody\r\nPASS x\r\nSTAT\r\nQUIT\r\n",
	  GREETING "+OK Now the password\r\n-ERR [AUTH] Wrong name or password\r\n"
	  "+OK Now the password\r\n-ERR [AUTH] Wrong name or password\r\n-ERR Sign in first\r\n+OK Goodbye\r\n", "" },
	{ "disabled", "USER off\r\nPASS closed\r\nQUIT\r\n",
	  GREETING "+OK Now the password\r\n-ERR [SYS/PERM] Account is disabled\r\n+OK Goodbye\r\n", "" },
	{ "PASS first", "PASS x\r\nUSER\r\nUSER alice\r\nPASS\r\nQUIT\r\n",
	  GREETING "-ERR USER comes first\r\n-ERR Syntax: USER name\r\n+OK Now the password\r\n"
	  "-ERR Syntax: PASS password\r\n+OK Goodbye\r\n", "" },
	{ "AUTH PLAIN with initial response", "AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l\r\nQUIT\r\n",
	  GREETING "+OK 5 messages (798883 octets)\r\n+OK Goodbye\r\n", "" },
	{ "AUTH PLAIN", "AUTH PLAIN\r\nAGFsaWNlAG9wZW4gc2VzYW1l\r\nQUIT\r\n",
	  GREETING "+ \r\n+OK 5 messages (798883 octets)\r\n+OK Goodbye\r\n", "" },
	{ "AUTH cancelled, malformed, unknown", "AUTH PLAIN\r\n*\r\nAUTH PLAIN !\r\nAUTH NONE\r\nAUTH\r\nQUIT\r\n",
	  GREETING "+ \r\n-ERR Cancelled\r\n-ERR Malformed response\r\n-ERR Mechanism not available\r\n"
	  "-ERR Syntax: AUTH mechanism [initial-response]\r\n+OK Goodbye\r\n", "" },
	{ "facts", SIGN_IN "STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 5\r\nQUIT\r\n",
	  SIGNED_IN "+OK 5 798883\r\n"
	  "+OK Listing follows\r\n1 46\r\n2 23\r\n3 798790\r\n4 0\r\n5 24\r\n.\r\n+OK 2 23\r\n"
	  "+OK Listing follows\r\n1 7.10\r\n2 7.20\r\n3 7.30\r\n4 7.40\r\n5 7.50\r\n.\r\n+OK 5 7.50\r\n+OK Goodbye\r\n", "" },
	{ "messages", SIGN_IN "RETR 1\r\nRETR 2\r\nRETR 4\r\nRETR 5\r\nQUIT\r\n",
	  SIGNED_IN "+OK 46 octets\r\nReceived: x\r\nSubject: 1\r\n\r\none\r\n..two\r\n\r\nfour\r\n.\r\n"
	  "+OK 23 octets\r\nSubject: no end\r\n\r\nlast\r\n.\r\n"
	  "+OK 0 octets\r\n.\r\n+OK 24 octets\r\nSubject: only a header\r\n.\r\n+OK Goodbye\r\n", "" },
	{ "tops", SIGN_IN "TOP 1 0\r\nTOP 1 2\r\nTOP 1 99\r\nTOP 2 1\r\nTOP 4 1\r\nTOP 5 0\r\nTOP 3 0\r\nQUIT\r\n",
	  SIGNED_IN "+OK Top follows\r\nReceived: x\r\nSubject: 1\r\n\r\n.\r\n"
	  "+OK Top follows\r\nReceived: x\r\nSubject: 1\r\n\r\none\r\n..two\r\n.\r\n"
	  "+OK Top follows\r\nReceived: x\r\nSubject: 1\r\n\r\none\r\n..two\r\n\r\nfour\r\n.\r\n"
	  "+OK Top follows\r\nSubject: no end\r\n\r\nlast\r\n.\r\n+OK Top follows\r\n.\r\n"
	  "+OK Top follows\r\nSubject: only a header\r\n.\r\n"
	  "+OK Top follows\r\nReceived: y\r\nSubject: \r\n\r\n.\r\n+OK Goodbye\r\n", "" },
	{ "messages go at QUIT", SIGN_IN "DELE 2\r\nDELE 4\r\nDELE 2\r\nRETR 2\r\nLIST 2\r\nSTAT\r\nUIDL\r\nQUIT\r\n",
	  SIGNED_IN "+OK Marked to be deleted\r\n+OK Marked to be deleted\r\n-ERR Message is deleted\r\n"
	  "-ERR Message is deleted\r\n-ERR Message is deleted\r\n+OK 3 798860\r\n"
	  "+OK Listing follows\r\n1 7.10\r\n3 7.30\r\n5 7.50\r\n.\r\n+OK Goodbye\r\n", "1 3 " },
	{ "not after RSET", SIGN_IN "DELE 2\r\nRSET\r\nLIST 2\r\nQUIT\r\n",
	  SIGNED_IN "+OK Marked to be deleted\r\n+OK 5 messages\r\n+OK 2 23\r\n+OK Goodbye\r\n", "" },
	{ "not without QUIT", SIGN_IN "DELE 2\r\n", SIGNED_IN "+OK Marked to be deleted\r\n", "" },
	{ "no such message", SIGN_IN "RETR 0\r\nRETR 6\r\nRETR 18446744073709551615\r\nTOP 6 1\r\nRETR x\r\nRETR\r\nTOP 1\r\n"
	  "DELE 1 2\r\nQUIT\r\n",
	  SIGNED_IN "-ERR No such message\r\n-ERR No such message\r\n-ERR No such message\r\n-ERR No such message\r\n"
	  "-ERR A message number is expected\r\n-ERR A message number is expected\r\n-ERR Syntax: TOP message lines\r\n"
	  "-ERR A message number is expected\r\n+OK Goodbye\r\n", "" },
	{ "words out of place", "NOOP\r\n" SIGN_IN "USER x\r\nNOOP\r\nNOOP x\r\nFOO\r\n\r\nSTLS\r\nQUIT\r\n",
	  GREETING "-ERR Sign in first\r\n+OK Now the password\r\n+OK 5 messages (798883 octets)\r\n-ERR Already signed in\r\n"
	  "+OK\r\n-ERR This command takes no argument\r\n-ERR Unknown command\r\n-ERR Unknown command\r\n"
	  "-ERR Already signed in\r\n+OK Goodbye\r\n", "" },
	{ "languages and UTF-8", "UTF8\r\nLANG\r\nLANG en\r\nLANG *\r\nLANG xx\r\nSTLS\r\nQUIT\r\n",
	  GREETING "+OK UTF-8 it is\r\n+OK Languages follow\r\nen English\r\n.\r\n+OK en English\r\n+OK en English\r\n"
	  "-ERR No such language\r\n-ERR TLS is not available\r\n+OK Goodbye\r\n", "" },
	{ "capabilities", "CAPA\r\nQUIT\r\n",
	  GREETING "+OK Capabilities follow\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n"
	  "UTF8 USER\r\nLANG\r\nIMPLEMENTATION convoke\r\nUSER\r\nSASL SCRAM-SHA-256 PLAIN\r\n.\r\n+OK Goodbye\r\n", "" },
};

static void check(size_t i, size_t cut, bool by_octet)
{
	g_autofree char *replies = converse(conversations[i].said, cut, by_octet);
	g_autofree char *removed = NULL;

	g_assert_cmpstr(replies, ==, conversations[i].replies);
	while (connections_count() > 0 || fake_store_open_drops() > 0)
		g_thread_yield();
	removed = fake_store_removed();
	g_assert_cmpstr(removed, ==, conversations[i].removed);
}

static void conversations_end_as_the_table_says(void)
{
	for (int warm = 0; warm < 2; warm++) {
		fake_store_set_warm(warm);
		for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++) {
			g_test_message("%s", conversations[i].what);
			check(i, 0, false);
		}
	}
}

static void one_octet_at_a_time_changes_nothing(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++)
		if (strstr(conversations[i].replies, "[AUTH]") == NULL)
			check(i, 0, true);
}

static void every_cut_changes_nothing(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++)
		for (size_t cut = 1; cut < strlen(conversations[i].said); cut++)
			if (strstr(conversations[i].replies, "[AUTH]") == NULL)
				check(i, cut, false);
}

/* Takes the stuffing off again, as a client does. */
static GString *unstuff(const char *from, const char *end)
{
	GString *out = g_string_new(NULL);

	while (from < end) {
		const char *line_end = strstr(from, "\r\n");

		g_assert_nonnull(line_end);
		line_end += 2;
		if (from[0] == '.')
			from++;
		g_string_append_len(out, from, line_end - from);
		from = line_end;
	}
	return out;
}

static void a_message_of_many_chunks_arrives_whole(void)
{
	for (int warm = 0; warm < 2; warm++) {
		g_autofree char *replies = NULL;
		const char *from, *end;
		GString *octets;

		fake_store_set_warm(warm);
		replies = converse(SIGN_IN "RETR 3\r\nQUIT\r\n", 0, false);
		from = strstr(replies, "+OK 798790 octets\r\n");
		end = strstr(replies, "\r\n.\r\n+OK Goodbye\r\n");
		g_assert_true(from != NULL && end != NULL);
		octets = unstuff(strstr(from, "\r\n") + 2, end + 2);
		g_assert_cmpuint(octets->len, ==, 798790);
		g_assert_cmpmem(octets->str, 13, "Received: y\r\n", 13);
		g_assert_true(memcmp(octets->str + 13, fake_messages[2].content.data, octets->len - 13) == 0);
		g_string_free(octets, TRUE);
	}
}

static void half_a_message_never_looks_like_a_whole_one(void)
{
	g_autofree char *replies = NULL;

	fake_store_set_warm(false);
	fake_store_set_broken(true);
	replies = converse(SIGN_IN "RETR 3\r\nNOOP\r\nQUIT\r\n", 0, false);
	fake_store_set_broken(false);
	g_assert_nonnull(strstr(replies, "+OK 798790 octets\r\n"));
	g_assert_null(strstr(replies, "\r\n.\r\n"));
	g_assert_null(strstr(replies, "Goodbye"));
}

static void await_text(int fd, const char *wanted)
{
	g_autoptr(GString) all = g_string_new(NULL);
	char octet;

	while (strstr(all->str, wanted) == NULL) {
		g_assert_cmpint(read(fd, &octet, 1), ==, 1);
		g_string_append_c(all, octet);
	}
}

static void a_maildrop_is_one_session_s_at_a_time(void)
{
	g_autofree char *second = NULL, *third = NULL;
	int first = connect_client();

	send_all(first, SIGN_IN, strlen(SIGN_IN));
	await_text(first, "+OK 5 messages");
	second = converse(SIGN_IN "QUIT\r\n", 0, false);
	g_assert_nonnull(strstr(second, "-ERR [IN-USE]"));
	close(first);
	while (fake_store_open_drops() > 0)
		g_thread_yield();
	third = converse(SIGN_IN "QUIT\r\n", 0, false);
	g_assert_nonnull(strstr(third, "+OK 5 messages"));
}

/* A client that stops reading in the middle of a large message, and goes. */
static void the_client_may_vanish_anywhere(void)
{
	static const char said[] = SIGN_IN "LIST\r\nRETR 3\r\nRETR 3\r\nDELE 1\r\nTOP 3 5\r\n";
	g_autofree char *removed = NULL;

	for (int warm = 0; warm < 2; warm++) {
		fake_store_set_warm(warm);
		for (size_t cut = 0; cut < sizeof(said); cut++) {
			int fd = connect_client();

			send_all(fd, said, cut);
			if (cut == sizeof(said) - 1)
				await_text(fd, "+OK 798790 octets");
			close(fd);
			while (connections_count() > 0 || fake_store_open_drops() > 0)
				g_thread_yield();
		}
	}
	removed = fake_store_removed();
	g_assert_cmpstr(removed, ==, "");
}

static void five_failed_sign_ins_end_the_connection(void)
{
	g_autofree char *replies = NULL;
	GString *said = g_string_new(NULL);

	for (int i = 0; i < 8; i++)
		g_string_append_printf(said, "USER ghost%d\r\nPASS x\r\n", i);
	g_string_append(said, "NOOP\r\n");
	replies = converse(said->str, 0, false);
	g_string_free(said, TRUE);
	g_assert_true(g_str_has_suffix(replies, "-ERR [AUTH] Wrong name or password\r\n"));
	g_assert_null(strstr(replies, "Sign in first"));
}

int main(int argc, char **argv)
{
	const struct config *config = config_defaults();
	GThread *thread;
	int status;

	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	fake_accounts_make();
	fake_store_make();
	((struct config *)config)->server.default_domain = "example.test";
	((struct config *)config)->pop3.allow_plaintext_login = true;
	auth = auth_create(config);
	loop = loop_create();
	room = pop3_room_create(config, NULL, auth);
	thread = g_thread_new("loop", run_loop, NULL);
#define ADD(name) g_test_add_func("/pop3-session/" #name, name)
	ADD(conversations_end_as_the_table_says);
	ADD(one_octet_at_a_time_changes_nothing);
	ADD(every_cut_changes_nothing);
	ADD(a_message_of_many_chunks_arrives_whole);
	ADD(half_a_message_never_looks_like_a_whole_one);
	ADD(a_maildrop_is_one_session_s_at_a_time);
	ADD(the_client_may_vanish_anywhere);
	ADD(five_failed_sign_ins_end_the_connection);
	status = g_test_run();
	while (connections_count() > 0)
		g_thread_yield();
	loop_stop(loop);
	g_thread_join(thread);
	loop_destroy(&loop);
	pop3_room_destroy(&room);
	auth_destroy(&auth);
	config_unref(&config);
	fake_accounts_free();
	fake_store_free();
	return status;
}
