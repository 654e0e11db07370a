#include "web/reader.h"

#include "store/account.h"

static const struct zone *zone_of(const char *name, const struct config *config)
{
	const struct zone *zone = name != NULL && name[0] != '\0' ? zone_find(name) : NULL;

	if (zone == NULL && config->calendar.default_timezone != NULL)
		zone = zone_find(config->calendar.default_timezone);
	return zone != NULL ? zone : zone_utc();
}

struct web_reader *web_reader_create(const struct web_session *session, const struct config *config)
{
	struct web_reader *reader = g_new0(struct web_reader, 1);
	bool has_locale = session->locale != NULL && session->locale[0] != '\0';

	reader->account_id = session->account_id;
	reader->address = g_strdup(session->address);
	reader->name = g_strdup(session->display_name != NULL ? session->display_name : "");
	reader->zone = zone_of(session->timezone, config);
	reader->words = words_for(has_locale ? session->locale : config->calendar.default_locale);
	return reader;
}

void web_reader_destroy(struct web_reader **reader)
{
	if (*reader == NULL)
		return;
	g_free((*reader)->address);
	g_free((*reader)->name);
	g_strfreev((*reader)->addresses);
	g_clear_pointer(reader, g_free);
}

const char *const *web_reader_addresses(struct web_reader *reader, struct store *store)
{
	if (reader->addresses == NULL &&
	    account_addresses(store, reader->account_id, &reader->addresses) != STORE_OK)
		return NULL;
	return (const char *const *)reader->addresses;
}
