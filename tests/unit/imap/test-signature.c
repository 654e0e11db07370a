/* Slabs of signatures: a needle that is in a text is never ruled out, at any resolution, beside
 * any other texts; what is not there mostly is. */
#include "imap/signature_slab.h"

#include <glib.h>

enum { TEXTS = 200 };

static char *random_text(size_t words)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < words; i++)
		g_string_append_printf(text, "%x ", (unsigned)g_test_rand_int_range(0, 1 << 20));
	return g_string_free(text, FALSE);
}

/* From one trigram to a text that stands apart. */
static size_t random_length(unsigned i)
{
	return i % 50 == 7 ? 20000 : (size_t)g_test_rand_int_range(0, i % 10 == 3 ? 3000 : 200);
}

struct message {
	char *text, *prefix;
	GBytes *signature;
};

static void fill(struct message *messages, struct signature_slab *slab)
{
	for (unsigned i = 0; i < TEXTS; i++) {
		struct message *message = &messages[i];
		gsize len;
		const char *octets;
		struct slice text;

		message->text = random_text(random_length(i));
		message->prefix = random_text(i % 3 == 0 ? 20 : 0);
		text = slice_from_string(message->text);
		message->signature = i % 40 == 11 ? signature_anything() : signature_build(&text, 1);
		octets = g_bytes_get_data(message->signature, &len);
		signature_slab_add(slab, slice_of(octets, len), slice_from_string(message->prefix));
	}
}

static void clear(struct message *messages)
{
	for (unsigned i = 0; i < TEXTS; i++) {
		g_free(messages[i].text);
		g_free(messages[i].prefix);
		g_bytes_unref(messages[i].signature);
	}
}

static bool may(const struct signature_slab *slab, const char *needle, unsigned column)
{
	uint64_t bits[SIGNATURE_SLAB_WORDS];
	struct signature_query *query = signature_query_create(slice_from_string(needle));

	signature_slab_ask(slab, query, bits);
	signature_query_destroy(&query);
	for (unsigned i = signature_slab_count(slab); i < SIGNATURE_SLAB_COLUMNS; i++)
		g_assert_false(bits[i / 64] >> i % 64 & 1);
	return bits[column / 64] >> column % 64 & 1;
}

static void assert_finds_parts(const struct signature_slab *slab, const char *text, unsigned column)
{
	size_t len = strlen(text);

	for (unsigned i = 0; i < 4 && len > 0; i++) {
		gint32 at = g_test_rand_int_range(0, (gint32)len);
		g_autofree char *needle = g_strndup(text + at, (gsize)g_test_rand_int_range(0, 40));

		g_assert_true(may(slab, needle, column));
	}
}

static void assert_sound(const struct signature_slab *slab, const struct message *messages)
{
	g_assert_cmpuint(signature_slab_count(slab), ==, TEXTS);
	for (unsigned i = 0; i < TEXTS; i++) {
		assert_finds_parts(slab, messages[i].text, i);
		assert_finds_parts(slab, messages[i].prefix, i);
		if (i % 40 == 11)
			g_assert_true(may(slab, "never heard of it", i));
	}
}

static void test_what_is_there_is_never_ruled_out(void)
{
	for (unsigned log2 = 8; log2 <= 14; log2 += 2) {
		struct signature_slab *slab = signature_slab_create(log2), *copy;
		struct message messages[TEXTS];

		fill(messages, slab);
		assert_sound(slab, messages);
		copy = signature_slab_copy(slab);
		signature_slab_fold(copy);
		assert_sound(copy, messages);
		assert_sound(slab, messages);
		signature_slab_destroy(&copy);
		signature_slab_destroy(&slab);
		clear(messages);
	}
}

static void test_what_is_not_there_mostly_is_ruled_out(void)
{
	struct signature_slab *slab = signature_slab_create(13);
	unsigned maybe = 0;

	for (unsigned i = 0; i < SIGNATURE_SLAB_COLUMNS; i++) {
		g_autofree char *octets = random_text(150);
		struct slice text = slice_from_string(octets);
		g_autoptr(GBytes) signature = signature_build(&text, 1);
		gsize len;
		const char *data = g_bytes_get_data(signature, &len);

		signature_slab_add(slab, slice_of(data, len), SLICE("return-path: a@example.test\n"));
	}
	for (unsigned i = 0; i < SIGNATURE_SLAB_COLUMNS; i++)
		maybe += may(slab, "rendezvous", i);
	g_assert_cmpuint(maybe, <, SIGNATURE_SLAB_COLUMNS / 100);
	for (unsigned i = 0; i < SIGNATURE_SLAB_COLUMNS; i += 100)
		g_assert_true(may(slab, "a@example.test", i));
	signature_slab_destroy(&slab);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signature/what-is-there-is-never-ruled-out", test_what_is_there_is_never_ruled_out);
	g_test_add_func("/signature/what-is-not-there-mostly-is-ruled-out",
			test_what_is_not_there_mostly_is_ruled_out);
	return g_test_run();
}
