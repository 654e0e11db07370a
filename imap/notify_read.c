/* The grammar of NOTIFY SET (RFC 5465 section 8). */
#include "imap/notify.h"

enum { MOST_GROUPS = 100 };

static const struct {
	const char *word;
	unsigned event;
} events[] = {
	{ "MessageNew", EVENT_MESSAGE_NEW },
	{ "MessageExpunge", EVENT_MESSAGE_EXPUNGE },
	{ "FlagChange", EVENT_FLAG_CHANGE },
	{ "MailboxName", EVENT_MAILBOX_NAME },
	{ "SubscriptionChange", EVENT_SUBSCRIPTION },
	{ "MailboxMetadataChange", EVENT_MAILBOX_METADATA },
	{ "ServerMetadataChange", EVENT_SERVER_METADATA },
};

void notify_print_events(GString *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		g_string_append_printf(out, "%c%s", i == 0 ? '(' : ' ', events[i].word);
	g_string_append_c(out, ')');
}

static enum notify_read_result read_scope(struct args *args, struct mailbox_name_rules rules,
					  struct notify_group *group)
{
	switch (mailbox_scope_read(args, rules, &group->scope)) {
	case SCOPE_READ: return NOTIFY_READ;
	case SCOPE_BAD: return NOTIFY_BAD;
	case SCOPE_BAD_NAME: return NOTIFY_BAD_NAME;
	}
	g_assert_not_reached();
}

static enum notify_read_result read_event(struct args *list, struct notify_request *request,
					  struct notify_group *group)
{
	size_t i = 0;
	struct slice word;

	while (i < G_N_ELEMENTS(events) && !args_take_word(list, events[i].word))
		i++;
	if (i == G_N_ELEMENTS(events))
		return args_atom(list, &word) ? NOTIFY_BAD_EVENT : NOTIFY_BAD;
	group->events |= events[i].event;
	if (events[i].event != EVENT_MESSAGE_NEW || !args_is_list(list))
		return NOTIFY_READ;
	if (!mailbox_scope_is_selected(&group->scope)) {
		args_fail(list, "FETCH items are told of the selected mailbox alone");
		return NOTIFY_BAD;
	}
	request->has_new_items = true;
	return fetch_items_read(list, &request->new_items) ? NOTIFY_READ : NOTIFY_BAD;
}

/* RFC 5465 section 5: which events come together and where. */
static const char *complaint(const struct notify_group *group)
{
	bool new = group->events & EVENT_MESSAGE_NEW, expunge = group->events & EVENT_MESSAGE_EXPUNGE;

	if (new != expunge)
		return "MessageNew and MessageExpunge come together";
	if ((group->events & EVENT_FLAG_CHANGE) && !new)
		return "FlagChange needs MessageNew and MessageExpunge";
	if (mailbox_scope_is_selected(&group->scope) && (group->events & ~(unsigned)EVENT_MESSAGES))
		return "Of the selected mailbox only message events are told";
	return NULL;
}

static enum notify_read_result read_events(struct args *args, struct notify_request *request,
					   struct notify_group *group)
{
	enum notify_read_result result = NOTIFY_READ;
	const char *text;
	struct args list;

	if (args_take_word(args, "NONE"))
		return args_end(args) ? NOTIFY_READ : NOTIFY_BAD;
	if (!args_list(args, &list) || !args_end(args))
		return NOTIFY_BAD;
	if (args_at_end(&list)) {
		args_fail(args, "One or more events are expected");
		return NOTIFY_BAD;
	}
	while (result == NOTIFY_READ && !args_at_end(&list))
		result = read_event(&list, request, group);
	text = result == NOTIFY_BAD ? list.error : result == NOTIFY_READ ? complaint(group) : NULL;
	if (text == NULL)
		return result;
	args_fail(args, text);
	return NOTIFY_BAD;
}

static enum notify_read_result read_group(struct args *args, struct mailbox_name_rules rules,
					  struct notify_request *request)
{
	struct notify_group *group = &request->groups[request->count];
	enum notify_read_result result;
	struct args list;

	if (!args_list(args, &list))
		return NOTIFY_BAD;
	result = read_scope(&list, rules, group);
	if (result == NOTIFY_READ)
		result = read_events(&list, request, group);
	if (result == NOTIFY_BAD)
		args_fail(args, list.error);
	for (size_t i = 0; result == NOTIFY_READ && i < request->count; i++) {
		if (!mailbox_scope_is_selected(&group->scope) || !mailbox_scope_is_selected(&request->groups[i].scope))
			continue;
		args_fail(args, "The selected mailbox may be named once");
		return NOTIFY_BAD;
	}
	request->count++;
	return result;
}

enum notify_read_result notify_read(struct args *args, struct mailbox_name_rules names,
				    struct notify_request *request)
{
	enum notify_read_result result = NOTIFY_READ;

	request->groups = arena_new_array(request->arena, struct notify_group, MOST_GROUPS);
	request->wants_status = args_take_word(args, "STATUS");
	do {
		if (request->count == MOST_GROUPS) {
			args_fail(args, "Too many event groups");
			return NOTIFY_BAD;
		}
		result = read_group(args, names, request);
	} while (result == NOTIFY_READ && !args_at_end(args));
	return result;
}
