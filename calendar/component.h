/* iCalendar text as a tree of components and content lines (RFC 5545 3.1), with
 * nothing lost: names, parameters and values are kept as written, unknown ones
 * too, so that an object can be edited in one place and written again.
 *
 * Reading is linear in time and bounded by struct meeting_limits.  It forgives
 * what producers get wrong without changing the meaning (bare LF, blank lines,
 * a stray quote, text before BEGIN:VCALENDAR) and refuses what is cut short.
 * The tree lives in one arena; it belongs to one thread while it is edited. */
#ifndef CALENDAR_COMPONENT_H
#define CALENDAR_COMPONENT_H

#include "base/arena.h"
#include "calendar/meeting.h"

struct property {
	struct property *next;
	const char *name;   /* upper case */
	const char *params; /* "" or ";NAME=value;..." as written */
	const char *value;  /* as written: still escaped */
};

struct component {
	struct component *next;
	const char *name; /* upper case */
	struct property *properties, *last_property;
	struct component *children, *last_child;
};

/* UTF-8 text without NULs (guard_text makes it) to the first VCALENDAR; events of
 * further VCALENDARs in the same text are its children too.  NULL and *reason_out
 * (g_free()) when there is none or a limit is passed. */
struct component *component_parse(struct arena *arena, struct slice text,
				  const struct meeting_limits *limits, char **reason_out);
/* CRLF, folded at 75 octets, no UTF-8 sequence cut. */
void component_write(const struct component *component, GString *out);

struct component *component_create(struct arena *arena, const char *name);
/* A deep copy; strings are shared, so the source's arena must outlive it. */
struct component *component_copy(struct arena *arena, const struct component *component);
/* The same with the strings copied too. */
struct component *component_copy_text(struct arena *arena, const struct component *component);
void component_add_child(struct component *parent, struct component *child);
/* Takes the child out; it must be there. */
void component_remove_child(struct component *parent, struct component *child);
void component_remove_children(struct component *parent, const char *name);

struct property *component_find(const struct component *component, const char *name);
/* The next with the same name. */
struct property *component_find_next(const struct property *property);
/* Value of the first property of that name, or NULL. */
const char *component_value(const struct component *component, const char *name);
/* Strings must live in the arena, or longer. */
struct property *component_add(struct arena *arena, struct component *component, const char *name,
			       const char *params, const char *value);
/* Replaces the first property of that name (parameters too) and removes the others; adds one
 * where there is none. */
struct property *component_set(struct arena *arena, struct component *component, const char *name,
			       const char *params, const char *value);
void component_remove(struct component *component, struct property *property);
/* All properties of that name; with a name that ends in '*', all that start so. */
void component_remove_all(struct component *component, const char *name);

/* A parameter's value without quotes, RFC 6868 decoded; NULL when absent.  Several
 * values (MEMBER="a","b") stay separated by ',' as written: use param_list for those. */
char *property_param(struct arena *arena, const struct property *property, const char *name);
/* NULL-terminated; empty when absent. */
const char *const *property_param_list(struct arena *arena, const struct property *property,
				       const char *name);
/* Sets, replaces or (value NULL) removes a parameter; quotes and encodes as needed. */
void property_set_param(struct arena *arena, struct property *property, const char *name,
			const char *value);
/* Removes all parameters whose name starts with prefix. */
void property_remove_params(struct arena *arena, struct property *property, const char *prefix);

/* TEXT values: unescaped; escaped. */
char *text_decode(struct arena *arena, const char *value);
char *text_encode(struct arena *arena, const char *text);
/* A list of TEXT values (CATEGORIES), NULL-terminated. */
const char *const *text_decode_list(struct arena *arena, const char *value);

#endif
