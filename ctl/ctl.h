/* What a verb of convokectl gets, and what it gives back. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "config/config.h"
#include "store/store.h"

/* Exit statuses (the contract with scripts). */
enum ctl_status { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_WARNINGS = 3 };

struct ctl {
	const char *config_file;
	const struct config *config; /* NULL for verbs that read it themselves */
	struct store *store;         /* NULL unless the verb's row asks for it */
	bool json;
	char **words;                /* arguments behind the verb, without options */
	int word_count;
	GHashTable *options;         /* "timezone" -> value, "" for a bare flag */
};

typedef enum ctl_status (*ctl_fn)(struct ctl *ctl);

enum ctl_needs { CTL_NEEDS_NOTHING, CTL_NEEDS_CONFIG, CTL_NEEDS_STORE };

struct ctl_verb {
	const char *verb;    /* "account add" */
	const char *usage;   /* "ADDRESS [--timezone ZONE]" */
	int min_words, max_words; /* max -1: any number */
	const char *options; /* "timezone= dry-run": names, = where a value follows; NULL: none */
	enum ctl_needs needs;
	ctl_fn run;
	const char *doc;
};

/* One table per file of verbs; each ends with a NULL verb. */
extern const struct ctl_verb ctl_config_verbs[], ctl_account_verbs[], ctl_mailbox_verbs[], ctl_meeting_verbs[],
	ctl_database_verbs[], ctl_daemon_verbs[], ctl_import_verbs[];

/* "convokectl: TEXT" on standard error; answers CTL_FAILED. */
enum ctl_status ctl_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The same for a store function's answer: "TEXT: not found". */
enum ctl_status ctl_fail_store(enum store_result result, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* NULL when the option was not given. */
const char *ctl_option(const struct ctl *ctl, const char *name);
/* The first line of standard input without its end; NULL (and a message said)
 * when there is none.  secret_free() it. */
char *ctl_read_secret(void);

/* Rows of named values: a table for people, an array of objects with --json. */
struct ctl_table;
/* `columns` are the names, NULL-terminated and static. */
struct ctl_table *ctl_table_create(const struct ctl *ctl, const char *const *columns);
/* One value per column; NULL: none. */
void ctl_table_row(struct ctl_table *table, ...) G_GNUC_NULL_TERMINATED;
/* Writes all rows on standard output and frees the table. */
void ctl_table_print(struct ctl_table **table);

#endif
