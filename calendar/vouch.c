/* Who vouches for a sender: Authentication-Results (RFC 8601) of servers we trust.
 *
 * Only DMARC, or DKIM and SPF of a domain of the From address's own organization, say
 * anything about From; where an organization's domains begin is told by the Public Suffix
 * List (libpsl).  A header counts when its authserv-id is one of ours: our border server
 * removes what others wrote in its name. */
#include "calendar/imip.h"

#include <libpsl.h>

/* What is quoted or escaped, which a sender may have chosen (the local part of his envelope
 * address): it separates nothing, so no word or result begins in it. */
static void append_literal(GString *out, char c)
{
	g_string_append_c(out, c == ';' || g_ascii_isspace(c) ? '_' : c);
}

/* One header value without comments, quotes resolved. */
static char *strip_comments(const char *value)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool quoted = false;
	int depth = 0;

	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '\\' && c[1] != '\0') {
			c++;
			if (depth == 0)
				append_literal(out, *c);
			continue;
		}
		if (*c == '"' && depth == 0)
			quoted = !quoted;
		else if (*c == '(' && !quoted)
			depth++;
		else if (*c == ')' && depth > 0)
			depth--;
		else if (quoted)
			append_literal(out, *c);
		else if (depth == 0)
			g_string_append_c(out, *c);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* One result is "method=result ptype.property=value ...", here as its words. */
static bool result_is(char **words, const char *method, const char *verdict)
{
	g_autofree char *wanted = g_strconcat(method, "=", verdict, NULL);
	const char *word = words[0];
	g_autofree char *plain = NULL;
	const char *slash, *equals;

	if (word == NULL)
		return false;
	slash = strchr(word, '/'); /* method/version=result */
	equals = strchr(word, '=');
	if (slash != NULL && equals != NULL && slash < equals) {
		plain = g_strdup_printf("%.*s%s", (int)(slash - word), word, equals);
		word = plain;
	}
	return g_ascii_strcasecmp(word, wanted) == 0;
}

static const char *result_property(char **words, const char *name)
{
	size_t len = strlen(name);

	for (char **word = words; *word != NULL; word++)
		if (g_ascii_strncasecmp(*word, name, len) == 0 && (*word)[len] == '=')
			return *word + len + 1;
	return NULL;
}

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : address;
}

/* A domain as it is compared: lower case, in its ASCII form, without a last dot; NULL for none. */
static char *normal_domain(const char *text)
{
	g_autofree char *lower = g_ascii_strdown(domain_of(text), -1), *ascii = NULL;
	size_t len = strlen(lower);

	if (len > 0 && lower[len - 1] == '.')
		lower[len - 1] = '\0';
	ascii = g_hostname_to_ascii(lower);
	return ascii != NULL && *ascii != '\0' ? g_steal_pointer(&ascii) : NULL;
}

/* RFC 7489 3.2: the public suffix and one label more; NULL when there is none.  Suffixes of
 * companies (github.io) count: who owns one name below is not who owns another. */
static const char *organizational_domain(const char *domain)
{
	static const psl_ctx_t *list; /* the system's, or the library's own where that is newer */
	static gsize loaded;

	if (g_once_init_enter(&loaded)) {
		list = psl_latest(NULL);
		g_once_init_leave(&loaded, 1);
	}
	return g_hostname_is_ip_address(domain) ? NULL : psl_registrable_domain(list, domain);
}

/* DMARC's relaxed alignment (RFC 7489 3.1): the same domain, or the same organization's. */
static bool is_aligned(const char *text, const char *from)
{
	g_autofree char *a = text != NULL ? normal_domain(text) : NULL, *b = normal_domain(from);
	const char *of_a, *of_b;

	if (a == NULL || b == NULL)
		return false;
	if (strcmp(a, b) == 0)
		return true;
	of_a = organizational_domain(a);
	of_b = organizational_domain(b);
	return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) == 0;
}

/* White space around '=' and '.' is allowed, and goes. */
static char **split_words(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *c = text; *c != '\0'; c++) {
		if (!g_ascii_isspace(*c)) {
			g_string_append_c(out, *c);
			continue;
		}
		while (g_ascii_isspace(c[1]))
			c++;
		if (c[1] != '=' && c[1] != '\0' && out->len > 0 && out->str[out->len - 1] != '=')
			g_string_append_c(out, ' ');
	}
	return g_strsplit(out->str, " ", 64);
}

enum verdict { SILENT, PASSED, FAILED };

static enum verdict judge_result(const char *text, const char *from)
{
	g_autofree char *clean = g_strstrip(g_strdup(text));
	g_auto(GStrv) words = NULL;
	const char *domain;

	words = split_words(clean);
	if (result_is(words, "dmarc", "pass")) {
		domain = result_property(words, "header.from");
		return domain == NULL || is_aligned(domain, from) ? PASSED : SILENT;
	}
	if (result_is(words, "dmarc", "fail") || result_is(words, "dmarc", "permerror"))
		return FAILED;
	if (result_is(words, "dkim", "pass")) {
		domain = result_property(words, "header.d");
		if (domain == NULL)
			domain = result_property(words, "header.i");
		return is_aligned(domain, from) ? PASSED : SILENT;
	}
	if (result_is(words, "spf", "pass"))
		return is_aligned(result_property(words, "smtp.mailfrom"), from) ? PASSED : SILENT;
	return SILENT;
}

static bool is_trusted(const char *authserv, const char *const *trusted)
{
	g_autofree char *id = g_strstrip(g_strdup(authserv));

	id[strcspn(id, " \t")] = '\0'; /* a version may follow */
	for (; *trusted != NULL; trusted++)
		if (g_ascii_strcasecmp(id, *trusted) == 0)
			return true;
	return false;
}

/* The verdict of one header; a DMARC failure outweighs what else it says. */
static enum verdict judge_header(const char *value, const char *const *trusted, const char *from,
				 bool *trusted_out)
{
	g_autofree char *plain = strip_comments(value);
	g_auto(GStrv) parts = g_strsplit(plain, ";", 100);
	enum verdict verdict = SILENT;

	if (parts[0] == NULL || !is_trusted(parts[0], trusted))
		return SILENT;
	*trusted_out = true;
	for (char **part = parts + 1; *part != NULL; part++) {
		enum verdict one = judge_result(*part, from);

		if (one == FAILED)
			return FAILED;
		if (one == PASSED)
			verdict = PASSED;
	}
	return verdict;
}

static enum imip_vouch answer(enum imip_vouch vouch, const char *sentence, const char **reason_out)
{
	if (reason_out != NULL)
		*reason_out = sentence;
	return vouch;
}

enum imip_vouch imip_vouch(const struct imip_sender *sender, const char **reason_out)
{
	bool trusted = false, passed = false;
	const char *from;

	if (sender->from == NULL || sender->from[0] == NULL || sender->from[1] != NULL)
		return answer(IMIP_FAILED, "From is not exactly one address", reason_out);
	if (sender->submitted_here)
		return answer(IMIP_VOUCHED, "submitted here by an account that may use this address", reason_out);
	if (sender->trusted == NULL || sender->trusted[0] == NULL)
		return answer(IMIP_UNVERIFIED, "unverified: no server is trusted to check senders", reason_out);
	from = domain_of(sender->from[0]);
	for (const char *const *value = sender->results; value != NULL && *value != NULL; value++)
		switch (judge_header(*value, sender->trusted, from, &trusted)) {
		case FAILED:
			return answer(IMIP_FAILED, "a trusted server says that DMARC failed", reason_out);
		case PASSED:
			passed = true;
			break;
		default:
			break;
		}
	if (passed)
		return answer(IMIP_VOUCHED, "a trusted server vouches for the sender's domain", reason_out);
	return answer(IMIP_FAILED,
		      trusted ? "no trusted server vouches for the sender's domain"
			      : "no trusted server has checked the sender",
		      reason_out);
}

const char *imip_vouch_name(enum imip_vouch vouch)
{
	static const char *const names[] = { "vouched", "unverified", "failed" };

	return names[vouch];
}
