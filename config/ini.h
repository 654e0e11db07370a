/* An INI file as a list of settings, each with the line it stands on.  GLib's
 * GKeyFile would do but for one thing: it forgets the lines, and every complaint
 * of ours names one.
 *
 * Lines: `[section]` or `[section "NAME"]`, `key = value`, blank, or a comment
 * starting with # or ;.  Space around names and values is dropped.  No quoting,
 * no continuation, no comment behind a value. */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include "base/slice.h"

struct ini_setting {
	char *section; /* "web" */
	char *name;    /* "NAME" of [tls "NAME"], or NULL */
	char *key;     /* NULL: the section's own line */
	char *value;
	unsigned line; /* from 1 */
};

struct ini_error {
	unsigned line;
	char *text; /* what was found and what is expected */
};

/* Both arrays own their elements and are never NULL.  Lines in error are left
 * out of the settings. */
struct ini {
	GPtrArray *settings; /* struct ini_setting, in file order */
	GPtrArray *errors;   /* struct ini_error, in file order */
};

struct ini *ini_parse(struct slice text);
void ini_destroy(struct ini **ini);

#endif
