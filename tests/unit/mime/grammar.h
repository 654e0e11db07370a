/* A strict reader of IMAP's grammar for ENVELOPE and BODYSTRUCTURE (RFC 9051 section 9, which
 * for these is RFC 3501's), written from the grammar alone. */
#ifndef TESTS_UNIT_MIME_GRAMMAR_H
#define TESTS_UNIT_MIME_GRAMMAR_H

#include "base/slice.h"

/* NULL when the whole text is legal, else what was expected where; g_free() it. */
char *grammar_check_envelope(struct slice text);
char *grammar_check_body(struct slice text, bool extended);

#endif
