/* Three steps, each at the earliest octet: every octet is looked at once for
 * line discipline and controls (scan_octet); a finished line is judged as request
 * line or header field; the finished head as a whole (framing, Host).
 *
 * Strictness over reach: a refusal costs a strange client one request, a shape
 * that two parsers read differently costs somebody else's session. */
#include "web/request_check.h"

#include "base/number.h"
#include "web/request.h"

#define HOST_LIMIT 300 /* octets */

struct request_check {
	uint64_t body_limit;

	size_t scanned;    /* octets of this head looked at */
	size_t line_start; /* where the present line begins */
	bool after_cr;
	bool has_request_line;
	unsigned fields;
	bool is_1_0;
	bool bodyless_method;
	bool has_length, has_encoding;
	char *host, *authority; /* the field's, and that of a target in absolute form; NULL: none */
	bool encoding_is_chunked;
	uint64_t length;

	uint64_t body_left;
	unsigned status;   /* not 0: refused */
	const char *reason;
};

static bool is_token_char(char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool refuse(struct request_check *check, unsigned status, const char *reason)
{
	check->status = status;
	check->reason = reason;
	return false;
}

static void begin_head(struct request_check *check)
{
	check->scanned = check->line_start = 0;
	check->after_cr = check->has_request_line = false;
	check->fields = 0;
	check->is_1_0 = check->bodyless_method = false;
	check->has_length = check->has_encoding = false;
	g_clear_pointer(&check->host, g_free);
	g_clear_pointer(&check->authority, g_free);
	check->encoding_is_chunked = false;
	check->length = 0;
}

struct request_check *request_check_create(uint64_t body_limit)
{
	struct request_check *check = g_new0(struct request_check, 1);

	check->body_limit = body_limit;
	begin_head(check);
	return check;
}

void request_check_destroy(struct request_check **check)
{
	begin_head(*check);
	g_clear_pointer(check, g_free);
}

/* ---- the request line ---- */

static int hex_pair(struct slice text, size_t at)
{
	if (at + 2 >= text.len || !g_ascii_isxdigit(text.data[at + 1]) ||
	    !g_ascii_isxdigit(text.data[at + 2]))
		return -1;
	return g_ascii_xdigit_value(text.data[at + 1]) * 16 + g_ascii_xdigit_value(text.data[at + 2]);
}

/* What RFC 3986 allows in a path or query, besides percent-encoding. */
static bool is_target_char(char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL);
}

/* Is the segment, decoded, "." or ".."? */
static bool is_dot_segment(struct slice segment)
{
	unsigned dots = 0;

	for (size_t i = 0; i < segment.len; i++) {
		if (segment.data[i] == '.') {
			dots++;
		} else if (segment.data[i] == '%' && hex_pair(segment, i) == '.') {
			dots++;
			i += 2;
		} else {
			return false;
		}
	}
	return dots == 1 || dots == 2;
}

static bool path_is_plain(struct slice path)
{
	size_t start = 1;

	for (size_t i = 0; i < path.len; i++) {
		if (path.data[i] == '%') {
			int octet = hex_pair(path, i);

			if (octet < 0x20 || octet == 0x7f || octet == '/' || octet == '\\')
				return false;
			i += 2;
		} else if (!is_target_char(path.data[i])) {
			return false;
		}
	}
	for (size_t i = 1; i <= path.len; i++) {
		if (i < path.len && path.data[i] != '/')
			continue;
		if (is_dot_segment(slice_of(path.data + start, i - start)))
			return false;
		start = i + 1;
	}
	return true;
}

static bool query_is_plain(struct slice query)
{
	for (size_t i = 0; i < query.len; i++) {
		if (query.data[i] == '%') {
			if (hex_pair(query, i) <= 0)
				return false;
			i += 2;
		} else if (!is_target_char(query.data[i]) && query.data[i] != '?') {
			return false;
		}
	}
	return true;
}

/* A host with an optional port: no user, no path. */
static bool is_authority(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!g_ascii_isalnum(text.data[i]) && (text.data[i] == '\0' || strchr("-._~:[]", text.data[i]) == NULL))
			return false;
	return text.len > 0 && text.len <= HOST_LIMIT;
}

static bool judge_target(struct request_check *check, struct slice target)
{
	struct slice authority = { NULL, 0 }, path, query = { NULL, 0 };
	const char *mark;

	if (target.len > REQUEST_TARGET_LIMIT)
		return refuse(check, 414, "target too long");
	path = web_target_path(target, &authority);
	if (authority.data != NULL && !is_authority(authority))
		return refuse(check, 400, "target has no plain host");
	if (authority.data != NULL)
		check->authority = slice_dup(authority);
	else if (path.len == 0 || path.data[0] != '/')
		return refuse(check, 400, "target is no path");
	target = path;
	mark = memchr(target.data, '?', target.len);
	if (mark != NULL) {
		path.len = (size_t)(mark - target.data);
		query = slice_of(mark + 1, target.len - path.len - 1);
	}
	if (!path_is_plain(path))
		return refuse(check, 400, "path has a bad or dangerous character");
	if (!query_is_plain(query))
		return refuse(check, 400, "query has a bad character");
	return true;
}

static bool judge_version(struct request_check *check, struct slice version)
{
	if (slice_equal(version, SLICE("HTTP/1.1")))
		return true;
	if (slice_equal(version, SLICE("HTTP/1.0")))
		return check->is_1_0 = true;
	if (version.len == 8 && memcmp(version.data, "HTTP/", 5) == 0 &&
	    g_ascii_isdigit(version.data[5]) && version.data[6] == '.' &&
	    g_ascii_isdigit(version.data[7]))
		return refuse(check, 505, "version is not 1.0 or 1.1");
	return refuse(check, 400, "no HTTP version");
}

static bool judge_request_line(struct request_check *check, struct slice line)
{
	const char *first = memchr(line.data, ' ', line.len);
	const char *second = NULL;
	struct slice method, target, version;

	if (first != NULL)
		second = memchr(first + 1, ' ', line.len - (size_t)(first + 1 - line.data));
	if (second == NULL)
		return refuse(check, line.len > REQUEST_TARGET_LIMIT ? 414 : 400,
			      "request line is not method, target, version");
	method = slice_of(line.data, (size_t)(first - line.data));
	target = slice_of(first + 1, (size_t)(second - first - 1));
	version = slice_of(second + 1, line.len - method.len - target.len - 2);
	if (method.len == 0 || method.len > 32)
		return refuse(check, 400, "no method");
	for (size_t i = 0; i < method.len; i++)
		if (!is_token_char(method.data[i]))
			return refuse(check, 400, "method is not a token");
	check->bodyless_method = slice_equal(method, SLICE("GET")) || slice_equal(method, SLICE("HEAD"));
	check->has_request_line = true;
	return judge_version(check, version) && judge_target(check, target);
}

/* ---- header fields ---- */

static struct slice trimmed(struct slice value)
{
	while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t'))
		value = slice_of(value.data + 1, value.len - 1);
	while (value.len > 0 && (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
		value.len--;
	return value;
}

static bool judge_length(struct request_check *check, struct slice value)
{
	if (check->has_length)
		return refuse(check, 400, "more than one Content-Length");
	check->has_length = true;
	if (!number_parse(value, 0, UINT64_MAX, &check->length))
		return refuse(check, 400, "Content-Length is not a number");
	return true;
}

static bool judge_encoding(struct request_check *check, struct slice value)
{
	if (check->has_encoding)
		return refuse(check, 400, "more than one Transfer-Encoding");
	check->has_encoding = true;
	check->encoding_is_chunked = slice_equal_ascii_case(value, SLICE("chunked"));
	return true;
}

static bool judge_host(struct request_check *check, struct slice value)
{
	if (check->host != NULL)
		return refuse(check, 400, "more than one Host");
	if (!is_authority(value))
		return refuse(check, 400, "Host is empty, too long or has a bad character");
	check->host = slice_dup(value);
	return true;
}

static bool judge_expect(struct request_check *check, struct slice value)
{
	if (!slice_equal_ascii_case(value, SLICE("100-continue")))
		return refuse(check, 417, "unknown expectation");
	return true;
}

static const struct {
	struct slice name;
	bool (*judge)(struct request_check *check, struct slice value);
} special_fields[] = {
	{ { "content-length", 14 }, judge_length },
	{ { "transfer-encoding", 17 }, judge_encoding },
	{ { "host", 4 }, judge_host },
	{ { "expect", 6 }, judge_expect },
};

static bool judge_field(struct request_check *check, struct slice line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct slice name;

	if (line.data[0] == ' ' || line.data[0] == '\t')
		return refuse(check, 400, "folded header line");
	if (++check->fields > REQUEST_FIELD_LIMIT)
		return refuse(check, 431, "too many header fields");
	if (colon == NULL || colon == line.data)
		return refuse(check, 400, "header line without a name");
	name = slice_of(line.data, (size_t)(colon - line.data));
	for (size_t i = 0; i < name.len; i++)
		if (!is_token_char(name.data[i]))
			return refuse(check, 400, "header name has a bad character");
	for (size_t i = 0; i < G_N_ELEMENTS(special_fields); i++)
		if (slice_equal_ascii_case(name, special_fields[i].name))
			return special_fields[i].judge(check,
				trimmed(slice_of(colon + 1, line.len - name.len - 1)));
	return true;
}

/* ---- the head as a whole ---- */

static bool judge_head(struct request_check *check)
{
	if (check->host == NULL && !check->is_1_0)
		return refuse(check, 400, "no Host");
	if (check->host != NULL && check->authority != NULL && g_ascii_strcasecmp(check->host, check->authority) != 0)
		return refuse(check, 400, "target and Host name two hosts");
	if (check->has_encoding && (check->has_length || check->is_1_0))
		return refuse(check, 400, "Transfer-Encoding where it may not be");
	if (check->has_encoding)
		return check->encoding_is_chunked ? refuse(check, 411, "chunked body")
						  : refuse(check, 501, "unknown Transfer-Encoding");
	if (check->bodyless_method && check->length > 0)
		return refuse(check, 400, "body on a method without one");
	if (check->length > check->body_limit)
		return refuse(check, 413, "body over the limit");
	return true;
}

/* The line [line_start, end) is complete.  True and *done_out at the empty line. */
static bool judge_line(struct request_check *check, struct slice line, bool *done_out)
{
	if (!check->has_request_line)
		return judge_request_line(check, line);
	if (line.len == 0)
		return *done_out = judge_head(check);
	return judge_field(check, line);
}

static bool scan_octet(struct request_check *check, struct slice input, bool *done_out)
{
	char c = input.data[check->scanned++];

	if (check->after_cr) {
		struct slice line = slice_of(input.data + check->line_start,
					     check->scanned - 2 - check->line_start);

		if (c != '\n')
			return refuse(check, 400, "bare CR");
		check->after_cr = false;
		check->line_start = check->scanned;
		return judge_line(check, line, done_out);
	}
	if (c == '\r')
		return check->after_cr = true;
	if (c == '\n')
		return refuse(check, 400, "bare LF");
	if ((guchar)c < 0x20 && c != '\t')
		return refuse(check, 400, "control character");
	if (c == 0x7f || ((guchar)c >= 0x80 && !check->has_request_line))
		return refuse(check, 400, "bad character");
	return true;
}

static enum request_verdict next_of_head(struct request_check *check, struct slice input,
					 size_t *pass_out)
{
	bool done = false;

	while (check->scanned < input.len && !done) {
		if (check->scanned >= REQUEST_HEAD_LIMIT) {
			refuse(check, 431, "head over the limit");
			return REQUEST_REFUSED;
		}
		if (!scan_octet(check, input, &done))
			return REQUEST_REFUSED;
	}
	if (!done)
		return REQUEST_MORE;
	*pass_out = check->scanned;
	check->body_left = check->length;
	begin_head(check);
	return REQUEST_HEAD;
}

enum request_verdict request_check_next(struct request_check *check, struct slice input,
					size_t *pass_out)
{
	*pass_out = 0;
	if (check->status != 0)
		return REQUEST_REFUSED;
	if (check->body_left == 0)
		return next_of_head(check, input, pass_out);
	if (input.len == 0)
		return REQUEST_MORE;
	*pass_out = (size_t)MIN(check->body_left, input.len);
	check->body_left -= *pass_out;
	return REQUEST_BODY;
}

uint64_t request_check_body_left(const struct request_check *check)
{
	return check->body_left;
}

bool request_check_is_inside(const struct request_check *check)
{
	return check->scanned > 0 || check->body_left > 0;
}

/* ---- the refusal ---- */

static const char *status_phrase(unsigned status)
{
	switch (status) {
	case 411: return "Length Required";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 417: return "Expectation Failed";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	case 505: return "HTTP Version Not Supported";
	default: return "Bad Request";
	}
}

unsigned request_check_status(const struct request_check *check)
{
	return check->status;
}

const char *request_check_reason(const struct request_check *check)
{
	return check->reason;
}

void request_check_refusal(const struct request_check *check, GString *out)
{
	g_autofree char *body = g_strdup_printf("%u %s: %s.\n", check->status,
						status_phrase(check->status), check->reason);

	g_assert(check->status != 0);
	g_string_append_printf(out,
			       "HTTP/1.1 %u %s\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n"
			       "Content-Length: %zu\r\n"
			       "Cache-Control: no-store\r\n"
			       "X-Content-Type-Options: nosniff\r\n"
			       "Connection: close\r\n\r\n%s",
			       check->status, status_phrase(check->status), strlen(body), body);
}
