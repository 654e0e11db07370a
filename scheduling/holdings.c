/* The row's facts are derived from the object each time it is saved; the object is
 * the truth.  An object that still has its METHOD was never taken into the calendar:
 * it is kept for the page that offers it. */
#include "scheduling/holdings.h"

#include "calendar/recur.h"
#include "calendar/zone.h"
#include "store/account.h"

enum store_result reader_load(struct store *store, const struct config *config, uint64_t account_id,
			      struct reader *reader_out)
{
	struct account account;
	enum store_result result;

	memset(reader_out, 0, sizeof *reader_out);
	result = account_get(store, account_id, &account);
	if (result == STORE_OK)
		result = account_addresses(store, account_id, &reader_out->addresses);
	if (result == STORE_OK) {
		const char *zone = *account.timezone != '\0' ? account.timezone
							     : config->calendar.default_timezone;

		reader_out->account_id = account_id;
		reader_out->address = g_strdup(account.address);
		reader_out->display_name = g_strdup(account.display_name);
		reader_out->locale = g_strdup(*account.locale != '\0' ? account.locale
								      : config->calendar.default_locale);
		reader_out->zone = zone != NULL ? zone_find(zone) : NULL;
		if (reader_out->zone == NULL)
			reader_out->zone = zone_utc();
		reader_out->add_invitations = account.add_invitations >= 0
						      ? account.add_invitations
						      : (int)config->calendar.add_invitations;
	}
	account_clear(&account);
	return result;
}

void reader_clear(struct reader *reader)
{
	g_free(reader->address);
	g_free(reader->display_name);
	g_free(reader->locale);
	g_strfreev(reader->addresses);
	memset(reader, 0, sizeof *reader);
}

void reader_add_address(struct reader *reader, const char *address)
{
	guint count = g_strv_length(reader->addresses);

	for (guint i = 0; i < count; i++)
		if (meeting_address_equal(reader->addresses[i], address))
			return;
	reader->addresses = g_renew(char *, reader->addresses, count + 2);
	reader->addresses[count] = g_strdup(address);
	reader->addresses[count + 1] = NULL;
}

const char *reader_own_form(const struct reader *reader, const char *address)
{
	for (char **own = reader->addresses; address != NULL && *own != NULL; own++)
		if (meeting_address_equal(*own, address))
			return *own;
	return reader->address;
}

enum store_result holding_load(struct store *store, uint64_t account_id, const char *uid, bool lock,
			       struct holding *holding_out)
{
	enum store_result result;

	memset(holding_out, 0, sizeof *holding_out);
	result = meeting_find(store, account_id, uid, lock, &holding_out->row);
	if (result == STORE_NOT_FOUND)
		return STORE_OK;
	if (result != STORE_OK)
		return result;
	holding_out->known = true;
	holding_out->meeting = meeting_load(holding_out->row.ics);
	if (holding_out->meeting != NULL && holding_out->meeting->method == MEETING_METHOD_NONE)
		holding_out->stored = holding_out->meeting;
	return STORE_OK;
}

void holding_clear(struct holding *holding)
{
	meeting_row_clear(&holding->row);
	meeting_destroy(&holding->meeting);
	memset(holding, 0, sizeof *holding);
}

static bool is_ours(const char *address, const char *const *addresses)
{
	for (; *addresses != NULL; addresses++)
		if (meeting_address_equal(*addresses, address))
			return true;
	return false;
}

static bool any_blocks(const struct meeting *meeting, const char *const *addresses)
{
	if (meeting->removed || meeting->method != MEETING_METHOD_NONE)
		return false;
	if (meeting->master != NULL && meeting_event_blocks(meeting->master, addresses))
		return true;
	for (size_t i = 0; i < meeting->override_count; i++)
		if (meeting_event_blocks(meeting->overrides[i], addresses))
			return true;
	return false;
}

static struct meeting_row make_row(const struct reader *reader, const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);
	const char *const *addresses = (const char *const *)reader->addresses;
	const struct meeting_person *own = meeting_find_attendee(event, addresses);
	struct meeting_span span = recur_span(meeting, reader->zone);

	/* The store frees no string of a row that it is given. */
	return (struct meeting_row){
		.uid = (char *)meeting->uid,
		.ics = meeting->ics,
		.organizer = (char *)(event->has_organizer ? event->organizer.address : ""),
		.summary = (char *)event->summary,
		.location = (char *)event->location,
		.status = event->status,
		.partstat = own != NULL ? own->partstat : MEETING_PARTSTAT_NEEDS_ACTION,
		.is_organizer = event->has_organizer && is_ours(event->organizer.address, addresses),
		.invited_address = (char *)(own != NULL ? own->address : ""),
		.sequence = event->sequence,
		.stamp = event->stamp,
		.first_start = span.start,
		.last_end = span.end,
		.recurring = meeting_is_recurring(meeting),
		.busy = any_blocks(meeting, addresses),
	};
}

enum store_result holding_save(struct store *store, const struct reader *reader,
			       const struct holding *holding, const struct meeting *meeting, bool shown)
{
	struct meeting_row row = make_row(reader, meeting);

	row.shown = shown && !meeting->shell;
	row.version = holding->row.version;
	row.calendar_id = holding->row.calendar_id;
	return meeting_save(store, reader->account_id, &row, NULL);
}
