/* Mail built of any octets: legal lines, no field that nobody asked for, texts that come back. */
#include "mime/builder.h"
#include "mime/decode.h"
#include "mime/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(struct slice octets)
{
	size_t line = 0;

	for (size_t i = 0; i < octets.len; i++) {
		bool after_cr = i > 0 && octets.data[i - 1] == '\r';

		g_assert((octets.data[i] == '\n') == after_cr);
		line = octets.data[i] == '\n' ? 0 : line + 1;
		g_assert_cmpuint(line, <=, 999);
	}
}

static void check_header(struct slice octets)
{
	static const char *const names[] = { "From", "To", "Subject", "X-Raw", "MIME-Version", "Content-Type",
					     "Content-Disposition", "Content-Transfer-Encoding" };
	struct header_field field;

	while (header_next(&octets, &field)) {
		bool known = false;

		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			known = known || slice_equal_ascii_case(field.name, slice_from_string(names[i]));
		g_assert(known);
	}
}

/* The one part's content; texts have no CR or LF here but for the one that ends the message. */
static void check_content(struct slice octets, struct slice content)
{
	struct part_index *index = part_index_of_slice(octets);
	struct part part = part_index_get(index, PART_ROOT);
	struct mime_source source = mime_source_of_slice(&octets);
	g_autoptr(GString) out = g_string_new(NULL);

	g_assert_true(decode_part(&part, &source, UINT64_MAX, out, NULL));
	if (out->len == content.len + 2 && memcmp(out->str + content.len, "\r\n", 2) == 0)
		g_string_truncate(out, content.len);
	g_assert_cmpmem(out->str, out->len, content.data, content.len);
	part_index_destroy(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice content = slice_of((const char *)data, size);
	g_autofree char *text = slice_dup(content);
	struct builder *builder = builder_create("seed");
	struct builder_part part = { .type = size % 2 ? "application/ics" : "text/calendar", .parameters = text,
				     .filename = text, .attachment = size % 3 == 0, .content = content };
	GBytes *message;
	struct slice octets;
	bool plain = memchr(data, '\n', size) == NULL && memchr(data, '\r', size) == NULL;

	builder_address(builder, "From", text, text);
	builder_address(builder, "To", text, text);
	builder_address(builder, "To", NULL, text);
	builder_header(builder, "Subject", text);
	builder_header_raw(builder, "X-Raw", text);
	builder_attachment(builder, &part);
	message = builder_finish(builder);
	octets = slice_of(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	check_lines(octets);
	check_header(octets);
	if (plain || part.type[0] == 'a')
		check_content(octets, content);
	g_bytes_unref(message);
	builder_destroy(&builder);
	return 0;
}
