/* The text of one setting into its place, checked. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/arena.h"
#include "config/options.h"

/* Sets the member of `option` in `home` (the struct that option->offset counts
 * from) from `text`; strings live in `arena`.  `folder` is what relative paths
 * are relative to (NULL: left as they are).  NULL on success, else "what is
 * expected", a static string or in `arena`; the member is then untouched. */
const char *value_set(const struct option *option, void *home, const char *text, struct arena *arena,
		      const char *folder);

/* Appends the member's value as value_set() would read it; nothing when unset. */
void value_print(const struct option *option, const void *home, GString *out);

/* The port of a checked ADDRESS:PORT. */
unsigned value_port(const char *address);

#endif
