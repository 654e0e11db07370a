/* Everything that is printed from the option table: the settings in force, the
 * sample file, the manual page's list. */
#include "config/finish.h"
#include "config/value.h"

static void print_rows(const char *section, enum option_home home_kind, const void *home, GString *out)
{
	for (const struct option *option = option_table; option->section != NULL; option++) {
		g_autoptr(GString) value = g_string_new(NULL);

		if (option->home != home_kind || strcmp(option->section, section) != 0)
			continue;
		value_print(option, home, value);
		/* A connection string may hold a password in any of its forms. */
		if ((option->flags & OPTION_SECRET) != 0 && strcmp(value->str, option->default_value) != 0)
			g_string_assign(value, "***");
		g_string_append_printf(out, "%s = %s\n", option->key, value->str);
	}
}

static void print_named(const struct config *config, const char *section, GString *out)
{
	if (strcmp(section, "tls") == 0) {
		for (size_t i = 1; i < config->tls.certificate_count; i++) {
			g_string_append_printf(out, "\n[tls \"%s\"]\n", config->tls.certificates[i].name);
			print_rows("tls", HOME_CERTIFICATE, &config->tls.certificates[i], out);
		}
	}
	if (strcmp(section, "domain") == 0) {
		for (size_t i = 0; i < config->domain_count; i++) {
			g_string_append_printf(out, "\n[domain \"%s\"]\n", config->domains[i].name);
			print_rows("domain", HOME_DOMAIN, &config->domains[i], out);
		}
	}
}

void config_print(const struct config *config, GString *out)
{
	static const struct config_certificate none;
	const char *section = "";

	for (const struct option *option = option_table; option->section != NULL; option++) {
		if (strcmp(option->section, section) == 0)
			continue;
		section = option->section;
		if (strcmp(section, "domain") != 0)
			g_string_append_printf(out, "%s[%s]\n", out->len > 0 ? "\n" : "", section);
		if (strcmp(section, "tls") == 0)
			print_rows("tls", HOME_CERTIFICATE,
				   config->tls.certificate_count > 0 ? &config->tls.certificates[0] : &none, out);
		print_rows(section, HOME_CONFIG, config, out);
		print_named(config, section, out);
	}
}

/* Appends text as comment lines of at most 78 columns. */
static void print_comment(const char *text, GString *out)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	size_t column = 0;

	for (char **word = words; *word != NULL; word++) {
		if (**word == '\0')
			continue;
		if (column == 0 || column + 1 + strlen(*word) > 78) {
			g_string_append_printf(out, "%s# %s", column > 0 ? "\n" : "", *word);
			column = 2 + strlen(*word);
		} else {
			g_string_append_printf(out, " %s", *word);
			column += 1 + strlen(*word);
		}
	}
	g_string_append_c(out, '\n');
}

void config_print_sample(GString *out)
{
	const char *section = "";

	for (const struct option *option = option_table; option->section != NULL; option++) {
		if (strcmp(option->section, section) != 0) {
			section = option->section;
			g_string_append_printf(out, "%s", out->len > 0 ? "\n" : "");
			print_comment(option_section_doc(section), out);
			g_string_append_printf(out, "%s[%s%s]\n", strcmp(section, "domain") == 0 ? "#" : "",
					       section, strcmp(section, "domain") == 0 ? " \"example.test\"" : "");
		}
		g_string_append_c(out, '\n');
		print_comment(option->doc, out);
		g_string_append_printf(out, "#%s =%s%s\n", option->key, option->default_value != NULL ? " " : "",
				       option->default_value != NULL ? option->default_value : "");
	}
}

/* A period or quote at the start of a line would be taken for markup. */
static void print_roff(const char *text, GString *out)
{
	if (*text == '.' || *text == '\'')
		g_string_append(out, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			g_string_append(out, "\\e");
		else if (*text == '-')
			g_string_append(out, "\\-");
		else
			g_string_append_c(out, *text);
	}
	g_string_append_c(out, '\n');
}

void config_print_manual(GString *out)
{
	const char *section = "";

	for (const struct option *option = option_table; option->section != NULL; option++) {
		if (strcmp(option->section, section) != 0) {
			section = option->section;
			g_string_append_printf(out, ".SS [%s]\n", section);
			print_roff(option_section_doc(section), out);
		}
		g_string_append_printf(out, ".TP\n.B %s\n", option->key);
		print_roff(option->doc, out);
		if (option->default_value != NULL)
			g_string_append_printf(out, "Default: \\fB%s\\fR.\n", option->default_value);
		if ((option->flags & OPTION_RESTART) != 0)
			g_string_append(out, "Takes effect at a restart.\n");
	}
}
