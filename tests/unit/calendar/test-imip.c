/* Meeting mail is found whatever its labels say; senders are vouched for by whom we trust. */
#include "calendar/imip.h"

#include "calendar/zone.h"

#define ICS(method) "BEGIN:VCALENDAR\r\n" method "BEGIN:VEVENT\r\nUID:m1\r\nDTSTART:20260505T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
#define REQUEST "METHOD:REQUEST\r\n"

static void a_part_is_a_meeting_by_what_it_holds(void)
{
	static const struct {
		struct imip_part part;
		enum imip_verdict verdict;
	} rows[] = {
		{ { .type = "text/calendar", .method = "REQUEST", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "TEXT/Calendar", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "text/calendar", .method = "request", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "text/calendar", .method = "CANCEL", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "text/calendar", .octets = SLICE(ICS("method:request\r\n")) }, IMIP_MEETING },
		{ { .type = "application/ics", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "application/octet-stream", .filename = "invite.ICS", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "application/octet-stream", .octets = SLICE("\xef\xbb\xbf\r\n" ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "text/plain", .octets = SLICE(ICS(REQUEST)) }, IMIP_MEETING },
		{ { .type = "text/plain", .octets = SLICE("see BEGIN:VCALENDAR in the text") }, IMIP_NONE },
		{ { .type = "text/calendar", .octets = SLICE(ICS("")) }, IMIP_NONE }, /* a file, no message */
		{ { .type = "text/calendar", .method = "REQUEST", .octets = SLICE(ICS("")) }, IMIP_UNUSABLE },
		{ { .type = "text/calendar", .method = "REQUEST", .octets = SLICE("junk") }, IMIP_UNUSABLE },
		{ { .type = "text/calendar", .octets = SLICE("junk") }, IMIP_NONE },
		{ { .type = "text/calendar", .octets = SLICE("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n") }, IMIP_UNUSABLE },
		{ { .type = "text/calendar", .octets = SLICE(ICS(REQUEST)), .nested = true }, IMIP_NONE },
		{ { .type = NULL, .octets = SLICE("") }, IMIP_NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct imip_found found;

		g_test_message("row %zu", i);
		imip_find(&rows[i].part, 1, NULL, &found);
		g_assert_cmpint(found.verdict, ==, rows[i].verdict);
		g_assert_cmpint(found.meeting != NULL, ==, rows[i].verdict == IMIP_MEETING);
		g_assert_cmpint(found.reason != NULL, ==, rows[i].verdict == IMIP_UNUSABLE);
		if (found.meeting != NULL)
			g_assert_cmpint(found.meeting->method, ==, MEETING_METHOD_REQUEST);
		imip_found_clear(&found);
	}
}

static void the_first_good_part_counts_and_its_copies_are_named(void)
{
	const struct imip_part parts[] = {
		{ .type = "text/plain", .octets = SLICE("hello") },
		{ .type = "text/calendar", .method = "REQUEST", .octets = SLICE("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n") },
		{ .type = "text/calendar", .octets = SLICE(ICS(REQUEST)) },
		{ .type = "application/ics", .octets = SLICE(ICS(REQUEST)) },
		{ .type = "application/ics", .octets = SLICE(ICS("METHOD:CANCEL\r\n")) },
	};
	struct imip_found found;

	imip_find(parts, G_N_ELEMENTS(parts), NULL, &found);
	g_assert_cmpint(found.verdict, ==, IMIP_MEETING);
	g_assert_cmpuint(found.part, ==, 2);
	g_assert_cmpuint(found.copy_count, ==, 1);
	g_assert_cmpuint(found.copies[0], ==, 3);
	g_assert_null(found.reason);
	imip_found_clear(&found);
}

static void sealed_mail_is_known(void)
{
	g_assert_true(imip_type_is_sealed("multipart/signed"));
	g_assert_true(imip_type_is_sealed("Multipart/Encrypted"));
	g_assert_true(imip_type_is_sealed("application/pkcs7-mime"));
	g_assert_true(imip_type_is_sealed("application/x-pkcs7-mime"));
	g_assert_false(imip_type_is_sealed("multipart/mixed"));
	g_assert_false(imip_type_is_sealed(NULL));
	g_assert_true(imip_text_is_sealed(SLICE("x\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n")));
	g_assert_false(imip_text_is_sealed(SLICE("> -----BEGIN PGP MESSAGE-----\r\n")));
}

/* RFC 7489 3.1.1: one organization's domains are aligned; what only shares a public suffix is not. */
static void alignment_is_by_organization(void)
{
	static const struct {
		const char *from, *signer;
		enum imip_vouch vouch;
	} rows[] = {
		{ "bob@example.test", "example.test", IMIP_VOUCHED },
		{ "bob@EXAMPLE.test", "Example.Test.", IMIP_VOUCHED },
		{ "bob@example.test", "mail.example.test", IMIP_VOUCHED },
		{ "bob@news.example.test", "example.test", IMIP_VOUCHED },
		{ "bob@news.example.test", "mail.example.test", IMIP_VOUCHED },
		{ "bob@example.co.uk", "mail.example.co.uk", IMIP_VOUCHED },
		{ "bob@b\u00fccher.example.test", "xn--bcher-kva.example.test", IMIP_VOUCHED },
		{ "bob@example.co.uk", "evil.co.uk", IMIP_FAILED },
		{ "bob@example.co.uk", "co.uk", IMIP_FAILED },
		{ "bob@co.uk", "evil.co.uk", IMIP_FAILED },
		/* a suffix that a company keeps for its customers */
		{ "bob@alice.github.io", "evil.github.io", IMIP_FAILED },
		{ "bob@github.io", "evil.github.io", IMIP_FAILED },
		{ "bob@alice.github.io", "www.alice.github.io", IMIP_VOUCHED },
		{ "bob@example.test", "test", IMIP_FAILED },
		{ "bob@example.test", "notexample.test", IMIP_FAILED },
		{ "bob@example.test", "", IMIP_FAILED },
		{ "bob@example.test", ".", IMIP_FAILED },
		{ "bob@[192.0.2.1]", "192.0.2.1", IMIP_FAILED },
		{ "bob@10.9.2.1", "192.0.2.1", IMIP_FAILED },
		{ "bob", "bob", IMIP_VOUCHED },
	};
	static const char *const trusted[] = { "mx.example.test", NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *result = g_strdup_printf("mx.example.test; dkim=pass header.d=%s", rows[i].signer);
		const char *results[] = { result, NULL }, *from[] = { rows[i].from, NULL };
		const struct imip_sender sender = { .from = from, .results = results, .trusted = trusted };

		g_test_message("%s for %s", rows[i].signer, rows[i].from);
		g_assert_cmpstr(imip_vouch_name(imip_vouch(&sender, NULL)), ==, imip_vouch_name(rows[i].vouch));
	}
}

static void authentication_results_of_trusted_servers_decide(void)
{
	static const struct {
		const char *results; /* separated by | */
		const char *trusted;
		enum imip_vouch vouch;
	} rows[] = {
		{ "", "", IMIP_UNVERIFIED },
		{ "mx.example.test; dmarc=pass header.from=example.test", "", IMIP_UNVERIFIED },
		{ "", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; dmarc=pass header.from=example.test", "mx.example.test", IMIP_VOUCHED },
		{ "MX.Example.Test 1; dmarc=pass (p=reject dis=none) header.from=example.test", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; dmarc = pass header.from = example.test", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; dmarc=fail header.from=example.test; dkim=pass header.d=example.test", "mx.example.test",
		  IMIP_FAILED },
		{ "mx.example.test; dkim=pass header.d=example.test", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; dkim=pass header.i=@example.test header.s=x", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; dkim=pass header.d=mail.example.test", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; dkim=pass header.d=evil.test", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; dkim=pass header.d=notexample.test", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; dkim=pass header.d=test", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; spf=pass smtp.mailfrom=bob@example.test", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; spf=pass smtp.mailfrom=evil.test", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; spf=fail smtp.mailfrom=example.test; dkim=none", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; none", "mx.example.test", IMIP_FAILED },
		{ "evil.test; dmarc=pass header.from=example.test", "mx.example.test", IMIP_FAILED },
		{ "evil.test; dmarc=fail header.from=example.test|mx.example.test; dmarc=pass", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; dmarc=fail|mx.example.test; dmarc=pass", "mx.example.test", IMIP_FAILED },
		/* what a sender can write into a comment or a quoted string */
		{ "mx.example.test; spf=none (mailfrom; dmarc=pass header.from=example.test)", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; spf=none smtp.mailfrom=\"x; dmarc=pass header.from=example.test\"", "mx.example.test",
		  IMIP_FAILED },
		{ "mx.example.test; spf=pass smtp.mailfrom=\"x@example.test y\"@evil.test", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; spf=pass reason=\"a smtp.mailfrom=example.test\" smtp.mailfrom=evil.test",
		  "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; dkim=pass header.s=x\\ header.d=example.test header.d=evil.test", "mx.example.test",
		  IMIP_FAILED },
		{ "mx.example.test; spf=none smtp.mailfrom=x\\; dmarc=pass", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; spf=pass smtp.mailfrom=\"b o b\"@example.test", "mx.example.test", IMIP_VOUCHED },
		{ "mx.example.test; spf=none (\\); dmarc=pass", "mx.example.test", IMIP_FAILED },
		{ "evil.test (mx.example.test); dmarc=pass", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test.evil.test; dmarc=pass", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; dmarc=passed", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; x-dmarc=pass", "mx.example.test", IMIP_FAILED },
		{ "mx.example.test; dmarc=pass header.from=evil.test", "mx.example.test", IMIP_FAILED },
	};
	static const char *const from[] = { "bob@example.test", NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) results = g_strsplit(rows[i].results, "|", -1), trusted = g_strsplit(rows[i].trusted, "|", -1);
		struct imip_sender sender = { .from = from, .results = (const char *const *)results,
					      .trusted = (const char *const *)trusted };
		const char *reason = NULL;

		g_assert_cmpstr(imip_vouch_name(imip_vouch(&sender, &reason)), ==, imip_vouch_name(rows[i].vouch));
		g_assert_nonnull(reason);
	}
}

static void from_must_be_one_address(void)
{
	static const char *const two[] = { "bob@example.test", "mallory@evil.test", NULL }, *const none[] = { NULL },
				 *const one[] = { "bob@example.test", NULL };
	struct imip_sender sender = { .from = two };

	g_assert_cmpint(imip_vouch(&sender, NULL), ==, IMIP_FAILED);
	sender.from = none;
	g_assert_cmpint(imip_vouch(&sender, NULL), ==, IMIP_FAILED);
	sender.from = one;
	sender.submitted_here = true;
	g_assert_cmpint(imip_vouch(&sender, NULL), ==, IMIP_VOUCHED);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	zone_init();
#define ADD(name) g_test_add_func("/imip/" #name, name)
	ADD(a_part_is_a_meeting_by_what_it_holds);
	ADD(the_first_good_part_counts_and_its_copies_are_named);
	ADD(sealed_mail_is_known);
	ADD(authentication_results_of_trusted_servers_decide);
	ADD(alignment_is_by_organization);
	ADD(from_must_be_one_address);
	return g_test_run();
}
