/* How fast is the part indexer, beside GMime's parser on the same octets?  Prints MB/s on one core
 * for messages of 2 KB, 20 KB, 1 MB and 100 MB, and the memory a message of 1 GB needs; then what a
 * rendition costs to build, and transfer encodings to remove.
 * Run by hand: tests/bench/bench-mime */
#include "mime/builder.h"
#include "mime/decode.h"
#include "mime/part_index.h"

#include <gmime/gmime.h>
#include <sys/resource.h>
#include <time.h>

#define RUN_TIME (G_USEC_PER_SEC / 2)

/* Of the processor, so that others at work on the machine do not count. */
static gint64 used_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

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
	gint64 start = used_time();
	unsigned runs = 0;

	do {
		GMimeStream *stream = g_mime_stream_mem_new_with_buffer(message->str, message->len);

		g_object_unref(stream);
		runs++;
	} while (used_time() - start < RUN_TIME / 2);
	return (double)(used_time() - start) / runs;
}

static double microseconds(void (*run)(const GString *), const GString *message)
{
	gint64 start = used_time();
	unsigned runs = 0;

	do {
		run(message);
		runs++;
	} while (used_time() - start < RUN_TIME);
	return (double)(used_time() - start) / runs;
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
	start = used_time();
	for (int i = 0; i < 16384; i++)
		part_indexer_push(indexer, piece, sizeof(piece));
	getrusage(RUSAGE_SELF, &after);
	index = part_indexer_finish(indexer);
	g_print("1 GB    index %.0f MB/s, %ld KB more memory at its peak\n",
		1073741824.0 / (double)(used_time() - start), after.ru_maxrss - before.ru_maxrss);
	part_indexer_destroy(&indexer);
	part_index_destroy(&index);
	g_string_free(head, TRUE);
}

/* ---- renditions and transfer encodings ------------------------------------------------------- */

/* An invitation's words, with letters beyond ASCII now and then. */
static GString *make_words(size_t size)
{
	GString *out = g_string_new(NULL);

	while (out->len < size)
		g_string_append(out, "When    Tuesday, 5 May 2026, 14:00 to 15:30 (Europe/Berlin)\r\n"
				     "Where   B\303\274ro 4, second floor\r\n");
	return out;
}

/* Microseconds for the rendition of an invitation of 1 KB beside a file of the message's size. */
static void measure_rendition(const char *name, size_t size)
{
	GString *message = make_message(size), *words = make_words(1500), *html = make_words(4000);
	struct slice octets = slice_of(message->str, message->len);
	struct mime_source source = mime_source_of_slice(&octets);
	struct part_index *index = part_index_of_slice(octets);
	const struct builder_part alternatives[] = {
		{ .type = "text/plain", .content = slice_of(words->str, words->len) },
		{ .type = "text/html", .content = slice_of(html->str, html->len) },
		{ .type = "text/calendar", .parameters = "charset=utf-8; method=REQUEST; component=VEVENT",
		  .content = slice_of(words->str, 1000) },
	};
	const struct builder_part invite = { .type = "application/ics", .filename = "invite.ics",
					     .attachment = true, .content = alternatives[2].content };
	const struct builder_rendition rendition = {
		.index = index, .source = &source, .seed = "seed", .headers = "X-Added: yes\r\n",
		.alternatives = alternatives, .alternative_count = 3, .attachments = &invite, .attachment_count = 1,
	};
	gint64 start = used_time();
	unsigned runs = 0;

	do {
		g_bytes_unref(builder_render(&rendition));
		runs++;
	} while (used_time() - start < RUN_TIME);
	g_print("rendition of %-7s %8.1f us\n", name, (double)(used_time() - start) / runs);
	part_index_destroy(&index);
	g_string_free(message, TRUE);
	g_string_free(words, TRUE);
	g_string_free(html, TRUE);
}

static void measure_decoding(const char *name, enum transfer_encoding encoding, const char *line)
{
	GString *encoded = g_string_new(NULL), *out = g_string_new(NULL);
	gint64 start;
	unsigned runs = 0;

	while (encoded->len < 1000000)
		g_string_append(encoded, line);
	start = used_time();
	do {
		struct decoder *decoder = decoder_create(encoding);

		g_string_truncate(out, 0);
		for (size_t at = 0; at < encoded->len; at += 16384)
			decoder_push(decoder, encoded->str + at, MIN(16384, encoded->len - at), out);
		decoder_finish(decoder, out);
		decoder_destroy(&decoder);
		runs++;
	} while (used_time() - start < RUN_TIME);
	g_print("%-16s decoded at %.0f MB/s\n", name,
		(double)encoded->len * runs / (double)(used_time() - start));
	g_string_free(encoded, TRUE);
	g_string_free(out, TRUE);
}

int main(void)
{
	g_mime_init();
	measure_memory();
	measure("2 KB", 2000);
	measure("20 KB", 20000);
	measure("1 MB", 1000000);
	measure("100 MB", 100000000);
	measure_rendition("2 KB", 2000);
	measure_rendition("1 MB", 1000000);
	measure_decoding("base64", TRANSFER_BASE64,
			 "VGhpcyBpcyBhIGxpbmUgb2YgYmFzZTY0LCBhcyBsb25nIGFzIHN1Y2ggbGluZXMgdXN1YWxs\r\n");
	measure_decoding("quoted-printable", TRANSFER_QUOTED_PRINTABLE,
			 "A line of quoted-printable, with a letter =C3=BC beyond ASCII and a =\r\nsoft break.\r\n");
	return 0;
}
