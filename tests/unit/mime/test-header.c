/* What header fields say: subjects, dates, Message-IDs, the fields themselves. */
#include "mime/header.h"
#include "mime/subject.h"
#include "tests/unit/cost.h"

static void base_subjects_follow_rfc_5256(void)
{
	static const struct {
		const char *subject, *base;
		bool is_reply;
	} rows[] = {
		{ "hello", "HELLO", false },
		{ "Re: hello", "HELLO", true },
		{ "RE: re: Fwd: FW: hello", "HELLO", true },
		{ "Re:hello", "HELLO", true },
		{ "Re : hello", "HELLO", true },
		{ "Re[2]: hello", "HELLO", true },
		{ "Re [a b]: hello", "HELLO", true },
		{ "hello (fwd)", "HELLO", true },
		{ "hello (fwd) (FWD) ", "HELLO", true },
		{ "[list] hello", "HELLO", false },
		{ "[a][b] hello", "HELLO", false },
		{ "[list] Re: hello", "HELLO", true },
		{ "Re: [list] Re: hello", "HELLO", true },
		{ "[list]", "[LIST]", false },
		{ "[a] [b]", "[B]", false },
		{ "Re: [list]", "[LIST]", true },
		{ "[fwd: hello]", "HELLO", true },
		{ "[Fwd: Re: [x] hello (fwd)]", "HELLO", true },
		{ "[fwd: hello", "[FWD: HELLO", false },
		{ "[fwd: [fwd: hello]]", "HELLO", true },
		{ "  many   spaces\there ", "MANY SPACES HERE", false },
		{ "=?utf-8?Q?Re=3A_gr=C3=BC?=", "GRU\xcc\x88", true },
		{ "Re:", "", true },
		{ "", "", false },
		{ "(fwd)", "", true },
		{ "Regarding: x", "REGARDING: X", false },
		{ "[a[b] c", "[A[B] C", false },
		{ "Fwdx: a", "FWDX: A", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool is_reply = !rows[i].is_reply;
		g_autofree char *base = subject_base(slice_from_string(rows[i].subject), &is_reply);

		if (strcmp(base, rows[i].base) != 0 || is_reply != rows[i].is_reply)
			g_error("%s: %s %d", rows[i].subject, base, is_reply);
	}
}

static void long_subjects_cost_no_more_than_their_length(void)
{
	g_autoptr(GString) blobs = g_string_new(NULL), replies = g_string_new(NULL);
	g_autofree char *a = NULL, *b = NULL;

	for (int i = 0; i < 300000; i++) {
		g_string_append(blobs, "[a]");
		g_string_append(replies, "re:");
	}
	a = subject_base(slice_of(blobs->str, blobs->len), NULL);
	b = subject_base(slice_of(replies->str, replies->len), NULL);
	g_assert_cmpstr(a, ==, "[A]");
	g_assert_cmpstr(b, ==, "");
}

static void dates_are_read_in_every_form(void)
{
	static const struct {
		const char *text;
		int64_t seconds;
		int zone;
		bool ok;
	} rows[] = {
		{ "Tue, 5 May 2026 12:00:00 +0000", 1777982400, 0, true },
		{ "5 May 2026 14:00 +0200 (CEST)", 1777982400, 7200, true },
		{ "Tue, 05 May 26 07:00:00 EST", 1777982400, -18000, true },
		{ "Tue, 5 May 2026 12:00:00 GMT", 1777982400, 0, true },
		{ "Tue May  5 12:00:00 2026", 1777982400, 0, true },
		{ "5-May-2026 12:00:00 -0000", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00:00", 1777982400, 0, true },
		{ "Tue, 5 May 2026", 1777939200, 0, true },
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0, 0, true },
		{ "Wed, 31 Dec 1969 23:59:59 +0000", -1, 0, true },
		{ "1 Jan 70 00:00:00 Z", 0, 0, true },
		{ "Tue, 5 May 2026 12:00:00 +02:00", 1777975200, 7200, true },
		{ "Tue, 5 May 2026 2:00 PM +0200", 1777982400, 7200, true },
		{ "Tue, 5 May 2026 12:00 PM +0000", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00 AM +0000", 1777982400 - 12 * 3600, 0, true },
		{ "29 Feb 2024 00:00:00 +0000", 1709164800, 0, true },
		{ "29 Feb 2023 00:00:00 +0000", 0, 0, false },
		{ "31 Apr 2023 00:00:00 +0000", 0, 0, false },
		{ "Malformed Date.", 0, 0, false },
		{ "", 0, 0, false },
		{ "5 May 2026 25:00:00 +0000", 0, 0, false },
		/* A zone that is none: the time is read as UTC. */
		{ "Tue, 5 May 2026 12:00:00 +709551600", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00:00 +999999999:99", 1777982400, 0, true },
		{ "Tue, 5 May 2026 12:00:00 -9900", 1777982400, 0, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t seconds = 0;
		int zone = 0;
		bool ok = header_parse_date(slice_from_string(rows[i].text), &seconds, &zone);

		if (ok != rows[i].ok || seconds != rows[i].seconds || zone != rows[i].zone)
			g_error("%s: %d %" G_GINT64_FORMAT " %d", rows[i].text, ok, seconds, zone);
	}
}

static void message_ids_are_normalised(void)
{
	static const struct {
		const char *value, *ids;
	} rows[] = {
		{ "<a@b> <c@d>", "<a@b> <c@d>" },
		{ "<a@b>\r\n <c@d>", "<a@b> <c@d>" },
		{ "<a@b><c@d>", "<a@b> <c@d>" },
		{ "text <a@\r\n b> (comment)", "<a@b>" },
		{ "<\"a\"@b>", "<a@b>" },
		{ "<a <b@c>", "<b@c>" },
		{ "<>", "" },
		{ "<open", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) ids = header_message_ids(slice_from_string(rows[i].value));
		g_autofree char *joined = NULL;

		g_ptr_array_add(ids, NULL);
		joined = g_strjoinv(" ", (char **)ids->pdata);
		g_assert_cmpstr(joined, ==, rows[i].ids);
	}
}

static void fields_are_walked_as_the_index_sees_them(void)
{
	struct slice header = SLICE("From x\nA: 1\r\nno field\nB : 2\n folded\nC:\n\nD: body\n");
	struct header_field field;
	g_autofree char *b = header_value(header, "b");

	g_assert_cmpstr(b, ==, "2 folded");
	g_assert_true(header_find(header, "C", &field));
	g_assert_cmpuint(field.value.len, ==, 0);
	g_assert_false(header_find(header, "D", &field));
	g_assert_cmpuint(header_count(header, "a"), ==, 1);
	g_assert_true(header_find(header, "A", &field));
	g_assert_true(slice_equal(field.whole, SLICE("A: 1\r\n")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/header/base-subjects-follow-rfc-5256", base_subjects_follow_rfc_5256);
	g_test_add_func("/header/long-subjects-cost-no-more-than-their-length",
			long_subjects_cost_no_more_than_their_length);
	g_test_add_func("/header/dates-are-read-in-every-form", dates_are_read_in_every_form);
	g_test_add_func("/header/message-ids-are-normalised", message_ids_are_normalised);
	g_test_add_func("/header/fields-are-walked-as-the-index-sees-them",
			fields_are_walked_as_the_index_sees_them);
	return g_test_run();
}
