/* A reader and a printer per option type, chosen by two switches. */
#include "config/value.h"

#include "base/number.h"

#define MEMBER(type) (*(type *)((char *)home + option->offset))
#define CONST_MEMBER(type) (*(const type *)((const char *)home + option->offset))

static const char *const invitation_words[] = { "all", "known", "none" };
static const char *const level_words[] = { "error", "warning", "info", "debug" };

static const char *set_string(const char **member, const char *text, struct arena *arena)
{
	*member = *text != '\0' ? arena_copy(arena, text, strlen(text)) : NULL;
	return NULL;
}

static const char *set_path(const char **member, const char *text, struct arena *arena, const char *folder)
{
	if (*text == '\0' || g_path_is_absolute(text) || folder == NULL)
		return set_string(member, text, arena);
	*member = arena_printf(arena, "%s/%s", folder, text);
	return NULL;
}

/* A number with an optional unit letter; `units` is "LETTER=FACTOR" pairs. */
static bool parse_units(const char *text, const char *letters, const uint64_t *factors, uint64_t *value_out)
{
	size_t len = strlen(text);
	const char *unit = len > 1 ? strchr(letters, g_ascii_tolower(text[len - 1])) : NULL;
	uint64_t factor = unit != NULL ? factors[unit - letters] : 1, value;

	if (!number_parse(slice_of(text, unit != NULL ? len - 1 : len), 0, UINT64_MAX / factor, &value))
		return false;
	*value_out = value * factor;
	return true;
}

static const char *check_range(const struct option *option, uint64_t value, const char *what, struct arena *arena)
{
	if (option->max == 0 || (value >= option->min && value <= option->max))
		return NULL;
	return arena_printf(arena, "%s between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, what,
			    option->min, option->max);
}

static const char *set_uint(const struct option *option, void *home, const char *text, struct arena *arena)
{
	uint64_t value;
	const char *wrong;

	if (!number_parse(slice_from_string(text), 0, UINT_MAX, &value))
		return "a whole number";
	wrong = check_range(option, value, "a whole number", arena);
	if (wrong == NULL)
		MEMBER(unsigned) = (unsigned)value;
	return wrong;
}

static const char *set_seconds(const struct option *option, void *home, const char *text, struct arena *arena)
{
	static const uint64_t factors[] = { 1, 60, 3600, 86400 };
	uint64_t value;
	const char *wrong;

	if (!parse_units(text, "smhd", factors, &value) || value > UINT_MAX)
		return "a time such as 90s, 15m or 2h";
	wrong = check_range(option, value, "a time in seconds", arena);
	if (wrong == NULL)
		MEMBER(unsigned) = (unsigned)value;
	return wrong;
}

static const char *set_octets(const struct option *option, void *home, const char *text, struct arena *arena)
{
	static const uint64_t factors[] = { 1ull << 10, 1ull << 20, 1ull << 30 };
	uint64_t value;
	const char *wrong;

	if (!parse_units(text, "kmg", factors, &value))
		return "a size in octets such as 65536, 64K, 50M or 1G";
	wrong = check_range(option, value, "a size in octets", arena);
	if (wrong == NULL)
		MEMBER(uint64_t) = value;
	return wrong;
}

static const char *set_bool(const struct option *option, void *home, const char *text)
{
	static const char *const yes[] = { "yes", "on", "true", "1", NULL };
	static const char *const no[] = { "no", "off", "false", "0", NULL };

	if (g_strv_contains(yes, text))
		MEMBER(bool) = true;
	else if (g_strv_contains(no, text))
		MEMBER(bool) = false;
	else
		return "yes or no";
	return NULL;
}

static const char *set_word(const struct option *option, void *home, const char *text, struct arena *arena)
{
	g_auto(GStrv) words = g_strsplit(option->words, "|", -1);

	if (!g_strv_contains((const char *const *)words, text))
		return arena_printf(arena, "one of %s", option->words);
	return set_string(&MEMBER(const char *), text, arena);
}

static int word_index(const char *const *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], text) == 0)
			return (int)i;
	}
	return -1;
}

unsigned value_port(const char *address)
{
	uint64_t port = 0;

	number_parse(slice_from_string(strrchr(address, ':') + 1), 1, 65535, &port);
	return (unsigned)port;
}

/* 192.0.2.1:143, [2001:db8::1]:143 or localhost:143. */
static bool is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (colon == NULL || colon == text ||
	    !number_parse(slice_from_string(colon + 1), 1, 65535, &port))
		return false;
	if (*text == '[') {
		g_autofree char *inner = g_strndup(text + 1, (size_t)(colon - text) - 1);
		size_t len = strlen(inner);

		if (len < 2 || inner[len - 1] != ']')
			return false;
		inner[len - 1] = '\0';
		return g_hostname_is_ip_address(inner);
	}
	for (const char *p = text; p < colon; p++) {
		if (!g_ascii_isalnum(*p) && *p != '.' && *p != '-')
			return false;
	}
	return true;
}

static const char *set_list(const struct option *option, void *home, const char *text, struct arena *arena)
{
	g_auto(GStrv) parts = g_strsplit(text, ";", -1);
	const char **list = arena_new_array(arena, const char *, g_strv_length(parts) + 1);
	size_t count = 0;

	for (char **part = parts; *part != NULL; part++) {
		g_strstrip(*part);
		if (**part == '\0')
			continue;
		if (option->type == OPTION_ADDRESSES && !is_address(*part))
			return arena_printf(arena, "ADDRESS:PORT, several with ; ([ADDRESS]:PORT for IPv6); \"%s\" is not one", *part);
		list[count++] = arena_copy(arena, *part, strlen(*part));
	}
	MEMBER(const char *const *) = list;
	return NULL;
}

static const char *set_url_protocol(const char **member, const char *text, struct arena *arena)
{
	if (strcmp(text, "http:") == 0 || strcmp(text, "https:") == 0)
		return set_string(member, text, arena);
	if (strcmp(text, "http") == 0 || strcmp(text, "https") == 0)
		return arena_printf(arena, "http: or https:, with the colon at its end (%s:)", text);
	return "http: or https:";
}

static const char *set_url_host(const char **member, const char *text, struct arena *arena)
{
	static const char expected[] = "a host name or address with optional :PORT, and nothing else";
	const char *end = text + strlen(text), *p = text;
	uint64_t port;

	if (*text == '[') {
		const char *close = strchr(text, ']');
		g_autofree char *inner = close != NULL ? g_strndup(text + 1, (size_t)(close - text) - 1) : NULL;

		if (inner == NULL || !g_hostname_is_ip_address(inner))
			return expected;
		p = close + 1;
	} else {
		while (g_ascii_isalnum(*p) || *p == '.' || *p == '-')
			p++;
		if (p == text)
			return expected;
	}
	if (p < end && (*p != ':' || !number_parse(slice_from_string(p + 1), 1, 65535, &port)))
		return expected;
	return set_string(member, text, arena);
}

static const char *set_url_path(const char **member, const char *text, struct arena *arena)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr("/-._~", *p) == NULL)
			return "a path of letters, digits and /-._~";
	}
	if (strstr(text, "//") != NULL || strstr(text, "..") != NULL)
		return "a path without // and ..";
	*member = arena_printf(arena, "%s%s%s", *text == '/' ? "" : "/", text,
			       *text != '\0' && !g_str_has_suffix(text, "/") ? "/" : "");
	return NULL;
}

static const char *set_relay(const char **member, const char *text, struct arena *arena)
{
	const char *host = g_str_has_prefix(text, "smtp://")    ? text + 7
			   : g_str_has_prefix(text, "smtps://") ? text + 8
								: NULL;
	const char *ignored;

	if (*text == '\0')
		return set_string(member, text, arena);
	if (host == NULL || set_url_host(&ignored, host, arena) != NULL)
		return "smtp://HOST:PORT or smtps://HOST:PORT";
	return set_string(member, text, arena);
}

const char *value_set(const struct option *option, void *home, const char *text, struct arena *arena,
		      const char *folder)
{
	int index;

	switch (option->type) {
	case OPTION_STRING: return set_string(&MEMBER(const char *), text, arena);
	case OPTION_PATH: return set_path(&MEMBER(const char *), text, arena, folder);
	case OPTION_UINT: return set_uint(option, home, text, arena);
	case OPTION_SECONDS: return set_seconds(option, home, text, arena);
	case OPTION_OCTETS: return set_octets(option, home, text, arena);
	case OPTION_BOOL: return set_bool(option, home, text);
	case OPTION_WORD: return set_word(option, home, text, arena);
	case OPTION_LOG_LEVEL:
		return log_level_parse(text, &MEMBER(enum log_level)) ? NULL : "error, warning, info or debug";
	case OPTION_INVITATIONS:
		index = word_index(invitation_words, G_N_ELEMENTS(invitation_words), text);
		if (index < 0)
			return "all, known or none";
		MEMBER(enum config_add_invitations) = (enum config_add_invitations)index;
		return NULL;
	case OPTION_SEPARATOR:
		if (strcmp(text, "/") != 0 && strcmp(text, ".") != 0)
			return "/ or .";
		MEMBER(char) = *text;
		return NULL;
	case OPTION_ADDRESSES:
	case OPTION_LIST: return set_list(option, home, text, arena);
	case OPTION_URL_PROTOCOL: return set_url_protocol(&MEMBER(const char *), text, arena);
	case OPTION_URL_HOST: return set_url_host(&MEMBER(const char *), text, arena);
	case OPTION_URL_PATH: return set_url_path(&MEMBER(const char *), text, arena);
	case OPTION_RELAY: return set_relay(&MEMBER(const char *), text, arena);
	}
	g_assert_not_reached();
}

static void print_octets(uint64_t value, GString *out)
{
	static const char units[] = "\0KMG";
	size_t unit = 0;

	while (unit < 3 && value > 0 && value % 1024 == 0) {
		value /= 1024;
		unit++;
	}
	g_string_append_printf(out, "%" G_GUINT64_FORMAT, value);
	if (unit > 0)
		g_string_append_c(out, units[unit]);
}

static void print_seconds(unsigned value, GString *out)
{
	if (value >= 60 && value % 60 == 0)
		g_string_append_printf(out, "%um", value / 60);
	else
		g_string_append_printf(out, "%u", value);
}

void value_print(const struct option *option, const void *home, GString *out)
{
	const char *const *list;

	switch (option->type) {
	case OPTION_UINT: g_string_append_printf(out, "%u", CONST_MEMBER(unsigned)); break;
	case OPTION_SECONDS: print_seconds(CONST_MEMBER(unsigned), out); break;
	case OPTION_OCTETS: print_octets(CONST_MEMBER(uint64_t), out); break;
	case OPTION_BOOL: g_string_append(out, CONST_MEMBER(bool) ? "yes" : "no"); break;
	case OPTION_LOG_LEVEL: g_string_append(out, level_words[CONST_MEMBER(enum log_level)]); break;
	case OPTION_INVITATIONS:
		g_string_append(out, invitation_words[CONST_MEMBER(enum config_add_invitations)]);
		break;
	case OPTION_SEPARATOR: g_string_append_c(out, CONST_MEMBER(char)); break;
	case OPTION_ADDRESSES:
	case OPTION_LIST:
		list = CONST_MEMBER(char *const *);
		for (size_t i = 0; list != NULL && list[i] != NULL; i++)
			g_string_append_printf(out, "%s%s", i > 0 ? ";" : "", list[i]);
		break;
	default: {
		const char *text = CONST_MEMBER(char *);

		g_string_append(out, text != NULL ? text : "");
		break;
	}
	}
}
