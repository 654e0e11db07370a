/* Meetings, their links, and why something was decided. */
#include "base/clock.h"
#include "calendar/link.h"
#include "ctl/lookup.h"
#include "scheduling/restamp.h"
#include "store/meeting_store.h"

#include <stdio.h>
#include <time.h>

/* Bounds in seconds UTC; the far ends of time as words. */
static char *bound(int64_t seconds, bool all_time)
{
	time_t t = (time_t)seconds;
	struct tm utc;
	char text[32];

	if (all_time)
		return g_strdup("without end");
	gmtime_r(&t, &utc);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%MZ", &utc);
	return g_strdup(text);
}

static const char *const status_words[] = {
	[MEETING_STATUS_NONE] = "", [MEETING_STATUS_TENTATIVE] = "tentative",
	[MEETING_STATUS_CONFIRMED] = "confirmed", [MEETING_STATUS_CANCELLED] = "cancelled",
};

static const char *status_word(enum meeting_status status)
{
	return (size_t)status < G_N_ELEMENTS(status_words) && status_words[status] != NULL ? status_words[status] : "";
}

static enum ctl_status meeting_list_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "uid", "start", "end", "title", "organizer", "status", "answer", NULL };
	g_autoptr(GPtrArray) rows = NULL;
	struct account account;
	struct meeting_query query = { .from = INT64_MIN / 4, .to = MEETING_FOREVER };
	struct ctl_table *table;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	query.account_id = account.account_id;
	account_clear(&account);
	result = meeting_list(ctl->store, &query, &rows);
	if (result != STORE_OK)
		return ctl_fail_store(result, "%s", ctl->words[0]);
	table = ctl_table_create(ctl, columns);
	for (guint i = 0; i < rows->len; i++) {
		const struct meeting_row *row = rows->pdata[i];
		g_autofree char *start = bound(row->first_start, false);
		g_autofree char *end = bound(row->last_end, row->last_end >= MEETING_FOREVER);

		ctl_table_row(table, row->uid, start, end, row->summary, row->organizer, status_word(row->status),
			      meeting_partstat_name(row->partstat), NULL);
	}
	ctl_table_print(&table);
	return CTL_DONE;
}

static enum ctl_status meeting_explain_verb(struct ctl *ctl)
{
	static const char *const columns[] = { "received", "method", "from", "sender", "kind", "action", "reason", "note", NULL };
	g_autoptr(GPtrArray) rows = NULL;
	struct account account;
	struct ctl_table *table;
	enum store_result result;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	result = trail_list(ctl->store, account.account_id, ctl->words[1], 1000, &rows);
	account_clear(&account);
	if (result != STORE_OK)
		return ctl_fail_store(result, "%s", ctl->words[1]);
	if (rows->len == 0)
		return ctl_fail("no message of meeting %s has come to %s", ctl->words[1], ctl->words[0]);
	table = ctl_table_create(ctl, columns);
	for (guint i = rows->len; i > 0; i--) {
		const struct trail_row *row = rows->pdata[i - 1];
		g_autofree char *received = ctl_moment(row->received);

		ctl_table_row(table, received, row->method, row->from, row->vouch, row->kind, row->action, row->reason,
			      row->note, NULL);
	}
	ctl_table_print(&table);
	return CTL_DONE;
}

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : "";
}

static void print_link(struct ctl *ctl, const struct link *link)
{
	struct config_domain links = config_links_for(ctl->config, domain_of(link->address));
	g_autofree char *url = link_format(&links, link->token);

	puts(url);
}

/* The newest link in force of a meeting; CTL_FAILED and a message when there is none. */
static enum ctl_status newest_link(struct ctl *ctl, uint64_t account_id, GPtrArray **links_out,
				   const struct link **link_out)
{
	enum store_result result = link_list(ctl->store, account_id, ctl->words[1], links_out);

	if (result != STORE_OK)
		return ctl_fail_store(result, "%s", ctl->words[1]);
	for (guint i = 0; i < (*links_out)->len; i++) {
		const struct link *link = (*links_out)->pdata[i];

		if (!link->revoked) {
			*link_out = link;
			return CTL_DONE;
		}
	}
	return ctl_fail("%s has no link to a meeting %s", ctl->words[0], ctl->words[1]);
}

static enum ctl_status with_link(struct ctl *ctl, enum ctl_status (*act)(struct ctl *ctl, uint64_t account_id,
									  const struct link *link))
{
	g_autoptr(GPtrArray) links = NULL;
	const struct link *link = NULL;
	struct account account;
	enum ctl_status status;
	uint64_t id;

	if (ctl_find_account(ctl, ctl->words[0], &account) != CTL_DONE)
		return CTL_FAILED;
	id = account.account_id;
	account_clear(&account);
	status = newest_link(ctl, id, &links, &link);
	return status == CTL_DONE ? act(ctl, id, link) : status;
}

static enum ctl_status show_link(struct ctl *ctl, uint64_t account_id, const struct link *link)
{
	(void)account_id;
	print_link(ctl, link);
	return CTL_DONE;
}

static enum ctl_status revoke_link(struct ctl *ctl, uint64_t account_id, const struct link *link)
{
	enum store_result result = link_revoke(ctl->store, link->token);

	(void)account_id;
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[1]);
}

static enum ctl_status rotate_link(struct ctl *ctl, uint64_t account_id, const struct link *link)
{
	struct link made = { 0 };
	enum store_result result = link_rotate(ctl->store, account_id, ctl->words[1], link->address, &made);

	if (result == STORE_OK)
		print_link(ctl, &made);
	link_clear(&made);
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", ctl->words[1]);
}

static enum ctl_status link_verb(struct ctl *ctl)
{
	return with_link(ctl, show_link);
}

static enum ctl_status link_revoke_verb(struct ctl *ctl)
{
	return with_link(ctl, revoke_link);
}

static enum ctl_status link_rotate_verb(struct ctl *ctl)
{
	return with_link(ctl, rotate_link);
}

static enum ctl_status restamp_one(struct ctl *ctl, const struct account *account, struct restamp_counts *all)
{
	struct restamp_counts counts;
	enum store_result result = restamp_account(ctl->store, ctl->config, account->account_id, clock_now(), NULL,
						   NULL, &counts);

	all->seen += counts.seen;
	all->changed += counts.changed;
	all->failed += counts.failed;
	return result == STORE_OK ? CTL_DONE : ctl_fail_store(result, "%s", account->address);
}

static enum ctl_status restamp_everybody(struct ctl *ctl, struct restamp_counts *all)
{
	g_autofree char *after = g_strdup("");
	enum ctl_status status = CTL_DONE;

	while (status == CTL_DONE) {
		g_autoptr(GPtrArray) page = NULL;
		enum store_result result = account_list(ctl->store, after, 100, &page);

		if (result != STORE_OK)
			return ctl_fail_store(result, "accounts");
		if (page->len == 0)
			break;
		for (guint i = 0; i < page->len && status == CTL_DONE; i++)
			status = restamp_one(ctl, page->pdata[i], all);
		g_free(after);
		after = g_strdup(((const struct account *)page->pdata[page->len - 1])->address);
	}
	return status;
}

static enum ctl_status restamp_verb(struct ctl *ctl)
{
	struct restamp_counts all = { 0 };
	struct account account;
	enum ctl_status status;

	if (ctl->word_count > 0) {
		status = ctl_find_account(ctl, ctl->words[0], &account);
		if (status == CTL_DONE)
			status = restamp_one(ctl, &account, &all);
		account_clear(&account);
	} else {
		status = restamp_everybody(ctl, &all);
	}
	printf("%" G_GUINT64_FORMAT " rendered messages, %" G_GUINT64_FORMAT " made anew, %" G_GUINT64_FORMAT
	       " failed\n", all.seen, all.changed, all.failed);
	return status == CTL_DONE && all.failed > 0 ? CTL_FAILED : status;
}

const struct ctl_verb ctl_meeting_verbs[] = {
	{ "meeting list", "ADDRESS", 1, 1, NULL, CTL_NEEDS_STORE, meeting_list_verb, "The account's meetings." },
	{ "meeting explain", "ADDRESS UID", 2, 2, NULL, CTL_NEEDS_STORE, meeting_explain_verb,
	  "What was decided on each incoming message of that meeting, and why." },
	{ "link rotate", "ADDRESS UID", 2, 2, NULL, CTL_NEEDS_STORE, link_rotate_verb,
	  "A new link in place of the old one, which stops working." },
	{ "link revoke", "ADDRESS UID", 2, 2, NULL, CTL_NEEDS_STORE, link_revoke_verb, "The link stops working." },
	{ "link", "ADDRESS UID", 2, 2, NULL, CTL_NEEDS_STORE, link_verb,
	  "Prints the link of that meeting for that account." },
	{ "restamp", "[ADDRESS]", 0, 1, NULL, CTL_NEEDS_STORE, restamp_verb,
	  "Puts links of the settings in force into meeting mail that was rendered before, under new UIDs." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
