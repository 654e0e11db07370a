/* Accounts and aliases. */
#include "auth/auth.h"
#include "base/number.h"
#include "base/secret.h"
#include "ctl/lookup.h"

#include <stdio.h>

enum { ACCOUNT_PAGE = 500 };

/* "" stays "": the setting's default is used then. */
static bool zone_is_known(const char *name)
{
	g_autoptr(GTimeZone) zone = *name != '\0' ? g_time_zone_new_identifier(name) : NULL;

	if (*name == '\0' || zone != NULL)
		return true;
	ctl_fail("\"%s\" is not a time zone; expected an IANA name such as Europe/Berlin", name);
	return false;
}

static bool locale_is_known(const char *name)
{
	static const char *const known[] = { "", "en", "de", NULL };

	if (g_strv_contains(known, name))
		return true;
	ctl_fail("\"%s\" is not a language convoke speaks; expected en or de", name);
	return false;
}

/* Reads the password and makes what is kept of it. */
static bool read_secrets(struct account *account)
{
	char *password = ctl_read_secret();
	struct auth_secrets secrets;
	const char *problem;

	if (password == NULL)
		return false;
	problem = auth_password_problem(slice_from_string(password));
	if (problem != NULL) {
		ctl_fail("the password cannot be used: %s", problem);
		secret_free(&password);
		return false;
	}
	auth_secrets_make(slice_from_string(password), &secrets);
	g_free(account->password_hash);
	g_free(account->scram_sha256);
	account->password_hash = g_steal_pointer(&secrets.password_hash);
	account->scram_sha256 = g_steal_pointer(&secrets.scram_sha256);
	auth_secrets_clear(&secrets);
	secret_free(&password);
	return true;
}

static enum ctl_status account_add_verb(struct ctl *ctl)
{
	const char *zone = ctl_option(ctl, "timezone"), *locale = ctl_option(ctl, "locale"),
		   *name = ctl_option(ctl, "name");
	struct account account = { .add_invitations = -1 };
	enum store_result result;
	uint64_t id;

	if (!zone_is_known(zone != NULL ? zone : "") || !locale_is_known(locale != NULL ? locale : ""))
		return CTL_FAILED;
	account.address = account_address_normalise(ctl->words[0]);
	if (account.address == NULL)
		return ctl_fail("\"%s\" cannot be an address", ctl->words[0]);
	account.timezone = g_strdup(zone != NULL ? zone : "");
	account.locale = g_strdup(locale != NULL ? locale : "");
	account.display_name = g_strdup(name != NULL ? name : "");
	result = read_secrets(&account) ? account_add(ctl->store, &account, &id) : STORE_INVALID;
	if (account.password_hash != NULL && result == STORE_EXISTS)
		ctl_fail("there is an account or alias %s already", account.address);
	else if (account.password_hash != NULL && result != STORE_OK)
		ctl_fail_store(result, "%s", account.address);
	else if (result == STORE_OK)
		printf("%s added\n", account.address);
	account_clear(&account);
	return result == STORE_OK ? CTL_DONE : CTL_FAILED;
}

static enum ctl_status account_list_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "address", "name", "timezone", "locale", "state", NULL };
	struct ctl_table *table = ctl_table_create(ctl, columns);
	g_autofree char *after = g_strdup("");
	enum store_result result;

	for (;;) {
		g_autoptr(GPtrArray) page = NULL;

		result = account_list(ctl->store, after, ACCOUNT_PAGE, &page);
		if (result != STORE_OK || page->len == 0)
			break;
		for (guint i = 0; i < page->len; i++) {
			const struct account *a = page->pdata[i];

			ctl_table_row(table, a->address, a->display_name, a->timezone, a->locale,
				      a->disabled ? "disabled" : "active", NULL);
		}
		g_free(after);
		after = g_strdup(((struct account *)page->pdata[page->len - 1])->address);
	}
	ctl_table_print(&table);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "accounts");
}

static const char *invitations_word(int value)
{
	static const char *const words[] = { "all", "known", "none" };

	return value >= 0 && value < 3 ? words[value] : "default";
}

static void show_row(struct ctl_table *table, const char *key, char *value)
{
	ctl_table_row(table, key, value, NULL);
	g_free(value);
}

static enum ctl_status account_show_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "key", "value", NULL };
	struct account a;
	g_auto(GStrv) addresses = NULL;
	struct quota quota = { 0 };
	struct ctl_table *table;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &a) != CTL_DONE)
		return CTL_FAILED;
	result = account_addresses(ctl->store, a.account_id, &addresses);
	if (result == STORE_OK)
		result = quota_get(ctl->store, a.account_id, &quota);
	table = ctl_table_create(ctl, columns);
	show_row(table, "address", g_strdup(a.address));
	show_row(table, "aliases", addresses != NULL && addresses[0] != NULL ? g_strjoinv(" ", addresses + 1) : NULL);
	show_row(table, "name", g_strdup(a.display_name));
	show_row(table, "timezone", g_strdup(a.timezone));
	show_row(table, "locale", g_strdup(a.locale));
	show_row(table, "state", g_strdup(a.disabled ? "disabled" : "active"));
	show_row(table, "add_invitations", g_strdup(invitations_word(a.add_invitations)));
	show_row(table, "answer_by_keyword", g_strdup(a.answer_by_keyword ? "yes" : "no"));
	show_row(table, "quota_octets", g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, quota.octets, quota.octets_limit));
	show_row(table, "quota_messages", g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, quota.messages, quota.messages_limit));
	show_row(table, "created", ctl_moment(a.created));
	ctl_table_print(&table);
	account_clear(&a);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[0]);
}

static bool set_text(char **member, const char *value)
{
	g_free(*member);
	*member = g_strdup(value);
	return true;
}

static bool set_flag(bool *member, const char *key, const char *value)
{
	if (strcmp(value, "yes") == 0 || strcmp(value, "on") == 0)
		*member = true;
	else if (strcmp(value, "no") == 0 || strcmp(value, "off") == 0)
		*member = false;
	else
		return ctl_fail("%s: found \"%s\", expected yes or no", key, value), false;
	return true;
}

static bool set_number(uint64_t *member, const char *key, const char *value)
{
	if (number_parse(slice_from_string(value), 0, (uint64_t)INT64_MAX, member))
		return true;
	ctl_fail("%s: found \"%s\", expected a whole number (0: no limit)", key, value);
	return false;
}

static bool set_invitations(int *member, const char *value)
{
	for (int i = -1; i < 3; i++) {
		if (strcmp(value, invitations_word(i)) == 0) {
			*member = i;
			return true;
		}
	}
	ctl_fail("add_invitations: found \"%s\", expected all, known, none or default", value);
	return false;
}

/* Puts one KEY=VALUE into the account; the field's bit, 0 when it is wrong. */
static unsigned set_pair(struct account *a, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0)
		return set_text(&a->display_name, value) ? ACCOUNT_DISPLAY_NAME : 0;
	if (strcmp(key, "timezone") == 0)
		return zone_is_known(value) && set_text(&a->timezone, value) ? ACCOUNT_TIMEZONE : 0;
	if (strcmp(key, "locale") == 0)
		return locale_is_known(value) && set_text(&a->locale, value) ? ACCOUNT_LOCALE : 0;
	if (strcmp(key, "quota_octets") == 0)
		return set_number(&a->quota_octets, key, value) ? ACCOUNT_QUOTA : 0;
	if (strcmp(key, "quota_messages") == 0)
		return set_number(&a->quota_messages, key, value) ? ACCOUNT_QUOTA : 0;
	if (strcmp(key, "add_invitations") == 0)
		return set_invitations(&a->add_invitations, value) ? ACCOUNT_ADD_INVITATIONS : 0;
	if (strcmp(key, "answer_by_keyword") == 0)
		return set_flag(&a->answer_by_keyword, key, value) ? ACCOUNT_ANSWER_BY_KEYWORD : 0;
	if (strcmp(key, "disabled") == 0)
		return set_flag(&a->disabled, key, value) ? ACCOUNT_DISABLED : 0;
	ctl_fail("unknown key \"%s\"; expected name, timezone, locale, quota_octets, quota_messages, "
		 "add_invitations, answer_by_keyword or disabled", key);
	return 0;
}

static enum ctl_status account_set_verb(struct ctl *ctl)
{
	struct account a;
	enum store_result result = STORE_INVALID;
	unsigned fields = 0;

	if (ctl_find_account(ctl, ctl->words[0], &a) != CTL_DONE)
		return CTL_FAILED;
	for (int i = 1; i < ctl->word_count; i++) {
		char *equals = strchr(ctl->words[i], '=');
		g_autofree char *key = NULL;
		unsigned field;

		if (equals == NULL) {
			ctl_fail("found \"%s\", expected KEY=VALUE", ctl->words[i]);
			account_clear(&a);
			return CTL_USAGE;
		}
		key = g_strndup(ctl->words[i], (size_t)(equals - ctl->words[i]));
		field = set_pair(&a, key, equals + 1);
		if (field == 0) {
			account_clear(&a);
			return CTL_FAILED;
		}
		fields |= field;
	}
	result = account_set(ctl->store, &a, fields);
	account_clear(&a);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[0]);
}

static enum ctl_status account_passwd_verb(struct ctl *ctl)
{
	struct account a;
	enum store_result result = STORE_INVALID;

	if (ctl_find_account(ctl, ctl->words[0], &a) != CTL_DONE)
		return CTL_FAILED;
	if (read_secrets(&a)) {
		result = account_set(ctl->store, &a, ACCOUNT_SECRETS);
		if (result != STORE_OK)
			ctl_fail_store(result, "%s", a.address);
	}
	account_clear(&a);
	return result == STORE_OK ? CTL_DONE : CTL_FAILED;
}

static enum ctl_status account_remove_verb(struct ctl *ctl)
{
	struct account a;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &a) != CTL_DONE)
		return CTL_FAILED;
	if (ctl_option(ctl, "yes") == NULL) {
		account_clear(&a);
		ctl_fail("this removes all mail and meetings of %s; say --yes to do it", ctl->words[0]);
		return CTL_USAGE;
	}
	result = account_remove(ctl->store, a.account_id);
	account_clear(&a);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[0]);
}

static enum ctl_status alias_add_verb(struct ctl *ctl)
{
	enum store_result result = alias_add(ctl->store, ctl->words[0], ctl->words[1]);

	if (result == STORE_NOT_FOUND)
		return ctl_fail("there is no account %s", ctl->words[1]);
	if (result == STORE_EXISTS)
		return ctl_fail("%s leads there already, or is an account's own address", ctl->words[0]);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[0]);
}

static enum ctl_status alias_remove_verb(struct ctl *ctl)
{
	enum store_result result =
		alias_remove(ctl->store, ctl->words[0], ctl->word_count > 1 ? ctl->words[1] : NULL);

	if (result == STORE_NOT_FOUND)
		return ctl_fail("there is no such alias %s", ctl->words[0]);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[0]);
}

static enum ctl_status alias_list_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "alias", "address", NULL };
	g_autoptr(GPtrArray) aliases = NULL;
	enum store_result result = alias_list(ctl->store, 0, &aliases);
	struct ctl_table *table;

	if (result != STORE_OK)
		return ctl_fail_store(result, "aliases");
	table = ctl_table_create(ctl, columns);
	for (guint i = 0; i < aliases->len; i++) {
		const struct alias *alias = aliases->pdata[i];

		ctl_table_row(table, alias->alias, alias->address, NULL);
	}
	ctl_table_print(&table);
	return CTL_DONE;
}

const struct ctl_verb ctl_account_verbs[] = {
	{ "account add", "ADDRESS [--timezone ZONE] [--locale L] [--name NAME]", 1, 1, "timezone= locale= name=",
	  CTL_NEEDS_STORE, account_add_verb, "Makes an account with its default folders; the password on standard input." },
	{ "account list", "", 0, 0, NULL, CTL_NEEDS_STORE, account_list_verb, "All accounts." },
	{ "account show", "ADDRESS", 1, 1, NULL, CTL_NEEDS_STORE, account_show_verb, "Everything set for an account." },
	{ "account set", "ADDRESS KEY=VALUE...", 2, -1, NULL, CTL_NEEDS_STORE, account_set_verb,
	  "Changes name, timezone, locale, quota_octets, quota_messages, add_invitations, answer_by_keyword, disabled." },
	{ "account passwd", "ADDRESS", 1, 1, NULL, CTL_NEEDS_STORE, account_passwd_verb,
	  "A new password, from standard input." },
	{ "account remove", "ADDRESS --yes", 1, 1, "yes", CTL_NEEDS_STORE, account_remove_verb,
	  "Removes the account with all its mail and meetings." },
	{ "alias add", "ALIAS ADDRESS", 2, 2, NULL, CTL_NEEDS_STORE, alias_add_verb,
	  "Mail for ALIAS reaches ADDRESS too." },
	{ "alias remove", "ALIAS [ADDRESS]", 1, 2, NULL, CTL_NEEDS_STORE, alias_remove_verb, "Ends that." },
	{ "alias list", "", 0, 0, NULL, CTL_NEEDS_STORE, alias_list_verb, "All aliases." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
