/* The link of a meeting: <url_protocol>//<host><path>m/<token>.
 *
 * The one place that knows this form, for writing and for reading: what
 * link_format() makes, link_parse() takes apart again.  The token names recipient
 * and meeting; who it belongs to is the store's business.  Q294406: the scheme is a
 * setting whose value ends in a colon, never a constant of the program. */
#ifndef CALENDAR_LINK_H
#define CALENDAR_LINK_H

#include "base/slice.h"
#include "calendar/meeting.h"
#include "config/config.h"

/* Random octets behind a token, and its length as text (base64url without padding). */
#define LINK_TOKEN_OCTETS 16
#define LINK_TOKEN_LENGTH 22

/* Whether these could be a token's characters and length. */
bool link_token_is_valid(struct slice token);

/* links: config_links_for() of the recipient's domain.  The token must be valid.
 * g_free() the result. */
char *link_format(const struct config_domain *links, const char *token);

/* One date of a series, as a link ("?occurrence=") and an address for answers name it:
 * 20260512T1200Z, without a zone 20260512T1200, a day 20260512.  g_free() it. */
char *link_occurrence(const struct meeting_time *recurrence_id);
/* False when it is none; seconds may stand in it. */
bool link_occurrence_parse(const char *text, struct meeting_time *time_out);

/* The token in a link of these settings, as part of `url`; false for anything else.
 * Scheme and host in any case; a query, a fragment or a slash behind the token, as
 * mail programs and redirectors add, is passed over. */
bool link_parse(const struct config_domain *links, struct slice url, struct slice *token_out);

/* The same of a request's path ("/m/TOKEN"), behind the prefix of `path` ("/" or "/x/"). */
bool link_parse_path(const char *path, struct slice request, struct slice *token_out);

#endif
