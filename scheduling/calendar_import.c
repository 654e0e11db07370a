/* The text is cut into one object per UID (calendar/split.h), and each is stored if it is newer
 * than what is known. */
#include "scheduling/calendar_import.h"

#include "calendar/split.h"
#include "config/config.h"
#include "scheduling/calendar_reader.h"
#include "scheduling/holdings.h"

#define MAX_TRIES 8

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
	int64_t left = CALENDAR_READER_WORK;
	const char *reason = NULL;

	if (calendar_reader_check(text, NULL, &left, &reason))
		return meeting_parse(text, NULL, problem_out);
	*problem_out = g_strdup(reason);
	return NULL;
}

static enum store_result import_one(struct store *store, const struct config *config, uint64_t account_id,
				    struct slice text, struct calendar_imported *done, char **problem)
{
	g_autofree char *reason = NULL;
	struct meeting *meeting;
	enum store_result result;
	bool stored;

	meeting = read_one(text, &reason);
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

/* A file no larger than one meeting may be goes through a reader before anything else. */
static struct split *open_file(struct slice text, char **problem_out)
{
	int64_t left = CALENDAR_READER_WORK;
	const char *reason = NULL;

	if (calendar_reader_check(text, NULL, &left, &reason))
		return split_create(text, problem_out);
	*problem_out = g_strdup(reason);
	return NULL;
}

enum store_result calendar_import(struct store *store, uint64_t account_id, struct slice text,
				  struct calendar_imported *done_out, char **problem_out)
{
	/* The defaults only place all-day and floating times in the index. */
	const struct config *config = config_defaults();
	g_autoptr(GString) object = g_string_new(NULL);
	struct split *split;
	enum store_result result = STORE_OK;

	memset(done_out, 0, sizeof *done_out);
	*problem_out = NULL;
	split = open_file(text, problem_out);
	while (split != NULL && result == STORE_OK && split_next(split, object))
		result = import_one(store, config, account_id, slice_of(object->str, object->len), done_out,
				    problem_out);
	if (result == STORE_OK && done_out->stored + done_out->known == 0) {
		result = STORE_INVALID;
		if (*problem_out == NULL)
			*problem_out = g_strdup("There is no meeting in the file that can be read.");
	}
	split_destroy(&split);
	config_unref(&config);
	return result;
}
