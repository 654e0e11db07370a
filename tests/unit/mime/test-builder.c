/* What is built: legal, safe against injection, and true to the original. */
#include "mime/address.h"
#include "mime/builder.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "corpus.h"

static void assert_legal(const char *name, GBytes *message)
{
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	size_t line = 0;

	for (gsize i = 0; i < len; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			g_error("%s: bare LF at %zu", name, i);
		if (data[i] == '\r' && (i + 1 == len || data[i + 1] != '\n'))
			g_error("%s: bare CR at %zu", name, i);
		line = data[i] == '\n' ? 0 : line + 1;
		if (line > 999)
			g_error("%s: a line of more than 998 octets", name);
	}
}

/* RFC 2047 section 2: no more than 75 characters in an encoded word, 76 in its line. */
static void assert_words(const char *name, GBytes *message)
{
	g_autofree char *text = g_strndup(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

	for (char **line = lines; *line != NULL && **line != '\0'; line++) {
		const char *word = strstr(*line, "=?");

		if (word == NULL)
			continue;
		if (strcspn(word, " >") > 75)
			g_error("%s: an encoded word of more than 75 characters: %s", name, word);
		if (strlen(*line) > 78)
			g_error("%s: a line of encoded words of more than 78 characters: %s", name, *line);
	}
}

static char *shape(const struct part_index *index, uint32_t number)
{
	struct part part = part_index_get(index, number);
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%.*s", (int)part.subtype.len, part.subtype.data);
	for (uint32_t i = 0; i < part.child_count; i++) {
		g_autofree char *child = shape(index, part_index_child(index, &part, i));

		g_string_append_printf(out, "%s%s", i == 0 ? "(" : " ", child);
	}
	return g_string_append(out, part.child_count > 0 ? ")" : "") ? g_string_free(out, FALSE) : NULL;
}

static char *shape_of(GBytes *message)
{
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	struct part_index *index = part_index_of_slice(slice_of(data, len));
	char *text = shape(index, PART_ROOT);

	part_index_destroy(&index);
	return text;
}

/* Decoded content of the part at a path of one or two numbers. */
static char *content_at(GBytes *message, const uint32_t *path, size_t path_len)
{
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	struct slice octets = slice_of(data, len);
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	GString *out = g_string_new(NULL);
	struct part part;

	g_assert_true(part_index_find(index, path, path_len, &part));
	g_assert_true(decode_part(&part, &source, UINT64_MAX, out, NULL));
	part_index_destroy(&index);
	return g_string_free(out, FALSE);
}

static char *repeated(const char *piece, size_t times)
{
	GString *out = g_string_new(NULL);

	while (times-- > 0)
		g_string_append(out, piece);
	return g_strchomp(g_string_free(out, FALSE));
}

static void headers_are_encoded_and_can_not_be_injected(void)
{
	g_autofree char *chinese = repeated("\xe4\xbd\xa0\xe5\xa5\xbd", 200), *xs = repeated("x", 5000);
	g_autofree char *emoji = repeated("\xf0\x9f\x98\x80", 100);
	g_autofree char *umlauts = repeated("\xc3\xbc" "berraschung (gro\xc3\x9f) ", 30);
	g_autofree char *brackets = repeated("((((((((((((((((((((((((((((((\xc3\xbc ", 5);
	const struct {
		const char *value, *decoded;
	} rows[] = {
		{ "plain", "plain" },
		{ "Gr\xc3\xbc\xc3\x9f Gott", "Gr\xc3\xbc\xc3\x9f Gott" },
		{ "a\r\nBcc: x@y", "a  Bcc: x@y" },
		{ "=?utf-8?Q?x?=", "=?utf-8?Q?x?=" },
		{ "two  spaces", "two  spaces" },
		{ "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd"
		  "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd",
		  "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd"
		  "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd" },
		{ "a rather long subject that goes on and on, so that it has to be folded somewhere behind its "
		  "seventieth octet", "a rather long subject that goes on and on, so that it has to be folded somewhere "
		  "behind its seventieth octet" },
		{ chinese, chinese },
		{ emoji, emoji },
		{ umlauts, umlauts },
		{ xs, xs },
		{ brackets, brackets },
		{ "Re: =?utf-8?Q?x?= gr\xc3\xbc\xc3\x9f", "Re: =?utf-8?Q?x?= gr\xc3\xbc\xc3\x9f" },
		{ "", "" },
		{ " outer ", "outer" },
		{ "bad \xff octet", "bad \xef\xbf\xbd octet" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct builder *builder = builder_create("seed");
		g_autoptr(GBytes) message = NULL;
		g_autofree char *decoded = NULL;
		struct slice octets;

		builder_header(builder, "Subject", rows[i].value);
		message = builder_finish(builder);
		assert_legal(rows[i].value, message);
		assert_words(rows[i].value, message);
		octets = slice_of(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
		decoded = header_decoded(octets, "Subject");
		g_assert_cmpstr(decoded, ==, rows[i].decoded);
		g_assert_cmpuint(header_count(octets, "Bcc"), ==, 0);
		builder_destroy(&builder);
	}
}

static void addresses_of_one_field_make_one_line(void)
{
	struct builder *builder = builder_create("seed");
	g_autoptr(GBytes) message = NULL;
	g_autofree char *text = NULL;

	builder_address(builder, "From", "Alice", "alice@example.test");
	builder_address(builder, "To", "B\xc3\xb6" "b", "bob@example.test");
	builder_address(builder, "To", "Doe, \"Joe\"", "joe@example.test");
	builder_address(builder, "To", NULL, "x>\r\n<y@example.test");
	builder_date(builder, 1777982400, 7200);
	builder_header_raw(builder, "Message-ID", "<1@example.test>");
	message = builder_finish(builder);
	text = g_strndup(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	g_assert_true(g_str_has_prefix(text,
		"From: Alice <alice@example.test>\r\n"
		"To: =?UTF-8?b?QsO2Yg==?= <bob@example.test>, \"Doe, \\\"Joe\\\"\"\r\n"
		"\t<joe@example.test>, xy@example.test\r\n"
		"Date: Tue, 05 May 2026 14:00:00 +0200\r\n"
		"Message-ID: <1@example.test>\r\n"
		"MIME-Version: 1.0\r\n"));
	builder_destroy(&builder);
}

/* What a program shows for the name of the first address of To. */
static void names_of_addresses_come_back(void)
{
	g_autofree char *chinese = repeated("\xe4\xbd\xa0\xe5\xa5\xbd", 60), *xs = repeated("x", 300);
	const char *const names[] = {
		"Alice", "Doe, \"Joe\" (sen.) <x@y>", "B\xc3\xb6" "b, M\xc3\xbcller & S\xc3\xb6hne", "back\\slash",
		"=?utf-8?Q?x?=", "two  spaces", chinese, xs, "a:b;c", "@", ".", "\xc3\xbc",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct builder *builder = builder_create("seed");
		struct arena *arena = arena_create();
		g_autoptr(GBytes) message = NULL;
		g_autofree char *name = NULL, *spec = NULL;
		const struct address *first;

		builder_address(builder, "To", names[i], "bob@example.test");
		builder_address(builder, "To", names[i], "joe@example.test");
		message = builder_finish(builder);
		assert_legal(names[i], message);
		assert_words(names[i], message);
		first = address_parse_header(arena, slice_of(g_bytes_get_data(message, NULL),
							     g_bytes_get_size(message)), "To");
		g_assert_cmpuint(address_count(first), ==, 2);
		name = address_name(first);
		spec = address_spec(first);
		g_assert_cmpstr(name, ==, names[i]);
		g_assert_cmpstr(spec, ==, "bob@example.test");
		arena_destroy(&arena);
		builder_destroy(&builder);
	}
}

/* Parameters come from settings and stored mail: a hostile one neither makes a header nor keeps the
 * library busy for ever. */
static void parameters_are_kept_plain(void)
{
	g_autofree char *long_name = repeated("\xd1\x9c", 36), *name = repeated("n", 200);
	g_autofree char *xs = repeated("x", 5000);
	g_autofree char *trap = g_strdup_printf("%s=\"\xd1\x9c\"; %s=\"gr\xc3\xbc\"; method=A\r\nBcc: x", long_name, name);
	struct builder *builder = builder_create("seed");
	struct builder_part part = { .type = "text/calendar", .parameters = trap, .content = SLICE("x"),
				     .filename = "a\r\nBcc: x\xff gr\xc3\xbc\xc3\x9f.ics", .attachment = true };
	g_autoptr(GBytes) message = NULL;
	struct slice octets;

	builder_header_raw(builder, "X-Raw", xs);
	builder_attachment(builder, &part);
	message = builder_finish(builder);
	assert_legal("parameters", message);
	octets = slice_of(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	g_assert_cmpuint(header_count(octets, "Bcc"), ==, 0);
	g_assert_null(memmem(octets.data, octets.len, "nnn", 3));
	g_assert_nonnull(memmem(octets.data, octets.len, "charset=utf-8", 13));
	g_assert_nonnull(memmem(octets.data, octets.len, "gr%C3%BC%C3%9F.ics", 18));
	builder_destroy(&builder);
}

static void a_line_beginning_with_from_is_not_changed_on_its_way(void)
{
	struct builder *builder = builder_create("seed");
	struct builder_part part = { .type = "text/plain", .content = SLICE("\xc3\xbc\nFrom here\nFromage\n") };
	g_autoptr(GBytes) message = NULL;
	g_autofree char *text = NULL;

	builder_alternative(builder, &part);
	message = builder_finish(builder);
	text = g_strndup(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	g_assert_nonnull(strstr(text, "\r\n=46rom =\r\nhere\r\nFromage\r\n"));
	builder_destroy(&builder);
}

static void *build_many(void *arg)
{
	GBytes *first = arg;

	for (int i = 0; i < 200; i++) {
		struct builder *builder = builder_create("seed");
		struct builder_part part = { .type = "text/plain", .content = SLICE("gr\xc3\xbc\n") };
		g_autoptr(GBytes) message = NULL;

		builder_address(builder, "From", "B\xc3\xb6" "b", "bob@example.test");
		builder_header(builder, "Subject", "gr\xc3\xbc");
		builder_alternative(builder, &part);
		builder_alternative(builder, &part);
		message = builder_finish(builder);
		g_assert_true(g_bytes_equal(message, first));
		builder_destroy(&builder);
	}
	return NULL;
}

static void threads_build_side_by_side(void)
{
	GThread *threads[4];
	struct builder *builder = builder_create("seed");
	struct builder_part part = { .type = "text/plain", .content = SLICE("gr\xc3\xbc\n") };
	g_autoptr(GBytes) first = NULL;

	builder_address(builder, "From", "B\xc3\xb6" "b", "bob@example.test");
	builder_header(builder, "Subject", "gr\xc3\xbc");
	builder_alternative(builder, &part);
	builder_alternative(builder, &part);
	first = builder_finish(builder);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("builder", build_many, first);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	builder_destroy(&builder);
}

static void contents_come_back_as_they_were_given(void)
{
	static const char *const contents[] = {
		"plain\r\n", "", ("gr\xc3\xbc\xc3\x9f" "e\r\n"), "From here\r\n.\r\ntrailing  \r\n",
		"\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\r\n", "a=b\x01\r\n", "a\rb\r\n", "=_", "end ",
		"no end of line \xc3\xbc", "From \xc3\xbc", "From \xc3\xbc\r\nFrom \r\nF", "\xc3\xbc\r\nFin\r\n", "blanks at the end of a line   \r\n\t\r\n \r\n \xc3\xbc\t",
	};
	g_autofree char *xs = g_strnfill(5000, 'x');

	for (size_t i = 0; i <= G_N_ELEMENTS(contents); i++) {
		const char *content = i < G_N_ELEMENTS(contents) ? contents[i] : xs;
		struct builder *builder = builder_create("seed");
		struct builder_part text = { .type = "text/plain", .content = slice_from_string(content) };
		struct builder_part html = { .type = "text/html", .content = slice_from_string(content) };
		struct builder_part file = { .type = "application/octet-stream", .attachment = true,
					     .filename = "gr\xc3\xbc\xc3\x9f\".bin",
					     .content = slice_from_string(content) };
		g_autoptr(GBytes) message = NULL;
		g_autofree char *form = NULL, *first = NULL, *second = NULL, *last = NULL;

		builder_alternative(builder, &text);
		builder_alternative(builder, &html);
		builder_attachment(builder, &file);
		message = builder_finish(builder);
		assert_legal("contents", message);
		form = shape_of(message);
		g_assert_cmpstr(form, ==, "mixed(alternative(plain html) octet-stream)");
		first = content_at(message, (uint32_t[]){ 1, 1 }, 2);
		second = content_at(message, (uint32_t[]){ 1, 2 }, 2);
		last = content_at(message, (uint32_t[]){ 2 }, 1);
		g_assert_cmpstr(first, ==, content);
		g_assert_cmpstr(second, ==, content);
		g_assert_cmpstr(last, ==, content);
		builder_destroy(&builder);
	}
}

static void the_same_input_makes_the_same_octets(void)
{
	GBytes *messages[2];

	for (int i = 0; i < 2; i++) {
		struct builder *builder = builder_create("seed");
		struct builder_part part = { .type = "text/plain", .content = SLICE("x") };

		builder_alternative(builder, &part);
		builder_alternative(builder, &part);
		messages[i] = builder_finish(builder);
		builder_destroy(&builder);
	}
	g_assert_true(g_bytes_equal(messages[0], messages[1]));
	g_bytes_unref(messages[0]);
	g_bytes_unref(messages[1]);
}

static void a_boundary_never_occurs_in_the_content(void)
{
	struct builder *first = builder_create("seed"), *second = builder_create("seed");
	struct builder_part part = { .type = "text/plain", .content = SLICE("x") }, trap = part;
	g_autoptr(GBytes) plain = NULL, trapped = NULL;
	g_autofree char *form = NULL;

	builder_alternative(first, &part);
	builder_alternative(first, &part);
	plain = builder_finish(first);
	/* The first message holds the boundary the second would choose. */
	trap.content = slice_of(g_bytes_get_data(plain, NULL), g_bytes_get_size(plain));
	builder_alternative(second, &part);
	builder_alternative(second, &trap);
	trapped = builder_finish(second);
	form = shape_of(trapped);
	g_assert_cmpstr(form, ==, "alternative(plain plain)");
	builder_destroy(&first);
	builder_destroy(&second);
}

/* ---- rendition ----------------------------------------------------------------------------- */

static GBytes *render(struct slice octets)
{
	static const struct builder_part alternatives[] = {
		{ .type = "text/plain", .content = { "new text\r\n", 10 } },
		{ .type = "text/html", .content = { "<p>new", 6 } },
		{ .type = "text/calendar", .parameters = "charset=utf-8; method=REQUEST; component=VEVENT",
		  .content = { "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", 32 } },
	};
	static const struct builder_part attachment = {
		.type = "application/ics", .filename = "invite.ics", .attachment = true,
		.content = { "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", 32 },
	};
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	struct builder_rendition rendition = {
		.index = index, .source = &source, .seed = "seed", .headers = "X-Added: yes\r\n",
		.alternatives = alternatives, .alternative_count = G_N_ELEMENTS(alternatives),
		.attachments = &attachment, .attachment_count = 1,
	};
	GBytes *message = builder_render(&rendition);

	part_index_destroy(&index);
	return message;
}

#define NEW "alternative(plain html calendar) ics"

static void a_rendition_replaces_the_texts_and_keeps_the_files(void)
{
	static const struct {
		const char *rule, *message, *shape;
	} rows[] = {
		{ "a calendar alone", "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n", "mixed(" NEW ")" },
		{ "alternative", "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nold\r\n--b\r\n"
		  "Content-Type: text/html\r\n\r\nold\r\n--b\r\nContent-Type: text/calendar\r\n\r\nC\r\n--b--\r\n",
		  "mixed(" NEW ")" },
		{ "the same calendar twice", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nold\r\n--b\r\n"
		  "Content-Type: text/calendar\r\n\r\nC\r\n--b\r\nContent-Type: application/ics\r\n"
		  "Content-Transfer-Encoding: base64\r\n\r\nQw0K\r\n--b--\r\n", "mixed(" NEW ")" },
		{ "another calendar stays", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		  "Content-Type: text/calendar\r\n\r\nC\r\n--b\r\nContent-Type: application/ics\r\n\r\nD\r\n--b--\r\n",
		  "mixed(" NEW " ics)" },
		{ "a file", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nold\r\n--b\r\n"
		  "Content-Type: application/pdf\r\n\r\nP\r\n--b--\r\n", "mixed(" NEW " pdf)" },
		{ "a text file", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nold\r\n--b\r\n"
		  "Content-Disposition: attachment\r\n\r\nT\r\n--b--\r\n", "mixed(" NEW " plain)" },
		{ "a footer behind the body", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		  "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nold\r\n--i--\r\n--b\r\n\r\nfooter"
		  "\r\n--b--\r\n", "mixed(" NEW " plain)" },
		{ "a message", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822"
		  "\r\n\r\nSubject: x\r\n\r\ny\r\n--b--\r\n", "mixed(" NEW " rfc822(plain))" },
		{ "pictures of the old HTML", "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
		  "Content-Type: text/html\r\n\r\nold\r\n--b\r\nContent-Type: image/png\r\n\r\nP\r\n--b--\r\n",
		  "mixed(" NEW " png)" },
		{ "a TNEF body", "Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nT\r\n",
		  "mixed(" NEW " ms-tnef)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GBytes) message = render(slice_from_string(rows[i].message));
		g_autofree char *form = shape_of(message), *text = NULL;

		if (strcmp(form, rows[i].shape) != 0)
			g_error("%s: %s", rows[i].rule, form);
		assert_legal(rows[i].rule, message);
		text = content_at(message, (uint32_t[]){ 1, 1 }, 2);
		g_assert_cmpstr(text, ==, "new text\r\n");
	}
}

static void the_header_stays_in_order_octet_for_octet(void)
{
	g_autoptr(GBytes) message = render(SLICE(
		"Received: a\r\n\tb\r\nFROM:  a@b \r\nContent-Type: text/plain\r\nmime-version: 1.0\r\n"
		"Subject: =?utf-8?Q?x?=\r\nX-Cr: a\rb\r\nX-Lf: a\n b\r\n\r\nbody"));
	g_autofree char *text = g_strndup(g_bytes_get_data(message, NULL), g_bytes_get_size(message));

	g_assert_true(g_str_has_prefix(text,
		"Received: a\r\n\tb\r\nFROM:  a@b \r\nSubject: =?utf-8?Q?x?=\r\nX-Cr: a b\r\nX-Lf: a\r\n b\r\n"
		"X-Added: yes\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="));
}

static void kept_files_have_their_octets(void)
{
	g_autoptr(GBytes) message = render(SLICE(
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nold\r\n--b\r\n"
		"content-TYPE: application/pdf ;\r\n name = x\r\n\r\nP\x01 octets\r\n\r\n--b--\r\n"));
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	struct slice kept = SLICE("\r\ncontent-TYPE: application/pdf ;\r\n name = x\r\n\r\nP\x01 octets\r\n\r\n--=_");

	g_assert_nonnull(memmem(data, len, kept.data, kept.len));
}

static void each_message(const char *name, struct slice octets, void *arg)
{
	g_autoptr(GBytes) message = render(octets);
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	struct part_index *index = part_index_of_slice(slice_of(data, len));
	struct part root = part_index_get(index, PART_ROOT), first;

	(void)arg;
	if (!part_is(&root, "multipart", "mixed") || root.child_count < 2)
		g_error("%s: not multipart/mixed", name);
	first = part_index_get(index, part_index_child(index, &root, 0));
	g_assert_cmpuint(first.child_count, ==, 3);
	part_index_destroy(&index);
}

static void every_corpus_message_can_be_rendered(void)
{
	corpus_each(each_message, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/builder/headers-are-encoded-and-can-not-be-injected",
			headers_are_encoded_and_can_not_be_injected);
	g_test_add_func("/builder/addresses-of-one-field-make-one-line", addresses_of_one_field_make_one_line);
	g_test_add_func("/builder/names-of-addresses-come-back", names_of_addresses_come_back);
	g_test_add_func("/builder/parameters-are-kept-plain", parameters_are_kept_plain);
	g_test_add_func("/builder/a-line-beginning-with-from-is-not-changed-on-its-way",
			a_line_beginning_with_from_is_not_changed_on_its_way);
	g_test_add_func("/builder/threads-build-side-by-side", threads_build_side_by_side);
	g_test_add_func("/builder/contents-come-back-as-they-were-given",
			contents_come_back_as_they_were_given);
	g_test_add_func("/builder/the-same-input-makes-the-same-octets", the_same_input_makes_the_same_octets);
	g_test_add_func("/builder/a-boundary-never-occurs-in-the-content",
			a_boundary_never_occurs_in_the_content);
	g_test_add_func("/builder/a-rendition-replaces-the-texts-and-keeps-the-files",
			a_rendition_replaces_the_texts_and_keeps_the_files);
	g_test_add_func("/builder/the-header-stays-in-order-octet-for-octet",
			the_header_stays_in_order_octet_for_octet);
	g_test_add_func("/builder/kept-files-have-their-octets", kept_files_have_their_octets);
	g_test_add_func("/builder/every-corpus-message-can-be-rendered", every_corpus_message_can_be_rendered);
	return g_test_run();
}
