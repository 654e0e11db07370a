/* Octets that must not leak: comparison in constant time, wiping, randomness. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/slice.h"

/* Time depends on the lengths only. */
bool secret_equal(struct slice a, struct slice b);
/* Overwrites; not optimised away. */
void secret_wipe(void *data, size_t len);
/* Wipes up to the NUL and frees; *string becomes NULL.  NULL is allowed. */
void secret_free(char **string);
/* Octets from the system's random source; aborts if it fails. */
void secret_random(void *data, size_t len);
/* `octets` random octets as base64url without padding; g_free() it. */
char *secret_token(size_t octets);

#endif
