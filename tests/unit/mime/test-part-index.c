/* The part index: one tree for every string of octets, whatever the cuts. */
#include "mime/part_index.h"
#include "mime/section.h"
#include "corpus.h"
#include "tests/unit/cost.h"

static struct part_index *index_in_pieces(struct slice octets, size_t piece)
{
	struct part_indexer *indexer = part_indexer_create();
	struct part_index *index;

	for (size_t at = 0; at < octets.len; at += piece)
		part_indexer_push(indexer, octets.data + at, MIN(piece, octets.len - at));
	index = part_indexer_finish(indexer);
	part_indexer_destroy(&indexer);
	return index;
}

static struct part_index *index_cut_at(struct slice octets, size_t cut)
{
	struct part_indexer *indexer = part_indexer_create();
	struct part_index *index;

	part_indexer_push(indexer, octets.data, cut);
	part_indexer_push(indexer, octets.data + cut, octets.len - cut);
	index = part_indexer_finish(indexer);
	part_indexer_destroy(&indexer);
	return index;
}

static void assert_same(const char *name, const struct part_index *whole, struct part_index *other,
			size_t cut)
{
	if (!slice_equal(part_index_blob(whole), part_index_blob(other)))
		g_error("%s: another tree when cut at %zu", name, cut);
	part_index_destroy(&other);
}

/* ---- rules every index keeps ------------------------------------------------------- */

static void assert_sound_part(const char *name, const struct part_index *index, uint32_t number)
{
	struct part part = part_index_get(index, number);
	uint64_t at = part.body_offset, end = part.body_offset + part.body_size;

	if (part.header_offset + part.header_size != part.body_offset || end > part_index_size(index))
		g_error("%s: part %u reaches out of the message", name, number);
	g_assert_cmpuint(part.type.len, >, 0);
	g_assert_cmpuint(part.subtype.len, >, 0);
	g_assert((part.kind == PART_LEAF) == (part.child_count == 0));
	for (uint32_t i = 0; i < part.child_count; i++) {
		struct part child = part_index_get(index, part_index_child(index, &part, i));

		g_assert_cmpuint(child.parent, ==, number);
		if (child.header_offset < at || child.body_offset + child.body_size > end)
			g_error("%s: part %u is not inside its parent, behind its elder", name,
				child.number);
		at = child.body_offset + child.body_size;
	}
}

static void assert_found_by_path(const char *name, const struct part_index *index, uint32_t number)
{
	g_autofree char *path = part_index_path(index, number);
	g_auto(GStrv) words = NULL;
	g_autofree uint32_t *numbers = NULL;
	struct part part;
	guint count;

	if (path == NULL)
		return;
	words = g_strsplit(path, ".", -1);
	count = g_strv_length(words);
	numbers = g_new(uint32_t, count);
	for (guint i = 0; i < count; i++)
		numbers[i] = (uint32_t)g_ascii_strtoull(words[i], NULL, 10);
	if (!part_index_find(index, numbers, count, &part) || part.number != number)
		g_error("%s: part %u is not found at %s", name, number, path);
}

static uint64_t count_lf(struct slice octets, uint64_t offset, uint64_t size)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < size; i++)
		count += octets.data[offset + i] == '\n';
	return count;
}

static void sound(const char *name, struct slice octets, void *arg)
{
	struct part_index *index = part_index_of_slice(octets);
	struct part root = part_index_get(index, PART_ROOT);
	struct part_index *stored = part_index_from_blob(part_index_blob(index));

	(void)arg;
	g_assert_cmpuint(part_index_size(index), ==, octets.len);
	g_assert_cmpuint(root.header_offset, ==, 0);
	g_assert_cmpuint(root.body_offset + root.body_size, ==, octets.len);
	g_assert_cmpuint(part_index_lines(index), ==, count_lf(octets, 0, octets.len));
	g_assert_nonnull(stored);
	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);

		assert_sound_part(name, index, i);
		assert_found_by_path(name, index, i);
		if (part.body_lines != count_lf(octets, part.body_offset, part.body_size))
			g_error("%s: part %u has %" G_GUINT64_FORMAT " lines", name, i, part.body_lines);
	}
	part_index_destroy(&stored);
	part_index_destroy(&index);
}

static void every_corpus_message_has_a_sound_tree(void)
{
	g_test_message("%u messages", corpus_each(sound, NULL));
}

static void same_in_pieces(const char *name, struct slice octets, void *arg)
{
	struct part_index *whole = part_index_of_slice(octets);
	size_t step = MAX(1, octets.len / 97);

	(void)arg;
	if (octets.len <= 256 * 1024) {
		assert_same(name, whole, index_in_pieces(octets, 1), 1);
		assert_same(name, whole, index_in_pieces(octets, 3), 3);
	}
	assert_same(name, whole, index_in_pieces(octets, 4093), 4093);
	/* A sanitizer looks at memory, of which one cut in ten shows as much. */
	for (size_t cut = 0; cut <= octets.len; cut += octets.len <= 3000 ? COST_SLOWDOWN : step)
		assert_same(name, whole, index_cut_at(octets, cut), cut);
	part_index_destroy(&whole);
}

static void the_tree_does_not_depend_on_the_cuts(void)
{
	corpus_each(same_in_pieces, NULL);
}

/* ---- the parts of a message in one line ------------------------------------------------ */

static void describe(GString *out, struct slice octets, const struct part_index *index,
		     uint32_t number)
{
	struct part part = part_index_get(index, number);

	g_string_append_printf(out, "%.*s/%.*s", (int)part.type.len, part.type.data,
			       (int)part.subtype.len, part.subtype.data);
	if (part.kind == PART_LEAF)
		g_string_append_printf(out, "[%.*s]", (int)part.body_size,
				       octets.data + part.body_offset);
	if (part.child_count == 0)
		return;
	g_string_append_c(out, '(');
	for (uint32_t i = 0; i < part.child_count; i++) {
		g_string_append(out, i > 0 ? " " : "");
		describe(out, octets, index, part_index_child(index, &part, i));
	}
	g_string_append_c(out, ')');
}

struct row {
	const char *rule, *message, *tree;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slice octets = slice_from_string(rows[i].message);
		struct part_index *index = part_index_of_slice(octets);
		g_autoptr(GString) tree = g_string_new(NULL);

		describe(tree, octets, index, PART_ROOT);
		if (strcmp(tree->str, rows[i].tree) != 0)
			g_error("%s: got %s, expected %s", rows[i].rule, tree->str, rows[i].tree);
		part_index_destroy(&index);
		sound(rows[i].rule, octets, NULL);
		same_in_pieces(rows[i].rule, octets, NULL);
	}
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void boundaries_are_whole_lines_innermost_first(void)
{
	static const struct row rows[] = {
		{ "two parts", MIXED "pre\n--b\n\none\n--b\n\ntwo\n--b--\nepi\n",
		  "multipart/mixed(text/plain[one] text/plain[two])" },
		{ "CRLF", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n",
		  "multipart/mixed(text/plain[one])" },
		{ "the line end in front belongs to the boundary", MIXED "--b\n\none\n\n--b--",
		  "multipart/mixed(text/plain[one\n])" },
		{ "no final boundary", MIXED "--b\n\none\n", "multipart/mixed(text/plain[one\n])" },
		{ "transport padding", MIXED "--b \t \n\none\n--b--  \n", "multipart/mixed(text/plain[one])" },
		{ "more behind the boundary is another line", MIXED "--b\n\none\n--bb\n--bx--\n--b--",
		  "multipart/mixed(text/plain[one\n--bb\n--bx--])" },
		{ "not at the line's start", MIXED "--b\n\nx--b\n --b\n--b--",
		  "multipart/mixed(text/plain[x--b\n --b])" },
		{ "an empty part", MIXED "--b\n--b\n\n--b--",
		  "multipart/mixed(text/plain[] text/plain[])" },
		{ "a part of one empty line", MIXED "--b\n\n\n--b--", "multipart/mixed(text/plain[])" },
		{ "a boundary with nothing behind it", MIXED "--b\n\none\n--b",
		  "multipart/mixed(text/plain[one])" },
		{ "a header without a body", MIXED "--b\nContent-Type: image/png\n--b--",
		  "multipart/mixed(image/png[])" },
		{ "text behind the close is epilogue", MIXED "--b\n\none\n--b--\n--b\n\ntwo\n",
		  "multipart/mixed(text/plain[one])" },
		{ "the same boundary inside: the inner one has it",
		  MIXED "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nin\n--b--\n--b\n\nout\n--b--",
		  "multipart/mixed(multipart/mixed(text/plain[in]) text/plain[out])" },
		{ "a boundary that begins another",
		  "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n"
		  "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nin\n--b--\n--bb\n\nout\n--bb--",
		  "multipart/mixed(multipart/mixed(text/plain[in]) text/plain[out])" },
		{ "an outer boundary ends all inner parts",
		  MIXED "--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nin\n--b\n\nout\n--b--",
		  "multipart/mixed(multipart/mixed(text/plain[in]) text/plain[out])" },
		{ "a boundary of the form b--",
		  "Content-Type: multipart/mixed; boundary=b--\n\n--b--\n\none\n--b----\n",
		  "multipart/mixed(text/plain[one])" },
		{ "a boundary inside a header ends it", MIXED "--b\nSubject: x\n--b\n\ntwo\n--b--",
		  "multipart/mixed(text/plain[] text/plain[two])" },
		{ "a line that only looks like one", MIXED "--b\n\n--\n-b\n---b\n--b--",
		  "multipart/mixed(text/plain[--\n-b\n---b])" },
		{ "bare CR is no line end", MIXED "--b\n\none\r--b--\r\n--b--",
		  "multipart/mixed(text/plain[one\r--b--])" },
		{ "a boundary that ends in a space", "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b \n\none\n"
		  "--b\n--b --\n", "multipart/mixed(text/plain[one\n--b])" },
		{ "a boundary of a space is none", "Content-Type: multipart/mixed; boundary=\" \"\n\n-- \n\nx",
		  "multipart/mixed(text/plain[-- \n\nx])" },
		{ "line ends mixed", MIXED "--b\r\n\none\n--b\n\r\ntwo\r\n--b--",
		  "multipart/mixed(text/plain[one] text/plain[two])" },
	};

	check_rows(rows, G_N_ELEMENTS(rows));
}

static void a_multipart_without_parts_shows_its_text(void)
{
	static const struct row rows[] = {
		{ "no boundary parameter", "Content-Type: multipart/mixed\n\nall of it\n",
		  "multipart/mixed(text/plain[all of it\n])" },
		{ "an empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n",
		  "multipart/mixed(text/plain[--\n\nx\n])" },
		{ "a boundary that never comes", MIXED "all of it\n", "multipart/mixed(text/plain[all of it\n])" },
		{ "only the closing boundary", MIXED "pre\n--b--\nepi", "multipart/mixed(text/plain[pre])" },
		{ "no body at all", "Content-Type: multipart/mixed; boundary=b\n", "multipart/mixed(text/plain[])" },
		{ "inside another", MIXED "--b\nContent-Type: multipart/mixed\n\nin\n--b--",
		  "multipart/mixed(multipart/mixed(text/plain[in]))" },
	};

	check_rows(rows, G_N_ELEMENTS(rows));
}

static void messages_inside_are_descended(void)
{
	static const struct row rows[] = {
		{ "message/rfc822", "Content-Type: message/rfc822\n\nSubject: x\n\nin\n",
		  "message/rfc822(text/plain[in\n])" },
		{ "message/global", "Content-Type: message/global\n\nSubject: x\n\nin\n",
		  "message/global(text/plain[in\n])" },
		{ "other message types are leaves", "Content-Type: message/partial\n\nin\n",
		  "message/partial[in\n]" },
		{ "digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nin\n--b--",
		  "multipart/digest(message/rfc822(text/plain[in]))" },
		{ "digest with a type of its own",
		  "Content-Type: multipart/digest; boundary=b\n\n--b\nContent-Type: text/html\n\nin\n--b--",
		  "multipart/digest(text/html[in])" },
		{ "a multipart inside a message inside a multipart",
		  MIXED "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\n\n"
		  "--i\n\nin\n--i--\n--b\n\nout\n--b--",
		  "multipart/mixed(message/rfc822(multipart/mixed(text/plain[in])) text/plain[out])" },
		{ "an empty message", MIXED "--b\nContent-Type: message/rfc822\n\n--b--",
		  "multipart/mixed(message/rfc822(text/plain[]))" },
		{ "its header cut by the outer boundary",
		  MIXED "--b\nContent-Type: message/rfc822\n\nSubject: x\n--b\n\nout\n--b--",
		  "multipart/mixed(message/rfc822(text/plain[]) text/plain[out])" },
	};

	check_rows(rows, G_N_ELEMENTS(rows));
}

static void headers_end_where_no_field_stands(void)
{
	static const struct row rows[] = {
		{ "nothing", "", "text/plain[]" },
		{ "a body alone", "\nbody", "text/plain[body]" },
		{ "a line that is no field", "Subject: x\nno field here\nmore", "text/plain[no field here\nmore]" },
		{ "no separator in front of a paragraph", "Subject: x\nno field here\n\nmore",
		  "text/plain[no field here\n\nmore]" },
		{ "an empty name", "Subject: x\n: y\nContent-Type: text/html\n\nbody", "text/html[body]" },
		{ "a damaged line among fields", "Subject: x\nby folding lost\nContent-Type: text/html\n\nbody",
		  "text/html[body]" },
		{ "a damaged line in front of the fields", "damaged\nX: y\nContent-Type: text/html\n\nbody",
		  "text/html[body]" },
		{ "a text that has lines like fields", "Hello,\nTime: ten\nhttp://x\n\nmore",
		  "text/plain[Hello,\nTime: ten\nhttp://x\n\nmore]" },
		{ "such a text without an end", "Hello,\nTime: ten", "text/plain[Hello,\nTime: ten]" },
		{ "such a text in a part", MIXED "--b\nHello,\nTime: ten\n--b--",
		  "multipart/mixed(text/plain[Hello,\nTime: ten])" },
		{ "such a text in a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\nHello\nX: y\n\n--b--",
		  "multipart/digest(message/rfc822(text/plain[Hello\nX: y\n]))" },
		{ "a message inside without a separator",
		  "Content-Type: message/rfc822\nno field\n\nmore", "message/rfc822(text/plain[no field\n\nmore])" },
		{ "a multipart without a separator, its text first",
		  "Content-Type: multipart/mixed; boundary=b\npreamble\n--b\n\none\n--b--",
		  "multipart/mixed(text/plain[one])" },
		{ "a doubtful line in front of an outer boundary",
		  MIXED "--b\nSubject: x\nno field\n--b\n\ntwo\n--b--",
		  "multipart/mixed(text/plain[no field] text/plain[two])" },
		{ "no header", "no field here\n", "text/plain[no field here\n]" },
		{ "an mbox line in front", "From a@b Mon\nSubject: x\n\nbody", "text/plain[body]" },
		{ "space in front of the colon", "Content-Type : text/html\n\nbody", "text/html[body]" },
		{ "folded", "Content-Type:\n text/html\n\nbody", "text/html[body]" },
		{ "the first of two counts", "Content-Type: text/html\nContent-Type: image/png\n\nbody",
		  "text/html[body]" },
		{ "name in any case", "CONTENT-type: TEXT/HTML\n\nbody", "text/html[body]" },
		{ "8-bit in the name", "X-\xe4: y\n\nbody", "text/plain[body]" },
		{ "no separator in front of a boundary",
		  "Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--",
		  "multipart/mixed(text/plain[one])" },
		{ "a message without an end", "Subject: x", "text/plain[]" },
		{ "a lone CR in front of the LF of a blank line", "A: b\n\r\nbody", "text/plain[body]" },
	};

	check_rows(rows, G_N_ELEMENTS(rows));
}

static void types_are_read_in_every_form(void)
{
	static const struct row rows[] = {
		{ "comments", "Content-Type: (a) text/(b)html (c); x=y\n\nb", "text/html[b]" },
		{ "spaces around the slash", "Content-Type: text / html\n\nb", "text/html[b]" },
		{ "no subtype", "Content-Type: text\n\nb", "text/plain[b]" },
		{ "no type", "Content-Type: /html\n\nb", "text/plain[b]" },
		{ "two slashes", "Content-Type: a/b/c\n\nb", "text/plain[b]" },
		{ "empty", "Content-Type:\n\nb", "text/plain[b]" },
		{ "quotes", "Content-Type: \"text/html\"\n\nb", "text/html[b]" },
		{ "semicolons only", "Content-Type: text/html;;; ;\n\nb", "text/html[b]" },
	};

	check_rows(rows, G_N_ELEMENTS(rows));
}

/* ---- parameters ---------------------------------------------------------------------------- */

static char *list_parameters(struct slice rest)
{
	GString *out = g_string_new(NULL);
	struct part_parameter p;

	while (part_parameter_next(&rest, &p))
		g_string_append_printf(out, "%s%.*s=%.*s", out->len > 0 ? "|" : "", (int)p.name.len,
				       p.name.data, (int)p.value.len, p.value.data);
	return g_string_free(out, FALSE);
}

static void parameters_are_read_in_every_form(void)
{
	static const struct {
		const char *value, *parameters, *name;
	} rows[] = {
		{ "a/b; name=x", "name=x", "x" },
		{ "a/b; NAME=\"x y\"", "name=x y", "x y" },
		{ "a/b; name=\"a\\\"b\"", "name=a\"b", "a\"b" },
		{ "a/b; name=\"never closed", "name=never closed", "never closed" },
		{ "a/b; name = x ; c=d", "name=x|c=d", "x" },
		{ "a/b; name=my file.pdf; c=d", "name=my file.pdf|c=d", "my file.pdf" },
		{ "a/b; name=my file (1).pdf", "name=my file (1).pdf", "my file (1).pdf" },
		{ "a/b; charset=us-ascii (comment); name=x", "charset=us-ascii|name=x", "x" },
		{ "a/b; charset=utf-8 name=x", "charset=utf-8|name=x", "x" },
		{ "a/b; name=\"x\" c=d", "name=x|c=d", "x" },
		{ "a/b; name=", "name=", "" },
		{ "a/b; name", "name=", "" },
		{ "a/b name=x", "name=x", "x" },
		{ "a/b; name*0=a; name*1=b", "name=ab", "ab" },
		{ "a/b; name*1=b; name*0=a; c=d", "name=ab|c=d", "ab" },
		{ "a/b; name*0=a; name*2=c", "name=ac", "ac" },
		{ "a/b; name*0=a; name*0=z", "name=a", "a" },
		{ "a/b; name*=utf-8''%e2%82%ac", "name*=utf-8''%e2%82%ac", "\xe2\x82\xac" },
		{ "a/b; name*0*=utf-8''%e2%82; name*1*=%ac; name*2=\" x\"",
		  "name*=utf-8''%e2%82%ac%20x", "\xe2\x82\xac x" },
		{ "a/b; name*=iso-8859-1'de'%fc", "name*=iso-8859-1'de'%fc", "\xc3\xbc" },
		{ "a/b; name=x; name*=utf-8''y", "name=x|name*=utf-8''y", "y" },
		{ "a/b; name=\"=?utf-8?B?4oKs?=\"", "name==?utf-8?B?4oKs?=", "\xe2\x82\xac" },
		{ "a/b; name=\"\xfc\"", "name=\xfc", "\xc3\xbc" },
		{ "a/b; =x; name=y", "name=y", "y" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *message = g_strdup_printf("Content-Type: %s\n\n", rows[i].value);
		struct part_index *index = part_index_of_slice(slice_from_string(message));
		struct part part = part_index_get(index, PART_ROOT);
		g_autofree char *listed = list_parameters(part.raw_parameters);
		g_autofree char *name = part_parameter(part.raw_parameters, "name");

		if (strcmp(listed, rows[i].parameters) != 0 || g_strcmp0(name, rows[i].name) != 0)
			g_error("%s: got %s and %s", rows[i].value, listed, name);
		part_index_destroy(&index);
	}
}

static void file_names_are_names_only(void)
{
	static const struct {
		const char *header, *name;
	} rows[] = {
		{ "Content-Disposition: attachment; filename=\"../../etc/passwd\"", "passwd" },
		{ "Content-Disposition: attachment; filename=\"C:\\\\x\\\\y.txt\"", "y.txt" },
		{ "Content-Disposition: attachment; filename=\"a\xe2\x80\xaegpj.exe\"", "agpj.exe" },
		{ "Content-Disposition: attachment; filename=\"..\"", NULL },
		{ "Content-Disposition: filename=x.txt", "x.txt" },
		{ "Content-Type: image/png; name=x.png", "x.png" },
		{ "Content-Disposition: attachment", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *message = g_strdup_printf("%s\n\n", rows[i].header);
		struct part_index *index = part_index_of_slice(slice_from_string(message));
		struct part part = part_index_get(index, PART_ROOT);
		g_autofree char *name = part_filename(&part);

		g_assert_cmpstr(name, ==, rows[i].name);
		g_assert_true(part_is_attachment(&part));
		part_index_destroy(&index);
	}
}

/* ---- limits ---------------------------------------------------------------------------------- */

static struct part_index *index_of(GString *message)
{
	struct slice octets = slice_of(message->str, message->len);
	struct part_index *index = part_index_of_slice(octets);

	sound("generated", octets, NULL);
	assert_same("generated", index, index_in_pieces(octets, 4093), 4093);
	return index;
}

static void a_header_of_a_megabyte_is_one_header(void)
{
	g_autoptr(GString) message = g_string_new("Subject: ");
	struct part_index *index;

	while (message->len < 1024 * 1024)
		g_string_append(message, "word \n folded ");
	g_string_append(message, "\nContent-Type: text/html\n\nbody");
	index = index_of(message);
	g_assert_true(part_is(&(struct part){ 0 }, "", ""));
	g_assert_cmpuint(part_index_get(index, 0).body_size, ==, 4);
	g_assert_true(slice_equal(part_index_get(index, 0).subtype, SLICE("html")));
	part_index_destroy(&index);
	g_string_assign(message, "Content-Type: text/html; x=");
	while (message->len < 1024 * 1024)
		g_string_append(message, "0123456789abcdef");
	g_string_append(message, "\n\nbody");
	index = index_of(message);
	g_assert_cmpuint(part_index_get(index, 0).body_size, ==, 4);
	g_assert_cmpuint(part_index_blob(index).len, <, 70000);
	part_index_destroy(&index);
}

static void a_hundred_thousand_headers_are_one_header(void)
{
	g_autoptr(GString) message = g_string_new(NULL);
	struct part_index *index;

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(message, "X-%d: y\r\n", i);
	g_string_append(message, "Content-Type: text/html\r\n\r\nbody");
	index = index_of(message);
	g_assert_true(slice_equal(part_index_get(index, 0).subtype, SLICE("html")));
	part_index_destroy(&index);
}

static void past_the_part_limit_the_rest_is_one_opaque_part(void)
{
	g_autoptr(GString) message = g_string_new(MIXED);
	struct part_index *index;
	struct part last;

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(message, "--b\n\n%d\n", i);
	g_string_append(message, "--b--\n");
	index = index_of(message);
	g_assert_cmpuint(part_index_count(index), ==, PART_MAX_PARTS + 1);
	last = part_index_get(index, PART_MAX_PARTS);
	g_assert_true(part_is(&last, "application", "octet-stream"));
	g_assert_cmpuint(last.body_offset + last.body_size, ==, message->len);
	g_assert_true(g_str_has_prefix(message->str + last.body_offset, "\n9999\n--b\n"));
	part_index_destroy(&index);
}

static void past_the_depth_limit_a_part_is_opaque(void)
{
	g_autoptr(GString) multiparts = g_string_new(NULL), messages = g_string_new(NULL);
	struct part_index *index;
	struct part last;

	for (int i = 0; i < 1000; i++) {
		g_string_append_printf(multiparts, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n",
				       i, i);
		g_string_append(messages, "Content-Type: message/rfc822\n\n");
	}
	g_string_append(multiparts, "\ntext\n");
	index = index_of(multiparts);
	g_assert_cmpuint(part_index_count(index), ==, PART_MAX_DEPTH + 1);
	last = part_index_get(index, PART_MAX_DEPTH);
	g_assert_true(part_is(&last, "application", "octet-stream"));
	part_index_destroy(&index);
	index = index_of(messages);
	last = part_index_get(index, part_index_count(index) - 1);
	g_assert_cmpuint(part_index_count(index), ==, PART_MAX_DEPTH + 1);
	g_assert_true(part_is(&last, "application", "octet-stream"));
	part_index_destroy(&index);
}

static void memory_is_bounded_however_long_the_message(void)
{
	static char piece[65536];
	struct part_indexer *indexer = part_indexer_create();
	struct part_index *index;

	memset(piece, 'x', sizeof(piece));
	part_indexer_push(indexer, MIXED "--b\n\n", strlen(MIXED) + 5);
	for (int i = 0; i < 1024; i++) {
		piece[0] = '-';
		piece[i] = '\n';
		part_indexer_push(indexer, piece, sizeof(piece));
		piece[i] = 'x';
	}
	index = part_indexer_finish(indexer);
	part_indexer_destroy(&indexer);
	g_assert_cmpuint(part_index_count(index), ==, 2);
	g_assert_cmpuint(part_index_blob(index).len, <, 400);
	part_index_destroy(&index);
}

static void octets_are_flagged(void)
{
	static const struct {
		struct slice message;
		bool nul, high;
	} rows[] = {
		{ { "A: b\n\nbody", 10 }, false, false },
		{ { "A: b\n\nbo\0y", 10 }, true, false },
		{ { "A: \xfc\n\nbody", 10 }, false, true },
		{ { "A: b\n\nbo\xfcy", 10 }, false, false },
		{ { "A: b\n\xfc\n\nbody", 12 }, false, false },
		{ { "A\xfc: b\n\nbody", 11 }, false, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct part_index *index = part_index_of_slice(rows[i].message);

		g_assert_cmpint(part_index_has_nul(index), ==, rows[i].nul);
		g_assert_cmpint(part_index_has_8bit_header(index), ==, rows[i].high);
		part_index_destroy(&index);
	}
}

/* ---- the blob --------------------------------------------------------------------------------- */

static void a_damaged_blob_is_refused_or_harmless(void)
{
	struct slice octets = SLICE(MIXED "--b\nContent-Type: text/html; a=b\n\nx\n--b\n"
				    "Content-Type: message/rfc822\n\nSubject: y\n\nz\n--b--\n");
	struct part_index *index = part_index_of_slice(octets);
	struct slice blob = part_index_blob(index);

	for (size_t at = 0; at < blob.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			g_autofree char *copy = slice_dup(blob);
			struct part_index *damaged;

			copy[at] = (char)(copy[at] ^ 1 << bit);
			damaged = part_index_from_blob(slice_of(copy, blob.len));
			if (damaged == NULL)
				continue;
			for (uint32_t i = 0; i < part_index_count(damaged); i++) {
				struct part part = part_index_get(damaged, i);

				g_free(list_parameters(part.raw_parameters));
			}
			part_index_destroy(&damaged);
		}
	}
	for (size_t len = 0; len < blob.len; len++)
		g_assert_null(part_index_from_blob(slice_of(blob.data, len)));
	part_index_destroy(&index);
}

static void sections_are_numbered_as_imap_says(void)
{
	static const struct {
		const char *message, *path, *body;
	} rows[] = {
		{ "A: b\n\ntext", "1", "text" },
		{ "A: b\n\ntext", "2", NULL },
		{ "A: b\n\ntext", "1.1", NULL },
		{ "A: b\n\ntext", "0", NULL },
		{ MIXED "--b\n\none\n--b\n\ntwo\n--b--", "2", "two" },
		{ MIXED "--b\n\none\n--b--", "1.1", NULL },
		{ "Content-Type: message/rfc822\n\nA: b\n\ntext", "1", "A: b\n\ntext" },
		{ "Content-Type: message/rfc822\n\nA: b\n\ntext", "1.1", "text" },
		{ "Content-Type: message/rfc822\n\nA: b\n\ntext", "1.2", NULL },
		{ MIXED "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\n\n"
		  "--i\n\nin1\n--i\n\nin2\n--i--\n--b--", "1.2", "in2" },
		{ MIXED "--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nin1\n--i\n\nin2\n--i--\n--b--",
		  "1.2", "in2" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct part_index *index = part_index_of_slice(slice_from_string(rows[i].message));
		uint32_t path[2] = { (uint32_t)(rows[i].path[0] - '0'), 0 };
		size_t len = 1;
		struct part part;
		bool found;

		if (rows[i].path[1] == '.') {
			path[1] = (uint32_t)(rows[i].path[2] - '0');
			len = 2;
		}
		found = part_index_find(index, path, len, &part);
		g_assert_cmpint(found, ==, rows[i].body != NULL);
		if (found)
			g_assert_cmpmem(rows[i].message + part.body_offset, part.body_size, rows[i].body,
					strlen(rows[i].body));
		part_index_destroy(&index);
	}
}

/* 35 and 36 times U+045C: the message that hangs another library's encoder. */
static void the_message_that_hangs_others_is_indexed(void)
{
	for (int count = 35; count <= 36; count++) {
		g_autoptr(GString) message = g_string_new("Content-Type: multipart/mixed; ");
		struct part_index *index;

		for (int i = 0; i < count; i++)
			g_string_append(message, "\xd1\x9c");
		g_string_append(message, "=\"\xd1\x9c\"\n\n");
		index = index_of(message);
		g_assert_cmpuint(part_index_count(index), ==, 2);
		part_index_destroy(&index);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/part-index/every-corpus-message-has-a-sound-tree",
			every_corpus_message_has_a_sound_tree);
	g_test_add_func("/part-index/the-tree-does-not-depend-on-the-cuts",
			the_tree_does_not_depend_on_the_cuts);
	g_test_add_func("/part-index/boundaries-are-whole-lines-innermost-first",
			boundaries_are_whole_lines_innermost_first);
	g_test_add_func("/part-index/a-multipart-without-parts-shows-its-text",
			a_multipart_without_parts_shows_its_text);
	g_test_add_func("/part-index/messages-inside-are-descended", messages_inside_are_descended);
	g_test_add_func("/part-index/headers-end-where-no-field-stands",
			headers_end_where_no_field_stands);
	g_test_add_func("/part-index/types-are-read-in-every-form", types_are_read_in_every_form);
	g_test_add_func("/part-index/parameters-are-read-in-every-form",
			parameters_are_read_in_every_form);
	g_test_add_func("/part-index/file-names-are-names-only", file_names_are_names_only);
	g_test_add_func("/part-index/a-header-of-a-megabyte-is-one-header",
			a_header_of_a_megabyte_is_one_header);
	g_test_add_func("/part-index/a-hundred-thousand-headers-are-one-header",
			a_hundred_thousand_headers_are_one_header);
	g_test_add_func("/part-index/past-the-part-limit-the-rest-is-one-opaque-part",
			past_the_part_limit_the_rest_is_one_opaque_part);
	g_test_add_func("/part-index/past-the-depth-limit-a-part-is-opaque",
			past_the_depth_limit_a_part_is_opaque);
	g_test_add_func("/part-index/memory-is-bounded-however-long-the-message",
			memory_is_bounded_however_long_the_message);
	g_test_add_func("/part-index/octets-are-flagged", octets_are_flagged);
	g_test_add_func("/part-index/a-damaged-blob-is-refused-or-harmless",
			a_damaged_blob_is_refused_or_harmless);
	g_test_add_func("/part-index/sections-are-numbered-as-imap-says",
			sections_are_numbered_as_imap_says);
	g_test_add_func("/part-index/the-message-that-hangs-others-is-indexed",
			the_message_that_hangs_others_is_indexed);
	return g_test_run();
}
