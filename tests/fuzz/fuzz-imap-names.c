/* Any octets as modified UTF-7, as a mailbox name, as a pattern, as a sequence set, as
 * a date, as a URL: what is accepted must come back as it was. */
#include "imap/date.h"
#include "imap/mailbox_name.h"
#include "imap/message_url.h"
#include "imap/sequence_set.h"
#include "imap/utf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_utf7(struct slice text)
{
	g_autoptr(GString) utf8 = g_string_new(NULL), back = g_string_new(NULL);

	if (!utf7_decode(text, utf8))
		return;
	g_assert_true(g_utf8_validate_len(utf8->str, utf8->len, NULL));
	utf7_encode(slice_of(utf8->str, utf8->len), back);
	/* One form per name. */
	g_assert_true(slice_equal(slice_of(back->str, back->len), text));
}

static void check_set(struct slice text)
{
	struct arena *arena = arena_create();
	struct sequence_set set;

	if (sequence_set_parse(text, true, arena, &set)) {
		sequence_set_resolve(&set, 1000);
		for (size_t i = 0; i < set.count; i++) {
			g_assert_cmpuint(set.ranges[i].first, <=, set.ranges[i].last);
			g_assert_true(i == 0 || set.ranges[i].first - 1 > set.ranges[i - 1].last);
			g_assert_true(sequence_set_contains(&set, set.ranges[i].first));
		}
	}
	arena_destroy(&arena);
}

/* What CATENATE takes for a URL points into no more than its own octets. */
static void check_url(struct slice text)
{
	struct arena *arena = arena_create();
	struct message_url url;

	if (message_url_parse(text, arena, &url)) {
		g_assert_cmpuint(url.uid, >, 0);
		g_assert_cmpuint(url.mailbox.len + url.section.len, <, text.len);
		g_assert_null(memchr(url.mailbox.data != NULL ? url.mailbox.data : "x", '\0', url.mailbox.len));
	}
	arena_destroy(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	g_autoptr(GString) name = g_string_new(NULL);
	struct mailbox_name_rules rules = { .separator = '.', .is_utf8 = size % 2 == 0 };
	size_t cut = size / 2;
	int64_t seconds;
	int zone;

	check_utf7(text);
	check_set(text);
	check_url(text);
	date_time_parse(text, &seconds, &zone);
	date_parse(text, &seconds);
	if (mailbox_name_read(text, rules, name) == MAILBOX_NAME_OK) {
		g_autoptr(GString) wire = g_string_new(NULL);

		mailbox_name_write(wire, slice_of(name->str, name->len), rules);
	}
	mailbox_name_matches(slice_of(text.data, cut), slice_of(text.data + cut, size - cut));
	return 0;
}
