/* Formatting is four pieces in a row; parsing takes the same pieces off the front
 * one by one, so the two cannot drift apart. */
#include "calendar/link.h"

#include "calendar/value.h"
#include "calendar/zone.h"

static const char door[] = "m/";

bool link_token_is_valid(struct slice token)
{
	if (token.len != LINK_TOKEN_LENGTH)
		return false;
	for (size_t i = 0; i < token.len; i++)
		if (!g_ascii_isalnum(token.data[i]) && token.data[i] != '-' && token.data[i] != '_')
			return false;
	return true;
}

char *link_format(const struct config_domain *links, const char *token)
{
	g_assert(link_token_is_valid(slice_from_string(token)));
	return g_strconcat(links->url_protocol, "//", links->host, links->path, door, token, NULL);
}

char *link_occurrence(const struct meeting_time *recurrence_id)
{
	bool placed = recurrence_id->kind == MEETING_TIME_UTC || recurrence_id->kind == MEETING_TIME_ZONED;
	struct meeting_fields f = recurrence_id->fields;
	char seconds[3] = "";

	if (recurrence_id->kind == MEETING_TIME_DATE)
		return g_strdup_printf("%04d%02d%02d", f.year, f.month, f.day);
	if (placed)
		zone_fields(recurrence_id->instant, &f);
	if (f.second != 0)
		g_snprintf(seconds, sizeof(seconds), "%02d", f.second);
	return g_strdup_printf("%04d%02d%02dT%02d%02d%s%s", f.year, f.month, f.day, f.hour, f.minute, seconds,
			       placed ? "Z" : "");
}

bool link_occurrence_parse(const char *text, struct meeting_time *time_out)
{
	return text[strspn(text, "0123456789TZ")] == '\0' && value_parse_time(text, time_out);
}

static bool take(struct slice *rest, const char *word, bool any_case)
{
	struct slice want = slice_from_string(word);
	struct slice have = slice_of(rest->data, MIN(want.len, rest->len));

	if (any_case ? !slice_equal_ascii_case(have, want) : !slice_equal(have, want))
		return false;
	*rest = slice_of(rest->data + want.len, rest->len - want.len);
	return true;
}

static bool take_token(struct slice rest, struct slice *token_out)
{
	struct slice token = slice_of(rest.data, MIN(rest.len, LINK_TOKEN_LENGTH));

	if (!link_token_is_valid(token))
		return false;
	if (rest.len > token.len && strchr("/?#", rest.data[token.len]) == NULL)
		return false;
	/* strchr finds the NUL too. */
	if (rest.len > token.len && rest.data[token.len] == '\0')
		return false;
	*token_out = token;
	return true;
}

bool link_parse(const struct config_domain *links, struct slice url, struct slice *token_out)
{
	return take(&url, links->url_protocol, true) && take(&url, "//", false) &&
	       take(&url, links->host, true) && link_parse_path(links->path, url, token_out);
}

bool link_parse_path(const char *path, struct slice request, struct slice *token_out)
{
	return take(&request, path, false) && take(&request, door, false) &&
	       take_token(request, token_out);
}
