/* Whole meeting mails: what is found in them, and the rendition that takes their place.
 *
 * The corpus holds requests, cancellations and replies of many programs.  Each is
 * rendered for a reader in another zone; title, time, place, organizer and link must
 * stand in text and HTML, and the calendar must come through with every line. */
#include "scheduling/rendition.h"

#include "base/escape.h"
#include "calendar/component.h"
#include "calendar/guard.h"
#include "calendar/zone.h"
#include "mime/decode.h"

#include <string.h>

#define LINK "https://mail.example.test/m/Yk3vT0c2mQ8s_-abcdefAB"
#define READER_ZONE "Asia/Tokyo"

/* ---- one mail ----------------------------------------------------------------------------- */

struct mail {
	GString *octets;
	struct slice slice;
	struct mime_source source;
	struct part_index *index;
	struct mail_facts *facts;
};

static void mail_open(struct mail *mail, const char *octets, gsize len)
{
	mail->octets = g_string_sized_new(len + len / 20);
	for (gsize i = 0; i < len; i++) {
		if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r'))
			g_string_append_c(mail->octets, '\r');
		g_string_append_c(mail->octets, octets[i]);
	}
	mail->slice = slice_of(mail->octets->str, mail->octets->len);
	mail->source = mime_source_of_slice(&mail->slice);
	mail->index = part_index_of_slice(mail->slice);
	mail->facts = mail_facts_create(mail->index, &mail->source);
}

static void mail_close(struct mail *mail)
{
	mail_facts_destroy(&mail->facts);
	part_index_destroy(&mail->index);
	g_string_free(mail->octets, TRUE);
}

static GBytes *render(const struct mail *mail, const struct itip_decision *decision, const char *address)
{
	char *addresses[] = { (char *)address, NULL };
	const struct reader reader = { .account_id = 1, .address = (char *)address, .display_name = (char *)"",
				       .locale = (char *)"en", .zone = zone_find(READER_ZONE),
				       .addresses = addresses };

	return rendition_make(&(struct rendition_input){
		.index = mail->index, .source = &mail->source, .facts = mail->facts, .decision = decision,
		.reader = &reader, .link = LINK, .now = 1777017600 });
}

static struct itip_decision *decide(const struct mail *mail, const char *address)
{
	const char *const addresses[] = { address, NULL };
	const struct itip_input input = { .incoming = mail->facts->found.meeting, .addresses = addresses,
					  .recipient = address, .from = mail->facts->from,
					  .vouch = IMIP_VOUCHED, .now = 1777017600 };

	return itip_decide(&input);
}

/* Whom to read it as: an attendee, or for an answer the organizer. */
static const char *reader_of(const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);

	if (meeting->method == MEETING_METHOD_REPLY && event->has_organizer)
		return event->organizer.address;
	return event->attendee_count > 0 ? event->attendees[0].address : "reader@example.test";
}

/* ---- what must be in the rendition ------------------------------------------------------- */

struct forms {
	GString *text, *html, *calendar;
};

static void read_forms(GBytes *made, struct forms *forms)
{
	struct slice octets = slice_of(g_bytes_get_data(made, NULL), g_bytes_get_size(made));
	struct mime_source source = mime_source_of_slice(&octets);
	struct part_index *index = part_index_of_slice(octets);
	struct part root = part_index_get(index, PART_ROOT), alternative;
	GString **places[] = { &forms->text, &forms->html, &forms->calendar };
	static const char *const types[][2] = { { "text", "plain" }, { "text", "html" }, { "text", "calendar" } };

	g_assert_true(part_is(&root, "multipart", "mixed"));
	alternative = part_index_get(index, part_index_child(index, &root, 0));
	g_assert_true(part_is(&alternative, "multipart", "alternative"));
	g_assert_cmpuint(alternative.child_count, ==, 3);
	for (uint32_t i = 0; i < 3; i++) {
		struct part part = part_index_get(index, part_index_child(index, &alternative, i));

		g_assert_true(part_is(&part, types[i][0], types[i][1]));
		g_assert_cmpuint(part.disposition.len, ==, 0);
		*places[i] = g_string_new(NULL);
		g_assert_true(decode_part(&part, &source, 1 << 26, *places[i], NULL));
		/* The builder's line ends. */
		g_string_replace(*places[i], "\r\n", "\n", 0);
	}
	part_index_destroy(&index);
}

static void forms_clear(struct forms *forms)
{
	g_string_free(forms->text, TRUE);
	g_string_free(forms->html, TRUE);
	g_string_free(forms->calendar, TRUE);
}

/* Text may be wrapped and have its white space collapsed: compared without any. */
static char *squeezed(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p != '\0'; p++)
		if (!g_ascii_isspace(*p))
			g_string_append_c(out, *p);
	return g_string_free(out, FALSE);
}

static void must_say(const char *file, const struct forms *forms, const char *what, const char *value)
{
	g_autofree char *wanted = squeezed(value), *text = squeezed(forms->text->str);
	g_autofree char *html = squeezed(forms->html->str), *wanted_html = NULL;
	g_autoptr(GString) escaped = g_string_new(NULL);

	if (strlen(wanted) > 200)
		return;
	escape_html(escaped, slice_from_string(value));
	wanted_html = squeezed(escaped->str);
	if (strstr(text, wanted) == NULL)
		g_error("%s: %s \"%s\" is not in the text:\n%s", file, what, value, forms->text->str);
	if (strstr(html, wanted_html) == NULL)
		g_error("%s: %s \"%s\" is not in the HTML", file, what, value);
}

static void check_time(const char *file, const struct forms *forms, const struct meeting_time *time)
{
	struct zone_local local;
	struct meeting_fields fields = time->fields;
	char text[32];

	if (time->kind == MEETING_TIME_NONE)
		return;
	if (!meeting_time_is_day(time) && (time->kind == MEETING_TIME_UTC || time->kind == MEETING_TIME_ZONED)) {
		zone_local(zone_find(READER_ZONE), time->instant, &local);
		fields = local.fields;
	}
	if (meeting_time_is_day(time)) {
		must_say(file, forms, "length", "all day");
	} else {
		g_snprintf(text, sizeof text, "%02d:%02d", fields.hour, fields.minute);
		must_say(file, forms, "time", text);
	}
	g_snprintf(text, sizeof text, "%d", fields.year);
	must_say(file, forms, "year", text);
}

/* Every content line of the original, unfolded, in the new calendar. */
static void check_calendar(const char *file, const struct forms *forms, const struct mail *mail)
{
	const struct meeting *was = mail->facts->found.meeting;
	struct meeting *now = meeting_parse(slice_of(forms->calendar->str, forms->calendar->len), NULL, NULL);
	g_autoptr(GString) old_text = g_string_new(was->ics.data), new_text = g_string_new(forms->calendar->str);
	g_auto(GStrv) lines = NULL;

	if (now == NULL)
		g_error("%s: the calendar can't be read again:\n%s", file, forms->calendar->str);
	g_assert_cmpstr(now->uid, ==, was->uid);
	g_assert_cmpint(now->method, ==, was->method);
	g_assert_cmpuint(now->override_count, ==, was->override_count);
	g_assert_cmpint(meeting_main_event(now)->start.instant, ==, meeting_main_event(was)->start.instant);
	g_string_replace(old_text, "\r\n ", "", 0);
	g_string_replace(old_text, "\r\n", "\n", 0);
	g_string_replace(new_text, "\n ", "", 0);
	g_string_append(new_text, "\n");
	lines = g_strsplit(old_text->str, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		if (strstr(new_text->str, *line) == NULL)
			g_error("%s: line \"%s\" is gone", file, *line);
	meeting_destroy(&now);
}

static void check_octets(const char *file, GBytes *made)
{
	gsize size, line = 0;
	const char *octets = g_bytes_get_data(made, &size);

	for (gsize i = 0; i < size; i++) {
		if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r'))
			g_error("%s: a bare LF at %" G_GSIZE_FORMAT, file, i);
		line = octets[i] == '\n' ? 0 : line + 1;
		/* The sender's own attachments stay as they are, long lines and all. */
		if (line > 999 && memmem(octets, i, "invite.ics", 10) == NULL)
			g_error("%s: a line of more than 998 octets", file);
	}
}

static void check_mail(const char *file, const struct mail *mail)
{
	const struct meeting *meeting = mail->facts->found.meeting;
	const struct meeting_event *event = meeting_main_event(meeting);
	const char *address = reader_of(meeting);
	struct itip_decision *decision = decide(mail, address);
	GBytes *made = render(mail, decision, address), *again = render(mail, decision, address);
	struct forms forms;

	g_assert_nonnull(made);
	g_assert_true(g_bytes_equal(made, again));
	read_forms(made, &forms);
	check_octets(file, made);
	must_say(file, &forms, "title", event->summary);
	must_say(file, &forms, "location", event->location);
	if (event->has_organizer && meeting->method != MEETING_METHOD_REPLY)
		must_say(file, &forms, "organizer", event->organizer.address);
	check_time(file, &forms, &event->start);
	g_assert_nonnull(strstr(forms.text->str, "\n" LINK "\n"));
	g_assert_nonnull(strstr(forms.html->str, "href=\"" LINK "\""));
	g_assert_null(strstr(forms.html->str, "<script"));
	check_calendar(file, &forms, mail);
	forms_clear(&forms);
	g_bytes_unref(made);
	g_bytes_unref(again);
	itip_decision_destroy(&decision);
}

/* ---- the corpus ------------------------------------------------------------------------------ */

struct tally {
	unsigned files, meetings, ordinary, unusable, sealed;
};

static void check_file(const char *path, struct tally *tally)
{
	g_autofree char *octets = NULL;
	gsize len;
	struct mail mail;

	if (!g_file_get_contents(path, &octets, &len, NULL))
		return;
	mail_open(&mail, octets, len);
	tally->files++;
	switch (mail.facts->found.verdict) {
	case IMIP_NONE: tally->ordinary++; break;
	case IMIP_UNUSABLE:
		tally->unusable++;
		g_test_message("%s: %s", path, mail.facts->found.reason);
		break;
	case IMIP_MEETING:
		tally->meetings++;
		if (mail.facts->sealed)
			tally->sealed++;
		else
			check_mail(path, &mail);
		break;
	}
	mail_close(&mail);
}

static void check_folder(const char *folder, struct tally *tally)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			check_folder(path, tally);
		else
			check_file(path, tally);
	}
}

static void every_meeting_mail_of_the_corpus_is_rendered(void)
{
	const char *srcdir = g_getenv("srcdir") != NULL ? g_getenv("srcdir") : ".";
	g_autofree char *beside = g_build_filename(srcdir, "..", "shared", "corpus", NULL);
	const char *corpus = g_getenv("CONVOKE_CORPUS") != NULL ? g_getenv("CONVOKE_CORPUS") : beside;
	g_autofree char *folder = g_build_filename(corpus, "itip", NULL);
	struct tally tally = { 0 };

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		g_test_skip("the corpus is not here (CONVOKE_CORPUS)");
		return;
	}
	check_folder(folder, &tally);
	g_test_message("%u files: %u meetings (%u sealed), %u ordinary, %u unusable", tally.files, tally.meetings,
		       tally.sealed, tally.ordinary, tally.unusable);
	g_assert_cmpuint(tally.meetings, >=, 100);
}

/* ---- what is found ------------------------------------------------------------------------- */

#define ICS "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:a@example.test\r\n" \
	    "DTSTAMP:20260420T100000Z\r\nDTSTART:20260505T080000Z\r\nSUMMARY:Lunch\r\n"                              \
	    "ORGANIZER:mailto:organizer@example.test\r\nATTENDEE:mailto:alice@example.test\r\n"                      \
	    "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define TOP "From: Orla <organizer@example.test>\r\nTo: alice@example.test\r\nSubject: Lunch\r\n" \
	    "Message-ID: <1@example.test>\r\nX-Kept: as it came\r\nMIME-Version: 1.0\r\n"
#define MIXED TOP "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static unsigned count(const char *text, const char *needle)
{
	unsigned found = 0;

	while ((text = strstr(text, needle)) != NULL) {
		text += strlen(needle);
		found++;
	}
	return found;
}

static void the_senders_words_and_files_are_kept(void)
{
	static const char octets[] =
		MIXED "--b\r\nContent-Type: text/plain\r\n\r\nCome hungry.\r\n"
		      "--b\r\nContent-Type: application/pdf; name=menu.pdf\r\nContent-Disposition: attachment;"
		      " filename=menu.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0x\r\n"
		      "--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" ICS
		      "--b\r\nContent-Type: application/ics; name=invite.ics\r\n\r\n" ICS "--b--\r\n";
	struct mail mail;
	struct itip_decision *decision;
	GBytes *made;
	g_autofree char *all = NULL;

	mail_open(&mail, octets, sizeof octets - 1);
	g_assert_cmpint(mail.facts->found.verdict, ==, IMIP_MEETING);
	g_assert_cmpuint(mail.facts->calendar_parts->len, ==, 2);
	decision = decide(&mail, "alice@example.test");
	made = render(&mail, decision, "alice@example.test");
	all = g_strndup(g_bytes_get_data(made, NULL), g_bytes_get_size(made));
	g_assert_nonnull(strstr(all, "\r\nX-Kept: as it came\r\n"));
	g_assert_nonnull(strstr(all, "Come hungry."));
	g_assert_nonnull(strstr(all, "filename=menu.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0x\r\n"));
	g_assert_nonnull(strstr(all, "\r\nX-Convoke-Meeting: uid=a%40example.test;\r\n kind=invitation;"));
	/* One alternative and one invite.ics: the copy is not there twice. */
	g_assert_cmpuint(count(all, "\r\nContent-Type: application/ics"), ==, 1);
	g_assert_cmpuint(count(all, "\r\nContent-Type: text/calendar"), ==, 1);
	g_bytes_unref(made);
	itip_decision_destroy(&decision);
	mail_close(&mail);
}

static void signed_and_forwarded_calendars_are_told_apart(void)
{
	static const struct {
		const char *octets;
		enum imip_verdict verdict;
		bool sealed;
	} rows[] = {
		{ TOP "Content-Type: text/calendar\r\n\r\n" ICS, IMIP_MEETING, false },
		{ TOP "Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n"
		      "--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" ICS
		      "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n", IMIP_MEETING, true },
		{ MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\n" TOP "Content-Type: text/calendar\r\n\r\n" ICS
			"--b--\r\n", IMIP_NONE, false },
		{ TOP "Content-Type: text/plain\r\n\r\nBEGIN:VCALENDAR is a line of iCalendar.\r\n", IMIP_NONE, false },
		{ TOP "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n",
		  IMIP_UNUSABLE, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct mail mail;

		mail_open(&mail, rows[i].octets, strlen(rows[i].octets));
		if (rows[i].verdict == IMIP_NONE)
			g_assert_cmpint(mail.facts->found.verdict, !=, IMIP_MEETING);
		else
			g_assert_cmpint(mail.facts->found.verdict, ==, rows[i].verdict);
		g_assert_cmpint(mail.facts->sealed, ==, rows[i].sealed);
		mail_close(&mail);
	}
}

/* A METHOD that iTIP does not know is no word of a header. */
static void an_unknown_method_stays_in_the_calendar(void)
{
	static const char octets[] =
		TOP "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:X-NEWS\r\nBEGIN:VEVENT\r\n"
		    "UID:a@example.test\r\nDTSTAMP:20260101T100000Z\r\nDTSTART:20260505T120000Z\r\nSUMMARY:News\r\n"
		    "END:VEVENT\r\nEND:VCALENDAR\r\n";
	struct mail mail;
	struct itip_decision *decision;
	GBytes *made;
	g_autofree char *all = NULL;

	mail_open(&mail, octets, sizeof octets - 1);
	g_assert_cmpint(mail.facts->found.verdict, ==, IMIP_MEETING);
	decision = decide(&mail, "alice@example.test");
	made = render(&mail, decision, "alice@example.test");
	all = g_strndup(g_bytes_get_data(made, NULL), g_bytes_get_size(made));
	g_assert_null(strstr(all, "method="));
	g_assert_nonnull(strstr(all, "component=VEVENT"));
	g_assert_nonnull(strstr(all, "METHOD:X-NEWS"));
	g_bytes_unref(made);
	itip_decision_destroy(&decision);
	mail_close(&mail);
}

static void a_hostile_uid_makes_no_header(void)
{
	struct itip_decision decision = { .kind = ITIP_KIND_INVITATION };
	g_autofree char *header = rendition_decision_header("x\r\nBcc: evil@example.test\r\n\r\n", &decision);

	g_assert_null(strstr(header, "\r\nBcc"));
	g_assert_true(g_str_has_suffix(header, "\r\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
	g_test_add_func("/rendition/every-meeting-mail-of-the-corpus-is-rendered",
			every_meeting_mail_of_the_corpus_is_rendered);
	g_test_add_func("/rendition/the-senders-words-and-files-are-kept", the_senders_words_and_files_are_kept);
	g_test_add_func("/rendition/signed-and-forwarded-calendars-are-told-apart",
			signed_and_forwarded_calendars_are_told_apart);
	g_test_add_func("/rendition/an-unknown-method-stays-in-the-calendar", an_unknown_method_stays_in_the_calendar);
	g_test_add_func("/rendition/a-hostile-uid-makes-no-header", a_hostile_uid_makes_no_header);
	return g_test_run();
}
