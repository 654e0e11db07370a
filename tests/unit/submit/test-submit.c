/* The relay's answers and what becomes of them. */
#include "submit/submit.h"

#include "relay.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

#define MESSAGE "Subject: test\r\n\r\nHello\r\n"

struct source {
	const char *text;
	size_t len, at, step;
	bool fails;
};

static ssize_t read_source(void *arg, void *buffer, size_t len)
{
	struct source *source = arg;
	size_t n = MIN(MIN(len, source->step), source->len - source->at);

	if (source->fails && source->at > 0)
		return -1;
	memcpy(buffer, source->text + source->at, n);
	source->at += n;
	return (ssize_t)n;
}

struct outcome {
	struct submit_result result;
	char *lines, *message;
};

static struct outcome send_by(const struct relay_script *script, struct config_submit settings,
			      const char *sender, const char *recipient, struct slice text)
{
	struct relay *relay = relay_start(script);
	struct source source = { text.data, text.len, 0, 7, false };
	const char *recipients[] = { recipient, NULL };
	struct submit_message message = { sender, recipients, text.len, read_source, &source };
	struct outcome outcome;

	settings.relay = relay_url(relay);
	submit_message(&settings, &message, &outcome.result);
	relay_stop(&relay, &outcome.lines, &outcome.message);
	return outcome;
}

static void outcome_clear(struct outcome *outcome)
{
	submit_result_clear(&outcome->result);
	g_free(outcome->lines);
	g_free(outcome->message);
}

static void the_relay_s_word_decides(void)
{
	static const struct {
		const char *what;
		struct relay_script script;
		enum submit_status status;
		unsigned code;
		const char *text;
	} rows[] = {
		{ "taken", { 0 }, SUBMIT_SENT, 250, "250 2.0.0 queued" },
		{ "banner 554", { .banner = "554 go away" }, SUBMIT_TRANSIENT, 554, NULL },
		{ "banner 421", { .banner = "421 later" }, SUBMIT_TRANSIENT, 421, NULL },
		{ "sender refused", { .mail = "550 5.1.8 no" }, SUBMIT_PERMANENT, 550, "550 5.1.8 no" },
		{ "sender later", { .mail = "451 4.3.0 busy" }, SUBMIT_TRANSIENT, 451, "451 4.3.0 busy" },
		{ "recipient refused", { .rcpt = "550 5.1.1 unknown" }, SUBMIT_PERMANENT, 550, "550 5.1.1 unknown" },
		{ "in another charset", { .rcpt = "550 5.1.1 Empf\xe4nger\x1b[2J\tfehlt" }, SUBMIT_PERMANENT, 550,
		  "550 5.1.1 Empf\xef\xbf\xbdnger [2J fehlt" },
		{ "recipient later", { .rcpt = "450 4.2.0 grey" }, SUBMIT_TRANSIENT, 450, "450 4.2.0 grey" },
		{ "data refused", { .data = "554 5.5.0 no" }, SUBMIT_PERMANENT, 554, "554 5.5.0 no" },
		{ "content refused", { .done = "550 5.7.1 spam" }, SUBMIT_PERMANENT, 550, "550 5.7.1 spam" },
		{ "content later", { .done = "452 4.3.1 full" }, SUBMIT_TRANSIENT, 452, "452 4.3.1 full" },
		{ "no answer to the data", { .close_after_data = true }, SUBMIT_TRANSIENT, 354, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct config_submit settings = { 0 };
		struct outcome outcome = send_by(&rows[i].script, settings, "a@example.test", "b@example.test",
						 SLICE(MESSAGE));

		g_test_message("%s: %u %s", rows[i].what, outcome.result.code, outcome.result.text);
		g_assert_cmpint(outcome.result.status, ==, rows[i].status);
		g_assert_cmpuint(outcome.result.code, ==, rows[i].code);
		if (rows[i].text != NULL)
			g_assert_cmpstr(outcome.result.text, ==, rows[i].text);
		outcome_clear(&outcome);
	}
}

static void octets_arrive_with_their_dots_stuffed(void)
{
	static const struct {
		struct slice in;
		const char *wire;
	} rows[] = {
		{ { "a\r\n", 3 }, "a\r\n.\r\n" },
		{ { "a\r\n.\r\nb\r\n", 9 }, "a\r\n..\r\nb\r\n.\r\n" },
		{ { ".a\r\n..b\r\n", 9 }, "..a\r\n...b\r\n.\r\n" },
		{ { "a", 1 }, "a\r\n.\r\n" },
		{ { "\r\n.\r\n.\r\n", 8 }, "\r\n..\r\n..\r\n.\r\n" },
	};
	static const struct relay_script script = { .extensions = "250-SIZE\r\n250-8BITMIME\r\n" };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct config_submit settings = { 0 };
		struct outcome outcome = send_by(&script, settings, "", "b@example.test", rows[i].in);

		g_assert_cmpint(outcome.result.status, ==, SUBMIT_SENT);
		g_assert_cmpstr(outcome.message, ==, rows[i].wire);
		g_assert_nonnull(strstr(outcome.lines, "MAIL FROM:<>"));
		g_assert_nonnull(strstr(outcome.lines, "RCPT TO:<b@example.test>\n"));
		outcome_clear(&outcome);
	}
}

static void smtputf8_is_asked_for_when_an_address_needs_it(void)
{
	static const struct relay_script script = { .extensions = "250-SMTPUTF8\r\n" };
	struct config_submit settings = { 0 };
	struct outcome outcome = send_by(&script, settings, "a@example.test",
					 "gr\xc3\xbc\xc3\x9f" "e@example.test", SLICE(MESSAGE));

	g_assert_cmpint(outcome.result.status, ==, SUBMIT_SENT);
	g_assert_nonnull(strstr(outcome.lines, " SMTPUTF8\n"));
	outcome_clear(&outcome);
}

static void addresses_that_break_out_never_reach_the_wire(void)
{
	static const char *const bad[] = { "b@example.test>\r\nRCPT TO:<c@example.test", "a b@example.test", "<b@x>",
					   "", "b\n@x" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct config_submit settings = { .relay = "smtp://localhost:1" };
		struct source source = { MESSAGE, sizeof(MESSAGE) - 1, 0, 7, false };
		const char *recipients[] = { bad[i], NULL };
		struct submit_message message = { "a@example.test", recipients, source.len, read_source, &source };
		struct submit_result result;

		submit_message(&settings, &message, &result);
		g_assert_cmpint(result.status, ==, SUBMIT_PERMANENT);
		submit_result_clear(&result);
	}
}

/* AUTH PLAIN of user "relay-user", password "relay-secret". */
#define PLAIN_64 "AHJlbGF5LXVzZXIAcmVsYXktc2VjcmV0"

static void a_password_crosses_only_verified_tls(void)
{
	static const struct {
		const char *what;
		struct relay_script script;
		bool trusted;
		enum submit_status status;
		bool signed_in;
	} rows[] = {
		{ "STARTTLS", { .starttls = true, .extensions = "250-AUTH PLAIN\r\n" }, true, SUBMIT_SENT, true },
		{ "smtps", { .implicit_tls = true, .extensions = "250-AUTH PLAIN\r\n" }, true, SUBMIT_SENT, true },
		{ "no TLS offered", { .extensions = "250-AUTH PLAIN\r\n" }, true, SUBMIT_TRANSIENT, false },
		{ "unknown certificate", { .starttls = true, .extensions = "250-AUTH PLAIN\r\n" }, false,
		  SUBMIT_TRANSIENT, false },
		{ "wrong password",
		  { .starttls = true, .extensions = "250-AUTH PLAIN\r\n", .auth = "535 5.7.8 wrong" }, true,
		  SUBMIT_TRANSIENT, true },
		/* The relay does not want one: a sign-in is not invented. */
		{ "no AUTH offered", { .starttls = true }, true, SUBMIT_SENT, false },
	};
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("password-XXXXXX", &path, NULL);

	g_assert_cmpint(write(fd, "relay-secret\n", 13), ==, 13);
	close(fd);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct config_submit settings = { .user = "relay-user", .password_file = path };
		struct outcome outcome;

		settings.ca_file = rows[i].trusted ? relay_certificate() : NULL;
		outcome = send_by(&rows[i].script, settings, "a@example.test", "b@example.test", SLICE(MESSAGE));
		g_test_message("%s: %s", rows[i].what, outcome.result.text);
		g_assert_cmpint(outcome.result.status, ==, rows[i].status);
		g_assert_cmpint(strstr(outcome.lines, PLAIN_64) != NULL, ==, rows[i].signed_in);
		if (rows[i].signed_in)
			g_assert_true(strstr(outcome.lines, "<TLS>") < strstr(outcome.lines, "AUTH PLAIN"));
		g_assert_null(strstr(outcome.result.text, PLAIN_64));
		outcome_clear(&outcome);
	}
	g_unlink(path);
}

static void without_password_tls_is_used_where_offered(void)
{
	static const struct relay_script script = { .starttls = true };
	struct config_submit settings = { 0 };
	struct outcome outcome = send_by(&script, settings, "a@example.test", "b@example.test", SLICE(MESSAGE));

	g_assert_cmpint(outcome.result.status, ==, SUBMIT_SENT);
	g_assert_nonnull(strstr(outcome.lines, "<TLS>"));
	outcome_clear(&outcome);
}

static void what_cannot_be_sent_now_is_transient(void)
{
	static const struct relay_script script = { 0 };
	struct relay *relay = relay_start(&script);
	struct source source = { MESSAGE, sizeof(MESSAGE) - 1, 0, 7, true };
	const char *recipients[] = { "b@example.test", NULL };
	struct submit_message message = { "a@example.test", recipients, source.len, read_source, &source };
	struct config_submit rows[] = {
		{ .relay = NULL },
		{ .relay = "smtp://127.0.0.1:1" },
		{ .relay = "smtp://localhost:1", .user = "u", .password_file = "/nonexistent/file" },
		{ .relay = relay_url(relay) }, /* the message can't be read */
	};
	char *lines, *octets;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct submit_result result;

		submit_message(&rows[i], &message, &result);
		g_test_message("%s", result.text);
		g_assert_cmpint(result.status, ==, SUBMIT_TRANSIENT);
		submit_result_clear(&result);
	}
	relay_stop(&relay, &lines, &octets);
	g_assert_false(g_str_has_suffix(octets, "\r\n.\r\n"));
	g_free(lines);
	g_free(octets);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
#define ADD(name) g_test_add_func("/submit/" #name, name)
	ADD(the_relay_s_word_decides);
	ADD(octets_arrive_with_their_dots_stuffed);
	ADD(smtputf8_is_asked_for_when_an_address_needs_it);
	ADD(addresses_that_break_out_never_reach_the_wire);
	ADD(a_password_crosses_only_verified_tls);
	ADD(without_password_tls_is_used_where_offered);
	ADD(what_cannot_be_sent_now_is_transient);
	status = g_test_run();
	relay_certificate_remove();
	return status;
}
