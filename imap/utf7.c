/* Both directions go by whole UTF-16 units.  The alphabet is base64 with ',' for
 * '/', without padding. */
#include "imap/utf7.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int digit_value(char c)
{
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

static bool is_direct(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e;
}

struct utf16_state {
	uint32_t high; /* a high surrogate that waits for its partner */
};

/* A unit that could have been written directly is a needless shift. */
static bool put_unit(struct utf16_state *state, uint32_t unit, GString *out)
{
	if (state->high != 0) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return false;
		g_string_append_unichar(out, 0x10000 + ((state->high - 0xd800) << 10) + (unit - 0xdc00));
		state->high = 0;
		return true;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		state->high = unit;
		return true;
	}
	if ((unit >= 0xdc00 && unit <= 0xdfff) || unit == 0 || (unit < 0x80 && is_direct((unsigned char)unit)))
		return false;
	g_string_append_unichar(out, unit);
	return true;
}

/* The octets between '&' and '-'. */
static bool decode_shifted(struct slice text, GString *out)
{
	struct utf16_state state = { 0 };
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = digit_value(text.data[i]);

		if (value < 0)
			return false;
		bits = (bits << 6) | (uint32_t)value;
		have += 6;
		if (have >= 16) {
			have -= 16;
			if (!put_unit(&state, (bits >> have) & 0xffff, out))
				return false;
		}
		bits &= (1u << have) - 1;
	}
	return state.high == 0 && have < 6 && bits == 0;
}

static bool decode(struct slice name, GString *out)
{
	size_t shift_end = SIZE_MAX;

	for (size_t i = 0; i < name.len; i++) {
		const char *end;
		size_t len;

		if (!is_direct((unsigned char)name.data[i]))
			return false;
		if (name.data[i] != '&') {
			g_string_append_c(out, name.data[i]);
			continue;
		}
		end = memchr(name.data + i, '-', name.len - i);
		if (end == NULL)
			return false;
		len = (size_t)(end - (name.data + i + 1));
		if (len == 0) {
			g_string_append_c(out, '&');
		} else {
			/* "&...-&...-" should have been one shift. */
			if (shift_end == i || !decode_shifted(slice_of(name.data + i + 1, len), out))
				return false;
			shift_end = i + len + 2;
		}
		i += len + 1;
	}
	return true;
}

bool utf7_decode(struct slice name, GString *out)
{
	gsize before = out->len;

	if (decode(name, out))
		return true;
	g_string_truncate(out, before);
	return false;
}

struct encoder {
	GString *out;
	uint32_t bits;
	unsigned have;
	bool shifted;
};

static void put_bits(struct encoder *e, uint32_t unit)
{
	if (!e->shifted)
		g_string_append_c(e->out, '&');
	e->shifted = true;
	e->bits = (e->bits << 16) | unit;
	for (e->have += 16; e->have >= 6; e->have -= 6)
		g_string_append_c(e->out, alphabet[(e->bits >> (e->have - 6)) & 0x3f]);
	e->bits &= (1u << e->have) - 1;
}

static void end_shift(struct encoder *e)
{
	if (!e->shifted)
		return;
	if (e->have > 0)
		g_string_append_c(e->out, alphabet[(e->bits << (6 - e->have)) & 0x3f]);
	g_string_append_c(e->out, '-');
	e->shifted = false;
	e->bits = 0;
	e->have = 0;
}

void utf7_encode(struct slice utf8, GString *out)
{
	struct encoder e = { .out = out };
	const char *at = utf8.data, *end = utf8.data + utf8.len;

	for (; at < end; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c < 0x80 && is_direct((unsigned char)c)) {
			end_shift(&e);
			g_string_append_c(out, (char)c);
			if (c == '&')
				g_string_append_c(out, '-');
		} else if (c < 0x10000) {
			put_bits(&e, c);
		} else {
			put_bits(&e, 0xd800 + ((c - 0x10000) >> 10));
			put_bits(&e, 0xdc00 + ((c - 0x10000) & 0x3ff));
		}
	}
	end_shift(&e);
}
