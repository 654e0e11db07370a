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

/* Fills in what was left out and follows from the rest. */
void config_derive(struct config *config, const struct config_lines *lines, struct arena *arena);
/* Errors and warnings about values that do not go together. */
void config_check(const struct config *config, const struct config_lines *lines,
		  struct config_report *report);

#endif
