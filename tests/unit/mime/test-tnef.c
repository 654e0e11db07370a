/* TNEF: what is inside is found, and nothing hostile gets out. */
#include "mime/tnef.h"
#include "corpus.h"

/* ---- writing TNEF ---------------------------------------------------------------------- */

static void put(GString *out, size_t size, guint64 value)
{
	for (size_t i = 0; i < size; i++)
		g_string_append_c(out, (char)(value >> 8 * i));
}

static void put_attribute(GString *out, int level, guint32 id, const GString *data)
{
	put(out, 1, (guint64)level);
	put(out, 4, id);
	put(out, 4, data->len);
	g_string_append_len(out, data->str, (gssize)data->len);
	put(out, 2, 0);
}

static void put_string_attribute(GString *out, int level, guint32 id, const char *text)
{
	g_autoptr(GString) data = g_string_new_len(text, (gssize)strlen(text) + 1);

	put_attribute(out, level, id, data);
}

static void put_variable(GString *out, const char *data, size_t len)
{
	put(out, 4, 1);
	put(out, 4, len);
	g_string_append_len(out, data, (gssize)len);
	put(out, -len & 3, 0);
}

static void put_text(GString *out, guint16 id, const char *text)
{
	put(out, 2, 0x1e);
	put(out, 2, id);
	put_variable(out, text, strlen(text) + 1);
}

#define APPOINTMENT "\x02\x20\x06\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
#define MEETING "\x90\xda\xd8\x6e\x0b\x45\x1b\x10\x98\xda\x00\xaa\x00\x3f\x13\x05"

static void put_name(GString *out, guint16 type, const char *set, guint32 id)
{
	put(out, 2, type);
	put(out, 2, 0x8001);
	g_string_append_len(out, set, 16);
	put(out, 4, 0);
	put(out, 4, id);
}

static void put_time(GString *out, guint32 id, gint64 seconds)
{
	put_name(out, 0x40, APPOINTMENT, id);
	put(out, 8, (guint64)(seconds + G_GINT64_CONSTANT(11644473600)) * 10000000);
}

static void put_binary(GString *out, const char *set, guint32 id, const GString *data)
{
	put_name(out, 0x102, set, id);
	put_variable(out, data->str, data->len);
}

/* Central Europe. */
static GString *zone(void)
{
	static const guint16 standard[] = { 0, 0, 10, 0, 5, 3, 0, 0, 0 }, daylight[] = { 0, 0, 3, 0, 5, 2, 0, 0, 0 };
	GString *out = g_string_new(NULL);

	put(out, 4, (guint32)-60);
	put(out, 4, 0);
	put(out, 4, (guint32)-60);
	for (size_t i = 0; i < 9; i++)
		put(out, 2, standard[i]);
	for (size_t i = 0; i < 9; i++)
		put(out, 2, daylight[i]);
	return out;
}

static guint32 minutes(gint64 seconds)
{
	return (guint32)(seconds / 60 + 194074560);
}

/* Every second Tuesday and Thursday from 2026-05-05 at 14:00 local, ten times, the one of 05-07 deleted. */
static GString *weekly(void)
{
	GString *out = g_string_new(NULL);

	put(out, 2, 0x3004);
	put(out, 2, 0x3004);
	put(out, 2, 0x200b);
	put(out, 2, 1);
	put(out, 2, 0);
	put(out, 4, 0);
	put(out, 4, 2);
	put(out, 4, 0);
	put(out, 4, 1 << 2 | 1 << 4);
	put(out, 4, 0x2022);
	put(out, 4, 10);
	put(out, 4, 0);
	put(out, 4, 1);
	put(out, 4, minutes(1778112000));
	put(out, 4, 0);
	put(out, 4, minutes(1777939200));
	put(out, 4, minutes(1777939200 + 70 * 86400));
	put(out, 4, 0x3006);
	put(out, 4, 0x3009);
	put(out, 4, 840);
	put(out, 4, 900);
	return out;
}

static GString *meeting(const char *class, const GString *recurrence)
{
	GString *out = g_string_new(NULL);
	g_autoptr(GString) properties = g_string_new(NULL), recipients = g_string_new(NULL);
	g_autoptr(GString) id = g_string_new("prefix vCal-Uid"), z = zone(), codepage = g_string_new(NULL);

	put(out, 4, 0x223e9f78);
	put(out, 2, 1);
	put(codepage, 4, 1252);
	put(codepage, 4, 0);
	put_attribute(out, 1, 0x00069007, codepage);
	put_string_attribute(out, 1, 0x00078008, class);
	put_string_attribute(out, 1, 0x0002800c, "Agenda:\r\n1, 2");
	put(id, 4, 1);
	g_string_append_len(id, "uid-1@example.test\0", 19);
	put(properties, 4, recurrence != NULL ? 9 : 7);
	put_text(properties, 0x0037, "Gr\xfc\xdf" "e; all");
	put_text(properties, 0x0042, "Bob");
	put_text(properties, 0x0065, "bob@example.test");
	put_name(properties, 0x1e, APPOINTMENT, 0x8208);
	put_variable(properties, "Room 1", 7);
	put_time(properties, 0x820d, 1777982400);
	put_time(properties, 0x820e, 1777986000);
	put_binary(properties, MEETING, 0x23, id);
	if (recurrence != NULL) {
		put_binary(properties, APPOINTMENT, 0x8216, recurrence);
		put_binary(properties, APPOINTMENT, 0x8233, z);
	}
	put_attribute(out, 1, 0x00069003, properties);
	put(recipients, 4, 1);
	put(recipients, 4, 2);
	put_text(recipients, 0x3001, "Alice");
	put_text(recipients, 0x39fe, "alice@example.test");
	put_attribute(out, 1, 0x00069004, recipients);
	return out;
}

static char *calendar_of(const GString *data)
{
	struct tnef *tnef = tnef_parse(slice_of(data->str, data->len));
	char *calendar = tnef_calendar(tnef);

	tnef_destroy(&tnef);
	return calendar;
}

static void a_meeting_request_becomes_icalendar(void)
{
	g_autoptr(GString) data = meeting("IPM.Microsoft Schedule.MtgReq", NULL);
	g_autofree char *calendar = calendar_of(data);

	g_assert_cmpstr(calendar, ==,
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//convoke//TNEF//EN\r\nMETHOD:REQUEST\r\n"
		"BEGIN:VEVENT\r\nUID:uid-1@example.test\r\nDTSTAMP:20260505T120000Z\r\n"
		"DTSTART:20260505T120000Z\r\nDTEND:20260505T130000Z\r\nSEQUENCE:0\r\n"
		"SUMMARY:Gr\xc3\xbc\xc3\x9f" "e\\; all\r\nLOCATION:Room 1\r\nDESCRIPTION:Agenda:\\n1\\, 2\r\n"
		"ORGANIZER;CN=\"Bob\":mailto:bob@example.test\r\n"
		"ATTENDEE;RSVP=TRUE;CN=\"Alice\":mailto:alice@example.test\r\n"
		"END:VEVENT\r\nEND:VCALENDAR\r\n");
}

static void cancels_and_answers_say_what_they_are(void)
{
	g_autoptr(GString) cancel = meeting("IPM.Schedule.Meeting.Canceled", NULL);
	g_autoptr(GString) answer = meeting("IPM.Schedule.Meeting.Resp.Tent", NULL);
	g_autoptr(GString) note = meeting("IPM.Note", NULL);
	g_autofree char *a = calendar_of(cancel), *b = calendar_of(answer), *c = calendar_of(note);

	g_assert_nonnull(strstr(a, "METHOD:CANCEL\r\n"));
	g_assert_nonnull(strstr(a, "STATUS:CANCELLED\r\n"));
	g_assert_nonnull(strstr(b, "METHOD:REPLY\r\n"));
	g_assert_nonnull(strstr(b, "ATTENDEE;PARTSTAT=TENTATIVE;CN=\"Bob\":mailto:bob@example.test\r\n"));
	g_assert_null(c);
}

static void a_series_keeps_its_rule_or_is_none(void)
{
	g_autoptr(GString) recurrence = weekly(), data = meeting("IPM.Schedule.Meeting.Request", recurrence);
	g_autofree char *calendar = calendar_of(data), *damaged_calendar = NULL;
	g_autoptr(GString) damaged = NULL;

	g_assert_nonnull(strstr(calendar, "BEGIN:VTIMEZONE\r\nTZID:Meeting time zone\r\n"));
	g_assert_nonnull(strstr(calendar, "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\n"
				"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"));
	g_assert_nonnull(strstr(calendar, "DTSTART;TZID=Meeting time zone:20260505T140000\r\n"
				"DTEND;TZID=Meeting time zone:20260505T150000\r\n"
				"EXDATE;TZID=Meeting time zone:20260507T140000\r\n"
				"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=10\r\n"));
	g_string_truncate(recurrence, 30);
	damaged = meeting("IPM.Schedule.Meeting.Request", recurrence);
	damaged_calendar = calendar_of(damaged);
	g_assert_null(damaged_calendar);
}

static void damaged_meetings_are_harmless(void)
{
	g_autoptr(GString) recurrence = weekly(), data = meeting("IPM.Schedule.Meeting.Request", recurrence);

	for (size_t len = 0; len <= data->len; len++) {
		g_autofree char *copy = slice_dup(slice_of(data->str, len));
		struct tnef *tnef = tnef_parse(slice_of(copy, len));

		if (tnef != NULL)
			g_free(tnef_calendar(tnef));
		tnef_destroy(&tnef);
	}
	for (size_t at = 6; at < data->len; at++) {
		for (int value = 0; value < 256; value += 51) {
			g_autofree char *copy = slice_dup(slice_of(data->str, data->len));
			struct tnef *tnef;
			g_autofree char *calendar = NULL;

			copy[at] = (char)value;
			tnef = tnef_parse(slice_of(copy, data->len));
			calendar = tnef_calendar(tnef);
			g_assert_true(calendar == NULL || g_utf8_validate(calendar, -1, NULL));
			tnef_destroy(&tnef);
		}
	}
}

/* ---- the corpus ------------------------------------------------------------------------------ */

/* As everywhere: no folders, no controls, nothing that turns the reading direction. */
static void names_are_as_tidy_as_those_of_parts(void)
{
	static const struct {
		const char *name, *tidy;
	} rows[] = {
		{ "C:\\folder\\a.txt", "a.txt" },
		{ "../a.txt", "a.txt" },
		{ "..", "attachment-1.dat" },
		{ "folder/", "attachment-1.dat" },
		{ " a\tb.txt ", "ab.txt" },
		{ "a\xe2\x80\xaetxt.exe", "atxt.exe" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) octets = g_string_new(NULL), properties = g_string_new(NULL), none = g_string_new(NULL);
		g_autoptr(GString) codepage = g_string_new(NULL);
		struct tnef *tnef;

		put(octets, 4, 0x223e9f78);
		put(octets, 2, 1);
		put(codepage, 4, 65001);
		put_attribute(octets, 1, 0x00069007, codepage);
		put_attribute(octets, 2, 0x00069002, none);
		put(properties, 4, 1);
		put_text(properties, 0x3707, rows[i].name);
		put_attribute(octets, 2, 0x00069005, properties);
		tnef = tnef_parse(slice_of(octets->str, octets->len));
		g_assert_cmpuint(tnef_attachment_count(tnef), ==, 1);
		g_assert_cmpstr(tnef_attachment(tnef, 0)->name, ==, rows[i].tidy);
		tnef_destroy(&tnef);
	}
}

static void each_file(const char *name, struct slice octets, void *arg)
{
	static const struct {
		const char *name, *attachments;
	} rows[] = {
		{ "tnef__one-file.tnef", "AUTHORS" },
		{ "tnef__two-files.tnef", "AUTHORS README" },
		{ "tnef__body.tnef", "" },
		{ "tnef__long-filename.tnef", "allproductsmar2000.dat" },
	};
	struct tnef *tnef = tnef_parse(octets);
	g_autoptr(GString) names = g_string_new(NULL);

	(void)arg;
	if (tnef == NULL)
		return;
	for (size_t i = 0; i < tnef_attachment_count(tnef); i++) {
		const struct tnef_attachment *a = tnef_attachment(tnef, i);

		g_assert_true(a->data.len == 0 || (a->data.data >= octets.data &&
						   a->data.data + a->data.len <= octets.data + octets.len));
		g_assert_true(g_utf8_validate(a->name, -1, NULL));
		g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", a->name);
	}
	g_test_message("%s: %s: %s", name, tnef_message_class(tnef), names->str);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(name, rows[i].name) == 0 && strcmp(names->str, rows[i].attachments) != 0)
			g_error("%s: %s", name, names->str);
	g_free(tnef_calendar(tnef));
	tnef_destroy(&tnef);
}

static void attachments_of_the_corpus_are_found(void)
{
	corpus_each(each_file, NULL);
}

static void each_damaged(const char *name, struct slice octets, void *arg)
{
	GRand *rand = arg;

	if (!g_str_has_suffix(name, ".tnef") || octets.len > 120000)
		return;
	for (int round = 0; round < 20; round++) {
		g_autofree char *copy = slice_dup(octets);

		for (int i = 0; i < 30; i++)
			copy[g_rand_int_range(rand, 6, (gint32)MIN(octets.len, 4000))] =
				(char)(g_rand_boolean(rand) ? 0xff : g_rand_int_range(rand, 0, 256));
		each_file("damaged", slice_of(copy, octets.len), NULL);
	}
}

static void damaged_files_of_the_corpus_are_harmless(void)
{
	GRand *rand = g_rand_new_with_seed(11);

	corpus_each(each_damaged, rand);
	g_rand_free(rand);
}

static void what_is_no_tnef_is_none(void)
{
	g_assert_null(tnef_parse(SLICE("")));
	g_assert_null(tnef_parse(SLICE("x\x9f>\"")));
	g_assert_null(tnef_parse(SLICE("not at all TNEF")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tnef/a-meeting-request-becomes-icalendar", a_meeting_request_becomes_icalendar);
	g_test_add_func("/tnef/cancels-and-answers-say-what-they-are", cancels_and_answers_say_what_they_are);
	g_test_add_func("/tnef/a-series-keeps-its-rule-or-is-none", a_series_keeps_its_rule_or_is_none);
	g_test_add_func("/tnef/damaged-meetings-are-harmless", damaged_meetings_are_harmless);
	g_test_add_func("/tnef/names-are-as-tidy-as-those-of-parts", names_are_as_tidy_as_those_of_parts);
	g_test_add_func("/tnef/attachments-of-the-corpus-are-found", attachments_of_the_corpus_are_found);
	g_test_add_func("/tnef/damaged-files-of-the-corpus-are-harmless",
			damaged_files_of_the_corpus_are_harmless);
	g_test_add_func("/tnef/what-is-no-tnef-is-none", what_is_no_tnef_is_none);
	return g_test_run();
}
