/* What one setting means for another: derived defaults and the checks that need
 * more than one value. */
#ifndef CONFIG_FINISH_H
#define CONFIG_FINISH_H

#include "base/arena.h"
#include "config/config.h"

/* Where a setting stands, for complaints: the line of section/name/key, 0 when it
 * is not in the file. */
struct config_lines;
unsigned config_line_of(const struct config_lines *lines, const char *section, const char *name,
			const char *key);

/* Adds a problem; line 0 names the file alone. */
struct config_report;
void config_complain(struct config_report *report, bool is_error, unsigned line, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* Fills in what was left out and follows from the rest, but for links. */
void config_derive(struct config *config, const struct config_lines *lines, struct arena *arena);
/* Errors and warnings about values that do not go together, but for links. */
void config_check(const struct config *config, const struct config_lines *lines,
		  struct config_report *report);
/* Puts the running value into every setting that takes effect only at a restart; the names of those
 * that were different, g_strfreev() it. */
char **config_keep_running(struct config *config, const struct config *running, struct arena *arena);
/* Where links point, which follows from the listeners that are open; and what is wrong with that. */
void config_derive_links(struct config *config, struct arena *arena);
void config_check_links(const struct config *config, const struct config_lines *lines,
			struct config_report *report);

#endif
