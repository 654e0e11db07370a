/* Addresses of RFC 5322, and of what the world sends instead.
 *
 * The parser takes every string of octets: groups, routes, comments, unterminated
 * quotes, missing brackets, 8-bit octets, encoded words anywhere.  What can't be an
 * address becomes one with an empty domain, so that nothing a reader typed is lost. */
#ifndef MIME_ADDRESS_H
#define MIME_ADDRESS_H

#include "base/arena.h"
#include "base/slice.h"

enum address_kind { ADDRESS_MAILBOX, ADDRESS_GROUP_START, ADDRESS_GROUP_END };

/* Pieces as in the header (encoded words not decoded, quotes removed). */
struct address {
	enum address_kind kind;
	struct slice name;   /* display name, or the group's name */
	struct slice route;  /* "@a,@b" (RFC 5322 obs-route), else empty */
	struct slice local;
	struct slice domain; /* empty when there is none */
	struct address *next;
};

/* At most this many; the rest of the value is ignored. */
#define ADDRESS_MAX 20000

/* All addresses of one field's value (folded or not); NULL when there are none.
 * Everything lives in the arena. */
struct address *address_parse(struct arena *arena, struct slice value);
/* Of all fields of that name in a header, in order. */
struct address *address_parse_header(struct arena *arena, struct slice header, const char *name);

/* First mailbox that is not a group's start or end; NULL when there is none. */
const struct address *address_first_mailbox(const struct address *list);
/* How many mailboxes. */
size_t address_count(const struct address *list);

/* Display name decoded to UTF-8; "" when there is none.  g_free() it. */
char *address_name(const struct address *address);
/* "local@domain" with the domain in lower case; local only when there is no domain.
 * g_free() it. */
char *address_spec(const struct address *address);

#endif
