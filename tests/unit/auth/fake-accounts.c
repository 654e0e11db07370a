/* Stands in for auth/lookup.c: the linker takes these functions first. */
#include "fake-accounts.h"

#include "auth/lookup.h"

static struct {
	const char *address, *password;
	bool enabled, scram;
	struct auth_secrets secrets;
} accounts[] = {
	{ "alice@example.test", "open sesame", true, true, { 0 } },
	{ "bob@example.test", "gr\xc3\xbc\xc3\x9f dich", true, true, { 0 } },
	{ "off@example.test", "closed", false, true, { 0 } },
	{ "hashonly@example.test", "plain", true, false, { 0 } },
};

/* What account_find() knows an account by. */
static bool is_address_of(size_t account, const char *name)
{
	g_autofree char *lower = g_utf8_strdown(name, -1);

	return strcmp(accounts[account].address, lower) == 0 ||
	       (account == 0 && g_strv_contains((const char *const[]){ "info@example.test", "a=lice@example.test",
							               "\xc3\xa4@example.test", NULL }, lower));
}

static bool is_unavailable;
static unsigned lookups;

void fake_accounts_make(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++)
		auth_secrets_make(slice_from_string(accounts[i].password), &accounts[i].secrets);
}

void fake_accounts_free(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++)
		auth_secrets_clear(&accounts[i].secrets);
}

void fake_accounts_set_unavailable(bool unavailable)
{
	is_unavailable = unavailable;
}

void fake_accounts_set_password(const char *address, const char *password)
{
	for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++) {
		if (strcmp(accounts[i].address, address) != 0)
			continue;
		auth_secrets_clear(&accounts[i].secrets);
		auth_secrets_make(slice_from_string(password), &accounts[i].secrets);
	}
}

unsigned fake_accounts_lookups(void)
{
	return lookups;
}

enum store_result auth_lookup(struct store *store, const char *name, struct auth_account *account_out)
{
	(void)store;
	lookups++;
	*account_out = (struct auth_account){ 0 };
	if (is_unavailable)
		return STORE_UNAVAILABLE;
	for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++) {
		if (!is_address_of(i, name))
			continue;
		account_out->account_id = i + 1;
		account_out->address = g_strdup(accounts[i].address);
		account_out->password_hash = g_strdup(accounts[i].secrets.password_hash);
		if (accounts[i].scram)
			account_out->scram_sha256 = g_strdup(accounts[i].secrets.scram_sha256);
		account_out->enabled = accounts[i].enabled;
		return STORE_OK;
	}
	return STORE_NOT_FOUND;
}

void auth_account_clear(struct auth_account *account)
{
	g_free(account->address);
	g_free(account->password_hash);
	g_free(account->scram_sha256);
	*account = (struct auth_account){ 0 };
}

enum store_result auth_lookup_decoy_key(struct store *store, struct digest *key_out)
{
	(void)store;
	memset(key_out, 7, sizeof(*key_out));
	return is_unavailable ? STORE_UNAVAILABLE : STORE_OK;
}
