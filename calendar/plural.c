/* A recursive descent over C's operators from ?: down to %, as far as the gettext
 * manual allows them.  Catalogs are built in, so this guards against mistakes, not
 * against malice: what cannot be read is form 0. */
#include "calendar/plural.h"

#include <stdbool.h>
#include <string.h>

struct expression {
	const char *p;
	guint64 n;
	bool bad;
	unsigned depth;
};

static guint64 choice(struct expression *e);

static bool take(struct expression *e, const char *word)
{
	e->p += strspn(e->p, " \t");
	if (strncmp(e->p, word, strlen(word)) != 0)
		return false;
	/* '<' is not the start of "<=", '!' not of "!=". */
	if (strlen(word) == 1 && strchr("<>!", word[0]) != NULL && e->p[1] == '=')
		return false;
	e->p += strlen(word);
	return true;
}

static guint64 primary(struct expression *e)
{
	guint64 value = 0;

	if (take(e, "n"))
		return e->n;
	if (take(e, "!"))
		return !primary(e);
	if (take(e, "(")) {
		if (++e->depth > 32) {
			e->bad = true;
			return 0;
		}
		value = choice(e);
		e->depth--;
		if (!take(e, ")"))
			e->bad = true;
		return value;
	}
	if (!g_ascii_isdigit(*e->p))
		e->bad = true;
	for (; g_ascii_isdigit(*e->p); e->p++)
		value = value * 10 + (guint64)(*e->p - '0');
	return value;
}

static guint64 product(struct expression *e)
{
	guint64 value = primary(e);

	while (!e->bad && take(e, "%")) {
		guint64 by = primary(e);

		value = by != 0 ? value % by : 0;
	}
	return value;
}

static guint64 comparison(struct expression *e)
{
	guint64 value = product(e);

	while (!e->bad) {
		if (take(e, "=="))
			value = value == product(e);
		else if (take(e, "!="))
			value = value != product(e);
		else if (take(e, "<="))
			value = value <= product(e);
		else if (take(e, ">="))
			value = value >= product(e);
		else if (take(e, "<"))
			value = value < product(e);
		else if (take(e, ">"))
			value = value > product(e);
		else
			break;
	}
	return value;
}

static guint64 both(struct expression *e)
{
	guint64 value = comparison(e);

	while (!e->bad && take(e, "&&")) {
		guint64 right = comparison(e);

		value = value && right;
	}
	return value;
}

static guint64 either(struct expression *e)
{
	guint64 value = both(e);

	while (!e->bad && take(e, "||")) {
		guint64 right = both(e);

		value = value || right;
	}
	return value;
}

static guint64 choice(struct expression *e)
{
	guint64 value = either(e), yes, no;

	if (e->bad || !take(e, "?"))
		return value;
	yes = choice(e);
	if (!take(e, ":"))
		e->bad = true;
	no = e->bad ? 0 : choice(e);
	return value ? yes : no;
}

unsigned plural_form(const char *header, guint64 n)
{
	const char *forms = strstr(header, "Plural-Forms:");
	const char *count = forms != NULL ? strstr(forms, "nplurals=") : NULL;
	const char *rule = count != NULL ? strstr(count, "plural=") : NULL;
	struct expression e = { NULL, n, false, 0 };
	guint64 value;

	/* "nplurals=" itself ends in "plurals=", never in "plural=". */
	if (rule == NULL)
		return 0;
	e.p = rule + strlen("plural=");
	value = choice(&e);
	if (e.bad || value >= g_ascii_strtoull(count + strlen("nplurals="), NULL, 10))
		return 0;
	return (unsigned)value;
}
