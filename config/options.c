/* The table.  A setting is a row here or it does not exist. */
#include "config/options.h"

#define ROW(section, key, member, type, def, min, max, words, flags, doc) \
	{ section, key, HOME_CONFIG, type, offsetof(struct config, member), def, min, max, words, flags, doc }
#define CERT(key, member, flags, doc) \
	{ "tls", key, HOME_CERTIFICATE, OPTION_PATH, offsetof(struct config_certificate, member), \
	  NULL, 0, 0, NULL, flags, doc }
#define DOMAIN_ROW(key, member, type, doc) \
	{ "domain", key, HOME_DOMAIN, type, offsetof(struct config_domain, member), NULL, 0, 0, NULL, 0, doc }

const struct option option_table[] = {
	ROW("server", "state_dir", server.state_dir, OPTION_PATH, "/var/lib/convoke", 0, 0, NULL,
	    OPTION_RESTART, "Folder of the managed database and of everything else convoked keeps."),
	ROW("server", "user", server.user, OPTION_STRING, "convoke", 0, 0, NULL, OPTION_RESTART,
	    "Unprivileged user that the daemon and its PostgreSQL run as when started as root."),
	ROW("server", "log_level", server.log_level, OPTION_LOG_LEVEL, "info", 0, 0, NULL, 0,
	    "How much is logged: error, warning, info or debug."),
	ROW("server", "log_file", server.log_file, OPTION_PATH, NULL, 0, 0, NULL, 0,
	    "File the log goes to, reopened on SIGHUP; standard error when left out."),
	ROW("server", "pid_file", server.pid_file, OPTION_PATH, NULL, 0, 0, NULL, OPTION_RESTART,
	    "File that holds the process id while the daemon runs; STATE_DIR/convoked.pid when left out."),
	ROW("server", "threads", server.threads, OPTION_UINT, NULL, 1, 256, NULL, OPTION_RESTART,
	    "Network threads; as many as the machine has cores when left out."),
	ROW("server", "workers", server.workers, OPTION_UINT, NULL, 1, 512, NULL, OPTION_RESTART,
	    "Store workers, each with one database connection; four per core, 8 at least, when left out."),
	ROW("server", "default_domain", server.default_domain, OPTION_STRING, NULL, 0, 0, NULL, 0,
	    "Domain added to sign-in names that have none."),
	ROW("server", "max_connections", server.max_connections, OPTION_UINT, "20000", 1, 1000000, NULL, 0,
	    "Connections accepted at the same time, all protocols together."),
	ROW("server", "max_connections_per_address", server.max_connections_per_address, OPTION_UINT,
	    "2000", 1, 1000000, NULL, 0, "The same for one client address (an IPv6 client counts by its /64)."),

	ROW("database", "url", database.url, OPTION_STRING, "managed", 0, 0, NULL,
	    OPTION_RESTART | OPTION_SECRET,
	    "managed: convoked makes and supervises a private PostgreSQL in its state folder. "
	    "Anything else is a libpq URL or connection string, several hosts included."),

	CERT("certificate", certificate, 0,
	     "PEM file with the certificate and its chain. A section [tls \"NAME\"] gives the one for "
	     "clients that ask for NAME (SNI). Read again on SIGHUP, each by itself."),
	CERT("private_key", private_key, 0, "PEM file with the certificate's private key."),
	ROW("tls", "min_protocol", tls.min_protocol, OPTION_WORD, "TLSv1.2", 0, 0,
	    "TLSv1|TLSv1.1|TLSv1.2|TLSv1.3", 0, "Oldest protocol version spoken."),
	ROW("tls", "ciphers", tls.ciphers, OPTION_STRING, NULL, 0, 0, NULL, 0,
	    "OpenSSL cipher list for TLS 1.2 and older; @SECLEVEL=0 belongs here. OpenSSL's default when left out."),
	ROW("tls", "ciphersuites", tls.ciphersuites, OPTION_STRING, NULL, 0, 0, NULL, 0,
	    "OpenSSL cipher suites for TLS 1.3. OpenSSL's default when left out."),
	ROW("tls", "client_ca", tls.client_ca, OPTION_PATH, NULL, 0, 0, NULL, 0,
	    "PEM file with the authorities whose client certificates are accepted for sign-in "
	    "(SASL EXTERNAL: the certificate's mail address). Left out, none are asked for."),

	ROW("auth", "oauth_key", auth.oauth_key, OPTION_PATH, NULL, 0, 0, NULL, 0,
	    "Key that OAuth access tokens (JWT) are verified with: a PEM public key or certificate (RS256, ES256), or "
	    "a file with a secret of 32 octets or more (HS256). Left out, OAUTHBEARER is not offered."),
	ROW("auth", "oauth_issuer", auth.oauth_issuer, OPTION_STRING, NULL, 0, 0, NULL, 0,
	    "What a token must say as its issuer (iss)."),
	ROW("auth", "oauth_audience", auth.oauth_audience, OPTION_STRING, NULL, 0, 0, NULL, 0,
	    "What a token must name as its audience (aud)."),
	ROW("auth", "oauth_claim", auth.oauth_claim, OPTION_STRING, "email", 0, 0, NULL, 0,
	    "Claim of the token that is the account's address."),

	ROW("imap", "listen", imap.listen.plain, OPTION_ADDRESSES, "0.0.0.0:143;[::]:143", 0, 0, NULL,
	    OPTION_RESTART, "Where IMAP is served in plain text with STARTTLS; empty for nowhere."),
	ROW("imap", "tls_listen", imap.listen.tls, OPTION_ADDRESSES, NULL, 0, 0, NULL, OPTION_RESTART,
	    "Where IMAP is served under TLS; 0.0.0.0:993;[::]:993 when left out and there is a certificate."),
	ROW("imap", "hierarchy_separator", imap.hierarchy_separator, OPTION_SEPARATOR, "/", 0, 0, NULL,
	    OPTION_RESTART, "Character between the levels of a mailbox name, / or . "),
	ROW("imap", "max_message_size", imap.max_message_size, OPTION_OCTETS, "1G", 1024, 1ull << 40, NULL, 0,
	    "Largest message that APPEND takes."),
	ROW("imap", "max_line_size", imap.max_line_size, OPTION_OCTETS, "1M", 8192, 1ull << 30, NULL, 0,
	    "Longest command, its literals not counted."),
	ROW("imap", "login_timeout", imap.login_timeout, OPTION_SECONDS, "60", 1, 86400, NULL, 0,
	    "Time between a client's octets before it has signed in."),
	ROW("imap", "idle_timeout", imap.idle_timeout, OPTION_SECONDS, "30m", 60, 86400 * 7, NULL, 0,
	    "The same after sign-in; RFC 9051 asks for 30 minutes or more."),
	ROW("imap", "max_bad_commands", imap.max_bad_commands, OPTION_UINT, "20", 1, 100000, NULL, 0,
	    "Commands in a row that are not IMAP before the connection is closed."),
	ROW("imap", "progress_interval", imap.progress_interval, OPTION_SECONDS, "10", 1, 3600, NULL, 0,
	    "While a command takes long, the client is told every so often that it is being worked on (RFC 9585)."),
	ROW("imap", "message_limit", imap.message_limit, OPTION_UINT, "1000000", 1000, UINT32_MAX, NULL, 0,
	    "Messages that one command works on; more are left for the client's next command (RFC 9738)."),
	ROW("imap", "allow_plaintext_login", imap.allow_plaintext_login, OPTION_BOOL, "no", 0, 0, NULL, 0,
	    "Whether passwords are taken without TLS from elsewhere than this machine."),
	ROW("imap", "quota_admins", imap.quota_admins, OPTION_LIST, NULL, 0, 0, NULL, 0,
	    "Addresses of the accounts that may set other accounts' limits (SETQUOTA); none when left out."),
	ROW("imap", "unauthenticate", imap.unauthenticate, OPTION_BOOL, "yes", 0, 0, NULL, 0,
	    "Whether a connection may sign out and be used by another account (RFC 8437); say no behind a proxy that "
	    "decides who may sign in."),

	ROW("pop3", "listen", pop3.listen.plain, OPTION_ADDRESSES, "0.0.0.0:110;[::]:110", 0, 0, NULL,
	    OPTION_RESTART, "Where POP3 is served in plain text with STLS."),
	ROW("pop3", "tls_listen", pop3.listen.tls, OPTION_ADDRESSES, NULL, 0, 0, NULL, OPTION_RESTART,
	    "Where POP3 is served under TLS; 0.0.0.0:995;[::]:995 when left out and there is a certificate."),
	ROW("pop3", "login_timeout", pop3.login_timeout, OPTION_SECONDS, "60", 1, 86400, NULL, 0,
	    "Time between a client's octets before it has signed in."),
	ROW("pop3", "idle_timeout", pop3.idle_timeout, OPTION_SECONDS, "10m", 60, 86400 * 7, NULL, 0,
	    "The same after sign-in; RFC 1939 asks for 10 minutes or more."),
	ROW("pop3", "max_bad_commands", pop3.max_bad_commands, OPTION_UINT, "20", 1, 100000, NULL, 0,
	    "Commands in a row that are not POP3 before the connection is closed."),
	ROW("pop3", "allow_plaintext_login", pop3.allow_plaintext_login, OPTION_BOOL, "no", 0, 0, NULL, 0,
	    "Whether passwords are taken without TLS from elsewhere than this machine."),

	ROW("lmtp", "listen", lmtp.listen.plain, OPTION_ADDRESSES, "127.0.0.1:24", 0, 0, NULL, OPTION_RESTART,
	    "Where mail is taken in. Whoever can reach it can deliver: keep it on this machine or a private network."),
	ROW("lmtp", "tls_listen", lmtp.listen.tls, OPTION_ADDRESSES, NULL, 0, 0, NULL, OPTION_RESTART,
	    "Where mail is taken in under TLS from the start; nowhere when left out."),
	ROW("lmtp", "max_message_size", lmtp.max_message_size, OPTION_OCTETS, "1G", 1024, 1ull << 40, NULL, 0,
	    "Largest message taken in."),
	ROW("lmtp", "max_recipients", lmtp.max_recipients, OPTION_UINT, "1000", 100, 100000, NULL, 0,
	    "Recipients of one transaction."),
	ROW("lmtp", "idle_timeout", lmtp.idle_timeout, OPTION_SECONDS, "5m", 1, 86400, NULL, 0,
	    "Time between a client's octets."),

	ROW("web", "listen", web.listen.plain, OPTION_ADDRESSES, "0.0.0.0:80;[::]:80", 0, 0, NULL, OPTION_RESTART,
	    "Where pages are served in plain text; redirects to TLS where tls_listen serves it. Empty for nowhere."),
	ROW("web", "tls_listen", web.listen.tls, OPTION_ADDRESSES, NULL, 0, 0, NULL, OPTION_RESTART,
	    "Where pages are served under TLS; 0.0.0.0:443;[::]:443 when left out and there is a certificate."),
	ROW("web", "metrics_listen", web.metrics_listen, OPTION_ADDRESSES, NULL, 0, 0, NULL, OPTION_RESTART,
	    "Where /metrics is served (Prometheus text); nowhere when left out."),
	ROW("web", "url_protocol", web.url_protocol, OPTION_URL_PROTOCOL, NULL, 0, 0, NULL, 0,
	    "Scheme of the links put into meeting mail: http: or https:, colon included. "
	    "When left out it follows the listeners: https: where there is a TLS one or a front proxy, else http:."),
	ROW("web", "host", web.host, OPTION_URL_HOST, NULL, 0, 0, NULL, 0,
	    "Host of the links, with :PORT where it is not the usual one. This machine's name and the listener's port when left out."),
	ROW("web", "path", web.path, OPTION_URL_PATH, "/", 0, 0, NULL, OPTION_RESTART,
	    "Path that all pages and links stand under."),
	ROW("web", "front_proxy", web.front_proxy, OPTION_BOOL, "no", 0, 0, NULL, 0,
	    "Says that a front proxy offers these pages under https: although no listener here does."),
	ROW("web", "idle_timeout", web.idle_timeout, OPTION_SECONDS, "60", 1, 86400, NULL, 0,
	    "Time between a browser's octets."),

	DOMAIN_ROW("url_protocol", url_protocol, OPTION_URL_PROTOCOL,
		   "Scheme of links to recipients of this domain; [web] url_protocol when left out."),
	DOMAIN_ROW("host", host, OPTION_URL_HOST, "Host of these links; [web] host when left out."),
	DOMAIN_ROW("path", path, OPTION_URL_PATH, "Path of these links; [web] path when left out."),

	ROW("calendar", "add_invitations", calendar.add_invitations, OPTION_INVITATIONS, "all", 0, 0, NULL, 0,
	    "Whose invitations enter the calendar by themselves: all, known (senders the account has written to or "
	    "met before) or none. An account can choose otherwise."),
	ROW("calendar", "stamp", calendar.stamp, OPTION_BOOL, "on", 0, 0, NULL, 0,
	    "Whether meeting mail is rendered with its link; off leaves all mail as it came."),
	ROW("calendar", "trusted_authserv_ids", calendar.trusted_authserv_ids, OPTION_LIST, NULL, 0, 0, NULL, 0,
	    "Names in Authentication-Results headers whose verdict on a sender is believed."),
	ROW("calendar", "default_timezone", calendar.default_timezone, OPTION_STRING, "UTC", 0, 0, NULL, 0,
	    "Time zone (IANA name) of accounts that have none."),
	ROW("calendar", "default_locale", calendar.default_locale, OPTION_STRING, "en", 0, 0, NULL, 0,
	    "Language of accounts that have none: en or de."),

	ROW("submit", "relay", submit.relay, OPTION_RELAY, NULL, 0, 0, NULL, 0,
	    "Server that outgoing mail is handed to: smtp://HOST:PORT (STARTTLS where offered, required with a "
	    "password) or smtps://HOST:PORT. Without it mail to other servers waits in the queue."),
	ROW("submit", "user", submit.user, OPTION_STRING, NULL, 0, 0, NULL, 0, "Name to sign in there with."),
	ROW("submit", "password_file", submit.password_file, OPTION_PATH, NULL, 0, 0, NULL, 0,
	    "File whose first line is the password."),
	ROW("submit", "ca_file", submit.ca_file, OPTION_PATH, NULL, 0, 0, NULL, 0,
	    "PEM file of the certificate authorities trusted for the relay; the system's when left out."),
	ROW("submit", "from", submit.from, OPTION_STRING, NULL, 0, 0, NULL, 0,
	    "Envelope sender of mail that convoke makes on nobody's behalf; postmaster@DEFAULT_DOMAIN when left out."),
	{ NULL, NULL, HOME_CONFIG, OPTION_STRING, 0, NULL, 0, 0, NULL, 0, NULL },
};

static const struct {
	const char *section, *doc;
} section_docs[] = {
	{ "server", "The daemon itself." },
	{ "database", "Where everything is kept." },
	{ "tls", "Certificates and TLS policy of every listener: IMAP, POP3, LMTP and web. [tls \"NAME\"] adds a certificate for NAME." },
	{ "auth", "Sign-in." },
	{ "imap", "IMAP." },
	{ "pop3", "POP3." },
	{ "lmtp", "Mail in." },
	{ "web", "The pages behind the links, and the links." },
	{ "domain", "[domain \"NAME\"]: where links to recipients of domain NAME point." },
	{ "calendar", "What is done with meeting mail." },
	{ "submit", "Mail out." },
};

const struct option *option_find(enum option_home home, const char *section, const char *key)
{
	for (const struct option *option = option_table; option->section != NULL; option++) {
		if (option->home == home && strcmp(option->section, section) == 0 &&
		    strcmp(option->key, key) == 0)
			return option;
	}
	return NULL;
}

const char *option_section_doc(const char *section)
{
	for (size_t i = 0; i < G_N_ELEMENTS(section_docs); i++) {
		if (strcmp(section_docs[i].section, section) == 0)
			return section_docs[i].doc;
	}
	return NULL;
}
