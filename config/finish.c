/* Derived defaults first, checks after: the checks see the settings in force; links last,
 * because they follow from the listeners that are open, which a reload does not change.
 *
 * The check that the product began with: a link whose scheme nobody can open.
 * http: on a web that only listens under TLS, or https: where nothing listens
 * under TLS and no front proxy is declared. */
#include "config/finish.h"

#include "config/value.h"

#include <unistd.h>

static bool any(const char *const *list)
{
	return list != NULL && list[0] != NULL;
}

static bool has_certificate(const struct config *config)
{
	return config->tls.certificate_count > 0;
}

/* tls_listen left out: the usual port where there is a certificate. */
static void derive_tls_listen(struct config_listen *listen, bool left_out, bool certificate, const char *v4,
			      const char *v6, struct arena *arena)
{
	const char **list = arena_new_array(arena, const char *, 3);

	if (!left_out)
		return;
	if (certificate) {
		list[0] = v4;
		list[1] = v6;
	}
	listen->tls = list;
}

static void derive_listeners(struct config *c, const struct config_lines *lines, struct arena *arena)
{
	bool certificate = has_certificate(c);

	derive_tls_listen(&c->imap.listen, config_line_of(lines, "imap", NULL, "tls_listen") == 0, certificate,
			  "0.0.0.0:993", "[::]:993", arena);
	derive_tls_listen(&c->pop3.listen, config_line_of(lines, "pop3", NULL, "tls_listen") == 0, certificate,
			  "0.0.0.0:995", "[::]:995", arena);
	derive_tls_listen(&c->web.listen, config_line_of(lines, "web", NULL, "tls_listen") == 0, certificate,
			  "0.0.0.0:443", "[::]:443", arena);
	if (c->lmtp.listen.tls == NULL)
		c->lmtp.listen.tls = arena_new_array(arena, const char *, 1);
	if (c->web.metrics_listen == NULL)
		c->web.metrics_listen = arena_new_array(arena, const char *, 1);
	if (c->imap.quota_admins == NULL)
		c->imap.quota_admins = arena_new_array(arena, const char *, 1);
	if (c->calendar.trusted_authserv_ids == NULL)
		c->calendar.trusted_authserv_ids = arena_new_array(arena, const char *, 1);
}

/* A reload may have taken the certificates from under a listener. */
static bool serves_tls(const struct config *c)
{
	return any(c->web.listen.tls) && has_certificate(c);
}

static void derive_web_links(struct config *c, struct arena *arena)
{
	bool https;

	c->web.url_protocol_set = c->web.url_protocol != NULL;
	if (c->web.url_protocol == NULL)
		c->web.url_protocol = serves_tls(c) || c->web.front_proxy ? "https:" : "http:";
	https = strcmp(c->web.url_protocol, "https:") == 0;
	if (c->web.host == NULL) {
		const char *const *listen = https ? c->web.listen.tls : c->web.listen.plain;
		unsigned usual = https ? 443 : 80, port = any(listen) ? value_port(listen[0]) : usual;

		c->web.host = port == usual ? arena_printf(arena, "%s", g_get_host_name())
					    : arena_printf(arena, "%s:%u", g_get_host_name(), port);
	}
}

static void derive_domains(struct config *c)
{
	for (size_t i = 0; i < c->domain_count; i++) {
		struct config_domain *domain = (struct config_domain *)&c->domains[i];

		if (domain->url_protocol == NULL)
			domain->url_protocol = c->web.url_protocol;
		if (domain->host == NULL)
			domain->host = c->web.host;
		if (domain->path == NULL)
			domain->path = c->web.path;
	}
}

void config_derive_links(struct config *c, struct arena *arena)
{
	derive_web_links(c, arena);
	derive_domains(c);
}

/* By way of their text: strings then live in the new one's arena. */
char **config_keep_running(struct config *config, const struct config *running, struct arena *arena)
{
	GPtrArray *names = g_ptr_array_new();

	for (const struct option *option = option_table; option->section != NULL; option++) {
		g_autoptr(GString) had = g_string_new(NULL), wanted = g_string_new(NULL);

		if (option->home != HOME_CONFIG || (option->flags & OPTION_RESTART) == 0)
			continue;
		value_print(option, running, had);
		value_print(option, config, wanted);
		if (g_string_equal(had, wanted))
			continue;
		g_ptr_array_add(names, g_strdup_printf("[%s] %s", option->section, option->key));
		g_assert_null(value_set(option, config, had->str, arena, NULL));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

void config_derive(struct config *c, const struct config_lines *lines, struct arena *arena)
{
	unsigned cores = (unsigned)g_get_num_processors();

	if (c->server.threads == 0)
		c->server.threads = CLAMP(cores, 1, 256);
	if (c->server.workers == 0)
		c->server.workers = MIN(MAX(4 * cores, 8), 64);
	if (c->server.pid_file == NULL)
		c->server.pid_file = arena_printf(arena, "%s/convoked.pid", c->server.state_dir);
	if (c->submit.from == NULL)
		c->submit.from = arena_printf(arena, "postmaster@%s",
					      c->server.default_domain != NULL ? c->server.default_domain
									       : g_get_host_name());
	derive_listeners(c, lines, arena);
}

static void check_certificate(const struct config_certificate *pair, const struct config_lines *lines,
			      struct config_report *report)
{
	unsigned line = config_line_of(lines, "tls", pair->name, "certificate");

	if (line == 0)
		line = config_line_of(lines, "tls", pair->name, "private_key");
	if (pair->certificate == NULL || pair->private_key == NULL) {
		config_complain(report, true, line, "certificate and private_key belong together, one is missing");
		return;
	}
	if (!g_file_test(pair->certificate, G_FILE_TEST_EXISTS))
		config_complain(report, true, line, "certificate: found \"%s\", expected an existing file",
				pair->certificate);
	if (!g_file_test(pair->private_key, G_FILE_TEST_EXISTS))
		config_complain(report, true, config_line_of(lines, "tls", pair->name, "private_key"),
				"private_key: found \"%s\", expected an existing file", pair->private_key);
}

static void check_tls(const struct config *c, const struct config_lines *lines, struct config_report *report)
{
	const struct {
		const char *section;
		const char *const *tls;
	} rooms[] = {
		{ "imap", c->imap.listen.tls },
		{ "pop3", c->pop3.listen.tls },
		{ "lmtp", c->lmtp.listen.tls },
		{ "web", c->web.listen.tls },
	};

	for (size_t i = 0; i < c->tls.certificate_count; i++)
		check_certificate(&c->tls.certificates[i], lines, report);
	if (c->tls.certificate_count > 0 && c->tls.certificates[0].name != NULL)
		config_complain(report, true, config_line_of(lines, "tls", c->tls.certificates[0].name, NULL),
				"[tls \"%s\"] adds a name to a default certificate, but [tls] sets none",
				c->tls.certificates[0].name);
	for (size_t i = 0; i < G_N_ELEMENTS(rooms) && !has_certificate(c); i++) {
		if (any(rooms[i].tls))
			config_complain(report, true, config_line_of(lines, rooms[i].section, NULL, "tls_listen"),
					"[%s] tls_listen needs [tls] certificate and private_key", rooms[i].section);
	}
}

/* Why a link with this scheme can't be opened, or NULL. */
static const char *unopenable(const struct config *c, const char *url_protocol)
{
	bool plain = any(c->web.listen.plain), tls = serves_tls(c);

	if (c->web.front_proxy)
		return NULL;
	if (strcmp(url_protocol, "http:") == 0 && !plain && tls)
		return "http: links cannot be opened, because [web] listens under TLS only; expected https:";
	if (strcmp(url_protocol, "https:") == 0 && !tls)
		return "https: links cannot be opened, because [web] has no tls_listen; expected http:, a TLS "
		       "listener, or front_proxy = yes where a proxy offers https:";
	return NULL;
}

void config_check_links(const struct config *c, const struct config_lines *lines, struct config_report *report)
{
	const char *why = unopenable(c, c->web.url_protocol);
	unsigned line = config_line_of(lines, "web", NULL, "url_protocol");

	if (!any(c->web.listen.plain) && !any(c->web.listen.tls) && !c->web.front_proxy)
		config_complain(report, false, config_line_of(lines, "web", NULL, "listen"),
				"[web] listens nowhere, so links in meeting mail cannot be opened");
	else if (why != NULL)
		config_complain(report, false, line, "[web] url_protocol: %s", why);
	for (size_t i = 0; i < c->domain_count; i++) {
		const struct config_domain *domain = &c->domains[i];

		line = config_line_of(lines, "domain", domain->name, "url_protocol");
		why = line != 0 ? unopenable(c, domain->url_protocol) : NULL;
		if (why != NULL)
			config_complain(report, false, line, "[domain \"%s\"] url_protocol: %s", domain->name, why);
	}
}

static void check_rest(const struct config *c, const struct config_lines *lines, struct config_report *report)
{
	static const char *const locales[] = { "en", "de", NULL };
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(c->calendar.default_timezone);

	if (zone == NULL)
		config_complain(report, true, config_line_of(lines, "calendar", NULL, "default_timezone"),
				"default_timezone: found \"%s\", expected an IANA time zone such as Europe/Berlin",
				c->calendar.default_timezone);
	if (!g_strv_contains(locales, c->calendar.default_locale))
		config_complain(report, true, config_line_of(lines, "calendar", NULL, "default_locale"),
				"default_locale: found \"%s\", expected en or de", c->calendar.default_locale);
	if (c->auth.oauth_key != NULL && (c->auth.oauth_issuer == NULL || c->auth.oauth_audience == NULL))
		config_complain(report, true, config_line_of(lines, "auth", NULL, "oauth_key"),
				"[auth] oauth_key needs oauth_issuer and oauth_audience");
	if (c->submit.user != NULL && c->submit.password_file == NULL)
		config_complain(report, true, config_line_of(lines, "submit", NULL, "user"),
				"[submit] user needs password_file");
	if (c->imap.idle_timeout < 1800)
		config_complain(report, false, config_line_of(lines, "imap", NULL, "idle_timeout"),
				"idle_timeout: RFC 9051 asks for 30m or more");
}

void config_check(const struct config *config, const struct config_lines *lines, struct config_report *report)
{
	check_tls(config, lines, report);
	check_rest(config, lines, report);
}
