#include "imap/quote.h"

enum { LONGEST_QUOTED = 4096 };

void quote_number(GString *out, uint64_t number)
{
	char digits[20];
	char *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	g_string_append_len(out, at, digits + sizeof(digits) - at);
}

bool quote_is_atom_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

bool quote_is_astring_char(unsigned char c)
{
	return quote_is_atom_char(c) || c == ']';
}

static bool fits_quoted(struct slice text, enum quote_mode mode)
{
	bool eight_bit = false;

	if (text.len > LONGEST_QUOTED)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c == '\0' || c == '\r' || c == '\n')
			return false;
		eight_bit |= c >= 0x80;
	}
	return !eight_bit || (mode == QUOTE_UTF8 && g_utf8_validate_len(text.data, text.len, NULL));
}

static void put_literal(GString *out, struct slice text)
{
	gsize start;

	g_string_append_printf(out, "{%zu}\r\n", text.len);
	start = out->len;
	g_string_append_len(out, text.data, (gssize)text.len);
	for (gsize i = start; i < out->len; i++)
		if (out->str[i] == '\0')
			out->str[i] = (char)0x80;
}

void quote_string(GString *out, struct slice text, enum quote_mode mode)
{
	if (!fits_quoted(text, mode)) {
		put_literal(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, text.data[i]);
	}
	g_string_append_c(out, '"');
}

void quote_astring(GString *out, struct slice text, enum quote_mode mode)
{
	bool plain = text.len > 0 && !slice_equal_ascii_case(text, SLICE("NIL"));

	for (size_t i = 0; plain && i < text.len; i++)
		plain = quote_is_astring_char((unsigned char)text.data[i]);
	if (plain)
		g_string_append_len(out, text.data, (gssize)text.len);
	else
		quote_string(out, text, mode);
}

void quote_response_text(GString *out, struct slice text, enum quote_mode mode)
{
	bool eight_bit = mode == QUOTE_UTF8 && text.len > 0 &&
			 g_utf8_validate_len(text.data, text.len, NULL);

	if (text.len == 0)
		g_string_append_c(out, '.');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		bool keep = (c >= 0x20 && c < 0x7f) || (c >= 0x80 && eight_bit);

		g_string_append_c(out, keep ? (char)c : '?');
	}
}
