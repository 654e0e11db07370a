/* The option table: every setting convoke has, once.  The reader, the sample
 * file, the manual page, `config show` and the reload report are made from it. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/config.h"

enum option_type {
	OPTION_STRING,
	OPTION_PATH,         /* a file or folder name; relative ones are relative to the file's folder */
	OPTION_UINT,         /* unsigned */
	OPTION_SECONDS,      /* unsigned; 90, 90s, 15m, 2h */
	OPTION_OCTETS,       /* uint64_t; 1000, 64K, 50M, 1G */
	OPTION_BOOL,
	OPTION_WORD,         /* const char *, one of `words` */
	OPTION_LOG_LEVEL,
	OPTION_INVITATIONS,
	OPTION_SEPARATOR,    /* char */
	OPTION_ADDRESSES,    /* ADDRESS:PORT, several with ; */
	OPTION_LIST,         /* strings, several with ; */
	OPTION_URL_PROTOCOL, /* http: or https: */
	OPTION_URL_HOST,     /* host with optional port */
	OPTION_URL_PATH,     /* gets a / at both ends */
	OPTION_RELAY,        /* smtp://HOST[:PORT] or smtps:// */
};

enum option_flags {
	OPTION_RESTART = 1, /* a change takes effect only at a restart */
	OPTION_SECRET = 2,  /* shown as *** */
};

/* Which struct `offset` counts from. */
enum option_home { HOME_CONFIG, HOME_CERTIFICATE, HOME_DOMAIN };

struct option {
	const char *section, *key;
	enum option_home home;
	enum option_type type;
	size_t offset;
	const char *default_value; /* NULL: none (NULL, 0), or derived: see doc */
	uint64_t min, max;         /* of numbers; both 0: no limits */
	const char *words;         /* OPTION_WORD: "A|B|C" */
	unsigned flags;
	const char *doc;           /* one or more sentences */
};

/* Ends with a row whose section is NULL.  Rows of a section stand together. */
extern const struct option option_table[];
/* NULL when there is no such option. */
const struct option *option_find(enum option_home home, const char *section, const char *key);
/* One line about each section, NULL for an unknown one. */
const char *option_section_doc(const char *section);

#endif
