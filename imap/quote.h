/* The choice between atom, quoted string and literal when text is sent
 * (RFC 9051 9: astring, string, nstring; RFC 6855 for UTF-8 in quoted). */
#ifndef IMAP_QUOTE_H
#define IMAP_QUOTE_H

#include "base/slice.h"

#include <stdint.h>

/* Which characters the client takes in a quoted string. */
enum quote_mode {
	QUOTE_ASCII, /* IMAP4rev1: 8-bit text goes as a literal */
	QUOTE_UTF8,  /* after ENABLE UTF8=ACCEPT or IMAP4rev2 */
};

/* "text", or {n}CRLF text when it holds what a quoted string can't.  NUL, which
 * no string may hold, goes out as 0x80 (RFC 9051 has CHAR8 without NUL). */
void quote_string(GString *out, struct slice text, enum quote_mode mode);
/* As an atom where that is possible. */
void quote_astring(GString *out, struct slice text, enum quote_mode mode);
/* Text of a status response: control octets become '?', 8-bit stays when it is
 * valid UTF-8 and the mode allows it; never empty. */
void quote_response_text(GString *out, struct slice text, enum quote_mode mode);

/* Appends a number; much cheaper than printf where replies have thousands. */
void quote_number(GString *out, uint64_t number);

/* Characters of the grammar, for the readers. */
bool quote_is_atom_char(unsigned char c);
bool quote_is_astring_char(unsigned char c);

#endif
