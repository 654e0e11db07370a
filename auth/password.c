/* See the header. */
#include "auth/password.h"

#include "base/secret.h"

#include <crypt.h>

/* The cost 0 asks libxcrypt for its default, which follows the years. */
#define YESCRYPT_PREFIX "$y$"

static char *run_crypt(const char *password, const char *setting)
{
	struct crypt_data *state = g_new0(struct crypt_data, 1);
	char *hash = crypt_rn(password, setting, state, (int)sizeof(*state));
	char *copy = hash != NULL && hash[0] != '*' ? g_strdup(hash) : NULL;

	secret_wipe(state, sizeof(*state));
	g_free(state);
	return copy;
}

char *password_hash(const char *password)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char *hash;

	g_assert(crypt_gensalt_rn(YESCRYPT_PREFIX, 0, NULL, 0, setting, (int)sizeof(setting)) != NULL);
	hash = run_crypt(password, setting);
	g_assert(hash != NULL);
	return hash;
}

bool password_matches(const char *password, const char *hash)
{
	char *found = run_crypt(password, hash);
	bool same = found != NULL && secret_equal(slice_from_string(found), slice_from_string(hash));

	secret_free(&found);
	return same;
}
