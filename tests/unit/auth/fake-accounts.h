/* auth_lookup() over a table instead of a database. */
#ifndef TESTS_UNIT_AUTH_FAKE_ACCOUNTS_H
#define TESTS_UNIT_AUTH_FAKE_ACCOUNTS_H

#include "auth/auth.h"

/* alice@example.test "open sesame", bob@example.test "gr\xc3\xbc\xc3\x9f dich",
 * off@example.test "closed" (disabled), hashonly@example.test "plain" (no verifier);
 * info, a=lice and \xc3\xa4@example.test are aliases of alice. */
void fake_accounts_make(void);
void fake_accounts_free(void);
/* From here on every look-up answers STORE_UNAVAILABLE, or not. */
void fake_accounts_set_unavailable(bool unavailable);
void fake_accounts_set_password(const char *address, const char *password);
/* How often a look-up was made. */
unsigned fake_accounts_lookups(void);

#endif
