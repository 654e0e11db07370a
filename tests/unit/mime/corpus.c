#include "corpus.h"

static char *corpus_dir(void)
{
	const char *given = g_getenv("CONVOKE_CORPUS"), *srcdir = g_getenv("top_srcdir");

	if (given != NULL)
		return g_strdup(given);
	return g_build_filename(srcdir != NULL ? srcdir : TOP_SRCDIR, "..", "shared", "corpus", NULL);
}

static char *with_crlf(struct slice octets, size_t *len_out)
{
	GString *out = g_string_sized_new(octets.len + octets.len / 20);

	for (size_t i = 0; i < octets.len; i++) {
		if (octets.data[i] == '\n' && (i == 0 || octets.data[i - 1] != '\r'))
			g_string_append_c(out, '\r');
		g_string_append_c(out, octets.data[i]);
	}
	*len_out = out->len;
	return g_string_free(out, FALSE);
}

static unsigned each_file(const char *path, corpus_fn each, void *arg)
{
	g_autofree char *data = NULL, *crlf = NULL;
	g_autofree char *name = g_path_get_basename(path);
	gsize len;
	size_t crlf_len;

	if (!g_file_get_contents(path, &data, &len, NULL))
		return 0;
	each(name, slice_of(data, len), arg);
	/* Not mail but binary. */
	if (g_str_has_suffix(name, ".tnef"))
		return 1;
	crlf = with_crlf(slice_of(data, len), &crlf_len);
	if (crlf_len == len)
		return 1;
	each(name, slice_of(crlf, crlf_len), arg);
	return 2;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static unsigned walk(const char *path, corpus_fn each, void *arg)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	unsigned count = 0;

	if (dir == NULL)
		return each_file(path, each, arg);
	while ((name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		count += walk(g_ptr_array_index(names, i), each, arg);
	return count;
}

unsigned corpus_each(corpus_fn each, void *arg)
{
	static const char *const sets[] = { "mime", "itip" };
	g_autofree char *dir = corpus_dir();
	unsigned count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autofree char *path = g_build_filename(dir, sets[i], NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			count += walk(path, each, arg);
	}
	if (count == 0)
		g_test_skip("no corpus: set CONVOKE_CORPUS to its folder");
	return count;
}
