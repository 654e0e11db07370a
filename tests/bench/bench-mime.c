/* How fast is the part indexer, beside GMime's parser on the same octets?  Prints MB/s on one core
 * for messages of 2 KB, 20 KB, 1 MB and 100 MB, and the memory a message of 1 GB needs.
 * Run by hand: tests/bench/bench-mime */
#include "mime/part_index.h"

#include <gmime/gmime.h>
#include <sys/resource.h>

#define RUN_TIME (G_USEC_PER_SEC / 2)

/* A mail of a text, its HTML and an attachment that fills it up. */
static GString *make_message(size_t size)
{
	GString *out = g_string_sized_new(size + 1024);

	g_string_append(out, "Return-Path: <a@example.test>\r\nReceived: from x by y; Tue, 5 May 2026 12:00:00 "
			"+0000\r\nFrom: Alice <alice@example.test>\r\nTo: Bob <bob@example.test>\r\n"
			"Subject: A message to measure with\r\nDate: Tue, 5 May 2026 12:00:00 +0000\r\n"
			"Message-ID: <1@example.test>\r\nMIME-Version: 1.0\r\n"
			"Content-Type: multipart/mixed; boundary=\"outer-boundary\"\r\n\r\n"
			"--outer-boundary\r\nContent-Type: multipart/alternative; boundary=\"inner-boundary\"\r\n\r\n"
			"--inner-boundary\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello, this is a text.\r\n"
			"--inner-boundary\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello, this is a text.\r\n"
			"--inner-boundary--\r\n--outer-boundary\r\nContent-Type: application/pdf; name=file.pdf\r\n"
			"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=file.pdf\r\n\r\n");
	while (out->len + 30 < size)
		g_string_append(out, "VGhpcyBpcyBhIGxpbmUgb2YgYmFzZTY0LCBhcyBsb25nIGFzIHN1Y2ggbGluZXMgdXN1YWxs\r\n");
	return g_string_append(out, "--outer-boundary--\r\n");
}

static void run_index(const GString *message)
{
	struct part_index *index = part_index_of_slice(slice_of(message->str, message->len));

	g_assert_cmpuint(part_index_count(index), ==, 5);
	part_index_destroy(&index);
}

static void run_gmime(const GString *message)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(message->str, message->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *parsed;

	/* Its fastest way: parts keep to the stream instead of copying it. */
	g_mime_parser_set_persist_stream(parser, TRUE);
	parsed = g_mime_parser_construct_message(parser, NULL);
	g_assert_nonnull(parsed);
	g_object_unref(parsed);
	g_object_unref(parser);
	g_object_unref(stream);
}

/* GMime's memory stream copies its buffer; that is no part of parsing. */
static double cost_of_copy(const GString *message)
{
	gint64 start = g_get_monotonic_time();
	unsigned runs = 0;

	do {
		GMimeStream *stream = g_mime_stream_mem_new_with_buffer(message->str, message->len);

		g_object_unref(stream);
		runs++;
	} while (g_get_monotonic_time() - start < RUN_TIME / 2);
	return (double)(g_get_monotonic_time() - start) / runs;
}

static double microseconds(void (*run)(const GString *), const GString *message)
{
	gint64 start = g_get_monotonic_time();
	unsigned runs = 0;

	do {
		run(message);
		runs++;
	} while (g_get_monotonic_time() - start < RUN_TIME);
	return (double)(g_get_monotonic_time() - start) / runs;
}

static void measure(const char *name, size_t size)
{
	GString *message = make_message(size);
	double ours = microseconds(run_index, message);
	double theirs = microseconds(run_gmime, message) - cost_of_copy(message);

	g_print("%-7s index %8.1f us %7.0f MB/s   GMime %10.1f us %7.0f MB/s   %.1f times\n", name, ours,
		(double)message->len / ours, theirs, (double)message->len / theirs, theirs / ours);
	g_string_free(message, TRUE);
}

static void measure_memory(void)
{
	static char piece[65536];
	struct part_indexer *indexer = part_indexer_create();
	struct part_index *index;
	struct rusage before, after;
	GString *head = make_message(2000);
	gint64 start;

	for (size_t i = 0; i < sizeof(piece); i++)
		piece[i] = i % 78 == 77 ? '\n' : 'A';
	part_indexer_push(indexer, head->str, 1200);
	getrusage(RUSAGE_SELF, &before);
	start = g_get_monotonic_time();
	for (int i = 0; i < 16384; i++)
		part_indexer_push(indexer, piece, sizeof(piece));
	getrusage(RUSAGE_SELF, &after);
	index = part_indexer_finish(indexer);
	g_print("1 GB    index %.0f MB/s, %ld KB more memory at its peak\n",
		1073741824.0 / (double)(g_get_monotonic_time() - start), after.ru_maxrss - before.ru_maxrss);
	part_indexer_destroy(&indexer);
	part_index_destroy(&index);
	g_string_free(head, TRUE);
}

int main(void)
{
	g_mime_init();
	measure_memory();
	measure("2 KB", 2000);
	measure("20 KB", 20000);
	measure("1 MB", 1000000);
	measure("100 MB", 100000000);
	return 0;
}
