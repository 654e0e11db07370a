/* Any charset to UTF-8.
 *
 * UTF-8 and windows-1252 are done here, the rest by iconv from a fixed table of names.  An
 * octet that can't be read becomes U+FFFD and conversion goes on behind it.  Opening an iconv
 * descriptor costs far more than converting a header, so each thread keeps its last one.
 *
 * GMime's g_mime_iconv_open() would give the same descriptors by fewer names: see charset_table.c. */
#include "mime/charset.h"
#include "mime/charset_table.h"

#include <stdint.h>
#include <errno.h>
#include <iconv.h>

#define REPLACEMENT "\xef\xbf\xbd"

struct converter {
	const char *name;
	iconv_t descriptor;
};

static void converter_free(void *data)
{
	struct converter *converter = data;

	if (converter->descriptor != (iconv_t)-1)
		iconv_close(converter->descriptor);
	g_free(converter);
}

static GPrivate converters = G_PRIVATE_INIT(converter_free);

/* The thread's descriptor for this name, in its initial state; -1 when the system lacks it. */
static iconv_t converter_for(const char *name)
{
	struct converter *converter = g_private_get(&converters);

	if (converter == NULL) {
		converter = g_new0(struct converter, 1);
		converter->descriptor = (iconv_t)-1;
		g_private_set(&converters, converter);
	}
	if (converter->name != name) {
		if (converter->descriptor != (iconv_t)-1)
			iconv_close(converter->descriptor);
		converter->descriptor = iconv_open("UTF-8", name);
		converter->name = name;
	}
	if (converter->descriptor != (iconv_t)-1)
		iconv(converter->descriptor, NULL, NULL, NULL, NULL);
	return converter->descriptor;
}

/* Appends a run without NUL octets, which no text has. */
static void append_clean(GString *out, const char *data, size_t len)
{
	while (len > 0) {
		const char *nul = memchr(data, '\0', len);
		size_t run = nul != NULL ? (size_t)(nul - data) : len;

		g_string_append_len(out, data, (gssize)run);
		if (nul != NULL)
			run++;
		data += run;
		len -= run;
	}
}

/* Some charsets hold a character back that the next may join (Hebrew, Vietnamese). */
static void flush(GString *out, iconv_t descriptor)
{
	char room[64], *to = room;
	size_t free_octets = sizeof(room);

	iconv(descriptor, NULL, NULL, &to, &free_octets);
	append_clean(out, room, (size_t)(to - room));
}

static bool convert(GString *out, struct slice text, const char *name)
{
	iconv_t descriptor = converter_for(name);
	char *in = (char *)text.data, room[4096];
	size_t left = text.len;

	if (descriptor == (iconv_t)-1)
		return false;
	while (left > 0) {
		char *to = room;
		size_t free_octets = sizeof(room);
		size_t done = iconv(descriptor, &in, &left, &to, &free_octets);
		int error = errno;

		append_clean(out, room, (size_t)(to - room));
		if (done != (size_t)-1)
			break;
		if (error == E2BIG && to > room)
			continue;
		g_string_append(out, REPLACEMENT);
		in++;
		left--;
	}
	flush(out, descriptor);
	return true;
}

static void append_windows_1252(GString *out, struct slice text)
{
	static const guint16 high[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
	};

	for (size_t i = 0; i < text.len; i++) {
		unsigned char octet = (unsigned char)text.data[i];

		if (octet < 0x80) {
			if (octet != 0)
				g_string_append_c(out, (char)octet);
		} else {
			g_string_append_unichar(out, octet < 0xa0 ? high[octet - 0x80] : octet);
		}
	}
}

void charset_make_utf8(GString *out, struct slice text)
{
	const char *p = text.len > 0 ? text.data : "", *end = p + text.len;

	while (p < end) {
		const char *bad;

		if (g_utf8_validate_len(p, (gsize)(end - p), &bad)) {
			g_string_append_len(out, p, end - p);
			return;
		}
		g_string_append_len(out, p, bad - p);
		if (*bad != '\0')
			g_string_append(out, REPLACEMENT);
		p = bad + 1;
	}
}

/* Valid but for NUL octets? */
static bool is_utf8(struct slice text)
{
	const char *p = text.data, *end = p + text.len, *bad;

	while (p < end && !g_utf8_validate_len(p, (gsize)(end - p), &bad)) {
		if (*bad != '\0')
			return false;
		p = bad + 1;
	}
	return true;
}

/* UTF-8 with at most a few damaged octets stays UTF-8; a text whose 8-bit octets mostly make no
 * UTF-8 is of another charset. */
static bool is_mostly_utf8(struct slice text)
{
	const char *p = text.data, *end = p + text.len, *bad;
	size_t good = 0, damaged = 0;

	while (p < end) {
		bool valid = g_utf8_validate_len(p, (gsize)(end - p), &bad);

		for (; p < bad; p++)
			good += (unsigned char)*p >= 0xc0;
		if (valid)
			break;
		damaged += *bad != '\0';
		p = bad + 1;
	}
	return good > 8 * damaged;
}

/* Nothing but ASCII, and no NUL?  Eight octets at a time: most text is. */
static bool is_plain_ascii(struct slice text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t i = 0;

	for (; i + 8 <= text.len; i += 8) {
		uint64_t eight;

		memcpy(&eight, text.data + i, 8);
		/* The top bit of an octet, or its borrow when the octet is 0. */
		if ((eight | (eight - ones)) & tops)
			return false;
	}
	for (; i < text.len; i++)
		if (text.data[i] == '\0' || (unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

void charset_to_utf8(GString *out, struct slice text, struct slice name)
{
	struct charset charset = charset_find(name);

	if (text.len == 0)
		return;
	if (charset.kind == CHARSET_ICONV && convert(out, text, charset.iconv_name))
		return;
	if (is_plain_ascii(text))
		g_string_append_len(out, text.data, (gssize)text.len);
	else if (charset.kind == CHARSET_WINDOWS_1252)
		append_windows_1252(out, text);
	else if (is_utf8(text) || (charset.kind == CHARSET_UTF8 && is_mostly_utf8(text)))
		charset_make_utf8(out, text);
	else
		append_windows_1252(out, text);
}
