/* Any octets as TNEF, and as address lists, dates, subjects and HTML: bounded, and valid UTF-8 out. */
#include "mime/address.h"
#include "mime/header.h"
#include "mime/subject.h"
#include "mime/text.h"
#include "mime/tnef.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tnef(struct slice octets)
{
	struct tnef *tnef = tnef_parse(octets);
	g_autofree char *calendar = NULL;

	if (tnef == NULL)
		return;
	calendar = tnef_calendar(tnef);
	g_assert(calendar == NULL || g_utf8_validate(calendar, -1, NULL));
	for (size_t i = 0; i < tnef_attachment_count(tnef); i++)
		g_assert(g_utf8_validate(tnef_attachment(tnef, i)->name, -1, NULL));
	tnef_destroy(&tnef);
}

static void read_header_values(struct slice octets)
{
	struct arena *arena = arena_create();
	g_autofree char *base = subject_base(octets, NULL);
	int64_t seconds;
	int zone;

	for (struct address *a = address_parse(arena, octets); a != NULL; a = a->next) {
		g_free(address_name(a));
		g_free(address_spec(a));
	}
	header_parse_date(octets, &seconds, &zone);
	g_ptr_array_unref(header_message_ids(octets));
	g_assert(g_utf8_validate(base, -1, NULL));
	arena_destroy(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice octets = slice_of((const char *)data, size);
	g_autoptr(GString) text = g_string_new(NULL), signed_octets = g_string_new("x\x9f>\"\x01");

	g_string_append_c(signed_octets, '\0');
	g_string_append_len(signed_octets, octets.data, (gssize)octets.len);
	read_tnef(slice_of(signed_octets->str, signed_octets->len));
	read_tnef(octets);
	read_header_values(octets);
	text_of_html(text, octets);
	g_assert(g_utf8_validate(text->str, (gssize)text->len, NULL));
	return 0;
}
