#include "grammar.h"

struct reader {
	const char *start, *at, *end;
	const char *expected; /* NULL: all is well */
	const char *where;
	bool extended;
};

static bool fail(struct reader *r, const char *expected)
{
	if (r->expected == NULL) {
		r->expected = expected;
		r->where = r->at;
	}
	return false;
}

static bool literal_text(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0)
		return fail(r, text);
	r->at += len;
	return true;
}

static bool peek(const struct reader *r, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(r->end - r->at) >= len && memcmp(r->at, text, len) == 0;
}

/* number = 1*DIGIT, below 2^63 */
static bool number(struct reader *r, guint64 *value_out)
{
	guint64 value = 0;
	const char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		if (r->at - start > 18)
			return fail(r, "a number in range");
		value = value * 10 + (guint64)(*r->at++ - '0');
	}
	if (value_out != NULL)
		*value_out = value;
	return r->at > start || fail(r, "number");
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE: 7-bit without CR, LF, NUL */
static bool quoted(struct reader *r, GString *value)
{
	r->at++;
	while (r->at < r->end && *r->at != '"') {
		if (*r->at == '\\') {
			r->at++;
			if (r->at == r->end || (*r->at != '"' && *r->at != '\\'))
				return fail(r, "quoted-specials");
		}
		if ((unsigned char)*r->at >= 0x80 || strchr("\r\n", *r->at) != NULL)
			return fail(r, "TEXT-CHAR");
		g_string_append_c(value, *r->at++);
	}
	return literal_text(r, "\"");
}

/* literal = "{" number "}" CRLF *CHAR8: any octet but NUL */
static bool literal(struct reader *r, GString *value)
{
	guint64 size;

	r->at++;
	if (!number(r, &size) || !literal_text(r, "}\r\n"))
		return false;
	if (size > (guint64)(r->end - r->at))
		return fail(r, "octets of a literal");
	if (memchr(r->at, '\0', size) != NULL)
		return fail(r, "CHAR8");
	g_string_append_len(value, r->at, (gssize)size);
	r->at += size;
	return true;
}

static bool string_value(struct reader *r, GString *value)
{
	g_string_truncate(value, 0);
	if (r->at < r->end && *r->at == '"')
		return quoted(r, value);
	if (r->at < r->end && *r->at == '{')
		return literal(r, value);
	return fail(r, "string");
}

static bool string(struct reader *r)
{
	g_autoptr(GString) value = g_string_new(NULL);

	return string_value(r, value);
}

static bool nstring(struct reader *r)
{
	return peek(r, "NIL") ? literal_text(r, "NIL") : string(r);
}

static bool space(struct reader *r)
{
	return literal_text(r, " ");
}

/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static bool address(struct reader *r)
{
	return literal_text(r, "(") && nstring(r) && space(r) && nstring(r) && space(r) &&
	       nstring(r) && space(r) && nstring(r) && literal_text(r, ")");
}

/* "(" 1*address ")" / nil */
static bool addresses(struct reader *r)
{
	if (peek(r, "NIL"))
		return literal_text(r, "NIL");
	if (!literal_text(r, "("))
		return false;
	do {
		if (!address(r))
			return false;
	} while (peek(r, "("));
	return literal_text(r, ")");
}

static bool envelope(struct reader *r)
{
	bool ok = literal_text(r, "(") && nstring(r) && space(r) && nstring(r);

	for (int i = 0; i < 6 && ok; i++)
		ok = space(r) && addresses(r);
	return ok && space(r) && nstring(r) && space(r) && nstring(r) && literal_text(r, ")");
}

/* body-fld-param = "(" string SP string *(SP string SP string) ")" / nil */
static bool parameters(struct reader *r)
{
	if (peek(r, "NIL"))
		return literal_text(r, "NIL");
	if (!literal_text(r, "("))
		return false;
	for (;;) {
		if (!string(r) || !space(r) || !string(r))
			return false;
		if (!peek(r, " "))
			return literal_text(r, ")");
		space(r);
	}
}

/* body-fld-dsp, body-fld-lang, body-fld-loc */
static bool extension_tail(struct reader *r)
{
	if (!space(r))
		return false;
	if (peek(r, "NIL")) {
		literal_text(r, "NIL");
	} else if (!literal_text(r, "(") || !string(r) || !space(r) || !parameters(r) ||
		   !literal_text(r, ")")) {
		return false;
	}
	if (!space(r))
		return false;
	if (peek(r, "(")) {
		literal_text(r, "(");
		do {
			if (peek(r, " "))
				space(r);
			if (!string(r))
				return false;
		} while (peek(r, " "));
		if (!literal_text(r, ")"))
			return false;
	} else if (!nstring(r)) {
		return false;
	}
	return space(r) && nstring(r);
}

static bool body(struct reader *r);

/* 1*body SP media-subtype [SP body-ext-mpart] */
static bool multipart(struct reader *r)
{
	do {
		if (!body(r))
			return false;
	} while (peek(r, "("));
	if (!space(r) || !string(r))
		return false;
	return !r->extended || (space(r) && parameters(r) && extension_tail(r));
}

static bool lower_is(const GString *value, const char *word)
{
	return g_ascii_strcasecmp(value->str, word) == 0;
}

static bool single(struct reader *r)
{
	g_autoptr(GString) type = g_string_new(NULL), subtype = g_string_new(NULL);
	bool ok = string_value(r, type) && space(r) && string_value(r, subtype) && space(r) &&
		  parameters(r) && space(r) && nstring(r) && space(r) && nstring(r) && space(r) &&
		  string(r) && space(r) && number(r, NULL);

	if (ok && lower_is(type, "multipart"))
		return fail(r, "no multipart without parts");
	if (ok && lower_is(type, "message") &&
	    (lower_is(subtype, "rfc822") || lower_is(subtype, "global")))
		ok = space(r) && envelope(r) && space(r) && body(r) && space(r) && number(r, NULL);
	else if (ok && lower_is(type, "text"))
		ok = space(r) && number(r, NULL);
	if (!ok || !r->extended)
		return ok;
	return space(r) && nstring(r) && extension_tail(r);
}

static bool body(struct reader *r)
{
	if (!literal_text(r, "("))
		return false;
	return (peek(r, "(") ? multipart(r) : single(r)) && literal_text(r, ")");
}

static char *result_of(struct reader *r, bool ok)
{
	if (ok && r->at == r->end)
		return NULL;
	if (ok)
		fail(r, "the end");
	return g_strdup_printf("%s expected at %zu: %.60s", r->expected, (size_t)(r->where - r->start),
			       r->where);
}

char *grammar_check_envelope(struct slice text)
{
	struct reader r = { text.data, text.data, text.data + text.len, NULL, NULL, true };

	return result_of(&r, envelope(&r));
}

char *grammar_check_body(struct slice text, bool extended)
{
	struct reader r = { text.data, text.data, text.data + text.len, NULL, NULL, extended };

	return result_of(&r, body(&r));
}
