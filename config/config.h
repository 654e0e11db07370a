/* The settings in force: one immutable, reference-counted value read from one
 * INI file (config/options.h describes every key).  gateway reads it once and
 * hands each room its own const section; no room opens the file.  A reload makes
 * a new value; whoever holds the old one keeps it alive until he lets go. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/log.h"
#include "base/slice.h"

#include <stdint.h>

/* ADDRESS:PORT as written, already checked; NULL-terminated arrays. */
struct config_server {
	const char *state_dir;
	const char *user;           /* to run as when started as root */
	enum log_level log_level;
	const char *log_file;       /* NULL: standard error */
	const char *pid_file;       /* NULL: none */
	unsigned threads;           /* network threads, >= 1 */
	unsigned workers;           /* store workers, >= 1 */
	const char *default_domain; /* for sign-in names without one; NULL: none */
	unsigned max_connections;
	unsigned max_connections_per_address;
};

struct config_database {
	const char *url;            /* "managed" or a libpq URL; never logged */
};

struct config_certificate {
	const char *name;           /* NULL: the default one ([tls]) */
	const char *certificate;    /* PEM chain file; NULL: no TLS */
	const char *private_key;    /* PEM file */
};

struct config_tls {
	const struct config_certificate *certificates; /* [0] is the default */
	size_t certificate_count;   /* 0: no TLS at all */
	const char *min_protocol;   /* "TLSv1" "TLSv1.1" "TLSv1.2" "TLSv1.3" */
	const char *ciphers;        /* OpenSSL list for TLS <= 1.2; NULL: default */
	const char *ciphersuites;   /* for TLS 1.3; NULL: default */
	const char *client_ca;      /* PEM file: whose client certificates count; NULL: none asked for */
};

struct config_listen {
	const char *const *plain;   /* `listen` */
	const char *const *tls;     /* `tls_listen` */
};

struct config_auth {
	const char *oauth_key;      /* PEM public key or HS256 secret; NULL: no OAUTHBEARER */
	const char *oauth_issuer, *oauth_audience; /* both set when oauth_key is */
	const char *oauth_claim;    /* name of the claim that is the account's address */
};

struct config_imap {
	struct config_listen listen;
	char hierarchy_separator;   /* '/' or '.' */
	uint64_t max_message_size;  /* octets, APPENDLIMIT */
	uint64_t max_line_size;     /* octets of one command without its literals */
	unsigned login_timeout;     /* seconds before sign-in */
	unsigned idle_timeout;      /* seconds after sign-in, >= 1800 (RFC 9051 5.4) */
	unsigned max_bad_commands;  /* in a row, then BYE */
	unsigned progress_interval; /* seconds between "still working" (RFC 9585) */
	unsigned message_limit;     /* messages that one command works on, >= 1000 (RFC 9738) */
	bool allow_plaintext_login; /* sign-in without TLS from other than loopback */
	bool unauthenticate;        /* the command is offered */
	const char *const *quota_admins; /* addresses that may set limits */
};

struct config_pop3 {
	struct config_listen listen;
	unsigned login_timeout, idle_timeout, max_bad_commands;
	bool allow_plaintext_login;
};

struct config_lmtp {
	struct config_listen listen;
	uint64_t max_message_size;
	unsigned idle_timeout;
	unsigned max_recipients;    /* per transaction, >= 100 */
};

struct config_web {
	struct config_listen listen;
	const char *const *metrics_listen;
	const char *url_protocol;   /* "http:" or "https:"; never NULL */
	bool url_protocol_set;      /* said in the file, not derived */
	const char *host;           /* public host with optional port; never NULL */
	const char *path;           /* begins and ends with '/' */
	bool front_proxy;           /* a front proxy terminates TLS for us */
	unsigned idle_timeout;
};

/* Where links to recipients of one domain point. */
struct config_domain {
	const char *name;           /* lower case */
	const char *url_protocol, *host, *path;
};

enum config_add_invitations { ADD_INVITATIONS_ALL, ADD_INVITATIONS_KNOWN, ADD_INVITATIONS_NONE };

struct config_calendar {
	enum config_add_invitations add_invitations;
	bool stamp;
	const char *const *trusted_authserv_ids;
	const char *default_timezone; /* IANA name for accounts without one */
	const char *default_locale;   /* "en", "de" */
};

struct config_submit {
	const char *relay;          /* smtp://HOST:PORT or smtps://; NULL: none */
	const char *user;           /* NULL: no authentication */
	const char *password_file;
	const char *ca_file;        /* PEM; NULL: the system's authorities */
	const char *from;           /* envelope sender of mail we make; NULL: postmaster@default_domain */
};

struct config {
	struct config_server server;
	struct config_database database;
	struct config_tls tls;
	struct config_auth auth;
	struct config_imap imap;
	struct config_pop3 pop3;
	struct config_lmtp lmtp;
	struct config_web web;
	struct config_calendar calendar;
	struct config_submit submit;
	const struct config_domain *domains;
	size_t domain_count;
};

/* One thing wrong, or doubtful, in the file. */
struct config_problem {
	bool is_error;              /* else a warning */
	char *text;                 /* "FILE:LINE: what was found, what is expected" */
};

/* Reads the file.  NULL when it has errors.  *problems_out (never NULL) receives a
 * GPtrArray of struct config_problem in file order; g_ptr_array_unref() it. */
const struct config *config_read(const char *path, GPtrArray **problems_out);
/* The same at a reload: what takes effect only at a restart stays as it is in `running`, and what
 * follows from it (links, from listeners) too.  *restart_out (g_strfreev() it) names what the file
 * says otherwise there, "[web] path"; NULL when the file has errors. */
const struct config *config_reload(const char *path, const struct config *running,
				   GPtrArray **problems_out, char ***restart_out);
/* All defaults, as if the file were empty; for tests and `config show --defaults`. */
const struct config *config_defaults(void);

const struct config *config_ref(const struct config *config);
/* *config becomes NULL.  NULL is allowed. */
void config_unref(const struct config **config);

/* The web settings that links to `domain` (any case) use: its own, else [web]'s. */
struct config_domain config_links_for(const struct config *config, const char *domain);

/* `key = value` lines of every setting in force, by section; secrets left out
 * (the password in [database] url is shown as ***). */
void config_print(const struct config *config, GString *out);
/* The commented sample file, from the option table. */
void config_print_sample(GString *out);
/* The OPTIONS part of convoke.conf(5) in man(7) markup, from the option table. */
void config_print_manual(GString *out);

#endif
