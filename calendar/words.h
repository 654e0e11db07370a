/* What is said to people, in their language: gettext catalogs, built in.
 *
 * English is the source; calendar/po/LANGUAGE.po translates it, and a language is
 * added by adding its file and its name to CATALOGS in calendar/Makemodule.am.
 * The process's locale is never touched and no catalog of the C library is needed,
 * so threads may speak different languages at once, on any machine.
 *
 * Sentences are templates with {named} places instead of printf formats: a
 * translation may use them in any order, and cannot break memory.
 *
 * xgettext finds the strings by these keywords (calendar/check-catalogs):
 * words_get:2, words_get_in:2c,3, words_plural:2,3, N_:1, NC_:1c,2, W:2. */
#ifndef CALENDAR_WORDS_H
#define CALENDAR_WORDS_H

#include <glib.h>

struct words;

/* Marks a string in a table for translation. */
#define N_(id) (id)
#define NC_(context, id) (id)

/* The words for "de", "de_DE.UTF-8", "de-AT", "en_US" ...: the nearest that there is,
 * English when there is none (or NULL).  Lives for ever. */
const struct words *words_for(const char *locale);
/* "de", "en", "en-US": as HTML's lang attribute has it. */
const char *words_language(const struct words *words);
/* The names that words_for() takes, English first; NULL-terminated. */
const char *const *words_languages(void);

/* The translation of id, or id itself. */
const char *words_get(const struct words *words, const char *id);
/* The same word may mean two things: context tells which. */
const char *words_get_in(const struct words *words, const char *context, const char *id);
/* The form that the language uses for n things. */
const char *words_plural(const struct words *words, const char *one, const char *many, guint64 n);

/* Appends the template with each {name} replaced; pairs of name and value, ended by
 * NULL.  A place without a value stays as it is; values are not looked into. */
void words_fill(GString *out, const char *template, ...) G_GNUC_NULL_TERMINATED;
/* The same as a new string; g_free() it. */
char *words_filled(const char *template, ...) G_GNUC_NULL_TERMINATED;

/* A number as decimal digits, in a buffer of the caller's. */
struct words_number {
	char text[24];
};
const char *words_number(struct words_number *number, gint64 value);

/* "a", "a and b", "a, b and c"; with `or` for alternatives. */
char *words_join_and(const struct words *words, const GPtrArray *items);
char *words_join_or(const struct words *words, const GPtrArray *items);

#endif
