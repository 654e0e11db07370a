/* One pass over the lines.  A line that can't be read is one error and never
 * hides the lines behind it. */
#include "config/ini.h"

struct ini_reader {
	struct ini *ini;
	char *section, *name;
	unsigned line;
};

static void free_setting(void *data)
{
	struct ini_setting *setting = data;

	g_free(setting->section);
	g_free(setting->name);
	g_free(setting->key);
	g_free(setting->value);
	g_free(setting);
}

static void free_error(void *data)
{
	struct ini_error *error = data;

	g_free(error->text);
	g_free(error);
}

G_GNUC_PRINTF(2, 3)
static void complain(struct ini_reader *r, const char *format, ...)
{
	struct ini_error *error = g_new0(struct ini_error, 1);
	va_list args;

	va_start(args, format);
	error->text = g_strdup_vprintf(format, args);
	va_end(args);
	error->line = r->line;
	g_ptr_array_add(r->ini->errors, error);
}

static void add_setting(struct ini_reader *r, char *key, char *value)
{
	struct ini_setting *setting = g_new0(struct ini_setting, 1);

	setting->section = g_strdup(r->section);
	setting->name = g_strdup(r->name);
	setting->key = key;
	setting->value = value;
	setting->line = r->line;
	g_ptr_array_add(r->ini->settings, setting);
}

static void leave_section(struct ini_reader *r)
{
	g_clear_pointer(&r->section, g_free);
	g_clear_pointer(&r->name, g_free);
}

/* `[section]` or `[section "NAME"]`; text is the trimmed line. */
static void read_section(struct ini_reader *r, const char *text)
{
	size_t len = strlen(text);
	const char *quote = strchr(text, '"');

	leave_section(r);
	if (text[len - 1] != ']') {
		complain(r, "found \"%s\", expected ] at the end of a section name", text);
		return;
	}
	if (quote == NULL) {
		r->section = g_strstrip(g_strndup(text + 1, len - 2));
	} else if (len >= 5 && text[len - 2] == '"' && quote < text + len - 2) {
		r->section = g_strstrip(g_strndup(text + 1, (size_t)(quote - text) - 1));
		r->name = g_strndup(quote + 1, len - 2 - (size_t)(quote + 1 - text));
	} else {
		complain(r, "found \"%s\", expected [section \"NAME\"]", text);
		return;
	}
	add_setting(r, NULL, NULL);
}

static void read_line(struct ini_reader *r, char *text)
{
	char *equals;

	g_strstrip(text);
	if (*text == '\0' || *text == '#' || *text == ';')
		return;
	if (!g_utf8_validate(text, -1, NULL)) {
		complain(r, "found octets that are not UTF-8");
		return;
	}
	if (*text == '[') {
		read_section(r, text);
		return;
	}
	equals = strchr(text, '=');
	if (equals == NULL || equals == text) {
		complain(r, "found \"%s\", expected key = value", text);
	} else if (r->section == NULL) {
		complain(r, "found \"%s\" outside a section, expected [section] before it", text);
	} else {
		char *key = g_strstrip(g_strndup(text, (size_t)(equals - text)));

		add_setting(r, key, g_strstrip(g_strdup(equals + 1)));
	}
}

struct ini *ini_parse(struct slice text)
{
	struct ini *ini = g_new0(struct ini, 1);
	struct ini_reader reader = { .ini = ini };
	size_t start = 0;

	ini->settings = g_ptr_array_new_with_free_func(free_setting);
	ini->errors = g_ptr_array_new_with_free_func(free_error);
	while (start < text.len) {
		const char *end = memchr(text.data + start, '\n', text.len - start);
		size_t len = end != NULL ? (size_t)(end - text.data) - start : text.len - start;
		g_autofree char *line = g_strndup(text.data + start, len);

		reader.line++;
		if (strlen(line) != len)
			complain(&reader, "found a NUL octet");
		else
			read_line(&reader, line);
		start += len + 1;
	}
	leave_section(&reader);
	return ini;
}

void ini_destroy(struct ini **ini)
{
	if (*ini == NULL)
		return;
	g_ptr_array_unref((*ini)->settings);
	g_ptr_array_unref((*ini)->errors);
	g_free(*ini);
	*ini = NULL;
}
