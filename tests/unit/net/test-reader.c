/* Lines, literals and SMTP data: fed whole, octet by octet, and cut at every
 * offset, each row gives the same answers. */
#include "net/loop.h"
#include "net/reader.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_LIMIT = 10, DATA_LIMIT = 12 };

/* What is read, in order: "l" a line, "d" dot data, "D" the same with the limit,
 * digits a literal of that size. */
struct row {
	const char *plan;
	struct slice in;
	const char *out; /* answers, each ended by '|' */
};

#define ROW(plan, in, out) { plan, { in, sizeof(in) - 1 }, out }

static const struct row rows[] = {
	/* lines */
	ROW("ll", "a\r\nbc\r\n", "line a|line bc|"),
	ROW("lll", "\r\n\n\r\r\n", "line |bare |line \\r|"),
	ROW("ll", "bare\nnext\r\n", "bare bare|line next|"),
	ROW("l", "a\rb\r\n", "line a\\rb|"),
	ROW("ll", "nul\0l\r\nx\r\n", "line nul\\0l|line x|"),
	ROW("ll", "0123456789\r\nx\r\n", "line 0123456789|line x|"),
	ROW("ll", "0123456789\nx\r\n", "bare 0123456789|line x|"),
	ROW("ll", "0123456789a\r\nx\r\n", "long|line x|"),
	ROW("ll", "0123456789a\nx\r\n", "long|line x|"),
	ROW("ll", "0123456789\r\r\nx\r\n", "long|line x|"),
	ROW("lll", "0123456789abcdefghijklmnopqrstuvw\r\nx\r\n0123456789a\r\n", "long|line x|long|"),
	ROW("ll", "\xff\xfe\x80\r\nx\n", "line \\xff\\xfe\\x80|bare x|"),
	/* literals */
	ROW("l5l", "a {5}\r\nhello b\r\n", "line a {5}|literal hello|line  b|"),
	ROW("5l", "\r\n\r\n.\r\n", "literal \\r\\n\\r\\n.|line |"),
	ROW("0l", "x\r\n", "literal |line x|"),
	ROW("0005l", "ab\0cdx\r\n", "literal ab\\0cd|line x|"),
	ROW("12l3l", "0123456789abl\r\nxyzend\r\n", "literal 0123456789ab|line l|literal xyz|line end|"),
	/* SMTP data, RFC 5321 4.5.2 */
	ROW("dl", ".\r\nQUIT\r\n", "data |line QUIT|"),
	ROW("dl", "a\r\n.\r\nx\r\n", "data a\\r\\n|line x|"),
	ROW("dl", "..\r\n.\r\nx\r\n", "data .\\r\\n|line x|"),
	ROW("dl", "..a\r\n...b\r\n.c\r\n.\r\nx\r\n", "data .a\\r\\n..b\\r\\nc\\r\\n|line x|"),
	ROW("dl", "a.b.\r\n.\r\nx\r\n", "data a.b.\\r\\n|line x|"),
	/* only CRLF.CRLF ends: every bare shape is data, exactly as sent */
	ROW("dl", "a\n.\n.\r\nb\r\n.\r\nx\r\n", "data a\\n.\\n.\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r\n.\nb\r\n.\r\nx\r\n", "data a\\r\\n\\nb\\r\\n|line x|"),
	ROW("dl", "a\n.\r\nb\r\n.\r\nx\r\n", "data a\\n.\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r.\r\nb\r\n.\r\nx\r\n", "data a\\r.\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r\n.\rb\r\n.\r\nx\r\n", "data a\\r\\n\\rb\\r\\n|line x|"),
	ROW("dl", "a\r\n.\r\r\nb\r\n.\r\nx\r\n", "data a\\r\\n\\r\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r\n.\r.\r\nb\r\n.\r\nx\r\n", "data a\\r\\n\\r.\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r\n\n.\r\nb\r\n.\r\nx\r\n", "data a\\r\\n\\n.\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r\n.\n.\r\nb\r\n.\r\nx\r\n", "data a\\r\\n\\n.\\r\\nb\\r\\n|line x|"),
	ROW("dl", "a\r\n.\r\n.\r\nx\r\n", "data a\\r\\n|line .|"),
	ROW("dl", "\n.\r\n.\r\nx\r\n", "data \\n.\\r\\n|line x|"),
	ROW("dl", "a\r\r\n.\r\nx\r\n", "data a\\r\\r\\n|line x|"),
	ROW("dl", "\r\n\r\n.\r\nx\r\n", "data \\r\\n\\r\\n|line x|"),
	ROW("dl", "a\0\xff\r\n.\r\nx\r\n", "data a\\0\\xff\\r\\n|line x|"),
	ROW("ddl", "1\r\n.\r\n2\r\n.\r\nx\r\n", "data 1\\r\\n|data 2\\r\\n|line x|"),
	/* limit of twelve octets, dots unstuffed */
	ROW("Dl", "0123456789\r\n.\r\nx\r\n", "data 0123456789\\r\\n|line x|"),
	ROW("Dl", "..12345678\r\n.\r\nx\r\n", "data .12345678\\r\\n|line x|"),
	ROW("Dl", "0123456789a\r\n.\r\nx\r\n", "data long 0123456789a\\r|line x|"),
	ROW("Dl", "0123456789abcdef\r\n0123456789\r\n..\r\n.\r\nx\r\n", "data long 0123456789ab|line x|"),
};

static void append_escaped(GString *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned octet = (unsigned char)data[i];

		if (octet == '\r')
			g_string_append(out, "\\r");
		else if (octet == '\n')
			g_string_append(out, "\\n");
		else if (octet == 0)
			g_string_append(out, "\\0");
		else if (octet >= 0x80)
			g_string_append_printf(out, "\\x%02x", octet);
		else
			g_string_append_c(out, (char)octet);
	}
}

/* --- a stream in this thread, stepped by hand --- */

struct bench {
	struct loop *loop;
	struct stream *stream;
	struct reader *reader;
	const char *plan;
	struct spool *spool;
	GString *out;
	int peer;
};

static void append_spool(struct bench *bench)
{
	struct slice whole;

	g_assert_true(spool_in_memory(bench->spool, &whole));
	append_escaped(bench->out, whole.data, whole.len);
	spool_destroy(&bench->spool);
}

static enum reader_result read_one_line(struct bench *bench)
{
	struct slice line;
	bool bare;
	enum reader_result result = reader_line(bench->reader, &line, &bare);

	if (result == READER_TOO_LONG) {
		g_string_append(bench->out, "long");
	} else if (result == READER_DONE) {
		g_string_append(bench->out, bare ? "bare " : "line ");
		append_escaped(bench->out, line.data, line.len);
	}
	return result;
}

static enum reader_result read_octets(struct bench *bench, const char **plan_end_out)
{
	uint64_t size = *bench->plan == 'D' ? DATA_LIMIT : UINT64_MAX;
	enum reader_result result;
	bool literal = g_ascii_isdigit(*bench->plan);

	*plan_end_out = bench->plan + 1;
	if (literal)
		size = g_ascii_strtoull(bench->plan, (char **)plan_end_out, 10);
	if (bench->spool == NULL)
		bench->spool = spool_create(4096, NULL);
	result = literal ? reader_literal(bench->reader, size, bench->spool) :
			   reader_dot_data(bench->reader, size, bench->spool);
	if (result != READER_MORE) {
		g_string_append(bench->out, literal ? "literal " : "data ");
		g_string_append(bench->out, result == READER_TOO_LONG ? "long " : "");
		append_spool(bench);
	}
	return result;
}

static void bench_input(void *owner)
{
	struct bench *bench = owner;

	while (*bench->plan != '\0') {
		const char *next = bench->plan + 1;
		enum reader_result result = *bench->plan == 'l' ? read_one_line(bench) :
								  read_octets(bench, &next);

		if (result == READER_MORE)
			return;
		g_assert_cmpint(result, !=, READER_FAILED);
		g_string_append_c(bench->out, '|');
		bench->plan = next;
	}
}

static void bench_ended(void *owner, enum stream_end why)
{
	struct bench *bench = owner;

	(void)why;
	stream_destroy(&bench->stream);
	loop_stop(bench->loop);
}

static void bench_drained(void *owner)
{
	(void)owner;
}

static const struct stream_handler bench_handler = {
	.input = bench_input,
	.drained = bench_drained,
	.ended = bench_ended,
};

static void bench_open(struct bench *bench, const char *plan)
{
	int pair[2];

	g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	bench->peer = pair[1];
	bench->loop = loop_create();
	bench->stream = stream_adopt(bench->loop, pair[0], "reader");
	bench->reader = reader_create(bench->stream, LINE_LIMIT);
	bench->plan = plan;
	bench->out = g_string_new(NULL);
	stream_set_owner(bench->stream, &bench_handler, bench);
}

static void stop_loop(void *loop)
{
	loop_stop(loop);
}

/* The stream sees these octets as one piece. */
static void bench_feed(struct bench *bench, const char *data, size_t len)
{
	if (len > 0)
		g_assert_cmpint(send(bench->peer, data, len, MSG_NOSIGNAL), ==, (ssize_t)len);
	loop_post(bench->loop, stop_loop, bench->loop);
	loop_run(bench->loop);
}

static void bench_close(struct bench *bench)
{
	shutdown(bench->peer, SHUT_WR);
	loop_run(bench->loop);
	close(bench->peer);
	reader_destroy(&bench->reader);
	spool_destroy(&bench->spool);
	loop_destroy(&bench->loop);
	g_string_free(bench->out, TRUE);
}

static void check(const struct row *row, size_t cut, bool octets)
{
	struct bench bench = { 0 };

	bench_open(&bench, row->plan);
	if (octets) {
		for (size_t i = 0; i < row->in.len; i++)
			bench_feed(&bench, row->in.data + i, 1);
	} else {
		bench_feed(&bench, row->in.data, cut);
		bench_feed(&bench, row->in.data + cut, row->in.len - cut);
	}
	g_assert_cmpstr(bench.out->str, ==, row->out);
	g_assert_cmpstr(bench.plan, ==, "");
	bench_close(&bench);
}

static void every_row_gives_its_answers_whole_by_octet_and_cut_anywhere(gconstpointer data)
{
	const struct row *row = data;

	for (size_t cut = 0; cut <= row->in.len; cut++)
		check(row, cut, false);
	check(row, 0, true);
}

/* The end mark can be cut from what stands before it, and from itself. */
static void input_that_ends_early_gives_no_answer(void)
{
	static const struct row truncated[] = {
		ROW("l", "no end", ""), ROW("l", "0123456789abcdef", ""), ROW("5", "four", ""),
		ROW("d", "a\r\n.\r", ""), ROW("d", "a\r\n.", ""), ROW("d", "a\n.\n", ""),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(truncated); i++) {
		struct bench bench = { 0 };

		bench_open(&bench, truncated[i].plan);
		bench_feed(&bench, truncated[i].in.data, truncated[i].in.len);
		g_assert_cmpstr(bench.out->str, ==, "");
		bench_close(&bench);
	}
}

static void a_full_disk_is_told_after_the_literal_is_skipped(void)
{
	struct rlimit old, small = { 0, 0 };
	struct bench bench = { 0 };
	struct slice line;
	bool bare;

	/* The next row of the plan is read by hand: bench_input has no plan. */
	bench_open(&bench, "");
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	bench.spool = spool_create(0, NULL);
	bench_feed(&bench, "abcdefl\r\n", 9);
	g_assert_cmpint(reader_literal(bench.reader, 6, bench.spool), ==, READER_FAILED);
	setrlimit(RLIMIT_FSIZE, &old);
	g_assert_cmpint(reader_line(bench.reader, &line, &bare), ==, READER_DONE);
	g_assert_true(slice_equal(line, SLICE("l")));
	bench_close(&bench);
}

static void a_line_stays_valid_while_the_stream_reads_on(void)
{
	struct bench bench = { 0 };
	struct slice line;

	bench_open(&bench, "");
	bench_feed(&bench, "first\r\nse", 9);
	g_assert_cmpint(reader_line(bench.reader, &line, NULL), ==, READER_DONE);
	bench_feed(&bench, "cond\r\n", 6);
	g_assert_true(slice_equal(line, SLICE("first")));
	g_assert_cmpint(reader_line(bench.reader, &line, NULL), ==, READER_DONE);
	g_assert_true(slice_equal(line, SLICE("second")));
	bench_close(&bench);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf(
			"/net/reader/every_row_gives_its_answers_whole_by_octet_and_cut_anywhere/%zu", i);

		g_test_add_data_func(path, &rows[i],
				     every_row_gives_its_answers_whole_by_octet_and_cut_anywhere);
	}
	g_test_add_func("/net/reader/input_that_ends_early_gives_no_answer",
			input_that_ends_early_gives_no_answer);
	g_test_add_func("/net/reader/a_full_disk_is_told_after_the_literal_is_skipped",
			a_full_disk_is_told_after_the_literal_is_skipped);
	g_test_add_func("/net/reader/a_line_stays_valid_while_the_stream_reads_on",
			a_line_stays_valid_while_the_stream_reads_on);
	return g_test_run();
}
