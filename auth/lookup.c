/* See the header. */
#include "auth/lookup.h"

#include "base/secret.h"
#include "store/account.h"
#include "store/secret_store.h"

enum store_result auth_lookup(struct store *store, const char *name, struct auth_account *account_out)
{
	struct account account = { 0 };
	enum store_result result = account_find(store, name, &account);

	*account_out = (struct auth_account){ 0 };
	if (result == STORE_OK) {
		account_out->account_id = account.account_id;
		account_out->address = g_steal_pointer(&account.address);
		account_out->password_hash = g_steal_pointer(&account.password_hash);
		account_out->scram_sha256 = g_steal_pointer(&account.scram_sha256);
		account_out->enabled = !account.disabled;
	}
	account_clear(&account);
	/* What can't be an address is nobody's. */
	return result == STORE_INVALID ? STORE_NOT_FOUND : result;
}

void auth_account_clear(struct auth_account *account)
{
	g_free(account->address);
	secret_free(&account->password_hash);
	secret_free(&account->scram_sha256);
	*account = (struct auth_account){ 0 };
}

enum store_result auth_lookup_decoy_key(struct store *store, struct digest *key_out)
{
	G_STATIC_ASSERT(SERVER_SECRET_SIZE == sizeof(key_out->octets));
	return server_secret(store, "scram-decoy", key_out->octets);
}
