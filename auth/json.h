/* A strict reader of JSON (RFC 8259), as far as tokens need it: the whole text is
 * checked, then members of the top object are asked for by name. */
#ifndef AUTH_JSON_H
#define AUTH_JSON_H

#include "base/slice.h"

#include <stdint.h>

#define JSON_MAX_DEPTH 16
#define JSON_MAX_MEMBERS 128

enum json_kind { JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_ARRAY, JSON_OBJECT };

struct json_object;

/* NULL unless the text is one object, grammatical to its last octet, with no name
 * twice at its top and no U+0000 in its strings. */
struct json_object *json_object_read(struct slice text);
/* *object becomes NULL.  NULL is allowed. */
void json_object_free(struct json_object **object);

bool json_object_has(const struct json_object *object, const char *name);
bool json_object_is_true(const struct json_object *object, const char *name);
/* NULL when it is not there or no string; lives as long as the object. */
const char *json_object_string(const struct json_object *object, const char *name);
/* False when it is not there, no number, negative or beyond 2^53; a fraction is cut off. */
bool json_object_time(const struct json_object *object, const char *name, int64_t *seconds_out);
/* True when it is that string, or an array with that string in it. */
bool json_object_names(const struct json_object *object, const char *name, const char *wanted);

#endif
