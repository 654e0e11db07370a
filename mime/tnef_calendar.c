/* The iCalendar object of a TNEF meeting message.
 *
 * Only what the message says is written.  A series whose rule can't be read gives no object at
 * all: one meeting in the place of many would be a lie. */
#include "mime/tnef_private.h"
#include "mime/tnef_recurrence.h"

#define MAX_ATTENDEES 1000

enum tag {
	TAG_SUBJECT = 0x0037,
	TAG_SENT = 0x0039,
	TAG_ORGANIZER_NAME = 0x0042,
	TAG_ORGANIZER_ADDRESS = 0x0065,
	TAG_ORGANIZER_SMTP = 0x5d02,
	TAG_SENDER_NAME = 0x0c1a,
	TAG_SENDER_ADDRESS = 0x0c1f,
	TAG_RECIPIENT_TYPE = 0x0c15,
	TAG_NAME = 0x3001,
	TAG_ADDRESS = 0x3003,
	TAG_SMTP = 0x39fe,
};

enum appointment {
	APPOINTMENT_SEQUENCE = 0x8201,
	APPOINTMENT_LOCATION = 0x8208,
	APPOINTMENT_START = 0x820d,
	APPOINTMENT_END = 0x820e,
	APPOINTMENT_ALL_DAY = 0x8215,
	APPOINTMENT_RECURRENCE = 0x8216,
	APPOINTMENT_RECURRING = 0x8223,
	APPOINTMENT_ZONE = 0x8233,
};

enum meeting_property { MEETING_GLOBAL_ID = 0x03, MEETING_CLEAN_ID = 0x23 };
enum common { COMMON_START = 0x8516, COMMON_END = 0x8517 };

struct meeting {
	const char *method, *partstat;
	char *summary, *location;
	char *organizer_name, *organizer, *sender_name, *sender;
	struct slice global_id, recurrence, zone;
	int64_t start, end, sent;
	bool has_start, has_end, all_day, recurring;
	uint32_t sequence;
};

/* ---- what the message is ----------------------------------------------------------------- */

static bool find_method(const char *class, struct meeting *m)
{
	static const struct {
		const char *class, *method, *partstat;
	} rows[] = {
		{ "IPM.Microsoft Schedule.MtgReq", "REQUEST", NULL },
		{ "IPM.Microsoft Schedule.MtgCncl", "CANCEL", NULL },
		{ "IPM.Microsoft Schedule.MtgRespP", "REPLY", "ACCEPTED" },
		{ "IPM.Microsoft Schedule.MtgRespN", "REPLY", "DECLINED" },
		{ "IPM.Microsoft Schedule.MtgRespA", "REPLY", "TENTATIVE" },
		{ "IPM.Schedule.Meeting.Request", "REQUEST", NULL },
		{ "IPM.Schedule.Meeting.Canceled", "CANCEL", NULL },
		{ "IPM.Schedule.Meeting.Resp.Pos", "REPLY", "ACCEPTED" },
		{ "IPM.Schedule.Meeting.Resp.Neg", "REPLY", "DECLINED" },
		{ "IPM.Schedule.Meeting.Resp.Tent", "REPLY", "TENTATIVE" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (g_ascii_strcasecmp(class, rows[i].class) == 0) {
			m->method = rows[i].method;
			m->partstat = rows[i].partstat;
			return true;
		}
	}
	return false;
}

static void set_text(char **text, const struct tnef *tnef, const struct tnef_property *p)
{
	char *value = tnef_property_text(p, tnef->charset);

	if (value != NULL && *value != '\0') {
		g_free(*text);
		*text = value;
	} else {
		g_free(value);
	}
}

/* X.500 and the like are no addresses that mail reaches. */
static void set_address(char **text, const struct tnef *tnef, const struct tnef_property *p)
{
	g_autofree char *value = tnef_property_text(p, tnef->charset);

	if (value == NULL || strchr(value, '@') == NULL || strpbrk(value, "\r\n\t \"<>;,") != NULL)
		return;
	g_free(*text);
	*text = g_steal_pointer(&value);
}

static void take_tag(struct meeting *m, const struct tnef *tnef, const struct tnef_property *p)
{
	switch (p->id) {
	case TAG_SUBJECT:
		set_text(&m->summary, tnef, p);
		break;
	case TAG_SENT:
		tnef_property_time(p, &m->sent);
		break;
	case TAG_ORGANIZER_NAME:
		set_text(&m->organizer_name, tnef, p);
		break;
	case TAG_ORGANIZER_ADDRESS:
	case TAG_ORGANIZER_SMTP:
		set_address(&m->organizer, tnef, p);
		break;
	case TAG_SENDER_NAME:
		set_text(&m->sender_name, tnef, p);
		break;
	case TAG_SENDER_ADDRESS:
		set_address(&m->sender, tnef, p);
		break;
	default:
		break;
	}
}

static void take_start(struct meeting *m, const struct tnef_property *p)
{
	m->has_start = tnef_property_time(p, &m->start) || m->has_start;
}

static void take_end(struct meeting *m, const struct tnef_property *p)
{
	m->has_end = tnef_property_time(p, &m->end) || m->has_end;
}

static void take_appointment(struct meeting *m, const struct tnef *tnef, const struct tnef_property *p)
{
	uint32_t number = 0;

	switch (p->id) {
	case APPOINTMENT_SEQUENCE:
		tnef_property_number(p, &m->sequence);
		break;
	case APPOINTMENT_LOCATION:
		set_text(&m->location, tnef, p);
		break;
	case APPOINTMENT_START:
		take_start(m, p);
		break;
	case APPOINTMENT_END:
		take_end(m, p);
		break;
	case APPOINTMENT_ALL_DAY:
		m->all_day = tnef_property_number(p, &number) && number != 0;
		break;
	case APPOINTMENT_RECURRENCE:
		m->recurrence = p->value;
		break;
	case APPOINTMENT_RECURRING:
		m->recurring = tnef_property_number(p, &number) && number != 0;
		break;
	case APPOINTMENT_ZONE:
		m->zone = p->value;
		break;
	default:
		break;
	}
}

static void take_properties(struct meeting *m, const struct tnef *tnef)
{
	struct slice data = tnef->properties;
	struct tnef_properties properties;
	struct tnef_property p;

	if (!tnef_properties_begin(&data, &properties))
		return;
	while (tnef_properties_next(&properties, &p)) {
		if (p.set == TNEF_SET_NONE)
			take_tag(m, tnef, &p);
		else if (p.set == TNEF_SET_APPOINTMENT)
			take_appointment(m, tnef, &p);
		else if (p.set == TNEF_SET_MEETING && p.id == MEETING_CLEAN_ID && p.type == TNEF_BINARY)
			m->global_id = p.value;
		else if (p.set == TNEF_SET_MEETING && p.id == MEETING_GLOBAL_ID && p.type == TNEF_BINARY &&
			 m->global_id.len == 0)
			m->global_id = p.value;
		else if (p.set == TNEF_SET_COMMON && p.id == COMMON_START && !m->has_start)
			take_start(m, &p);
		else if (p.set == TNEF_SET_COMMON && p.id == COMMON_END && !m->has_end)
			take_end(m, &p);
	}
}

/* ---- writing -------------------------------------------------------------------------------- */

/* One content line, folded at 75 octets between characters (RFC 5545 3.1). */
static void write_line(GString *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t size = (size_t)(g_utf8_next_char(text) - text);

		if (column + size > 75) {
			g_string_append(out, "\r\n ");
			column = 1;
		}
		g_string_append_len(out, text, (gssize)size);
		column += size;
		text += size;
	}
	g_string_append(out, "\r\n");
}

static void write_text(GString *out, const char *name, const char *value)
{
	g_autoptr(GString) line = g_string_new(name);

	if (value == NULL || *value == '\0')
		return;
	g_string_append_c(line, ':');
	for (const char *p = value; *p != '\0'; p++) {
		if (*p == '\n')
			g_string_append(line, "\\n");
		else if (strchr("\\;,", *p) != NULL)
			g_string_append_printf(line, "\\%c", *p);
		else if ((unsigned char)*p >= ' ' || *p == '\t')
			g_string_append_c(line, *p);
	}
	write_line(out, line->str);
}

static void write_person(GString *out, const char *property, const char *name, const char *address)
{
	g_autoptr(GString) line = g_string_new(property);

	if (name != NULL && *name != '\0') {
		g_string_append(line, ";CN=\"");
		for (const char *p = name; *p != '\0'; p++)
			g_string_append_c(line, (unsigned char)*p < ' ' || *p == '"' ? ' ' : *p);
		g_string_append_c(line, '"');
	}
	g_string_append_printf(line, ":mailto:%s", address);
	write_line(out, line->str);
}

static void write_time(GString *out, const char *name, int64_t seconds, const char *suffix)
{
	g_string_append_printf(out, "%s:", name);
	tnef_append_time(out, seconds);
	g_string_append_printf(out, "%s\r\n", suffix);
}

/* A local midnight is known in UTC only; the date nearest to it is the local one in every zone from
 * UTC-12 to UTC+12. */
static void write_date(GString *out, const char *name, int64_t seconds)
{
	g_autoptr(GString) time = g_string_new(NULL);

	tnef_append_time(time, seconds + 12 * 3600);
	g_string_append_printf(out, "%s;VALUE=DATE:%.8s\r\n", name, time->str);
}

/* The UID inside a global object id made from iCalendar ([MS-OXOCAL] 2.2.1.27), else the id in
 * hexadecimal. */
static void write_uid(GString *out, const struct meeting *m)
{
	static const struct slice mark = { "vCal-Uid\x01\0\0\0", 12 };
	struct slice id = m->global_id;
	const char *found = id.len > 0 ? memmem(id.data, id.len, mark.data, mark.len) : NULL;
	g_autoptr(GString) uid = g_string_new("UID:");

	if (found != NULL) {
		for (const char *p = found + mark.len; p < id.data + id.len && *p > ' ' && *p < 127; p++)
			g_string_append_c(uid, *p);
	} else {
		for (size_t i = 0; i < MIN(id.len, 512); i++)
			g_string_append_printf(uid, "%02X", (unsigned char)id.data[i]);
	}
	write_line(out, uid->str);
}

static void write_times(GString *out, const struct meeting *m)
{
	if (m->all_day) {
		write_date(out, "DTSTART", m->start);
		if (m->has_end && m->end > m->start)
			write_date(out, "DTEND", m->end);
		return;
	}
	write_time(out, "DTSTART", m->start, "Z");
	if (m->has_end && m->end >= m->start)
		write_time(out, "DTEND", m->end, "Z");
}

static void write_series(GString *out, const struct meeting *m, const struct tnef_recurrence *r)
{
	const char *format = m->all_day ? ";VALUE=DATE" : ";TZID=" TNEF_TZID;
	const struct {
		const char *name;
		int64_t seconds;
	} times[] = { { "DTSTART", r->start }, { "DTEND", r->end } };

	for (size_t i = 0; i < G_N_ELEMENTS(times) + r->excluded->len; i++) {
		bool excluded = i >= G_N_ELEMENTS(times);
		g_autoptr(GString) time = g_string_new(NULL);

		tnef_append_time(time, excluded ? g_array_index(r->excluded, int64_t, i - G_N_ELEMENTS(times))
						: times[i].seconds);
		if (m->all_day)
			g_string_truncate(time, 8);
		g_string_append_printf(out, "%s%s:%s\r\n", excluded ? "EXDATE" : times[i].name, format,
				       time->str);
	}
	g_string_append(out, "RRULE:");
	write_line(out, r->rule);
}

/* ---- attendees ---------------------------------------------------------------------------------- */

static void write_recipient(GString *out, const struct tnef *tnef, struct tnef_properties *properties)
{
	g_autofree char *name = NULL, *address = NULL;
	struct tnef_property p;
	uint32_t type = 1;

	while (tnef_properties_next(properties, &p)) {
		if (p.set != TNEF_SET_NONE)
			continue;
		if (p.id == TAG_NAME)
			set_text(&name, tnef, &p);
		else if (p.id == TAG_ADDRESS || p.id == TAG_SMTP)
			set_address(&address, tnef, &p);
		else if (p.id == TAG_RECIPIENT_TYPE)
			tnef_property_number(&p, &type);
	}
	if (address == NULL)
		return;
	/* The kinds are To, Cc and, for resources, Bcc. */
	write_person(out, type == 3 ? "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;RSVP=TRUE"
			: type == 2 ? "ATTENDEE;ROLE=OPT-PARTICIPANT;RSVP=TRUE" : "ATTENDEE;RSVP=TRUE",
		     name, address);
}

static void write_recipients(GString *out, const struct tnef *tnef)
{
	struct slice rest = tnef->recipients;
	struct tnef_properties properties;
	uint32_t rows;

	if (!tnef_take_u32(&rest, &rows))
		return;
	for (uint32_t i = 0; i < MIN(rows, MAX_ATTENDEES); i++) {
		if (!tnef_properties_begin(&rest, &properties))
			return;
		write_recipient(out, tnef, &properties);
		rest = properties.rest;
	}
}

static void write_people(GString *out, const struct tnef *tnef, const struct meeting *m)
{
	const char *address = m->organizer != NULL ? m->organizer : m->sender;
	const char *name = m->organizer != NULL ? m->organizer_name : m->sender_name;

	if (m->partstat != NULL) {
		g_autofree char *property = g_strconcat("ATTENDEE;PARTSTAT=", m->partstat, NULL);

		if (address != NULL)
			write_person(out, property, name, address);
		return;
	}
	if (address != NULL)
		write_person(out, "ORGANIZER", name, address);
	write_recipients(out, tnef);
}

/* ---- the object ------------------------------------------------------------------------------------ */

static void write_event(GString *out, const struct tnef *tnef, const struct meeting *m,
			const struct tnef_recurrence *series)
{
	g_string_append(out, "BEGIN:VEVENT\r\n");
	write_uid(out, m);
	write_time(out, "DTSTAMP", m->sent > 0 ? m->sent : m->start, "Z");
	if (series != NULL)
		write_series(out, m, series);
	else
		write_times(out, m);
	g_string_append_printf(out, "SEQUENCE:%u\r\n", MIN(m->sequence, (uint32_t)G_MAXINT32));
	write_text(out, "SUMMARY", m->summary != NULL ? m->summary : tnef->old_subject);
	write_text(out, "LOCATION", m->location);
	if (m->partstat == NULL)
		write_text(out, "DESCRIPTION", tnef->body);
	write_people(out, tnef, m);
	if (strcmp(m->method, "CANCEL") == 0)
		g_string_append(out, "STATUS:CANCELLED\r\n");
	g_string_append(out, "END:VEVENT\r\n");
}

static char *write_calendar(const struct tnef *tnef, const struct meeting *m)
{
	g_autoptr(GString) out = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
					      "PRODID:-//convoke//TNEF//EN\r\n");
	struct tnef_recurrence series = { 0 };
	bool is_series = m->recurring || m->recurrence.len > 0;

	g_string_append_printf(out, "METHOD:%s\r\n", m->method);
	/* An answer needs no rule; anything else would change many meetings into one. */
	if (is_series && (!tnef_recurrence_read(m->recurrence, m->zone, &series) ||
			  (!m->all_day && !tnef_zone_write(out, m->zone)))) {
		tnef_recurrence_clear(&series);
		if (m->partstat == NULL)
			return NULL;
	}
	write_event(out, tnef, m, series.rule != NULL ? &series : NULL);
	tnef_recurrence_clear(&series);
	g_string_append(out, "END:VCALENDAR\r\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void meeting_clear(struct meeting *m)
{
	g_free(m->summary);
	g_free(m->location);
	g_free(m->organizer_name);
	g_free(m->organizer);
	g_free(m->sender_name);
	g_free(m->sender);
}

char *tnef_calendar(const struct tnef *tnef)
{
	struct meeting m = { 0 };
	char *calendar = NULL;

	if (!find_method(tnef_message_class(tnef), &m))
		return NULL;
	take_properties(&m, tnef);
	/* Without an id or a start nothing can be told apart, or placed. */
	if (m.global_id.len > 0 && m.has_start)
		calendar = write_calendar(tnef, &m);
	meeting_clear(&m);
	return calendar;
}
