/* Password hashes by crypt(3): yescrypt for new ones, whatever libxcrypt knows for
 * old ones.  Slow on purpose; for workers only. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/slice.h"

/* A new crypt string of the prepared password, with a random salt. */
char *password_hash(const char *password);
/* Compared in constant time.  False for a damaged or unknown hash as well. */
bool password_matches(const char *password, const char *hash);

#endif
