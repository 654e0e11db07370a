/* The pages: the names that contract.md promises, nothing foreign that becomes
 * markup, the places of the calendar's entries.
 *
 * With CONVOKE_PAGES set to a folder, the pages are also written there, to be
 * looked at in a browser. */
#include "web/days.h"
#include "web/page_calendar.h"
#include "web/page_draft.h"
#include "web/page_meeting.h"

static struct page_frame frame = {
	.base = "/", .style = "style.css", .icon = "icon.svg", .title = "A page",
	.account = "alice@example.test", .csrf = "TOKEN", .nav = PAGE_NAV_CALENDAR,
};

static void keep(const char *name, const GString *page)
{
	const char *folder = g_getenv("CONVOKE_PAGES");
	g_autofree char *path = NULL;

	if (folder == NULL)
		return;
	path = g_build_filename(folder, name, NULL);
	g_assert_true(g_file_set_contents(path, page->str, (gssize)page->len, NULL));
}

static unsigned count(const GString *page, const char *what)
{
	unsigned n = 0;

	for (const char *p = page->str; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* A meeting with `text` in every field that a stranger writes. */
struct sample {
	struct page_meeting_model model;
	struct page_person organizer;
	struct page_proposal proposal;
	struct page_trail_entry entry;
	struct page_occurrence occurrence;
	GArray *attendees, *joins;
	GPtrArray *next, *clashes, *proposals, *trail, *occurrences;
};

static void sample_fill(struct sample *s, const char *text)
{
	struct page_person person = { .name = text, .address = text, .role = text, .answer = text,
				      .deputy = text, .comment = text, .invite = text };
	struct page_join join = { .uri = text, .label = text };
	char *t = (char *)text;

	memset(s, 0, sizeof(*s));
	s->organizer = (struct page_person){ .name = text, .address = text };
	s->proposal = (struct page_proposal){ text, text, { t, t, t, t, t, t }, text, NULL, NULL };
	s->entry = (struct page_trail_entry){ t, t, t, t, text };
	s->occurrence = (struct page_occurrence){ t, t, false };
	s->attendees = g_array_new(FALSE, FALSE, sizeof(person));
	g_array_append_val(s->attendees, person);
	s->joins = g_array_new(FALSE, FALSE, sizeof(join));
	g_array_append_val(s->joins, join);
	s->next = g_ptr_array_new();
	g_ptr_array_add(s->next, t);
	s->clashes = g_ptr_array_ref(s->next);
	s->proposals = g_ptr_array_new();
	g_ptr_array_add(s->proposals, &s->proposal);
	s->trail = g_ptr_array_new();
	g_ptr_array_add(s->trail, &s->entry);
	s->occurrences = g_ptr_array_new();
	g_ptr_array_add(s->occurrences, &s->occurrence);
	s->model = (struct page_meeting_model){
		.token = "tok", .kind = text, .title = text, .location = text, .description = text,
		.when = { t, t, t, t, t, t }, .organizer_when = { t, t, t, t, t, t }, .when_note = text,
		.recurrence = text, .next = s->next, .joins = s->joins, .url = text,
		.organizer = &s->organizer, .attendees = s->attendees, .tally = text,
		.clashes = s->clashes, .occurrences = s->occurrences, .answerable = true,
		.can_propose = true, .status = text, .invited_as = text, .comment = text,
		.occurrence = text, .occurrence_text = text, .flash = text, .offer = text,
		.offer_untrusted = true, .offer_id = text, .proposals = s->proposals, .trail = s->trail,
		.has_original = true, .propose_start = text, .propose_end = text, .back = text,
	};
}

static void sample_clear(struct sample *s)
{
	g_array_unref(s->attendees);
	g_array_unref(s->joins);
	g_ptr_array_unref(s->next);
	g_ptr_array_unref(s->clashes);
	g_ptr_array_unref(s->proposals);
	g_ptr_array_unref(s->trail);
	g_ptr_array_unref(s->occurrences);
}

static const char *const hostile[] = {
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"</title></textarea></style><svg onload=alert(1)>",
	"javascript:alert(1)",
	"https://x.test/\"onclick=alert(1)",
	"https://x.test/<script>",
	"&lt;script&gt;",
	("\xe2\x80\xae" "gpj.exe"),
	"\xff\xfe<b>",
	"a\r\nSet-Cookie: x=y",
};

/* No tag or attribute in the page that is not also in the page without foreign text. */
static void assert_harmless(const GString *page)
{
	static const char *const never[] = { "<script", "<img", "<svg", "<b>", "href=\"javascript:",
					     "action=\"javascript:", "\xe2\x80\xae" };

	for (size_t i = 0; i < G_N_ELEMENTS(never); i++)
		g_assert_null(strstr(page->str, never[i]));
	g_assert_true(g_utf8_validate(page->str, (gssize)page->len, NULL));
}

static unsigned tags(const GString *page)
{
	return count(page, "<");
}

static void hostile_fields_stay_text_in_every_place(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		for (int organizer = 0; organizer < 2; organizer++) {
			struct sample sample;
			GString *page;

			sample_fill(&sample, hostile[i]);
			sample.model.is_organizer = organizer;
			page = page_meeting(&frame, &sample.model);
			assert_harmless(page);
			g_string_free(page, TRUE);
			sample_clear(&sample);
		}
	}
}

static void hostile_titles_stay_text_in_the_calendar(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		char *text = (char *)hostile[i];
		struct calendar_entry entry = { .title = text, .link = text, .location = text, .hours = text, .begins = text, .ends = text,
						.state_text = text, .first_day = 20578, .last_day = 20578,
						.start_minute = 60, .end_minute = 90 };
		g_autoptr(GPtrArray) entries = g_ptr_array_new();
		struct calendar_model model = { .entries = entries, .day = 20578, .today = 20578,
						.week_start = 1, .zone = text };
		GString *(*const pages[])(const struct page_frame *, const struct calendar_model *) = {
			page_month, page_week, page_day, page_agenda,
		};

		g_ptr_array_add(entries, &entry);
		for (size_t n = 0; n < G_N_ELEMENTS(pages); n++) {
			GString *page = pages[n](&frame, &model);

			assert_harmless(page);
			g_string_free(page, TRUE);
		}
	}
}

static void hostile_forms_come_back_as_text(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		const char *t = hostile[i];
		struct page_draft draft = { .token = "tok", .problem = t, .title = t, .location = t,
					    .description = t, .start = t, .end = t, .repeat = t, .until = t,
					    .required = t, .optional = t, .zone = t };
		struct page_sign_in sign_in = { .next = t, .address = t, .problem = t };
		struct page_message message = { .heading = t, .text = t, .link = t, .link_text = t,
						.switch_next = t };
		GString *pages[] = { page_draft(&frame, &draft), page_sign_in(&frame, &sign_in),
				     page_message(&frame, &message) };

		for (size_t n = 0; n < G_N_ELEMENTS(pages); n++) {
			assert_harmless(pages[n]);
			g_string_free(pages[n], TRUE);
		}
	}
}

static void plain_meeting(struct sample *s)
{
	static struct page_person people[] = {
		{ .name = "Alice Example", .address = "alice@example.test", .answer = "not answered", .is_reader = true },
		{ .name = "Carol Example", .address = "carol@example.test", .answer = "accepted",
		  .comment = "I bring the figures." },
		{ .name = NULL, .address = "dan@partner.test", .role = "optional", .answer = "tentative" },
	};
	static struct page_join join = { "https://meet.example.test/abc", "Video" };
	static struct page_trail_entry first = { (char *)"4 May 2026, 09:12", (char *)"2026-05-04T09:12+02:00",
		(char *)"Invitation added to the calendar", (char *)"the sender is the organizer", NULL };
	static struct page_trail_entry second = { (char *)"5 May 2026, 10:02", (char *)"2026-05-05T10:02+02:00",
		(char *)"Cancellation not applied", (char *)"the sender is not the organizer", "17" };

	sample_fill(s, "x");
	g_array_set_size(s->attendees, 0);
	g_array_append_vals(s->attendees, people, G_N_ELEMENTS(people));
	g_array_set_size(s->joins, 0);
	g_array_append_val(s->joins, join);
	g_ptr_array_set_size(s->next, 0);
	g_ptr_array_add(s->next, (char *)"19 May");
	g_ptr_array_add(s->next, (char *)"2 June");
	g_ptr_array_unref(s->clashes);
	s->clashes = g_ptr_array_new();
	g_ptr_array_add(s->clashes, (char *)"“Standup”, 14:00 to 14:15");
	g_ptr_array_set_size(s->trail, 0);
	g_ptr_array_add(s->trail, &first);
	g_ptr_array_add(s->trail, &second);
	s->organizer = (struct page_person){ .name = "Bob Example", .address = "bob@example.test" };
	s->proposal = (struct page_proposal){ "Carol Example", "carol@example.test",
		{ (char *)"Wednesday, 6 May 2026, 10:00", (char *)"2026-05-06T10:00+02:00", (char *)"11:30",
		  (char *)"2026-05-06T11:30+02:00", (char *)"Europe/Berlin, UTC+2", NULL }, "Travelling on Tuesday." };
	s->model = (struct page_meeting_model){
		.token = "Yk3vT0c2mQ8s", .kind = "Invitation", .title = "Quarterly planning",
		.location = "Room 4, second floor",
		.description = "Please read the draft before we meet:\nhttps://files.example.test/plan.\n\nAgenda\n1. Figures\n2. Plan",
		.when = { (char *)"Tuesday, 5 May 2026, 14:00", (char *)"2026-05-05T14:00+02:00", (char *)"15:30",
			  (char *)"2026-05-05T15:30+02:00", (char *)"Europe/Berlin, UTC+2", NULL },
		.organizer_when = { (char *)"08:00", (char *)"2026-05-05T08:00-04:00", (char *)"09:30",
				    (char *)"2026-05-05T09:30-04:00", (char *)"America/New_York, UTC-4", NULL },
		.recurrence = "Every second Tuesday until 30 June 2026.", .next = s->next, .joins = s->joins,
		.organizer = &s->organizer, .attendees = s->attendees, .clashes = s->clashes,
		.tally = "1 accepted, 1 tentative, 1 not answered", .answerable = true, .can_propose = true,
		.status = "You have not answered yet.", .trail = s->trail, .has_original = true,
		.propose_start = "2026-05-05T14:00", .propose_end = "2026-05-05T15:30",
		.back = "/calendar/?date=2026-05-05",
	};
}

static void the_meeting_page_has_what_the_contract_names(void)
{
	static const char *const promised[] = {
		">Quarterly planning</h1>",
		"<time datetime=\"2026-05-05T14:00+02:00\">Tuesday, 5 May 2026, 14:00</time>",
		"<time datetime=\"2026-05-05T15:30+02:00\">15:30</time>",
		">Accept</button>", ">Tentative</button>", ">Decline</button>",
		"<form method=\"post\" action=\"/m/Yk3vT0c2mQ8s/answer\">",
		"<input type=\"hidden\" name=\"csrf\" value=\"TOKEN\">",
		"role=\"status\">You have not answered yet.</p>",
		">Download .ics</a>",
		"<li>Alice Example ", "<li>Bob Example ",
		"<a href=\"https://files.example.test/plan\" rel=\"noreferrer noopener nofollow\">",
	};
	struct page_frame narrow = frame;
	struct sample sample;
	GString *page;

	narrow.width = PAGE_NARROW;
	plain_meeting(&sample);
	page = page_meeting(&narrow, &sample.model);
	keep("meeting.html", page);
	for (size_t i = 0; i < G_N_ELEMENTS(promised); i++) {
		if (strstr(page->str, promised[i]) == NULL)
			g_test_message("missing: %s", promised[i]);
		g_assert_nonnull(strstr(page->str, promised[i]));
	}
	g_assert_cmpuint(count(page, "<h1"), ==, 1);
	g_string_free(page, TRUE);

	sample.model.is_organizer = true;
	sample.model.status = NULL;
	sample.model.proposals = sample.proposals;
	page = page_meeting(&narrow, &sample.model);
	keep("organizer.html", page);
	g_assert_null(strstr(page->str, ">Accept</button>"));
	g_assert_nonnull(strstr(page->str, "proposes another time"));
	g_string_free(page, TRUE);
	sample_clear(&sample);
}

static void a_cancelled_meeting_is_struck_and_has_no_buttons(void)
{
	struct page_frame narrow = frame;
	struct sample sample;
	GString *page;

	narrow.width = PAGE_NARROW;
	plain_meeting(&sample);
	sample.model.cancelled = true;
	sample.model.answerable = false;
	sample.model.kind = "Cancelled";
	sample.model.status = "This meeting was cancelled.";
	page = page_meeting(&narrow, &sample.model);
	keep("cancelled.html", page);
	g_assert_nonnull(strstr(page->str, "<h1 class=\"cancelled\">Quarterly planning</h1>"));
	g_assert_null(strstr(page->str, "<button type=\"submit\" name=\"answer\""));
	g_string_free(page, TRUE);

	sample.model.cancelled = false;
	sample.model.offer = "This meeting is not in your calendar: the sender is not the organizer.";
	sample.model.offer_untrusted = true;
	sample.model.offer_id = "17";
	sample.model.status = NULL;
	page = page_meeting(&narrow, &sample.model);
	keep("offer.html", page);
	g_assert_nonnull(strstr(page->str, "Apply it all the same"));
	g_string_free(page, TRUE);
	sample_clear(&sample);
}

static void every_post_form_carries_the_csrf_token(void)
{
	struct sample sample;
	GString *page;

	plain_meeting(&sample);
	sample.model.proposals = sample.proposals;
	for (int organizer = 0; organizer < 2; organizer++) {
		sample.model.is_organizer = organizer;
		page = page_meeting(&frame, &sample.model);
		g_assert_cmpuint(count(page, "<form method=\"post\""), >, 1);
		g_assert_cmpuint(count(page, "<form"), ==, count(page, "name=\"csrf\" value=\"TOKEN\""));
		g_string_free(page, TRUE);
	}
	sample_clear(&sample);
}

/* ---- calendar ---- */

static struct calendar_entry *entry(const char *title, int day, int start, int end)
{
	struct calendar_entry *e = calendar_entry_create();

	e->title = g_strdup(title);
	e->link = g_strdup("/m/abc");
	e->first_day = e->last_day = day;
	e->start_minute = start;
	e->end_minute = end;
	e->order = (int64_t)day * 86400 + start * 60;
	if (start < 0)
		e->all_day = true;
	if (start >= 0)
		e->begins = g_strdup_printf("%02d:%02d", start / 60, start % 60);
	if (start >= 0)
		e->ends = g_strdup_printf("%02d:%02d", end / 60, end % 60);
	if (start >= 0)
		e->hours = g_strdup_printf("%02d:%02d–%02d:%02d", start / 60, start % 60, end / 60, end % 60);
	return e;
}

static GPtrArray *sample_entries(void)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)calendar_entry_free);
	int day = date_days(2026, 5, 5);
	struct calendar_entry *e;

	g_ptr_array_add(entries, entry("Quarterly planning", day, 14 * 60, 15 * 60 + 30));
	e = entry("Standup", day, 14 * 60, 14 * 60 + 15);
	g_ptr_array_add(entries, e);
	e = entry("Dentist", day + 1, 8 * 60 + 30, 9 * 60 + 15);
	e->free = true;
	g_ptr_array_add(entries, e);
	e = entry("Budget review with a rather long title that has to be cut", day + 1, 10 * 60, 12 * 60);
	e->state = CALENDAR_OPEN;
	e->state_text = g_strdup("not answered");
	g_ptr_array_add(entries, e);
	e = entry("Hiring", day + 2, 11 * 60, 12 * 60);
	e->state = CALENDAR_TENTATIVE;
	e->state_text = g_strdup("tentative");
	e->location = g_strdup("Room 2");
	g_ptr_array_add(entries, e);
	e = entry("Old meeting", day + 2, 11 * 60 + 30, 13 * 60);
	e->state = CALENDAR_CANCELLED;
	e->state_text = g_strdup("cancelled");
	g_ptr_array_add(entries, e);
	e = entry("Conference", day + 1, -1, 0);
	e->last_day = day + 3;
	g_ptr_array_add(entries, e);
	e = entry("Night shift", day - 1, 22 * 60, 6 * 60);
	e->last_day = day;
	g_ptr_array_add(entries, e);
	for (int i = 0; i < 9; i++) {
		g_autofree char *title = g_strdup_printf("Slot %d", i + 1);

		g_ptr_array_add(entries, entry(title, day + 10, (8 + i) * 60, (9 + i) * 60));
	}
	g_ptr_array_sort(entries, calendar_entry_compare);
	return entries;
}

static void calendar_pages_show_each_entry_on_each_of_its_days(void)
{
	g_autoptr(GPtrArray) entries = sample_entries();
	struct calendar_model model = { .entries = entries, .day = date_days(2026, 5, 5),
					.today = date_days(2026, 5, 5), .week_start = 1,
					.zone = "Europe/Berlin" };
	static const struct {
		const char *file;
		GString *(*page)(const struct page_frame *, const struct calendar_model *);
		unsigned conference, night;
	} rows[] = {
		{ "month.html", page_month, 3, 2 },
		{ "week.html", page_week, 3, 2 },
		{ "day.html", page_day, 0, 1 },
		{ "agenda.html", page_agenda, 0, 0 } /* no title attributes */,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		GString *page = rows[i].page(&frame, &model);

		keep(rows[i].file, page);
		g_assert_cmpuint(count(page, "title=\"Conference\""), ==, rows[i].conference);
		g_assert_cmpuint(count(page, "title=\"Night shift\""), ==, rows[i].night);
		g_assert_cmpuint(count(page, "aria-current=\"page\""), ==, 1);
		g_string_free(page, TRUE);
	}
}

static void the_agenda_says_when_a_night_ends(void)
{
	g_autoptr(GPtrArray) entries = sample_entries();
	struct calendar_model model = { .entries = entries, .day = date_days(2026, 5, 5), .today = 0,
					.week_start = 1, .zone = "Europe/Berlin" };
	GString *page = page_agenda(&frame, &model);

	g_assert_nonnull(strstr(page->str, ">until 06:00</span>"));
	g_string_free(page, TRUE);
}

static void a_month_is_a_table_that_marks_today_and_turns(void)
{
	g_autoptr(GPtrArray) entries = sample_entries();
	struct calendar_model model = { .entries = entries, .day = date_days(2026, 12, 31),
					.today = date_days(2026, 12, 24), .week_start = 1, .zone = "UTC" };
	GString *page = page_month(&frame, &model);

	g_assert_nonnull(strstr(page->str, "<h1>December 2026</h1>"));
	g_assert_nonnull(strstr(page->str, "href=\"/calendar/?date=2026-11-01\""));
	g_assert_nonnull(strstr(page->str, "href=\"/calendar/?date=2027-01-01\""));
	g_assert_cmpuint(count(page, "aria-current=\"date\""), ==, 1);
	g_assert_cmpuint(count(page, "<td"), ==, 35);
	g_assert_nonnull(strstr(page->str, "aria-label=\"Thursday, 24 December 2026\" aria-current=\"date\""));
	g_string_free(page, TRUE);
}

static void views_begin_and_end_on_the_right_days(void)
{
	static const struct {
		enum calendar_view view;
		const char *day;
		int week_start;
		const char *first, *last;
	} rows[] = {
		{ CALENDAR_MONTH, "2026-05-05", 1, "2026-04-27", "2026-05-31" },
		{ CALENDAR_MONTH, "2026-05-05", 7, "2026-04-26", "2026-06-06" },
		{ CALENDAR_MONTH, "2027-02-28", 1, "2027-02-01", "2027-02-28" },
		{ CALENDAR_MONTH, "2024-02-29", 1, "2024-01-29", "2024-03-03" },
		{ CALENDAR_WEEK, "2026-05-03", 1, "2026-04-27", "2026-05-03" },
		{ CALENDAR_WEEK, "2026-05-03", 7, "2026-05-03", "2026-05-09" },
		{ CALENDAR_WEEK, "1969-12-31", 1, "1969-12-29", "1970-01-04" },
		{ CALENDAR_DAY, "2026-05-05", 1, "2026-05-05", "2026-05-05" },
		{ CALENDAR_AGENDA, "2026-05-05", 1, "2026-05-05", "2026-06-03" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *first_text = NULL, *last_text = NULL;
		int day, first, last;

		g_assert_true(days_parse(rows[i].day, &day));
		calendar_range(rows[i].view, day, rows[i].week_start, &first, &last);
		first_text = date_iso(first);
		last_text = date_iso(last);
		g_assert_cmpstr(first_text, ==, rows[i].first);
		g_assert_cmpstr(last_text, ==, rows[i].last);
	}
}

static void dates_from_the_address_are_real_days_or_nothing(void)
{
	static const char *const bad[] = { NULL, "", "2026-02-29", "2026-13-01", "2026-00-01", "2026-05-32",
					   "26-05-05", "2026-5-5", "2026-05-05x", "2026/05/05", "1899-12-31",
					   "2201-01-01", "-026-05-05" };
	int days = 7;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(days_parse(bad[i], &days));
	g_assert_cmpint(days, ==, 7);
	g_assert_true(days_parse("2024-02-29", &days));
	g_assert_cmpint(days, ==, date_days(2024, 2, 29));
}

static void entries_at_the_same_time_stand_side_by_side(void)
{
	static const struct {
		struct { int start, end; } in[5];
		const char *lanes; /* lane/lanes each */
	} rows[] = {
		{ { { 60, 120 } }, "0/1" },
		{ { { 60, 120 }, { 120, 180 } }, "0/1 0/1" },
		{ { { 60, 120 }, { 90, 180 } }, "0/2 1/2" },
		{ { { 60, 120 }, { 90, 180 }, { 120, 150 } }, "0/2 1/2 0/2" },
		{ { { 60, 240 }, { 60, 120 }, { 60, 90 }, { 100, 130 } }, "0/3 1/3 2/3 2/3" },
		{ { { 60, 60 }, { 60, 61 } }, "0/2 1/2" },
		{ { { 1439, 1440 } }, "0/1" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) entries =
			g_ptr_array_new_with_free_func((GDestroyNotify)calendar_entry_free);
		g_autoptr(GArray) places = NULL;
		g_autoptr(GString) got = g_string_new(NULL);

		for (size_t n = 0; n < 5 && rows[i].in[n].start != 0; n++)
			g_ptr_array_add(entries, entry("x", 100, rows[i].in[n].start, rows[i].in[n].end));
		places = calendar_layout(entries, 100);
		for (guint n = 0; n < places->len; n++) {
			struct calendar_place *place = &g_array_index(places, struct calendar_place, n);

			g_assert_cmpint(place->end, >=, place->start + 30);
			g_assert_cmpint(place->end, <=, 24 * 60);
			g_string_append_printf(got, "%s%d/%d", n > 0 ? " " : "", place->lane, place->lanes);
		}
		g_assert_cmpstr(got->str, ==, rows[i].lanes);
	}
}

static void fifty_entries_at_once_still_have_a_place(void)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)calendar_entry_free);
	struct calendar_model model = { .entries = entries, .day = 100, .today = 99, .week_start = 1,
					.zone = "UTC" };
	GString *page;

	for (int i = 0; i < 50; i++)
		g_ptr_array_add(entries, entry("x", 100, 600, 660));
	page = page_day(&frame, &model);
	g_assert_cmpuint(count(page, "class=\"at-40 for-4 "), ==, 50);
	g_assert_null(strstr(page->str, "from-13"));
	g_string_free(page, TRUE);
}

static void forms_and_messages_are_kept_for_a_look(void)
{
	struct page_frame small = frame, narrow = frame;
	struct page_sign_in sign_in = { .next = "m/abc", .address = "alice@example.test", .for_meeting = true,
					.problem = "The address or the password is wrong." };
	struct page_draft draft = { .title = "Quarterly planning", .start = "2026-05-05T14:00",
				    .end = "2026-05-05T15:30", .repeat = "fortnightly",
				    .required = "carol@example.test", .zone = "Europe/Berlin" };
	struct page_message message = { .heading = "This link is for somebody else",
					.text = "You are signed in as alice@example.test. The meeting was sent to "
						"another address.",
					.switch_next = "m/abc" };
	GString *page;

	small.width = PAGE_SMALL;
	small.account = NULL;
	narrow.width = PAGE_NARROW;
	page = page_sign_in(&small, &sign_in);
	keep("sign-in.html", page);
	g_assert_nonnull(strstr(page->str, "autocomplete=\"current-password\""));
	g_string_free(page, TRUE);
	page = page_draft(&narrow, &draft);
	keep("draft.html", page);
	g_assert_nonnull(strstr(page->str, "<option value=\"fortnightly\" selected>"));
	g_string_free(page, TRUE);
	page = page_message(&narrow, &message);
	keep("message.html", page);
	g_assert_cmpuint(tags(page), >, 10);
	g_string_free(page, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	frame.words = words_for("en");
	g_test_add_func("/web/page/hostile-meeting", hostile_fields_stay_text_in_every_place);
	g_test_add_func("/web/page/hostile-calendar", hostile_titles_stay_text_in_the_calendar);
	g_test_add_func("/web/page/hostile-forms", hostile_forms_come_back_as_text);
	g_test_add_func("/web/page/contract", the_meeting_page_has_what_the_contract_names);
	g_test_add_func("/web/page/cancelled", a_cancelled_meeting_is_struck_and_has_no_buttons);
	g_test_add_func("/web/page/csrf", every_post_form_carries_the_csrf_token);
	g_test_add_func("/web/page/calendar", calendar_pages_show_each_entry_on_each_of_its_days);
	g_test_add_func("/web/page/agenda", the_agenda_says_when_a_night_ends);
	g_test_add_func("/web/page/month", a_month_is_a_table_that_marks_today_and_turns);
	g_test_add_func("/web/page/ranges", views_begin_and_end_on_the_right_days);
	g_test_add_func("/web/page/dates", dates_from_the_address_are_real_days_or_nothing);
	g_test_add_func("/web/page/lanes", entries_at_the_same_time_stand_side_by_side);
	g_test_add_func("/web/page/crowd", fifty_entries_at_once_still_have_a_place);
	g_test_add_func("/web/page/forms", forms_and_messages_are_kept_for_a_look);
	return g_test_run();
}
