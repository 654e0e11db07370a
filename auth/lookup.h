/* The one place where auth/ asks the store. */
#ifndef AUTH_LOOKUP_H
#define AUTH_LOOKUP_H

#include "auth/digest.h"
#include "store/store.h"

struct auth_account {
	uint64_t account_id;
	char *address;
	char *password_hash;  /* NULL: can't sign in with a password */
	char *scram_sha256;   /* NULL: none */
	bool enabled;
};

/* STORE_OK, STORE_NOT_FOUND or a failure.  `name` is a whole address.  On any
 * result *account_out is safe to give to auth_account_clear(). */
enum store_result auth_lookup(struct store *store, const char *name, struct auth_account *account_out);
void auth_account_clear(struct auth_account *account);

/* The same on every node and after every start. */
enum store_result auth_lookup_decoy_key(struct store *store, struct digest *key_out);

#endif
