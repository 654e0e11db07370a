#include "imap/command.h"

struct cleanup {
	void (*fn)(void *arg);
	void *arg;
};

void command_on_end(struct command *command, void (*fn)(void *arg), void *arg)
{
	struct cleanup *cleanup = arena_new(command->arena, struct cleanup);

	cleanup->fn = fn;
	cleanup->arg = arg;
	command->cleanups = g_slist_prepend(command->cleanups, cleanup);
}

void command_end(struct command *command)
{
	for (GSList *at = command->cleanups; at != NULL; at = at->next) {
		struct cleanup *cleanup = at->data;

		cleanup->fn(cleanup->arg);
	}
	g_clear_pointer(&command->cleanups, g_slist_free);
}

static enum command_step reply(struct command *command, enum command_reply kind, const char *code,
			       const char *text)
{
	command->reply = kind;
	command->code = code;
	command->text = text;
	return STEP_DONE;
}

enum command_step command_ok(struct command *command, const char *code, const char *text)
{
	return reply(command, REPLY_OK, code, text);
}

enum command_step command_no(struct command *command, const char *code, const char *text)
{
	return reply(command, REPLY_NO, code, text);
}

enum command_step command_bad(struct command *command, const char *text)
{
	return reply(command, REPLY_BAD, NULL, text);
}

enum command_step command_bad_code(struct command *command, const char *code, const char *text)
{
	return reply(command, REPLY_BAD, code, text);
}

enum command_step command_bad_args(struct command *command)
{
	return command_bad(command, command->args.error != NULL ? command->args.error
								: "The arguments are wrong");
}

static const struct {
	enum store_result result;
	const char *code;
	const char *before, *after;
} store_answers[] = {
	{ STORE_NOT_FOUND, "NONEXISTENT", "There is no such ", "" },
	{ STORE_EXISTS, "ALREADYEXISTS", "There is already such a ", "" },
	{ STORE_CONFLICT, "INUSE", "Somebody else changed the ", "; try again" },
	{ STORE_LIMIT, "LIMIT", "A limit of this server does not allow that ", "" },
	{ STORE_OVER_QUOTA, "OVERQUOTA", "The quota does not allow that ", "" },
	{ STORE_INVALID, "CANNOT", "This can't be done with that ", "" },
	{ STORE_UNAVAILABLE, "UNAVAILABLE", "The ", " can't be reached now; try again later" },
	{ STORE_DAMAGED, "CORRUPTION", "The ", " is damaged; tell your administrator" },
};

enum command_step command_store_failed(struct command *command, enum store_result result,
				       const char *what)
{
	for (size_t i = 0; i < G_N_ELEMENTS(store_answers); i++)
		if (store_answers[i].result == result)
			return command_no(command, store_answers[i].code,
					  arena_printf(command->arena, "%s%s%s", store_answers[i].before, what,
						       store_answers[i].after));
	g_assert_not_reached();
}

enum command_step command_answer(struct command *command, enum store_result result, const char *what,
				 const char *done)
{
	return result == STORE_OK ? command_ok(command, NULL, done) : command_store_failed(command, result, what);
}
