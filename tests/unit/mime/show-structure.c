/* Prints the BODYSTRUCTURE of each file named, its line ends made CRLF: a line with the name, the
 * length of the text and the text.  For tests/unit/mime/compare-parsers. */
#include "mime/bodystructure.h"
#include "mime/part_index.h"

#include <stdio.h>

static void show(const char *path)
{
	g_autofree char *data = NULL;
	g_autoptr(GString) crlf = g_string_new(NULL), text = g_string_new(NULL);
	struct part_index *index;
	struct mime_source source;
	struct slice octets;
	gsize len;

	if (!g_file_get_contents(path, &data, &len, NULL))
		return;
	for (gsize i = 0; i < len; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			g_string_append_c(crlf, '\r');
		g_string_append_c(crlf, data[i]);
	}
	octets = slice_of(crlf->str, crlf->len);
	source = mime_source_of_slice(&octets);
	index = part_index_of_slice(octets);
	bodystructure_write(text, index, &source, BODYSTRUCTURE_EXTENDED);
	printf("%s\n%zu\n", path, text->len);
	fwrite(text->str, 1, text->len, stdout);
	putchar('\n');
	part_index_destroy(&index);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		show(argv[i]);
	return 0;
}
