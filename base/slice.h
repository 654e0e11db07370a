/* A run of octets that somebody else owns: pointer and length, NUL octets
 * allowed, never NUL-terminated by promise.  The empty slice may have a NULL
 * pointer. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *data;
	size_t len;
};

#define SLICE(literal) ((struct slice){ (literal), sizeof(literal) - 1 })

static inline struct slice slice_of(const char *data, size_t len)
{
	return (struct slice){ data, len };
}

static inline struct slice slice_from_string(const char *string)
{
	return (struct slice){ string, string != NULL ? strlen(string) : 0 };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ASCII letters compared without case; other octets exactly. */
static inline bool slice_equal_ascii_case(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || g_ascii_strncasecmp(a.data, b.data, a.len) == 0);
}

/* A new NUL-terminated copy; g_free() it.  Octets after an embedded NUL are
 * kept but invisible to string functions. */
static inline char *slice_dup(struct slice s)
{
	return g_strndup(s.len > 0 ? s.data : "", s.len);
}

#endif
