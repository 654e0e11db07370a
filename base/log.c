/* A line is put together in memory and written by one write(), so lines of
 * several threads never mix. */
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = { "error", "warning", "info", "debug" };
static atomic_int log_threshold = LOG_LEVEL_INFO;
static atomic_int log_fd = STDERR_FILENO;

bool log_open(const char *path)
{
	int fd, old;

	if (path == NULL) {
		fd = STDERR_FILENO;
	} else {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0)
			return false;
	}
	/* Writers may still hold the old descriptor's number: put the new file
	 * behind that number instead of closing it under them. */
	old = atomic_load(&log_fd);
	if (old != STDERR_FILENO && fd != STDERR_FILENO) {
		dup3(fd, old, O_CLOEXEC);
		close(fd);
	} else {
		atomic_store(&log_fd, fd);
	}
	return true;
}

void log_set_level(enum log_level level)
{
	atomic_store(&log_threshold, (int)level);
}

bool log_level_parse(const char *word, enum log_level *level_out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(level_names); i++) {
		if (g_strcmp0(word, level_names[i]) == 0) {
			*level_out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void append_time(GString *line)
{
	int64_t now = clock_now();
	time_t seconds = (time_t)(now / G_USEC_PER_SEC);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	g_string_append_printf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
			       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
			       (int)(now % G_USEC_PER_SEC / 1000));
}

static void append_printable(GString *line, const char *text)
{
	for (; *text != '\0'; text++) {
		uint8_t octet = (uint8_t)*text;

		if (octet < 0x20 || octet == 0x7f)
			g_string_append_printf(line, "\\x%02x", octet);
		else
			g_string_append_c(line, *text);
	}
}

void log_write(enum log_level level, const char *room, const char *format, ...)
{
	g_autoptr(GString) line = NULL;
	g_autofree char *text = NULL;
	va_list args;
	int saved_errno = errno;

	if ((int)level > atomic_load(&log_threshold))
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	line = g_string_sized_new(128);
	append_time(line);
	g_string_append_printf(line, " %s %s: ", level_names[level], room);
	append_printable(line, text);
	g_string_append_c(line, '\n');
	if (write(atomic_load(&log_fd), line->str, line->len) < 0) {
		/* Nowhere left to say it. */
	}
	errno = saved_errno;
}
