#include "imap/mailbox_name.h"

#include "imap/quote.h"
#include "imap/utf7.h"

#include <stdint.h>

enum { INBOX_LEN = 5 };

static void fix_inbox(GString *out, gsize start)
{
	gsize len = out->len - start;

	if (len >= INBOX_LEN && g_ascii_strncasecmp(out->str + start, "INBOX", INBOX_LEN) == 0 &&
	    (len == INBOX_LEN || out->str[start + INBOX_LEN] == '/'))
		memcpy(out->str + start, "INBOX", INBOX_LEN);
}

/* The address behind "Shared/": where '.' separates levels, its dots are shown as '^'.  (An
 * address with '^' in it can't be named then.) */
static void swap_in_owner(char *name, char *end, char from, char to)
{
	size_t prefix = strlen(MAILBOX_SHARED_PREFIX);

	if ((size_t)(end - name) <= prefix || memcmp(name, MAILBOX_SHARED_PREFIX, prefix) != 0)
		return;
	for (name += prefix; name < end && *name != '/'; name++)
		if (*name == from)
			*name = to;
}

static bool has_control(const char *text, const char *end)
{
	for (; text < end; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			return true;
	}
	return false;
}

/* Net-Unicode (RFC 9051 5.1): one name has one form. */
static void compose(GString *out, gsize start)
{
	g_autofree char *composed = NULL;

	if (g_str_is_ascii(out->str + start))
		return;
	composed = g_utf8_normalize(out->str + start, (gssize)(out->len - start), G_NORMALIZE_NFC);
	g_string_truncate(out, start);
	g_string_append(out, composed);
}

enum mailbox_name_error mailbox_name_read(struct slice wire, struct mailbox_name_rules rules,
					  GString *out)
{
	gsize start = out->len;

	if (rules.is_utf8) {
		if (wire.len > 0 && !g_utf8_validate_len(wire.data, wire.len, NULL))
			return MAILBOX_NAME_ENCODING;
		g_string_append_len(out, wire.data, (gssize)wire.len);
	} else if (!utf7_decode(wire, out)) {
		return MAILBOX_NAME_ENCODING;
	}
	if (has_control(out->str + start, out->str + out->len))
		return MAILBOX_NAME_CHARACTER;
	compose(out, start);
	for (gsize i = start; rules.separator != '/' && i < out->len; i++) {
		if (out->str[i] == '/')
			return MAILBOX_NAME_CHARACTER;
		if (out->str[i] == rules.separator)
			out->str[i] = '/';
	}
	if (rules.separator == '.')
		swap_in_owner(out->str + start, out->str + out->len, '^', '.');
	fix_inbox(out, start);
	return MAILBOX_NAME_OK;
}

void mailbox_name_write(GString *out, struct slice stored, struct mailbox_name_rules rules)
{
	g_autoptr(GString) shown = g_string_new_len(stored.data, (gssize)stored.len);
	g_autoptr(GString) encoded = g_string_new(NULL);

	if (rules.separator == '.')
		swap_in_owner(shown->str, shown->str + shown->len, '.', '^');
	for (gsize i = 0; rules.separator != '/' && i < shown->len; i++)
		if (shown->str[i] == '/')
			shown->str[i] = rules.separator;
	if (rules.is_utf8) {
		quote_astring(out, slice_of(shown->str, shown->len), QUOTE_UTF8);
		return;
	}
	utf7_encode(slice_of(shown->str, shown->len), encoded);
	quote_astring(out, slice_of(encoded->str, encoded->len), QUOTE_ASCII);
}

bool mailbox_name_is_composed(struct slice wire)
{
	g_autofree char *composed = g_utf8_normalize(wire.data, (gssize)wire.len, G_NORMALIZE_NFC);

	return composed == NULL || slice_equal(wire, slice_from_string(composed));
}

void mailbox_name_write_old(GString *out, struct slice wire)
{
	g_string_append(out, " (\"OLDNAME\" (");
	quote_astring(out, wire, QUOTE_UTF8);
	g_string_append(out, "))");
}

/* Backtracks to the last `*`, and to the last `%` within its level: linear in
 * practice, quadratic at worst, never exponential. */
static bool matches(struct slice name, struct slice pattern)
{
	size_t n = 0, p = 0;
	size_t star_p = SIZE_MAX, star_n = 0, percent_p = SIZE_MAX, percent_n = 0;

	for (;;) {
		if (p < pattern.len && pattern.data[p] == '*') {
			star_p = ++p;
			star_n = n;
			percent_p = SIZE_MAX;
		} else if (p < pattern.len && pattern.data[p] == '%') {
			percent_p = ++p;
			percent_n = n;
		} else if (n < name.len && p < pattern.len && name.data[n] == pattern.data[p]) {
			n++;
			p++;
		} else if (n == name.len && p == pattern.len) {
			return true;
		} else if (percent_p != SIZE_MAX && percent_n < name.len && name.data[percent_n] != '/') {
			p = percent_p;
			n = ++percent_n;
		} else if (star_p != SIZE_MAX && star_n < name.len) {
			p = star_p;
			n = ++star_n;
			percent_p = SIZE_MAX;
		} else {
			return false;
		}
	}
}

static bool is_inbox_or_below(struct slice name)
{
	return name.len >= INBOX_LEN && memcmp(name.data, "INBOX", INBOX_LEN) == 0 &&
	       (name.len == INBOX_LEN || name.data[INBOX_LEN] == '/');
}

bool mailbox_name_matches(struct slice name, struct slice pattern)
{
	g_autofree char *upper = NULL;

	if (matches(name, pattern))
		return true;
	if (pattern.len == 0 || !is_inbox_or_below(name))
		return false;
	/* INBOX in any case: what of the pattern can only be about the first level. */
	upper = slice_dup(pattern);
	for (size_t i = 0; i < pattern.len && upper[i] != '/' && (upper[i] != '*' || name.len == INBOX_LEN); i++)
		upper[i] = g_ascii_toupper(upper[i]);
	return matches(name, slice_of(upper, pattern.len));
}
