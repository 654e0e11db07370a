/* Any octets: ENVELOPE, BODY and BODYSTRUCTURE of them are in IMAP's grammar, and the address lists,
 * dates and ids of any octets are read without harm. */
#include "grammar.h"
#include "mime/bodystructure.h"
#include "mime/envelope.h"
#include "mime/header.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_legal(const char *what, char *problem, const GString *text)
{
	if (problem == NULL)
		return;
	g_printerr("%s: %s\n%s\n", what, problem, text->str);
	abort();
}

static void check_structures(struct slice octets)
{
	struct part_index *index = part_index_of_slice(octets);
	struct mime_source source = mime_source_of_slice(&octets);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned forms = 0; forms <= (BODYSTRUCTURE_EXTENDED | BODYSTRUCTURE_DECODED); forms++) {
		bool extended = (forms & BODYSTRUCTURE_EXTENDED) != 0;

		g_string_truncate(text, 0);
		g_assert_true(bodystructure_write(text, index, &source, forms));
		require_legal("structure", grammar_check_body(slice_of(text->str, text->len), extended), text);
	}
	part_index_destroy(&index);
}

/* The octets as a header, and as the value of every field ENVELOPE shows. */
static void check_envelopes(struct slice octets)
{
	static const char *const names[] = { "Date", "Subject", "From", "To", "In-Reply-To", "Message-ID" };
	g_autoptr(GString) text = g_string_new(NULL), header = g_string_new(NULL);

	envelope_write(text, octets);
	require_legal("ENVELOPE", grammar_check_envelope(slice_of(text->str, text->len)), text);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_string_append_printf(header, "%s: ", names[i]);
		g_string_append_len(header, octets.data, (gssize)octets.len);
		g_string_append(header, "\r\n");
	}
	g_string_truncate(text, 0);
	envelope_write(text, slice_of(header->str, header->len));
	require_legal("ENVELOPE", grammar_check_envelope(slice_of(text->str, text->len)), text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice octets = slice_of((const char *)data, size);

	check_structures(octets);
	check_envelopes(octets);
	return 0;
}
