/* Base subject, step by step as RFC 5256 2.1 numbers them. */
#include "mime/subject.h"
#include "mime/casemap.h"
#include "mime/charset.h"

/* Step 1: tabs and line ends are spaces, runs of spaces are one. */
static char *collapse(struct slice text)
{
	GString *out = g_string_sized_new(text.len);

	for (size_t i = 0; i < text.len; i++) {
		bool space = strchr(" \t\r\n", text.data[i]) != NULL;

		if (!space)
			g_string_append_c(out, text.data[i]);
		else if (out->len == 0 || out->str[out->len - 1] != ' ')
			g_string_append_c(out, ' ');
	}
	return g_string_free(out, FALSE);
}

static bool starts(struct slice text, const char *lower)
{
	size_t len = strlen(lower);

	return text.len >= len && g_ascii_strncasecmp(text.data, lower, len) == 0;
}

static bool ends(struct slice text, const char *lower)
{
	size_t len = strlen(lower);

	return text.len >= len && g_ascii_strncasecmp(text.data + text.len - len, lower, len) == 0;
}

static struct slice skip(struct slice text, size_t len)
{
	return slice_of(text.data + len, text.len - len);
}

static struct slice skip_space(struct slice text)
{
	while (text.len > 0 && text.data[0] == ' ')
		text = skip(text, 1);
	return text;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP, without '[' inside. */
static bool take_blob(struct slice *text)
{
	if (text->len == 0 || text->data[0] != '[')
		return false;
	for (size_t i = 1; i < text->len && text->data[i] != '['; i++) {
		if (text->data[i] == ']') {
			*text = skip_space(skip(*text, i + 1));
			return true;
		}
	}
	return false;
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static bool take_refwd(struct slice *text)
{
	struct slice rest;

	if (starts(*text, "re"))
		rest = skip(*text, 2);
	else if (starts(*text, "fwd"))
		rest = skip(*text, 3);
	else if (starts(*text, "fw"))
		rest = skip(*text, 2);
	else
		return false;
	rest = skip_space(rest);
	take_blob(&rest);
	if (rest.len == 0 || rest.data[0] != ':')
		return false;
	*text = skip(rest, 1);
	return true;
}

/* subj-leader = (*subj-blob subj-refwd) / WSP */
static bool take_leader(struct slice *text, bool *is_reply)
{
	struct slice rest = *text;

	if (text->len > 0 && text->data[0] == ' ') {
		*text = skip(*text, 1);
		return true;
	}
	while (take_blob(&rest))
		;
	if (!take_refwd(&rest))
		return false;
	*is_reply = true;
	*text = rest;
	return true;
}

/* Step 2. */
static void take_trailers(struct slice *text, bool *is_reply)
{
	for (;;) {
		if (text->len > 0 && text->data[text->len - 1] == ' ') {
			text->len--;
		} else if (ends(*text, "(fwd)")) {
			text->len -= 5;
			*is_reply = true;
		} else {
			return;
		}
	}
}

/* Steps 3 to 5.  A long run of blobs is looked through once: when no "re:" comes behind them, the
 * blobs go one by one without looking again. */
static void take_leaders(struct slice *text, bool *is_reply)
{
	for (;;) {
		struct slice rest;

		while (take_leader(text, is_reply))
			;
		rest = *text;
		if (!take_blob(&rest) || rest.len == 0)
			return;
		do
			*text = rest;
		while (take_blob(&rest) && rest.len > 0);
	}
}

char *subject_base_decoded(struct slice decoded, bool *is_reply_out)
{
	g_autofree char *collapsed = collapse(decoded);
	struct slice text = slice_from_string(collapsed);
	bool is_reply = false;

	for (;;) {
		take_trailers(&text, &is_reply);
		take_leaders(&text, &is_reply);
		if (!starts(text, "[fwd:") || !ends(text, "]"))
			break;
		text = slice_of(text.data + 5, text.len - 6);
		is_reply = true;
	}
	if (is_reply_out != NULL)
		*is_reply_out = is_reply;
	return slice_dup(text);
}

char *subject_base(struct slice raw_value, bool *is_reply_out)
{
	g_autoptr(GString) decoded = g_string_new(NULL);
	g_autofree char *base = NULL;
	GString *out = g_string_new(NULL);

	charset_decode_header(decoded, raw_value);
	base = subject_base_decoded(slice_of(decoded->str, decoded->len), is_reply_out);
	casemap_append(out, slice_from_string(base));
	return g_string_free(out, FALSE);
}
