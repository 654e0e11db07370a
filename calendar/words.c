/* A catalog is the .mo file that msgfmt makes, as an array in the program: two tables
 * of (length, offset), sorted by the original, searched in place.  Nothing is set
 * up at start and nothing is ever written, so no thread can meet another here. */
#include "calendar/words.h"

#include "calendar/catalogs.h"
#include "calendar/plural.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define MO_MAGIC 0x950412deU

struct words {
	const struct catalog *catalog; /* NULL: English, the source */
};

static uint32_t mo_number(const struct catalog *catalog, size_t offset)
{
	uint32_t magic, value;

	g_assert(offset + 4 <= catalog->size);
	memcpy(&magic, catalog->data, 4);
	memcpy(&value, catalog->data + offset, 4);
	return magic == MO_MAGIC ? value : GUINT32_SWAP_LE_BE(value);
}

/* The string number i of the table that starts at `table`; NUL behind it. */
static const char *mo_string(const struct catalog *catalog, uint32_t table, uint32_t i)
{
	return (const char *)catalog->data + mo_number(catalog, table + 8 * (size_t)i + 4);
}

static const char *mo_find(const struct catalog *catalog, const char *id)
{
	uint32_t low = 0, high = mo_number(catalog, 8);
	uint32_t originals = mo_number(catalog, 12), translations = mo_number(catalog, 16);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		/* The key of a plural entry is "one\0many": the NUL ends it here too. */
		int order = strcmp(id, mo_string(catalog, originals, middle));

		if (order == 0)
			return mo_string(catalog, translations, middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static const struct words english = { NULL };

/* One words value per catalog, made by the generated table. */
static const struct words translated[] = {
#define CATALOG(symbol) { &symbol },
	CATALOG_LIST
#undef CATALOG
};

/* "de_DE.UTF-8@euro", "de-DE" to "de_DE". */
static char *plain_locale(const char *locale)
{
	char *plain = g_strndup(locale, strcspn(locale, ".@"));

	g_strdelimit(plain, "-", '_');
	return plain;
}

const struct words *words_for(const char *locale)
{
	g_autofree char *plain = locale != NULL ? plain_locale(locale) : NULL;
	size_t language = plain != NULL ? strcspn(plain, "_") : 0;
	const struct words *near = NULL;

	if (plain == NULL)
		return &english;
	for (size_t i = 0; i < G_N_ELEMENTS(translated); i++) {
		const char *name = translated[i].catalog->name;

		if (g_ascii_strcasecmp(name, plain) == 0)
			return &translated[i];
		if (strlen(name) == language && g_ascii_strncasecmp(name, plain, language) == 0)
			near = &translated[i];
	}
	return near != NULL ? near : &english;
}

const char *words_language(const struct words *words)
{
	return words->catalog != NULL ? words->catalog->language : "en";
}

const char *const *words_languages(void)
{
	static const char *const names[] = {
		"en",
#define CATALOG(symbol) symbol##_name,
		CATALOG_LIST
#undef CATALOG
		NULL,
	};

	return names;
}

const char *words_get(const struct words *words, const char *id)
{
	const char *found = words->catalog != NULL && *id != '\0' ? mo_find(words->catalog, id) : NULL;

	return found != NULL && *found != '\0' ? found : id;
}

const char *words_get_in(const struct words *words, const char *context, const char *id)
{
	g_autofree char *key = g_strconcat(context, "\004", id, NULL);
	const char *found = words->catalog != NULL ? mo_find(words->catalog, key) : NULL;

	return found != NULL && *found != '\0' ? found : id;
}

const char *words_plural(const struct words *words, const char *one, const char *many, guint64 n)
{
	const char *found = words->catalog != NULL ? mo_find(words->catalog, one) : NULL;
	const char *header;
	unsigned form;

	if (found == NULL || *found == '\0')
		return n == 1 ? one : many;
	header = mo_find(words->catalog, "");
	form = plural_form(header != NULL ? header : "", n);
	/* msgfmt has checked that there are as many forms as the header says. */
	while (form-- > 0)
		found += strlen(found) + 1;
	return found;
}

static const char *value_of(const char *name, size_t len, va_list pairs)
{
	const char *value = NULL;
	va_list copy;

	va_copy(copy, pairs);
	for (;;) {
		const char *have = va_arg(copy, const char *);
		const char *have_value;

		if (have == NULL)
			break;
		have_value = va_arg(copy, const char *);
		if (strlen(have) == len && memcmp(have, name, len) == 0) {
			value = have_value;
			break;
		}
	}
	va_end(copy);
	return value;
}

static void fill(GString *out, const char *template, va_list pairs)
{
	for (const char *p = template; *p != '\0';) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;
		const char *value = end != NULL ? value_of(p + 1, (size_t)(end - p - 1), pairs) : NULL;

		if (value != NULL) {
			g_string_append(out, value);
			p = end + 1;
		} else {
			g_string_append_c(out, *p++);
		}
	}
}

void words_fill(GString *out, const char *template, ...)
{
	va_list pairs;

	va_start(pairs, template);
	fill(out, template, pairs);
	va_end(pairs);
}

char *words_filled(const char *template, ...)
{
	GString *out = g_string_new(NULL);
	va_list pairs;

	va_start(pairs, template);
	fill(out, template, pairs);
	va_end(pairs);
	return g_string_free(out, FALSE);
}

const char *words_number(struct words_number *number, gint64 value)
{
	g_snprintf(number->text, sizeof number->text, "%" G_GINT64_FORMAT, value);
	return number->text;
}

static char *join(const GPtrArray *items, const char *last, const char *between)
{
	char *text = g_strdup(items->len > 0 ? g_ptr_array_index(items, 0) : "");

	for (guint i = 1; i < items->len; i++) {
		g_autofree char *front = text;

		text = words_filled(i + 1 == items->len ? last : between, "a", front, "b",
				    g_ptr_array_index(items, i), NULL);
	}
	return text;
}

char *words_join_and(const struct words *words, const GPtrArray *items)
{
	return join(items, words_get(words, "{a} and {b}"), words_get(words, "{a}, {b}"));
}

char *words_join_or(const struct words *words, const GPtrArray *items)
{
	return join(items, words_get(words, "{a} or {b}"), words_get(words, "{a}, {b}"));
}
