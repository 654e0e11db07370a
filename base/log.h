/* The log: one line per event, on standard error or in a file (reopened on
 * request, for rotation).  Thread-safe.  Foreign text is escaped by the caller
 * through "%s" only after escape_log(), or here: every control octet of the
 * finished line is written as \xHH, so a peer can never forge a line.
 *
 * A line is `2026-05-05T12:00:00.123Z level room: text`.  Never a secret, never
 * a message body. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <glib.h>
#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* NULL path: standard error.  False, with errno, when the file can't be opened;
 * the log then stays where it was. */
bool log_open(const char *path);
/* Lines above this level are not written (start: info). */
void log_set_level(enum log_level level);
/* "error", "warning", "info", "debug"; false for another word. */
bool log_level_parse(const char *word, enum log_level *level_out);

void log_write(enum log_level level, const char *room, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

#define log_error(room, ...) log_write(LOG_LEVEL_ERROR, (room), __VA_ARGS__)
#define log_warning(room, ...) log_write(LOG_LEVEL_WARNING, (room), __VA_ARGS__)
#define log_info(room, ...) log_write(LOG_LEVEL_INFO, (room), __VA_ARGS__)
#define log_debug(room, ...) log_write(LOG_LEVEL_DEBUG, (room), __VA_ARGS__)

#endif
