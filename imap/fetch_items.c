/* A section spec comes from the tokenizer as one atom, or, with a list of header
 * fields, as atom, list, atom: `BODY[HEADER.FIELDS` `(To Cc)` `]<0.100>`. */
#include "imap/fetch_items.h"

#include "base/number.h"
#include "imap/quote.h"

static const struct {
	const char *name;
	unsigned items;
} simple_items[] = {
	{ "FLAGS", FETCH_FLAGS },
	{ "UID", FETCH_UID },
	{ "INTERNALDATE", FETCH_INTERNALDATE },
	{ "RFC822.SIZE", FETCH_RFC822_SIZE },
	{ "ENVELOPE", FETCH_ENVELOPE },
	{ "BODY", FETCH_BODY },
	{ "BODYSTRUCTURE", FETCH_BODYSTRUCTURE },
	{ "MODSEQ", FETCH_MODSEQ },
	{ "PREVIEW", FETCH_PREVIEW },
	{ "SAVEDATE", FETCH_SAVEDATE },
	{ "EMAILID", FETCH_EMAILID },
	{ "THREADID", FETCH_THREADID },
};

static const struct {
	const char *name;
	unsigned items;
} macros[] = {
	{ "ALL", FETCH_FLAGS | FETCH_INTERNALDATE | FETCH_RFC822_SIZE | FETCH_ENVELOPE },
	{ "FAST", FETCH_FLAGS | FETCH_INTERNALDATE | FETCH_RFC822_SIZE },
	{ "FULL", FETCH_FLAGS | FETCH_INTERNALDATE | FETCH_RFC822_SIZE | FETCH_ENVELOPE | FETCH_BODY },
};

static const struct {
	const char *name;
	enum section_what what;
	bool sets_seen;
} whole_items[] = {
	{ "RFC822", SECTION_BODY, true },
	{ "RFC822.HEADER", SECTION_HEADER, false },
	{ "RFC822.TEXT", SECTION_TEXT, true },
};

/* In front of `[`. */
static const struct {
	const char *name;
	enum fetch_section_kind kind;
	bool sets_seen;
} section_items[] = {
	{ "BODY", FETCH_SECTION_TEXT, true },
	{ "BODY.PEEK", FETCH_SECTION_TEXT, false },
	{ "BINARY", FETCH_SECTION_BINARY, true },
	{ "BINARY.PEEK", FETCH_SECTION_BINARY, false },
	{ "BINARY.SIZE", FETCH_SECTION_SIZE, false },
};

static const struct {
	const char *name;
	enum section_what what;
	bool needs_part;
} section_texts[] = {
	{ "HEADER", SECTION_HEADER, false },
	{ "HEADER.FIELDS", SECTION_HEADER_FIELDS, false },
	{ "HEADER.FIELDS.NOT", SECTION_HEADER_FIELDS_NOT, false },
	{ "TEXT", SECTION_TEXT, false },
	{ "MIME", SECTION_MIME, true },
};

enum { MAX_PATH = 200, MAX_SECTIONS = 500 };

static bool add_section(struct args *args, struct fetch_items *items, struct fetch_section *section)
{
	struct fetch_section **end = &items->sections;
	unsigned count = 0;

	for (; *end != NULL; count++)
		end = &(*end)->next;
	if (count >= MAX_SECTIONS)
		return args_fail(args, "Too many sections");
	*end = section;
	section->is_plain = section->kind == FETCH_SECTION_TEXT && section->spec.what != SECTION_HEADER_FIELDS &&
			    section->spec.what != SECTION_HEADER_FIELDS_NOT;
	items->sets_seen |= section->sets_seen;
	return true;
}

/* `1.2.3` at the front; what is behind its dots stays in *text. */
static bool read_path(struct args *args, struct slice *text, struct section_spec *spec)
{
	uint32_t *path = arena_new_array(args->arena, uint32_t, MAX_PATH);

	spec->path = path;
	while (text->len > 0 && g_ascii_isdigit(text->data[0])) {
		size_t len = 0;
		uint64_t number;

		while (len < text->len && text->data[len] != '.')
			len++;
		if (!number_parse(slice_of(text->data, len), 1, UINT32_MAX - 1, &number) ||
		    spec->path_len == MAX_PATH)
			return false;
		path[spec->path_len++] = (uint32_t)number;
		if (len == text->len) {
			*text = (struct slice){ 0 };
			return true;
		}
		*text = slice_of(text->data + len + 1, text->len - len - 1);
		if (text->len == 0)
			return false;
	}
	return true;
}

static bool read_section_text(struct args *args, struct slice text, struct fetch_section *section)
{
	struct section_spec *spec = &section->spec;

	spec->what = section->kind == FETCH_SECTION_TEXT ? SECTION_BODY : SECTION_BINARY;
	if (!read_path(args, &text, spec))
		return false;
	if (text.len == 0)
		return true;
	/* RFC 3516 gives BINARY numbers alone.  Other servers give headers and texts too, which
	 * have no transfer encoding of their own: they are as in BODY. */
	for (size_t i = 0; i < G_N_ELEMENTS(section_texts); i++) {
		if (!slice_equal_ascii_case(text, slice_from_string(section_texts[i].name)))
			continue;
		spec->what = section_texts[i].what;
		return !section_texts[i].needs_part || spec->path_len > 0;
	}
	return false;
}

static bool read_fields(struct args *args, struct section_spec *spec, GString *label)
{
	const struct imap_arg *list = args->next;
	struct args fields;
	struct slice *names;
	size_t count = 0;

	if (!args_list(args, &fields))
		return false;
	for (const struct imap_arg *arg = list->first; arg != NULL; arg = arg->next)
		count++;
	if (count == 0)
		return args_fail(args, "HEADER.FIELDS needs at least one field name");
	names = arena_new_array(args->arena, struct slice, count);
	g_string_append(label, " (");
	for (size_t i = 0; i < count; i++) {
		if (!args_astring(&fields, &names[i]))
			return args_fail(args, fields.error);
		if (i > 0)
			g_string_append_c(label, ' ');
		quote_astring(label, names[i], QUOTE_ASCII);
	}
	g_string_append_c(label, ')');
	section_sort_fields(names, count);
	spec->fields = names;
	spec->field_count = count;
	return true;
}

/* What follows `]`: nothing, `<offset.length>`, or `<offset>` of a BINARY. */
static bool read_partial(struct slice text, struct fetch_section *section)
{
	const char *dot;

	if (text.len == 0)
		return true;
	if (section->kind == FETCH_SECTION_SIZE || text.len < 3 || text.data[0] != '<' ||
	    text.data[text.len - 1] != '>')
		return false;
	text = slice_of(text.data + 1, text.len - 2);
	dot = memchr(text.data, '.', text.len);
	section->spec.partial = true;
	section->spec.length = INT64_MAX;
	/* BINARY[1]<100>, to the end, is no grammar of RFC 3516 but a habit. */
	if (dot == NULL)
		return section->kind == FETCH_SECTION_BINARY &&
		       number_parse(text, 0, INT64_MAX, &section->spec.offset);
	return number_parse(slice_of(text.data, (size_t)(dot - text.data)), 0, INT64_MAX,
			    &section->spec.offset) &&
	       number_parse(slice_of(dot + 1, (size_t)(text.data + text.len - dot - 1)), 1, INT64_MAX,
			    &section->spec.length);
}

static void append_upper(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		g_string_append_c(out, g_ascii_toupper(text.data[i]));
}

static const char bad_section[] = "The section is not one of IMAP's";

/* `text` is what stands between `[` and `]`, or its first part. */
static bool finish_section(struct args *args, struct slice text, struct slice behind, bool is_open,
			   struct fetch_section *section, GString *label)
{
	bool has_fields;

	if (!read_section_text(args, text, section))
		return args_fail(args, bad_section);
	has_fields = section->spec.what == SECTION_HEADER_FIELDS ||
		     section->spec.what == SECTION_HEADER_FIELDS_NOT;
	if (has_fields != is_open)
		return args_fail(args, bad_section);
	append_upper(label, text);
	if (is_open) {
		if (!read_fields(args, &section->spec, label))
			return false;
		if (args->next == NULL || !args->next->after_list)
			return args_fail(args, bad_section);
		behind = slice_of(args->next->text.data + 1, args->next->text.len - 1);
		args->next = args->next->next;
	}
	g_string_append_c(label, ']');
	if (!read_partial(behind, section))
		return args_fail(args, "A partial is <offset.length> with a length of at least 1");
	if (section->spec.partial)
		g_string_append_printf(label, "<%" G_GUINT64_FORMAT ">", section->spec.offset);
	section->label = slice_of(arena_copy(args->arena, label->str, label->len), label->len);
	return true;
}

static bool read_section(struct args *args, struct slice atom, const char *bracket,
			 struct fetch_items *items)
{
	struct fetch_section *section = arena_new(args->arena, struct fetch_section);
	struct slice name = slice_of(atom.data, (size_t)(bracket - atom.data));
	struct slice text = slice_of(bracket + 1, atom.len - name.len - 1);
	struct slice behind = { 0 };
	g_autoptr(GString) label = g_string_new(NULL);
	const char *close = memchr(text.data, ']', text.len);
	size_t row = 0;

	while (row < G_N_ELEMENTS(section_items) &&
	       !slice_equal_ascii_case(name, slice_from_string(section_items[row].name)))
		row++;
	if (row == G_N_ELEMENTS(section_items))
		return args_fail(args, "Unknown item to FETCH");
	section->kind = section_items[row].kind;
	section->sets_seen = section_items[row].sets_seen;
	g_string_append(label, section->kind == FETCH_SECTION_TEXT ? "BODY[" :
			section->kind == FETCH_SECTION_BINARY ? "BINARY[" : "BINARY.SIZE[");
	if (close != NULL) {
		behind = slice_of(close + 1, (size_t)(text.data + text.len - close - 1));
		text.len = (size_t)(close - text.data);
	}
	if (!finish_section(args, text, behind, close == NULL, section, label))
		return false;
	return add_section(args, items, section);
}

static bool read_whole_item(struct args *args, struct slice atom, struct fetch_items *items)
{
	for (size_t i = 0; i < G_N_ELEMENTS(whole_items); i++) {
		struct fetch_section *section;

		if (!slice_equal_ascii_case(atom, slice_from_string(whole_items[i].name)))
			continue;
		section = arena_new(args->arena, struct fetch_section);
		section->kind = FETCH_SECTION_TEXT;
		section->spec.what = whole_items[i].what;
		section->sets_seen = whole_items[i].sets_seen;
		section->label = slice_from_string(whole_items[i].name);
		return add_section(args, items, section);
	}
	return args_fail(args, "Unknown item to FETCH");
}

/* `PREVIEW (LAZY)`: the list belongs to the item. */
static bool read_preview_modifiers(struct args *args)
{
	struct args modifiers;

	if (!args_is_list(args) || args->next->first == NULL ||
	    !slice_equal_ascii_case(args->next->first->text, SLICE("LAZY")))
		return true;
	return args_list(args, &modifiers) && args_take_word(&modifiers, "LAZY") &&
	       (args_at_end(&modifiers) || args_fail(args, "Unknown modifier of PREVIEW"));
}

static bool read_item(struct args *args, struct fetch_items *items)
{
	struct slice atom;
	const char *bracket;

	if (!args_atom(args, &atom))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(simple_items); i++) {
		if (!slice_equal_ascii_case(atom, slice_from_string(simple_items[i].name)))
			continue;
		items->simple |= simple_items[i].items;
		return simple_items[i].items != FETCH_PREVIEW || read_preview_modifiers(args);
	}
	bracket = memchr(atom.data, '[', atom.len);
	return bracket != NULL ? read_section(args, atom, bracket, items)
			       : read_whole_item(args, atom, items);
}

bool fetch_items_read(struct args *args, struct fetch_items *items_out)
{
	struct args list;

	*items_out = (struct fetch_items){ 0 };
	for (size_t i = 0; i < G_N_ELEMENTS(macros); i++) {
		if (args_take_word(args, macros[i].name)) {
			items_out->simple = macros[i].items;
			return true;
		}
	}
	if (!args_is_list(args))
		return read_item(args, items_out);
	if (!args_list(args, &list))
		return false;
	if (args_at_end(&list))
		return args_fail(args, "The list of items is empty");
	while (!args_at_end(&list))
		if (!read_item(&list, items_out))
			return args_fail(args, list.error);
	return true;
}
