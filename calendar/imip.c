#include "calendar/imip.h"

#include "calendar/guard.h"

static bool type_is(const char *type, const char *wanted)
{
	return type != NULL && g_ascii_strcasecmp(type, wanted) == 0;
}

static bool has_calendar_name(const char *filename)
{
	const char *dot = filename != NULL ? strrchr(filename, '.') : NULL;

	return dot != NULL && (g_ascii_strcasecmp(dot, ".ics") == 0 || g_ascii_strcasecmp(dot, ".vcs") == 0 ||
			       g_ascii_strcasecmp(dot, ".ical") == 0);
}

/* "BEGIN:VCALENDAR" behind a byte order mark, white space, or in UTF-16. */
static bool begins_calendar(struct slice head)
{
	char text[64];
	size_t len = 0;

	for (size_t i = 0; i < head.len && i < 256 && len < sizeof(text); i++)
		if (head.data[i] > ' ' && head.data[i] < 0x7f)
			text[len++] = head.data[i];
	return len >= 15 && g_ascii_strncasecmp(text, "BEGIN:VCALENDAR", 15) == 0;
}

bool imip_is_candidate(const char *type, const char *filename, struct slice head)
{
	return type_is(type, "text/calendar") || type_is(type, "application/ics") ||
	       type_is(type, "text/x-vcalendar") || type_is(type, "application/calendar") ||
	       has_calendar_name(filename) || begins_calendar(head);
}

/* What a part turns out to be: NULL and no reason for none, a reason for a broken one. */
static struct meeting *read_part(const struct imip_part *part, const struct meeting_limits *limits,
				 char **reason_out)
{
	GString *text = guard_text(part->octets, part->charset, limits, reason_out);
	struct meeting *meeting;

	if (text == NULL)
		return NULL;
	meeting = meeting_parse(slice_of(text->str, text->len), limits, reason_out);
	/* a broken object that was no iTIP message is an attachment like any other */
	if (meeting == NULL && part->method == NULL && strstr(text->str, "METHOD:") == NULL)
		g_clear_pointer(reason_out, g_free);
	g_string_free(text, TRUE);
	if (meeting != NULL && meeting->method == MEETING_METHOD_NONE) {
		if (part->method != NULL)
			*reason_out = g_strdup("the calendar has no METHOD inside");
		meeting_destroy(&meeting);
	}
	return meeting;
}

static void add_copy(struct imip_found *found, size_t part)
{
	found->copies = g_renew(size_t, found->copies, found->copy_count + 1);
	found->copies[found->copy_count++] = part;
}

static void take_part(struct imip_found *found, size_t index, struct meeting *meeting, char *reason)
{
	if (meeting == NULL) {
		if (reason != NULL && found->verdict == IMIP_NONE) {
			found->verdict = IMIP_UNUSABLE;
			found->reason = g_steal_pointer(&reason);
			found->part = index;
		}
		g_free(reason);
		return;
	}
	if (found->verdict != IMIP_MEETING) { /* a good copy makes up for a broken one */
		found->verdict = IMIP_MEETING;
		g_clear_pointer(&found->reason, g_free);
		found->meeting = meeting;
		found->part = index;
		return;
	}
	if (strcmp(meeting->uid, found->meeting->uid) == 0 && meeting->method == found->meeting->method)
		add_copy(found, index);
	meeting_destroy(&meeting);
}

void imip_find(const struct imip_part *parts, size_t count, const struct meeting_limits *limits,
	       struct imip_found *found_out)
{
	size_t looked = 0;

	*found_out = (struct imip_found){ .verdict = IMIP_NONE };
	if (limits == NULL)
		limits = &meeting_limits_default;
	for (size_t i = 0; i < count && looked < 8; i++) {
		const struct imip_part *part = &parts[i];
		char *reason = NULL;
		struct meeting *meeting;

		if (part->nested || !imip_is_candidate(part->type, part->filename, part->octets))
			continue;
		looked++;
		meeting = read_part(part, limits, &reason);
		take_part(found_out, i, meeting, reason);
	}
}

void imip_found_clear(struct imip_found *found)
{
	meeting_destroy(&found->meeting);
	g_clear_pointer(&found->reason, g_free);
	g_clear_pointer(&found->copies, g_free);
	found->copy_count = 0;
}

bool imip_type_is_sealed(const char *type)
{
	static const char *const sealed[] = {
		"multipart/signed",	       "multipart/encrypted",
		"application/pkcs7-mime",      "application/x-pkcs7-mime",
		"application/pkcs7-signature", "application/x-pkcs7-signature",
		"application/pgp-encrypted",   "application/pgp-signature",
		"application/pgp",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(sealed); i++)
		if (type_is(type, sealed[i]))
			return true;
	return false;
}

bool imip_text_is_sealed(struct slice text)
{
	static const char *const marks[] = { "-----BEGIN PGP SIGNED MESSAGE-----",
					     "-----BEGIN PGP MESSAGE-----" };

	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
		const char *found = memmem(text.data, text.len, marks[i], strlen(marks[i]));

		if (found != NULL && (found == text.data || found[-1] == '\n'))
			return true;
	}
	return false;
}
