/* Tables for people and for scripts, from the same rows. */
#include "ctl/ctl.h"

#include <stdio.h>

struct ctl_table {
	bool json;
	const char *const *columns;
	size_t width;
	GPtrArray *rows; /* GStrv of `width` cells; a missing cell is "" */
};

struct ctl_table *ctl_table_create(const struct ctl *ctl, const char *const *columns)
{
	struct ctl_table *table = g_new0(struct ctl_table, 1);

	table->json = ctl->json;
	table->columns = columns;
	table->width = g_strv_length((char **)columns);
	table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	return table;
}

void ctl_table_row(struct ctl_table *table, ...)
{
	char **row = g_new0(char *, table->width + 1);
	va_list cells;

	va_start(cells, table);
	for (size_t i = 0; i < table->width; i++) {
		const char *cell = va_arg(cells, const char *);

		row[i] = g_strdup(cell != NULL ? cell : "");
	}
	va_end(cells);
	g_ptr_array_add(table->rows, row);
}

static void json_string(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			g_string_append_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void print_json(const struct ctl_table *table, GString *out)
{
	g_string_append_c(out, '[');
	for (guint r = 0; r < table->rows->len; r++) {
		char **row = table->rows->pdata[r];

		g_string_append(out, r > 0 ? ",\n {" : "\n {");
		for (size_t i = 0; i < table->width; i++) {
			g_string_append(out, i > 0 ? ", " : "");
			json_string(out, table->columns[i]);
			g_string_append(out, ": ");
			json_string(out, row[i]);
		}
		g_string_append_c(out, '}');
	}
	g_string_append(out, "\n]\n");
}

static size_t text_width(const char *text)
{
	return g_utf8_validate(text, -1, NULL) ? (size_t)g_utf8_strlen(text, -1) : strlen(text);
}

static void print_line(const struct ctl_table *table, char *const *cells, const size_t *widths, GString *out)
{
	for (size_t i = 0; i < table->width; i++) {
		g_string_append(out, cells[i]);
		if (i + 1 < table->width) {
			for (size_t pad = text_width(cells[i]); pad < widths[i] + 2; pad++)
				g_string_append_c(out, ' ');
		}
	}
	g_string_append_c(out, '\n');
}

static void print_text(const struct ctl_table *table, GString *out)
{
	g_autofree size_t *widths = g_new0(size_t, table->width);

	if (table->rows->len == 0)
		return;
	for (size_t i = 0; i < table->width; i++) {
		widths[i] = text_width(table->columns[i]);
		for (guint r = 0; r < table->rows->len; r++)
			widths[i] = MAX(widths[i], text_width(((char **)table->rows->pdata[r])[i]));
	}
	print_line(table, (char *const *)table->columns, widths, out);
	for (guint r = 0; r < table->rows->len; r++)
		print_line(table, table->rows->pdata[r], widths, out);
}

void ctl_table_print(struct ctl_table **table)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if ((*table)->json)
		print_json(*table, out);
	else
		print_text(*table, out);
	fwrite(out->str, 1, out->len, stdout);
	g_ptr_array_unref((*table)->rows);
	g_free(*table);
	*table = NULL;
}
