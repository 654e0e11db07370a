/* The settings file: what is taken, what is refused and in which words. */
#include "config/config.h"

#include <glib/gstdio.h>

struct folder {
	char *path, *file, *certificate, *key;
};

static void folder_open(struct folder *f)
{
	f->path = g_dir_make_tmp("convoke-config-XXXXXX", NULL);
	f->file = g_build_filename(f->path, "convoke.conf", NULL);
	f->certificate = g_build_filename(f->path, "c.pem", NULL);
	f->key = g_build_filename(f->path, "k.pem", NULL);
	g_assert_true(g_file_set_contents(f->certificate, "x", 1, NULL));
	g_assert_true(g_file_set_contents(f->key, "x", 1, NULL));
}

static void folder_close(struct folder *f)
{
	g_unlink(f->file);
	g_unlink(f->certificate);
	g_unlink(f->key);
	g_rmdir(f->path);
	g_free(f->path);
	g_free(f->file);
	g_free(f->certificate);
	g_free(f->key);
}

/* All problems, one a line, the folder's name taken off.  running NULL: not a reload. */
static const struct config *reread_text(const struct config *running, const char *text,
					char ***restart_out, char **said_out)
{
	struct folder f;
	GPtrArray *problems;
	const struct config *config;
	GString *said = g_string_new(NULL);

	folder_open(&f);
	g_assert_true(g_file_set_contents(f.file, text, -1, NULL));
	config = running != NULL ? config_reload(f.file, running, &problems, restart_out) :
		 config_read(f.file, &problems);
	for (guint i = 0; i < problems->len; i++) {
		const struct config_problem *problem = problems->pdata[i];

		g_assert_true(g_str_has_prefix(problem->text, f.path));
		g_string_append_printf(said, "%s %s\n", problem->is_error ? "error" : "warning",
				       problem->text + strlen(f.path) + 1);
	}
	g_ptr_array_unref(problems);
	folder_close(&f);
	*said_out = g_string_free(said, FALSE);
	return config;
}

static const struct config *read_text(const char *text, char **said_out)
{
	return reread_text(NULL, text, NULL, said_out);
}

#define TLS "[tls]\ncertificate = c.pem\nprivate_key = k.pem\n"

static void url_protocol_is_http_or_https_with_its_colon(void)
{
	static const struct {
		const char *value;
		bool taken;
		const char *said; /* part of it */
	} rows[] = {
		{ "https:", true, "" },
		{ "http:", true, "" },
		{ "https", false, "error convoke.conf:5: url_protocol: found \"https\", expected http: or https:, "
				  "with the colon at its end (https:)" },
		{ "http", false, "with the colon at its end (http:)" },
		{ "HTTPS:", false, "expected http: or https:" },
		{ "ftp:", false, "expected http: or https:" },
		{ "https://", false, "expected http: or https:" },
		{ "", false, "expected http: or https:" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf(TLS "[web]\nurl_protocol = %s\n", rows[i].value);
		g_autofree char *said = NULL;
		const struct config *config = read_text(text, &said);

		g_assert_cmpint(config != NULL, ==, rows[i].taken);
		if (strstr(said, rows[i].said) == NULL)
			g_error("%s: said \"%s\"", rows[i].value, said);
		if (config != NULL)
			g_assert_cmpstr(config->web.url_protocol, ==, rows[i].value);
		config_unref(&config);
	}
}

static void url_protocol_left_out_follows_the_web_listeners(void)
{
	static const struct {
		const char *text, *url_protocol, *said;
	} rows[] = {
		{ "", "http:", "" },
		{ TLS, "https:", "" },
		{ TLS "[web]\nlisten =\n", "https:", "" },
		{ TLS "[web]\ntls_listen =\n", "http:", "" },
		{ "[web]\nfront_proxy = yes\n", "https:", "" },
		{ TLS "[web]\nlisten =\nurl_protocol = http:\n", "http:",
		  "warning convoke.conf:6: [web] url_protocol: http: links cannot be opened" },
		{ "[web]\nurl_protocol = https:\n", "https:",
		  "warning convoke.conf:2: [web] url_protocol: https: links cannot be opened" },
		{ "[web]\nurl_protocol = https:\nfront_proxy = yes\n", "https:", "" },
		{ TLS "[web]\nlisten =\ntls_listen =\n", "http:", "listens nowhere" },
		{ TLS "[web]\nlisten =\n[domain \"b.example.test\"]\nurl_protocol = http:\n", "https:",
		  "warning convoke.conf:7: [domain \"b.example.test\"] url_protocol: http:" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *said = NULL;
		const struct config *config = read_text(rows[i].text, &said);

		g_assert_nonnull(config);
		g_assert_cmpstr(config->web.url_protocol, ==, rows[i].url_protocol);
		if (*rows[i].said == '\0')
			g_assert_cmpstr(said, ==, "");
		else if (strstr(said, rows[i].said) == NULL)
			g_error("row %zu said \"%s\"", i, said);
		config_unref(&config);
	}
}

static void errors_name_file_line_found_and_expected(void)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "[web\n", "error convoke.conf:1: found \"[web\", expected ] at the end of a section name\n" },
		{ "x = y\n", "error convoke.conf:1: found \"x = y\" outside a section, expected [section] before it\n" },
		{ "[web]\nnonsense\n", "error convoke.conf:2: found \"nonsense\", expected key = value\n" },
		{ "[web]\n\n# c\nurlprotocol = http:\n", "error convoke.conf:4: found unknown key \"urlprotocol\" in [web]\n" },
		{ "[web]\nurl_proto = http:\n",
		  "error convoke.conf:2: found unknown key \"url_proto\" in [web]; did you mean \"url_protocol\"?\n" },
		{ "[cellar]\nx = 1\n", "error convoke.conf:1: found unknown section [cellar]\n" },
		{ "[database]\nurl =\n",
		  "error convoke.conf:2: url: found nothing, expected a value (or no such line: managed)\n" },
		{ "[server]\nthreads = 0\n",
		  "error convoke.conf:2: threads: found \"0\", expected a whole number between 1 and 256\n" },
		{ "[server]\nthreads = many\n", "error convoke.conf:2: threads: found \"many\", expected a whole number\n" },
		{ "[server]\nlog_level = loud\n",
		  "error convoke.conf:2: log_level: found \"loud\", expected error, warning, info or debug\n" },
		{ "[server]\nthreads = 1\nthreads = 2\n",
		  "error convoke.conf:3: found \"threads\" a second time; it stands on line 2 already\n" },
		{ "[imap]\nlisten = 127.0.0.1\n",
		  "error convoke.conf:2: listen: found \"127.0.0.1\", expected ADDRESS:PORT, several with ; "
		  "([ADDRESS]:PORT for IPv6); \"127.0.0.1\" is not one\n" },
		{ "[imap]\nlisten = ::1:143\n",
		  "error convoke.conf:2: listen: found \"::1:143\", expected ADDRESS:PORT, several with ; "
		  "([ADDRESS]:PORT for IPv6); \"::1:143\" is not one\n" },
		{ "[imap]\ntls_listen = 127.0.0.1:993\n",
		  "error convoke.conf:2: [imap] tls_listen needs [tls] certificate and private_key\n" },
		{ "[imap]\nhierarchy_separator = |\n",
		  "error convoke.conf:2: hierarchy_separator: found \"|\", expected / or .\n" },
		{ "[imap]\nmax_message_size = 5Q\n",
		  "error convoke.conf:2: max_message_size: found \"5Q\", expected a size in octets such as 65536, 64K, 50M or 1G\n" },
		{ "[tls]\ncertificate = c.pem\n",
		  "error convoke.conf:2: certificate and private_key belong together, one is missing\n" },
		{ "[domain]\nhost = a\n", "error convoke.conf:1: found [domain], expected [domain \"NAME\"]\n" },
		{ "[web]\nhost = a/b\n",
		  "error convoke.conf:2: host: found \"a/b\", expected a host name or address with optional :PORT, and nothing else\n" },
		{ "[auth]\noauth_key = token.pem\noauth_issuer = https://issuer.example.test\n",
		  "error convoke.conf:2: [auth] oauth_key needs oauth_issuer and oauth_audience\n" },
		{ "[submit]\nrelay = mail.example.test\n",
		  "error convoke.conf:2: relay: found \"mail.example.test\", expected smtp://HOST:PORT or smtps://HOST:PORT\n" },
		{ "[calendar]\ndefault_timezone = Mars/Phobos\n",
		  "error convoke.conf:2: default_timezone: found \"Mars/Phobos\", expected an IANA time zone such as Europe/Berlin\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *said = NULL;
		const struct config *config = read_text(rows[i].text, &said);

		g_assert_null(config);
		g_assert_cmpstr(said, ==, rows[i].said);
	}
}

static void several_errors_are_all_said(void)
{
	g_autofree char *said = NULL;
	const struct config *config = read_text("[web]\nurl_protocol = https\nx = 1\n[server]\nthreads = -1\n", &said);

	g_assert_null(config);
	g_assert_nonnull(strstr(said, "convoke.conf:2:"));
	g_assert_nonnull(strstr(said, "convoke.conf:3:"));
	g_assert_nonnull(strstr(said, "convoke.conf:5:"));
}

static void a_domain_has_links_of_its_own(void)
{
	g_autofree char *said = NULL;
	const struct config *config =
		read_text(TLS "[web]\nhost = a.example.test\n[domain \"B.example.test\"]\nhost = [2001:db8::1]:8443\npath = cal\n", &said);
	struct config_domain links;

	g_assert_cmpstr(said, ==, "");
	links = config_links_for(config, "b.EXAMPLE.test");
	g_assert_cmpstr(links.url_protocol, ==, "https:");
	g_assert_cmpstr(links.host, ==, "[2001:db8::1]:8443");
	g_assert_cmpstr(links.path, ==, "/cal/");
	links = config_links_for(config, "other.example.test");
	g_assert_cmpstr(links.host, ==, "a.example.test");
	g_assert_cmpstr(links.path, ==, "/");
	config_unref(&config);
}

static void what_is_printed_reads_back_the_same(void)
{
	g_autofree char *said = NULL, *said_again = NULL;
	g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);
	const struct config *config = read_text(TLS "[web]\nhost = a.example.test:8443\n[imap]\nidle_timeout = 45m\n"
						"[domain \"b.example.test\"]\nhost = b.example.test\n", &said), *again;

	g_assert_nonnull(config);
	config_print(config, first);
	/* The folder of the first file is gone: bring its names back. */
	{
		g_autofree char *dir = g_path_get_dirname(config->tls.certificates[0].certificate);
		g_auto(GStrv) parts = g_strsplit(first->str, dir, -1);
		g_autofree char *text = g_strjoinv(".", parts);

		again = read_text(text, &said_again);
		g_assert_cmpstr(said_again, ==, "");
		config_print(again, second);
		g_assert_nonnull(strstr(second->str, "idle_timeout = 45m"));
		g_assert_nonnull(strstr(second->str, "[domain \"b.example.test\"]"));
	}
	config_unref(&config);
	config_unref(&again);
}

static void the_sample_file_is_taken_as_it_is_and_with_its_comments_off(void)
{
	g_autoptr(GString) sample = g_string_new(NULL);
	g_autofree char *said = NULL;
	const struct config *config;

	config_print_sample(sample);
	config = read_text(sample->str, &said);
	g_assert_nonnull(config);
	g_assert_cmpstr(said, ==, "");
	config_unref(&config);
}

static void a_database_password_is_not_shown(void)
{
	g_autofree char *said = NULL;
	g_autoptr(GString) shown = g_string_new(NULL);
	const struct config *config = read_text("[database]\nurl = postgresql://u:hunter2@localhost/x\n", &said);

	config_print(config, shown);
	g_assert_null(strstr(shown->str, "hunter2"));
	g_assert_nonnull(strstr(shown->str, "url = ***"));
	config_unref(&config);
	g_free(said);
	g_string_truncate(shown, 0);
	config = read_text("[database]\nurl = host=localhost user=u password=hunter2\n", &said);
	config_print(config, shown);
	g_assert_null(strstr(shown->str, "hunter2"));
	config_unref(&config);
	g_free(said);
	g_string_truncate(shown, 0);
	config = read_text("", &said);
	config_print(config, shown);
	g_assert_nonnull(strstr(shown->str, "url = managed"));
	config_unref(&config);
}

static void a_reload_names_what_needs_a_restart(void)
{
	g_autofree char *said = NULL;
	g_auto(GStrv) names = NULL;
	const struct config *a = config_defaults();
	const struct config *b = reread_text(a, TLS "[server]\nworkers = 3\nlog_level = debug\n"
					     "[imap]\nhierarchy_separator = .\n[web]\nlisten =\npath = /x\n",
					     &names, &said);

	g_assert_true(g_strv_contains((const char *const *)names, "[server] workers"));
	g_assert_true(g_strv_contains((const char *const *)names, "[web] tls_listen"));
	g_assert_false(g_strv_contains((const char *const *)names, "[server] log_level"));
	/* In force is what was, and what a reload can change. */
	g_assert_cmpuint(b->server.workers, ==, a->server.workers);
	g_assert_cmpstr(b->server.pid_file, ==, a->server.pid_file);
	g_assert_cmpint(b->imap.hierarchy_separator, ==, '/');
	g_assert_cmpstr(b->web.path, ==, "/");
	g_assert_cmpstr(b->web.listen.plain[0], ==, a->web.listen.plain[0]);
	g_assert_null(b->web.listen.tls[0]);
	g_assert_cmpstr(b->web.url_protocol, ==, "http:");
	g_assert_cmpint(b->server.log_level, ==, LOG_LEVEL_DEBUG);
	config_unref(&a);
	config_unref(&b);
}

static void a_file_cut_anywhere_is_read_without_harm(void)
{
	static const char text[] = TLS "[tls \"x.test\"]\ncertificate = c.pem\nprivate_key=k.pem\n[web]\nurl_protocol = https:\n\xff\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		g_autofree char *cut = g_strndup(text, len), *said = NULL;
		const struct config *config = read_text(cut, &said);

		g_assert_true(config != NULL || strstr(said, "error ") != NULL);
		config_unref(&config);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/url-protocol-with-its-colon", url_protocol_is_http_or_https_with_its_colon);
	g_test_add_func("/config/url-protocol-follows-listeners", url_protocol_left_out_follows_the_web_listeners);
	g_test_add_func("/config/errors-name-file-and-line", errors_name_file_line_found_and_expected);
	g_test_add_func("/config/all-errors-are-said", several_errors_are_all_said);
	g_test_add_func("/config/domain-links", a_domain_has_links_of_its_own);
	g_test_add_func("/config/print-reads-back", what_is_printed_reads_back_the_same);
	g_test_add_func("/config/sample-file", the_sample_file_is_taken_as_it_is_and_with_its_comments_off);
	g_test_add_func("/config/password-hidden", a_database_password_is_not_shown);
	g_test_add_func("/config/reload-names-restart", a_reload_names_what_needs_a_restart);
	g_test_add_func("/config/cut-anywhere", a_file_cut_anywhere_is_read_without_harm);
	return g_test_run();
}
