/* Each escape walks UTF-8 characters; what is not UTF-8 is met one octet at a
 * time, so hostile octets can never swallow the character behind them. */
#include "base/escape.h"

#include <stdint.h>

/* Length of the valid UTF-8 character at p, 0 when there is none. */
static size_t utf8_char(const char *p, size_t len, gunichar *c_out)
{
	gunichar c = g_utf8_get_char_validated(p, (gssize)MIN(len, 6));

	if (c == (gunichar)-1 || c == (gunichar)-2 || c == 0)
		return 0;
	*c_out = c;
	return (size_t)(g_utf8_next_char(p) - p);
}

static bool is_invisible_control(gunichar c)
{
	if (c == '\t' || c == '\n' || c == '\r')
		return false;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static const char *html_reference(gunichar c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void escape_html(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len;) {
		gunichar c;
		size_t n = utf8_char(text.data + i, text.len - i, &c);
		const char *reference;

		if (n == 0) {
			if (text.data[i] != '\0')
				g_string_append(out, "\xef\xbf\xbd");
			i++;
			continue;
		}
		reference = html_reference(c);
		if (reference != NULL)
			g_string_append(out, reference);
		else if (!is_invisible_control(c))
			g_string_append_len(out, text.data + i, (gssize)n);
		i += n;
	}
}

void escape_log(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len;) {
		gunichar c;
		size_t n = utf8_char(text.data + i, text.len - i, &c);

		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '"' || c == '\\') {
			g_string_append_printf(out, "\\x%02x", (uint8_t)text.data[i]);
			i++;
			continue;
		}
		g_string_append_len(out, text.data + i, (gssize)n);
		i += n;
	}
}

void escape_url(GString *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (g_ascii_isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL))
			g_string_append_c(out, c);
		else
			g_string_append_printf(out, "%%%02X", (uint8_t)c);
	}
}
