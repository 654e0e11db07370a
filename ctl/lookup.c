/* See lookup.h. */
#include "ctl/lookup.h"

#include <time.h>

enum ctl_status ctl_find_account(struct ctl *ctl, const char *address, struct account *account_out)
{
	enum store_result result = account_find(ctl->store, address, account_out);

	if (result == STORE_OK)
		return CTL_DONE;
	if (result == STORE_NOT_FOUND)
		return ctl_fail("there is no account %s", address);
	return ctl_fail_store(result, "%s", address);
}

/* With '.' as separator, '.' and '/' change places. */
static char *swap_separator(const struct ctl *ctl, const char *name)
{
	char *swapped = g_strdup(name);

	if (ctl->config->imap.hierarchy_separator == '.') {
		for (char *p = swapped; *p != '\0'; p++)
			*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	}
	return swapped;
}

char *ctl_mailbox_name(const struct ctl *ctl, const char *name)
{
	g_autofree char *swapped = swap_separator(ctl, name);
	char *normal = mailbox_name_normalise(slice_from_string(swapped));

	if (normal == NULL)
		ctl_fail("\"%s\" cannot be a mailbox's name", name);
	return normal;
}

char *ctl_mailbox_shown(const struct ctl *ctl, const char *name)
{
	return swap_separator(ctl, name);
}

enum ctl_status ctl_find_mailbox(struct ctl *ctl, const struct account *account, const char *name,
				 struct mailbox *mailbox_out)
{
	g_autofree char *normal = ctl_mailbox_name(ctl, name);
	enum store_result result;

	*mailbox_out = (struct mailbox){ 0 };
	if (normal == NULL)
		return CTL_FAILED;
	result = mailbox_find(ctl->store, account->account_id, slice_from_string(normal), mailbox_out);
	if (result == STORE_OK && !mailbox_out->noselect)
		return CTL_DONE;
	if (result == STORE_OK || result == STORE_NOT_FOUND)
		return ctl_fail("%s has no mailbox %s", account->address, name);
	return ctl_fail_store(result, "%s", name);
}

char *ctl_moment(int64_t moment)
{
	time_t seconds = (time_t)(moment / G_USEC_PER_SEC);
	struct tm utc;
	char text[32];

	if (moment == 0)
		return g_strdup("");
	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &utc);
	return g_strdup(text);
}
