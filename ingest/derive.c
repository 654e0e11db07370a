/* Every derived value of a message, each made once, here. */
#include "ingest/derive.h"
#include "ingest/ingest.h"
#include "ingest/signature.h"
#include "base/arena.h"
#include "mime/address.h"
#include "mime/bodystructure.h"
#include "mime/casemap.h"
#include "mime/decode.h"
#include "mime/envelope.h"
#include "mime/header.h"
#include "mime/subject.h"
#include "mime/text.h"

/* Octets of a header that are looked at; ids kept of References. */
#define HEADER_LIMIT (4 * 1024 * 1024)
#define MAX_REFERENCES 1000
#define CALENDAR_LIMIT (1024 * 1024)

struct derived {
	struct arena *arena;
	GString *header, *envelope, *body, *bodystructure;
	GString *body_decoded, *bodystructure_decoded;
	struct text_search search;
	GBytes *signature;
};

struct work {
	struct derived *derived;
	const struct part_index *index;
	const struct mime_source *source;
	struct content_facts *facts;
	struct slice header;
};

static struct slice slice_of_string(const GString *string)
{
	return slice_of(string->str, string->len);
}

static struct slice keep(struct work *w, const char *text)
{
	size_t len = strlen(text);

	return slice_of(arena_copy(w->derived->arena, text, len), len);
}

/* ---- header fields -------------------------------------------------------------------- */

static void derive_date(struct work *w)
{
	struct header_field field;
	int64_t seconds;
	int zone;

	w->facts->sent_date = CONTENT_NO_DATE;
	w->facts->sent_day = CONTENT_NO_DAY;
	if (!header_find(w->header, "Date", &field) || !header_parse_date(field.value, &seconds, &zone))
		return;
	w->facts->sent_date = seconds;
	/* The day as written, in the sender's zone (SENTON and its like); floored. */
	seconds += zone;
	w->facts->sent_day = (int32_t)(seconds / 86400 - (seconds % 86400 < 0));
}

static void derive_subject(struct work *w)
{
	struct header_field field;
	g_autofree char *decoded = NULL, *base = NULL;

	if (!header_find(w->header, "Subject", &field))
		return;
	decoded = header_decoded(w->header, "Subject");
	base = subject_base(field.value, NULL);
	w->facts->subject = keep(w, decoded);
	w->facts->base_subject = keep(w, base);
}

static struct slice casemapped(struct work *w, struct slice text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	casemap_append(out, text);
	return keep(w, out->str);
}

/* RFC 5256's sort key: the mailbox of the first address as ENVELOPE shows it, where a group's
 * name stands in the place of a mailbox. */
static struct slice sort_key(struct work *w, const struct address *first)
{
	return casemapped(w, first->kind == ADDRESS_GROUP_START ? first->name : first->local);
}

/* RFC 5957: the display name of the first address, or the address. */
static struct slice display_key(struct work *w, const struct address *first)
{
	g_autofree char *text = address_name(first);

	if (*text == '\0') {
		g_free(text);
		text = address_spec(first);
	}
	return casemapped(w, slice_from_string(text));
}

static void derive_addresses(struct work *w)
{
	struct arena *arena = arena_create();
	const struct address *from = address_parse_header(arena, w->header, "From");
	const struct address *to = address_parse_header(arena, w->header, "To");
	const struct address *cc = address_parse_header(arena, w->header, "Cc");

	if (from != NULL) {
		w->facts->from = sort_key(w, from);
		w->facts->display_from = display_key(w, from);
	}
	if (to != NULL) {
		w->facts->to = sort_key(w, to);
		w->facts->display_to = display_key(w, to);
	}
	if (cc != NULL)
		w->facts->cc = sort_key(w, cc);
	arena_destroy(&arena);
}

/* The ids of a field, separated by spaces, at most `max`. */
static struct slice ids_of(struct work *w, const char *name, guint max)
{
	struct header_field field;
	g_autoptr(GPtrArray) ids = NULL;
	g_autoptr(GString) text = NULL;

	if (!header_find(w->header, name, &field))
		return slice_of(NULL, 0);
	ids = header_message_ids(field.value);
	text = g_string_new(NULL);
	/* Of too many the last count: they are the nearest ancestors. */
	for (guint i = ids->len > max ? ids->len - max : 0; i < ids->len; i++) {
		const char *id = g_ptr_array_index(ids, i);
		g_autofree char *valid = g_utf8_make_valid(id, -1);

		g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", valid);
	}
	return keep(w, text->str);
}

static void derive_ids(struct work *w)
{
	w->facts->message_id = ids_of(w, "Message-ID", 1);
	w->facts->in_reply_to = ids_of(w, "In-Reply-To", MAX_REFERENCES);
	w->facts->references = ids_of(w, "References", MAX_REFERENCES);
}

/* ---- traits ------------------------------------------------------------------------------- */

static bool is_calendar(const struct part *part)
{
	return part->kind == PART_LEAF &&
	       (part_is(part, "text", "calendar") || part_is(part, "application", "ics"));
}

/* Whether the calendar carries a METHOD: iTIP, not a file that is sent along. */
static bool has_method(struct work *w, const struct part *part)
{
	g_autofree char *parameter = part_parameter(part->raw_parameters, "method");
	g_autoptr(GString) text = NULL;

	if (parameter != NULL && *parameter != '\0')
		return true;
	text = g_string_new(NULL);
	decode_part(part, w->source, CALENDAR_LIMIT, text, NULL);
	for (const char *p = text->str; p != NULL && *p != '\0'; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (g_ascii_strncasecmp(p, "METHOD:", 7) == 0)
			return true;
	}
	return false;
}

static unsigned traits_of(struct work *w)
{
	unsigned traits = 0;

	if (part_index_has_nul(w->index))
		traits |= CONTENT_HAS_NUL;
	if (part_index_has_8bit_header(w->index))
		traits |= CONTENT_8BIT_HEADER;
	for (uint32_t i = 0; i < part_index_count(w->index); i++) {
		struct part part = part_index_get(w->index, i);

		if (is_calendar(&part)) {
			traits |= CONTENT_HAS_CALENDAR;
			if (!(traits & CONTENT_IS_MEETING) && has_method(w, &part))
				traits |= CONTENT_IS_MEETING;
		}
		if (part_is_attachment(&part))
			traits |= CONTENT_HAS_ATTACHMENT;
	}
	return traits;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static void derive_preview(struct work *w)
{
	g_autoptr(GString) preview = g_string_new(NULL);

	text_preview(preview, w->index, w->source);
	w->facts->preview = keep(w, preview->str);
}

static void derive_search(struct work *w, struct content_row *row)
{
	struct derived *d = w->derived;
	struct slice texts[2];

	text_search_build(w->index, w->source, INGEST_SEARCH_LIMIT, &d->search);
	texts[0] = row->search_headers = slice_of_string(d->search.headers);
	texts[1] = row->search_body = slice_of_string(d->search.body);
	if (d->search.truncated)
		w->facts->traits |= CONTENT_TEXT_TRUNCATED;
	d->signature = d->search.truncated ? signature_anything() : signature_build(texts, 2);
	row->signature = slice_of(g_bytes_get_data(d->signature, NULL), g_bytes_get_size(d->signature));
}

static bool derive_structure(struct work *w, GString *body, GString *bodystructure, unsigned forms)
{
	return bodystructure_write(body, w->index, w->source, forms) &&
	       bodystructure_write(bodystructure, w->index, w->source, forms | BODYSTRUCTURE_EXTENDED);
}

/* Another text for IMAP4rev2 only where it is another. */
static bool derive_decoded(struct work *w)
{
	struct derived *d = w->derived;
	bool ok;

	if (!bodystructure_has_extended_values(w->index))
		return true;
	ok = derive_structure(w, d->body_decoded, d->bodystructure_decoded, BODYSTRUCTURE_DECODED);
	if (!g_string_equal(d->body_decoded, d->body))
		w->facts->body_decoded = slice_of_string(d->body_decoded);
	if (!g_string_equal(d->bodystructure_decoded, d->bodystructure))
		w->facts->bodystructure_decoded = slice_of_string(d->bodystructure_decoded);
	return ok;
}

static bool derive_imap_texts(struct work *w)
{
	struct derived *d = w->derived;
	bool ok;

	envelope_write(d->envelope, w->header);
	ok = derive_structure(w, d->body, d->bodystructure, 0);
	w->facts->envelope = slice_of_string(d->envelope);
	w->facts->body = slice_of_string(d->body);
	w->facts->bodystructure = slice_of_string(d->bodystructure);
	return ok && derive_decoded(w);
}

/* ---- the door ---------------------------------------------------------------------------------- */

static struct derived *derived_new(void)
{
	struct derived *d = g_new0(struct derived, 1);

	d->arena = arena_create();
	d->header = g_string_new(NULL);
	d->envelope = g_string_new(NULL);
	d->body = g_string_new(NULL);
	d->bodystructure = g_string_new(NULL);
	d->body_decoded = g_string_new(NULL);
	d->bodystructure_decoded = g_string_new(NULL);
	return d;
}

struct derived *derived_create(const struct part_index *index, const struct mime_source *source,
			       struct content_row *row)
{
	struct derived *d = derived_new();
	struct work w = { d, index, source, &row->facts, { NULL, 0 } };
	struct part root = part_index_get(index, PART_ROOT);

	if (!mime_source_append(source, 0, MIN(root.header_size, HEADER_LIMIT), d->header)) {
		derived_destroy(&d);
		return NULL;
	}
	w.header = slice_of_string(d->header);
	row->facts.size = part_index_size(index);
	row->facts.header_size = root.header_size;
	row->facts.part_index = part_index_blob(index);
	row->facts.version = INGEST_VERSION;
	row->facts.traits = traits_of(&w);
	derive_date(&w);
	derive_subject(&w);
	derive_addresses(&w);
	derive_ids(&w);
	derive_preview(&w);
	derive_search(&w, row);
	if (!derive_imap_texts(&w))
		derived_destroy(&d);
	return d;
}

void derived_destroy(struct derived **derived)
{
	struct derived *d = *derived;

	if (d == NULL)
		return;
	g_string_free(d->header, TRUE);
	g_string_free(d->envelope, TRUE);
	g_string_free(d->body, TRUE);
	g_string_free(d->bodystructure, TRUE);
	g_string_free(d->body_decoded, TRUE);
	g_string_free(d->bodystructure_decoded, TRUE);
	text_search_clear(&d->search);
	g_clear_pointer(&d->signature, g_bytes_unref);
	arena_destroy(&d->arena);
	g_clear_pointer(derived, g_free);
}
