/* Passwords, their cache and the throttle. */
#include "auth/auth.h"

#include "auth/cache.h"
#include "auth/password.h"
#include "auth/prepare.h"
#include "auth/scram.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/secret.h"
#include "fake-accounts.h"
#include "tests/unit/cost.h"

static struct auth *make_auth(const char *domain)
{
	const struct config *config = config_defaults();
	struct config *changed = (struct config *)config;
	struct auth *auth;

	changed->server.default_domain = domain;
	auth = auth_create(config);
	config_unref(&config);
	return auth;
}

static enum auth_outcome try(struct auth *auth, const char *user, const char *password, const char *peer)
{
	struct auth_result result;
	enum auth_outcome outcome;

	auth_check_password(NULL, auth, slice_from_string(user), slice_from_string(password), peer, &result);
	outcome = result.outcome;
	g_assert_cmpint(outcome == AUTH_OK, ==, result.account_id != 0);
	g_assert_cmpint(outcome == AUTH_OK, ==, result.address != NULL);
	auth_result_clear(&result);
	return outcome;
}

static void only_the_right_secret_of_an_enabled_account_signs_in(void)
{
	static const struct {
		const char *user, *password;
		enum auth_outcome outcome;
	} rows[] = {
		{ "alice@example.test", "open sesame", AUTH_OK },
		{ "ALICE@Example.Test", "open sesame", AUTH_OK },
		{ "alice", "open sesame", AUTH_OK },
		{ "alice@example.test", "Open sesame", AUTH_DENIED },
		{ "alice@example.test", "open sesame ", AUTH_DENIED },
		{ "alice@example.test", "", AUTH_DENIED },
		{ "alice@other.test", "open sesame", AUTH_DENIED },
		{ "nobody", "open sesame", AUTH_DENIED },
		{ "", "open sesame", AUTH_DENIED },
		{ "off", "closed", AUTH_DISABLED },
		{ "off", "wrong", AUTH_DENIED },
		/* Composed or not, the same word was typed. */
		{ "bob", "gr\xc3\xbc\xc3\x9f dich", AUTH_OK },
		{ "bob", "gru\xcc\x88\xc3\x9f dich", AUTH_OK },
		{ "bob", "gr\xfc\xdf dich", AUTH_DENIED },
		{ "hashonly", "plain", AUTH_OK },
	};
	struct auth *auth = make_auth("example.test");

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *peer = g_strdup_printf("192.0.2.%zu", i);

		g_assert_cmpint(try(auth, rows[i].user, rows[i].password, peer), ==, rows[i].outcome);
	}
	auth_destroy(&auth);
}

static void without_default_domain_a_bare_name_is_unknown(void)
{
	struct auth *auth = make_auth(NULL);

	g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_DENIED);
	auth_destroy(&auth);
}

static void a_database_that_is_down_is_not_a_wrong_password(void)
{
	struct auth *auth = make_auth("example.test");

	fake_accounts_set_unavailable(true);
	for (int i = 0; i < 20; i++)
		g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_UNAVAILABLE);
	fake_accounts_set_unavailable(false);
	g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_OK);
	auth_destroy(&auth);
}

static void a_changed_password_is_in_force_at_once_in_spite_of_the_cache(void)
{
	struct auth *auth = make_auth("example.test");

	g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_OK);
	g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_OK);
	fake_accounts_set_password("alice@example.test", "new");
	g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_DENIED);
	g_assert_cmpint(try(auth, "alice", "new", "::1"), ==, AUTH_OK);
	fake_accounts_set_password("alice@example.test", "open sesame");
	g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_OK);
	auth_destroy(&auth);
}

static void after_five_failures_nothing_is_checked_for_a_while(void)
{
	struct auth *auth = make_auth("example.test");
	unsigned before;

	for (int i = 0; i < THROTTLE_FREE_FAILURES; i++)
		g_assert_cmpint(try(auth, i % 2 ? "alice" : "Alice@example.test", "guess", "192.0.2.1"), ==,
				AUTH_DENIED);
	before = fake_accounts_lookups();
	g_assert_cmpint(try(auth, "alice", "open sesame", "192.0.2.1"), ==, AUTH_THROTTLED);
	g_assert_cmpuint(fake_accounts_lookups(), ==, before);
	g_assert_cmpint(try(auth, "alice", "open sesame", "192.0.2.2"), ==, AUTH_OK);
	g_assert_cmpint(try(auth, "bob", "guess", "192.0.2.1"), ==, AUTH_DENIED);
	auth_destroy(&auth);
}

static void a_name_in_capitals_is_the_same_name_to_the_throttle(void)
{
	static const char *const spellings[] = { "alice", "ALICE", "\xc3\xa4@example.test", "\xc3\x84@EXAMPLE.test",
						 "A\xcc\x88@example.test" };
	struct auth *auth = make_auth("example.test");

	for (int i = 0; i < THROTTLE_FREE_FAILURES; i++)
		g_assert_cmpint(try(auth, spellings[2 + i % 3], "guess", "192.0.2.1"), ==, AUTH_DENIED);
	for (int i = 2; i < 5; i++)
		g_assert_cmpint(try(auth, spellings[i], "open sesame", "192.0.2.1"), ==, AUTH_THROTTLED);
	for (int i = 0; i < 2; i++)
		g_assert_cmpint(try(auth, spellings[i], "open sesame", "192.0.2.1"), ==, AUTH_OK);
	auth_destroy(&auth);
}

/* In CPU time: a scheduler's whim must not fail it, a missing check must. */
static void an_unknown_name_costs_the_time_of_a_wrong_password(void)
{
	struct auth *auth = make_auth("example.test");
	gint64 best[2] = { G_MAXINT64, G_MAXINT64 };

	for (int i = 0; i < 6; i++) {
		g_autofree char *peer = g_strdup_printf("198.51.100.%d", i);
		gint64 start = cost_now();

		try(auth, i % 2 ? "alice" : "nobody", "guess", peer);
		best[i % 2] = MIN(best[i % 2], cost_now() - start);
	}
	g_assert_cmpint(best[0] * 2, >, best[1]);
	g_assert_cmpint(best[1] * 2, >, best[0]);
	auth_destroy(&auth);
}

static void warm_sign_ins_pass_500_a_second(void)
{
	struct auth *auth = make_auth("example.test");
	gint64 start;

	try(auth, "alice", "open sesame", "::1");
	start = cost_now();
	for (int i = 0; i < 500; i++)
		g_assert_cmpint(try(auth, "alice", "open sesame", "::1"), ==, AUTH_OK);
	g_test_message("500 warm sign-ins in %d ms", (int)((cost_now() - start) / 1000));
	cost_check("500 warm sign-ins", start, 1);
	auth_destroy(&auth);
}

static void throttle_doubles_and_forgets(void)
{
	struct throttle *throttle = throttle_create(100);
	int64_t now = 1000000;

	for (int i = 0; i < THROTTLE_FREE_FAILURES - 1; i++)
		throttle_failed(throttle, "192.0.2.1", "a", now);
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "a", now), ==, 0);
	for (uint64_t seconds = 1; seconds <= 256; seconds *= 2) {
		throttle_failed(throttle, "192.0.2.1", "A", now);
		g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "a", now), ==, seconds * 1000);
	}
	throttle_failed(throttle, "192.0.2.1", "a", now);
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "a", now), ==, 300000);
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "b", now), ==, 0);
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.2", "a", now), ==, 0);
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "a", now + 300 * G_USEC_PER_SEC), ==, 0);
	now += 901 * G_USEC_PER_SEC;
	throttle_failed(throttle, "192.0.2.1", "a", now);
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "a", now), ==, 0);
	for (int i = 0; i < 10; i++)
		throttle_failed(throttle, "192.0.2.1", "a", now);
	throttle_succeeded(throttle, "192.0.2.1", "a");
	g_assert_cmpuint(throttle_wait(throttle, "192.0.2.1", "a", now), ==, 0);
	throttle_destroy(&throttle);
}

static void throttle_counts_one_address_over_many_names_but_not_loopback(void)
{
	static const struct {
		const char *peer, *neighbour;
		bool blocked;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "2001:db8::1", "2001:db8::ffff", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "127.0.0.1", "127.0.0.1", false },
		{ "::1", "::1", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct throttle *throttle = throttle_create(1000);

		for (int n = 0; n < THROTTLE_FREE_ADDRESS_FAILURES; n++) {
			g_autofree char *name = g_strdup_printf("user%d", n);

			throttle_failed(throttle, rows[i].peer, name, 1);
		}
		g_assert_cmpint(throttle_wait(throttle, rows[i].neighbour, "fresh", 1) > 0, ==, rows[i].blocked);
		throttle_destroy(&throttle);
	}
}

static void throttle_and_cache_are_bounded(void)
{
	struct throttle *throttle = throttle_create(10);
	struct check_cache *cache = check_cache_create(10, 1000);
	struct digest first = check_cache_key(cache, "user0", "hash", "password");

	for (int i = 0; i < 100; i++) {
		g_autofree char *name = g_strdup_printf("user%d", i);

		throttle_failed(throttle, "127.0.0.1", name, i);
		check_cache_add(cache, check_cache_key(cache, name, "hash", "password"), i);
		g_assert_cmpuint(throttle_entries(throttle), <=, 10);
		g_assert_cmpuint(check_cache_entries(cache), <=, 10);
	}
	g_assert_false(check_cache_has(cache, first, 100));
	g_assert_true(check_cache_has(cache, check_cache_key(cache, "user99", "hash", "password"), 100));
	throttle_destroy(&throttle);
	check_cache_destroy(&cache);
}

static void the_cache_forgets_after_its_lifetime(void)
{
	struct check_cache *cache = check_cache_create(10, 1000);
	struct digest key = check_cache_key(cache, "a", "h", "p");

	check_cache_add(cache, key, 5);
	check_cache_add(cache, key, 500);
	g_assert_true(check_cache_has(cache, key, 1004));
	g_assert_false(check_cache_has(cache, key, 1005));
	g_assert_cmpuint(check_cache_entries(cache), ==, 0);
	key = check_cache_key(cache, "ab", "c", "p");
	check_cache_add(cache, key, 5);
	g_assert_false(check_cache_has(cache, check_cache_key(cache, "a", "bc", "p"), 5));
	check_cache_destroy(&cache);
}

static void texts_are_prepared_as_saslprep_says(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "I\xc2\xadX", "IX" },
		{ "user", "user" },
		{ "USER", "USER" },
		{ "\xc2\xaa", "a" },
		{ "\xe2\x85\xa8", "IX" },
		{ "\x07", NULL },
		{ "a\xc2\xa0" "b", "a b" },
		{ "\xc2\xad", NULL },
		{ "", NULL },
		{ "\xff", NULL },
		{ "\xee\x80\x80", NULL },
		{ "a\xef\xbf\xbc", NULL }, /* C.6: object replacement */
		{ "a\xef\xbf\xbd", NULL }, /* C.6: what stands for a character that was not understood */
		{ "a\xe2\xbf\xb0", NULL }, /* C.7: ideographic description */
		{ "a\xe2\xbf\xbb", NULL },
		{ "a\xcd\x80", "\xc3\xa0" }, /* of C.8, but gone with NFKC before that is asked */
		{ "a\xe2\x80\x8e", NULL }, /* C.8: left-to-right mark */
		{ "a\xef\xb7\x90", NULL }, /* C.4: non-character */
		{ "a\xf3\xa0\x80\x81", NULL }, /* C.9: language tag */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		char *out = prepare_text(slice_from_string(rows[i].in));

		g_assert_cmpstr(out, ==, rows[i].out);
		secret_free(&out);
	}
}

static void a_password_that_can_not_be_used_says_why(void)
{
	g_autofree char *longest = g_strnfill(1025, 'x');

	g_assert_nonnull(auth_password_problem(SLICE("")));
	g_assert_nonnull(auth_password_problem(slice_from_string(longest)));
	g_assert_null(auth_password_problem(slice_of(longest, 1024)));
	g_assert_nonnull(auth_password_problem(SLICE("a\0b")));
	g_assert_nonnull(auth_password_problem(SLICE("a\nb")));
	g_assert_nonnull(auth_password_problem(SLICE("a\xff")));
	g_assert_null(auth_password_problem(SLICE("a b")));
}

static void hashes_are_yescrypt_and_damaged_ones_match_nothing(void)
{
	static const char *const damaged[] = { "", "*", "*0", "x", "$y$", "$y$j9T$", "!" };
	char *hash = password_hash("p"), *again = password_hash("p");

	g_assert_true(g_str_has_prefix(hash, "$y$"));
	g_assert_cmpstr(hash, !=, again);
	g_assert_true(password_matches("p", hash));
	g_assert_false(password_matches("q", hash));
	for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++)
		g_assert_false(password_matches("p", damaged[i]));
	secret_free(&hash);
	secret_free(&again);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	log_set_level(LOG_LEVEL_WARNING);
	fake_accounts_make();
#define ADD(name) g_test_add_func("/auth/" #name, name)
	ADD(only_the_right_secret_of_an_enabled_account_signs_in);
	ADD(without_default_domain_a_bare_name_is_unknown);
	ADD(a_database_that_is_down_is_not_a_wrong_password);
	ADD(a_changed_password_is_in_force_at_once_in_spite_of_the_cache);
	ADD(after_five_failures_nothing_is_checked_for_a_while);
	ADD(a_name_in_capitals_is_the_same_name_to_the_throttle);
	ADD(an_unknown_name_costs_the_time_of_a_wrong_password);
	ADD(warm_sign_ins_pass_500_a_second);
	ADD(throttle_doubles_and_forgets);
	ADD(throttle_counts_one_address_over_many_names_but_not_loopback);
	ADD(throttle_and_cache_are_bounded);
	ADD(the_cache_forgets_after_its_lifetime);
	ADD(texts_are_prepared_as_saslprep_says);
	ADD(a_password_that_can_not_be_used_says_why);
	ADD(hashes_are_yescrypt_and_damaged_ones_match_nothing);
	status = g_test_run();
	fake_accounts_free();
	return status;
}
