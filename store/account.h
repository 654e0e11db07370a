/* Accounts, their addresses, aliases and settings.
 *
 * Addresses are kept in lower case (UTF-8, NFC); every function takes them in any
 * case.  An alias leads to one or more accounts.  user+detail@domain leads where
 * user@domain does, unless it is an address of its own. */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H

#include "config/config.h"
#include "store/store.h"

struct account {
	uint64_t account_id;       /* never 0 */
	char *address;
	char *password_hash;       /* crypt(3); NULL: can't sign in with a password */
	char *scram_sha256;        /* auth/scram.h's verifier; NULL: none */
	char *display_name;        /* "" when not set; so the next two (then the setting's default) */
	char *timezone;            /* IANA name */
	char *locale;              /* "de", "en_GB" */
	uint64_t quota_octets;     /* 0: no limit */
	uint64_t quota_messages;   /* 0: no limit */
	int add_invitations;       /* enum config_add_invitations; -1: the setting's */
	bool answer_by_keyword;    /* storing $Accepted ... answers the invitation */
	bool disabled;             /* no sign-in; mail is still taken in */
	int64_t created;           /* clock_now() */
};

/* Frees the strings and sets all to zero. */
void account_clear(struct account *account);
/* The same for one on the heap (GPtrArray elements). */
void account_free(struct account *account);

/* In lower case, NFC; NULL when it can't be an address here (no or empty local part or
 * domain, over 254 octets, control octets, spaces, not UTF-8).  g_free() it. */
char *account_address_normalise(const char *address);

/* Which fields account_set takes. */
enum account_fields {
	ACCOUNT_SECRETS = 1 << 0, /* password_hash and scram_sha256 */
	ACCOUNT_DISPLAY_NAME = 1 << 1,
	ACCOUNT_TIMEZONE = 1 << 2,
	ACCOUNT_LOCALE = 1 << 3,
	ACCOUNT_QUOTA = 1 << 4,   /* both */
	ACCOUNT_ADD_INVITATIONS = 1 << 5,
	ACCOUNT_ANSWER_BY_KEYWORD = 1 << 6,
	ACCOUNT_DISABLED = 1 << 7,
};

/* Makes the account with all its fields (but account_id and created) and its default
 * folders (INBOX, Drafts, Sent, Junk, Trash, Archive, with their special use, subscribed) and
 * default calendar, in one transaction.  STORE_EXISTS: an account or alias has that
 * address.  STORE_INVALID: the address. */
enum store_result account_add(struct store *store, const struct account *account,
			      uint64_t *account_id_out);
/* By the account's own address, or by an alias that leads to it alone (sign-in by alias).
 * No sub-addresses.  *account_out is overwritten; account_clear() it on any result. */
enum store_result account_find(struct store *store, const char *address, struct account *account_out);
enum store_result account_get(struct store *store, uint64_t account_id, struct account *account_out);
/* All by address, in pages: `after` "" at first, then the last address seen.  *accounts_out:
 * a new GPtrArray of struct account, g_ptr_array_unref() it; at most `limit`. */
enum store_result account_list(struct store *store, const char *after, unsigned limit,
			       GPtrArray **accounts_out);
/* Sets the fields named in `fields` (enum account_fields) of account->account_id.  With
 * ACCOUNT_SECRETS its web sessions end. */
enum store_result account_set(struct store *store, const struct account *account, unsigned fields);
/* The account with everything of it: mail, calendar, links, sessions, its rights in other
 * people's folders, aliases that lead to nobody else.  What is in the queue still goes out. */
enum store_result account_remove(struct store *store, uint64_t account_id);

/* STORE_EXISTS: the alias already leads there, or the address is an account's.
 * STORE_NOT_FOUND: no such account. */
enum store_result alias_add(struct store *store, const char *alias, const char *account_address);
/* account_address NULL: for all accounts. */
enum store_result alias_remove(struct store *store, const char *alias, const char *account_address);

struct alias {
	char *alias, *address;
};
/* All aliases, or those that lead to account_id (0: all), by name.  A GPtrArray of
 * struct alias. */
enum store_result alias_list(struct store *store, uint64_t account_id, GPtrArray **aliases_out);

/* Every address of an account, its own first, then its aliases; NULL-terminated,
 * g_strfreev() it. */
enum store_result account_addresses(struct store *store, uint64_t account_id, char ***addresses_out);

/* Where mail for an address goes. */
struct account_target {
	uint64_t account_id;
	char *address;             /* the account's own */
	char *matched;             /* the account's address or alias that was meant, without detail */
	char *detail;              /* of user+detail, as written; NULL: none */
	char *display_name, *timezone, *locale;
	int add_invitations;       /* as in struct account */
	bool answer_by_keyword;
	bool over_quota;           /* its limits are reached already */
};
/* *targets_out: a new GPtrArray of struct account_target, one or more, each account once.
 * STORE_NOT_FOUND: nobody here has that address. */
enum store_result account_resolve(struct store *store, const char *address, GPtrArray **targets_out);

/* Addresses the account has written to or knows (policy `known`).  Adding one that is
 * there already is STORE_OK. */
enum store_result contact_add(struct store *store, uint64_t account_id, const char *address);
enum store_result contact_known(struct store *store, uint64_t account_id, const char *address,
				bool *known_out);

#endif
