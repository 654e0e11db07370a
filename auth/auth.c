/* The password check and what surrounds every check: naming, throttle, log. */
#include "auth/auth.h"

#include "auth/cache.h"
#include "auth/password.h"
#include "auth/prepare.h"
#include "auth/private.h"
#include "auth/scram.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/secret.h"

#include <stdatomic.h>

#define ROOM "auth"
#define MAX_THROTTLED 16384
#define MAX_CACHED 65536
#define CACHE_LIFETIME (10 * 60 * G_USEC_PER_SEC)
#define MAX_NAME 320 /* 64 + "@" + 255, RFC 5321 4.5.3.1 */

struct auth {
	GMutex lock;                   /* guards config, tokens, decoy_key */
	const struct config *config;
	struct token_policy *tokens;   /* NULL: no OAuth */
	struct throttle *throttle;
	struct check_cache *cache;
	char *decoy_hash;              /* checked for unknown names, so that they cost the same */
	struct digest decoy_key;       /* for salts of unknown names */
	bool has_decoy_key;
};

const char *auth_outcome_name(enum auth_outcome outcome)
{
	static const char *const names[] = {
		[AUTH_OK] = "ok",
		[AUTH_DENIED] = "denied",
		[AUTH_DISABLED] = "disabled",
		[AUTH_NOT_ALLOWED] = "identity not allowed",
		[AUTH_THROTTLED] = "throttled",
		[AUTH_UNAVAILABLE] = "unavailable",
		[AUTH_MALFORMED] = "malformed",
		[AUTH_UNREADABLE] = "unreadable",
		[AUTH_CANCELLED] = "cancelled",
	};

	return names[outcome];
}

void auth_result_clear(struct auth_result *result)
{
	g_clear_pointer(&result->address, g_free);
	result->account_id = 0;
}

/* NULL when the settings ask for none, or the key can't be used: then OAUTHBEARER is
 * not offered, and the log says why. */
static struct token_policy *make_token_policy(const struct config_auth *settings)
{
	g_autofree char *problem = NULL;
	struct token_policy *policy;

	if (settings->oauth_key == NULL)
		return NULL;
	policy = token_policy_create(settings->oauth_key, settings->oauth_issuer, settings->oauth_audience,
				     settings->oauth_claim, &problem);
	if (policy == NULL)
		log_error(ROOM, "OAUTHBEARER is not offered: %s", problem);
	return policy;
}

struct auth *auth_create(const struct config *config)
{
	struct auth *auth = g_new0(struct auth, 1);
	g_autofree char *nobody = secret_token(18);

	g_mutex_init(&auth->lock);
	auth->config = config_ref(config);
	auth->tokens = make_token_policy(&config->auth);
	auth->throttle = throttle_create(MAX_THROTTLED);
	auth->cache = check_cache_create(MAX_CACHED, CACHE_LIFETIME);
	auth->decoy_hash = password_hash(nobody);
	return auth;
}

void auth_reload(struct auth *auth, const struct config *config)
{
	struct token_policy *tokens = make_token_policy(&config->auth), *old_tokens;
	const struct config *old;

	g_mutex_lock(&auth->lock);
	old = auth->config;
	old_tokens = auth->tokens;
	auth->config = config_ref(config);
	auth->tokens = tokens;
	g_mutex_unlock(&auth->lock);
	config_unref(&old);
	token_policy_unref(&old_tokens);
}

void auth_destroy(struct auth **auth)
{
	if (*auth == NULL)
		return;
	config_unref(&(*auth)->config);
	token_policy_unref(&(*auth)->tokens);
	throttle_destroy(&(*auth)->throttle);
	check_cache_destroy(&(*auth)->cache);
	g_free((*auth)->decoy_hash);
	g_mutex_clear(&(*auth)->lock);
	g_free(*auth);
	*auth = NULL;
}

struct token_policy *auth_token_policy(struct auth *auth)
{
	struct token_policy *policy;

	g_mutex_lock(&auth->lock);
	policy = auth->tokens != NULL ? token_policy_ref(auth->tokens) : NULL;
	g_mutex_unlock(&auth->lock);
	return policy;
}

static char *default_domain(struct auth *auth)
{
	char *domain;

	g_mutex_lock(&auth->lock);
	domain = g_strdup(auth->config->server.default_domain);
	g_mutex_unlock(&auth->lock);
	return domain;
}

/* As the store keeps addresses. */
static char *fold(const char *name)
{
	g_autofree char *lower = g_utf8_strdown(name, -1);

	return g_utf8_normalize(lower, -1, G_NORMALIZE_NFC);
}

char *auth_full_name(struct auth *auth, struct slice user)
{
	g_autofree char *prepared = prepare_text(user);
	g_autofree char *name = prepared != NULL && strlen(prepared) <= MAX_NAME ? fold(prepared) : NULL;
	g_autofree char *domain = NULL;

	if (name == NULL || strchr(name, '@') != NULL)
		return g_steal_pointer(&name);
	domain = default_domain(auth);
	return domain != NULL ? g_strconcat(name, "@", domain, NULL) : g_steal_pointer(&name);
}

enum auth_outcome auth_may_act_as(struct store *store, struct auth *auth, const struct auth_account *account,
				  struct slice authzid)
{
	g_autofree char *name = NULL;
	struct auth_account wanted;
	enum auth_outcome outcome = AUTH_NOT_ALLOWED;

	if (authzid.len == 0)
		return AUTH_OK;
	name = auth_full_name(auth, authzid);
	if (name == NULL)
		return AUTH_NOT_ALLOWED;
	switch (auth_lookup(store, name, &wanted)) {
	case STORE_OK:
		outcome = wanted.account_id == account->account_id ? AUTH_OK : AUTH_NOT_ALLOWED;
		break;
	case STORE_NOT_FOUND:
		break;
	default:
		outcome = AUTH_UNAVAILABLE;
	}
	auth_account_clear(&wanted);
	return outcome;
}

/* Asked for once; two workers may both ask the first time, and get the same. */
static bool decoy_key(struct store *store, struct auth *auth, struct digest *key_out)
{
	bool has;

	g_mutex_lock(&auth->lock);
	has = auth->has_decoy_key;
	*key_out = auth->decoy_key;
	g_mutex_unlock(&auth->lock);
	if (has)
		return true;
	if (auth_lookup_decoy_key(store, key_out) != STORE_OK)
		return false;
	g_mutex_lock(&auth->lock);
	auth->decoy_key = *key_out;
	auth->has_decoy_key = true;
	g_mutex_unlock(&auth->lock);
	return true;
}

bool auth_decoy_salt(struct store *store, struct auth *auth, const char *name, uint8_t *salt_out, size_t len)
{
	struct slice part = slice_from_string(name);
	struct digest key, digest;

	if (!decoy_key(store, auth, &key))
		return false;
	digest = digest_keyed(&key, &part, 1);
	g_assert(len <= sizeof(digest.octets));
	memcpy(salt_out, digest.octets, len);
	return true;
}

static atomic_uint_fast64_t attempts[AUTH_OUTCOMES];

uint64_t auth_attempts(enum auth_outcome outcome)
{
	return attempts[outcome];
}

static void note_attempt(enum auth_outcome outcome, const char *name, const char *peer,
			 const char *mechanism)
{
	g_autoptr(GString) shown = g_string_new(NULL);

	attempts[outcome]++;
	escape_log(shown, slice_from_string(name));
	log_info(ROOM, "sign-in user=\"%s\" peer=%s mechanism=%s: %s", shown->str, peer, mechanism,
		 auth_outcome_name(outcome));
}

bool auth_must_wait(struct auth *auth, const char *name, const char *peer, const char *mechanism,
		    struct auth_result *result_out)
{
	if (throttle_wait(auth->throttle, peer, name, clock_monotonic()) == 0)
		return false;
	*result_out = (struct auth_result){ .outcome = AUTH_THROTTLED };
	note_attempt(AUTH_THROTTLED, name, peer, mechanism);
	return true;
}

void auth_conclude(struct auth *auth, enum auth_outcome outcome, const char *name, const char *peer,
		   const char *mechanism, const struct auth_account *account,
		   struct auth_result *result_out)
{
	*result_out = (struct auth_result){ .outcome = outcome };
	if (outcome == AUTH_OK) {
		result_out->account_id = account->account_id;
		result_out->address = g_strdup(account->address);
		throttle_succeeded(auth->throttle, peer, name);
	} else if (outcome == AUTH_DENIED || outcome == AUTH_NOT_ALLOWED) {
		throttle_failed(auth->throttle, peer, name, clock_monotonic());
	}
	note_attempt(outcome, name, peer, mechanism);
}

void auth_conclude_uncounted(enum auth_outcome outcome, const char *name, const char *peer,
			     const char *mechanism, struct auth_result *result_out)
{
	g_assert(outcome != AUTH_OK);
	*result_out = (struct auth_result){ .outcome = outcome };
	note_attempt(outcome, name, peer, mechanism);
}

/* The slow path is taken for every wrong password and for every unknown name. */
static bool password_is_right(struct auth *auth, const struct auth_account *account,
			      const char *password)
{
	struct digest key;
	bool right;

	if (password == NULL || account->password_hash == NULL) {
		password_matches(password != NULL ? password : "", auth->decoy_hash);
		return false;
	}
	key = check_cache_key(auth->cache, account->address, account->password_hash, password);
	if (check_cache_has(auth->cache, key, clock_monotonic()))
		return true;
	right = password_matches(password, account->password_hash);
	if (right)
		check_cache_add(auth->cache, key, clock_monotonic());
	return right;
}

/* Without the identity to act as. */
static enum auth_outcome judge_password(struct auth *auth, enum store_result found,
					const struct auth_account *account, const char *password)
{
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return AUTH_UNAVAILABLE;
	if (!password_is_right(auth, account, password))
		return AUTH_DENIED;
	return account->enabled ? AUTH_OK : AUTH_DISABLED;
}

void auth_attempt_password(struct store *store, struct auth *auth,
			   const struct auth_password_attempt *attempt,
			   struct auth_result *result_out)
{
	g_autofree char *name = auth_full_name(auth, attempt->user);
	char *password = prepare_text(attempt->password);
	struct auth_account account = { 0 };
	enum store_result found = STORE_NOT_FOUND;
	enum auth_outcome outcome;

	if (auth_must_wait(auth, name != NULL ? name : "", attempt->peer, attempt->mechanism, result_out)) {
		secret_free(&password);
		return;
	}
	if (name != NULL)
		found = auth_lookup(store, name, &account);
	outcome = judge_password(auth, found, &account, password);
	if (outcome == AUTH_OK)
		outcome = auth_may_act_as(store, auth, &account, attempt->authzid);
	auth_conclude(auth, outcome, name != NULL ? name : "", attempt->peer, attempt->mechanism,
		      &account, result_out);
	auth_account_clear(&account);
	secret_free(&password);
}

static enum auth_outcome judge_identity(enum store_result found, const struct auth_account *account)
{
	if (found == STORE_NOT_FOUND)
		return AUTH_DENIED;
	if (found != STORE_OK)
		return AUTH_UNAVAILABLE;
	return account->enabled ? AUTH_OK : AUTH_DISABLED;
}

void auth_attempt_identity(struct store *store, struct auth *auth, const struct auth_identity_attempt *attempt,
			   struct auth_result *result_out)
{
	struct auth_account account = { 0 };
	enum auth_outcome outcome;

	if (auth_must_wait(auth, attempt->identity, attempt->peer, attempt->mechanism, result_out))
		return;
	outcome = judge_identity(auth_lookup(store, attempt->identity, &account), &account);
	if (outcome == AUTH_OK)
		outcome = auth_may_act_as(store, auth, &account, attempt->authzid);
	auth_conclude(auth, outcome, attempt->identity, attempt->peer, attempt->mechanism, &account, result_out);
	auth_account_clear(&account);
}

void auth_check_password(struct store *store, struct auth *auth, struct slice user,
			 struct slice password, const char *peer, struct auth_result *result_out)
{
	const struct auth_password_attempt attempt = {
		.user = user, .password = password, .peer = peer, .mechanism = "password",
	};

	auth_attempt_password(store, auth, &attempt, result_out);
}

const char *auth_password_problem(struct slice password)
{
	char *prepared;

	if (password.len == 0)
		return "the password is empty";
	if (password.len > PREPARE_MAX)
		return "the password is longer than 1024 octets";
	if (!g_utf8_validate(password.data, (gssize)password.len, NULL))
		return "the password is not UTF-8 text";
	prepared = prepare_text(password);
	if (prepared == NULL)
		return "the password has a control character or another that can't be typed";
	secret_free(&prepared);
	return NULL;
}

void auth_secrets_make(struct slice password, struct auth_secrets *secrets_out)
{
	char *prepared = prepare_text(password);

	g_assert(prepared != NULL);
	secrets_out->password_hash = password_hash(prepared);
	secrets_out->scram_sha256 = scram_verifier_make(prepared);
	secret_free(&prepared);
}

void auth_secrets_clear(struct auth_secrets *secrets)
{
	secret_free(&secrets->password_hash);
	secret_free(&secrets->scram_sha256);
}
