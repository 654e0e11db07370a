/* See the header. */
#include "auth/lookup.h"

void auth_account_clear(struct auth_account *account)
{
	g_free(account->address);
	g_free(account->password_hash);
	g_free(account->scram_sha256);
	*account = (struct auth_account){ 0 };
}
