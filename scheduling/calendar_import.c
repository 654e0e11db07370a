/* The text is cut into one object per UID, each with the time zones of its VCALENDAR,
 * and each is stored if it is newer than what is known. */
#include "scheduling/calendar_import.h"

#include "calendar/component.h"
#include "calendar/guard.h"
#include "config/config.h"
#include "scheduling/calendar_reader.h"
#include "scheduling/holdings.h"

#define MAX_TRIES 8

static bool is_meeting(const struct component *component)
{
	return strcmp(component->name, "VEVENT") == 0 || strcmp(component->name, "VTODO") == 0;
}

static struct component *new_calendar(struct arena *arena, const struct component *from)
{
	struct component *calendar = component_create(arena, "VCALENDAR");

	for (const struct property *p = from->properties; p != NULL; p = p->next)
		if (strcmp(p->name, "METHOD") != 0)
			component_add(arena, calendar, p->name, p->params, p->value);
	for (const struct component *c = from->children; c != NULL; c = c->next)
		if (strcmp(c->name, "VTIMEZONE") == 0)
			component_add_child(calendar, component_copy(arena, c));
	return calendar;
}

/* A GPtrArray of struct component: one VCALENDAR per UID. */
static GPtrArray *split(struct arena *arena, const struct component *all)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTable *by_uid = g_hash_table_new(g_str_hash, g_str_equal);

	for (const struct component *c = all->children; c != NULL; c = c->next) {
		const char *uid = is_meeting(c) ? component_value(c, "UID") : NULL;
		struct component *calendar;

		if (uid == NULL)
			continue;
		calendar = g_hash_table_lookup(by_uid, uid);
		if (calendar == NULL) {
			calendar = new_calendar(arena, all);
			g_hash_table_insert(by_uid, (gpointer)uid, calendar);
			g_ptr_array_add(list, calendar);
		}
		component_add_child(calendar, component_copy(arena, c));
	}
	g_hash_table_unref(by_uid);
	return list;
}

static bool is_newer(const struct meeting *meeting, const struct holding *holding)
{
	const struct meeting_event *have, *want = meeting_main_event(meeting);

	if (holding->stored == NULL)
		return true;
	have = meeting_main_event(holding->stored);
	if (want->sequence != have->sequence)
		return want->sequence > have->sequence;
	if (want->stamp != have->stamp)
		return want->stamp > have->stamp;
	return want->last_modified > have->last_modified;
}

static enum store_result store_one(struct store *store, const struct config *config, uint64_t account_id,
				   const struct meeting *meeting, bool *stored_out)
{
	enum store_result result = STORE_CONFLICT;

	*stored_out = false;
	for (unsigned i = 0; i < MAX_TRIES && result == STORE_CONFLICT; i++) {
		struct reader reader;
		struct holding holding = { 0 };

		result = reader_load(store, config, account_id, &reader);
		if (result == STORE_OK)
			result = holding_load(store, account_id, meeting->uid, false, &holding);
		if (result == STORE_OK && is_newer(meeting, &holding)) {
			result = holding_save(store, &reader, &holding, meeting, true);
			*stored_out = result == STORE_OK;
		}
		holding_clear(&holding);
		reader_clear(&reader);
	}
	return result;
}

/* NULL and a sentence when it is no meeting, or no reader came through it. */
static struct meeting *read_one(struct slice text, char **problem_out)
{
	const char *reason = NULL;

	if (calendar_reader_check(text, NULL, &reason))
		return meeting_parse(text, NULL, problem_out);
	*problem_out = g_strdup(reason);
	return NULL;
}

static enum store_result import_one(struct store *store, const struct config *config, uint64_t account_id,
				    const struct component *calendar, struct calendar_imported *done, char **problem)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *reason = NULL;
	struct meeting *meeting;
	enum store_result result;
	bool stored;

	component_write(calendar, text);
	meeting = read_one(slice_of(text->str, text->len), &reason);
	if (meeting == NULL) {
		done->failed++;
		if (*problem == NULL)
			*problem = g_steal_pointer(&reason);
		return STORE_OK;
	}
	result = store_one(store, config, account_id, meeting, &stored);
	if (result == STORE_OK && stored)
		done->stored++;
	else if (result == STORE_OK)
		done->known++;
	meeting_destroy(&meeting);
	return result;
}

/* The whole file as a tree; NULL and a sentence when it can't be read. */
static struct component *read_all(struct arena *arena, struct slice text, char **problem_out)
{
	struct meeting_limits limits = meeting_limits_default;
	struct component *all = NULL;
	const char *reason = NULL;
	GString *clean;

	limits.octets *= 10;
	limits.components *= 10;
	limits.properties *= 10;
	if (!calendar_reader_check(text, NULL, &reason)) {
		*problem_out = g_strdup(reason);
		return NULL;
	}
	clean = guard_text(text, NULL, &limits, problem_out);
	if (clean != NULL) {
		all = component_parse(arena, slice_of(clean->str, clean->len), &limits, problem_out);
		g_string_free(clean, TRUE);
	}
	return all;
}

enum store_result calendar_import(struct store *store, uint64_t account_id, struct slice text,
				  struct calendar_imported *done_out, char **problem_out)
{
	/* The defaults only place all-day and floating times in the index. */
	const struct config *config = config_defaults();
	struct arena *arena = arena_create();
	struct component *all;
	enum store_result result = STORE_OK;

	memset(done_out, 0, sizeof *done_out);
	*problem_out = NULL;
	all = read_all(arena, text, problem_out);
	if (all != NULL) {
		g_autoptr(GPtrArray) list = split(arena, all);

		for (guint i = 0; i < list->len && result == STORE_OK; i++)
			result = import_one(store, config, account_id, g_ptr_array_index(list, i), done_out, problem_out);
	}
	if (result == STORE_OK && done_out->stored + done_out->known == 0) {
		result = STORE_INVALID;
		if (*problem_out == NULL)
			*problem_out = g_strdup("There is no meeting in the file that can be read.");
	}
	arena_destroy(&arena);
	config_unref(&config);
	return result;
}
