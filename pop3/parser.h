/* Command lines of POP3, as pure functions. */
#ifndef POP3_PARSER_H
#define POP3_PARSER_H

#include "base/slice.h"

#include <stdint.h>

/* "VERB rest": the verb ends at the first space; the rest is everything behind that
 * one space (a password may begin or end with spaces). */
void pop3_split_verb(struct slice line, struct slice *verb_out, struct slice *rest_out);

/* Exactly `count` (at most 2) numbers with single spaces between. */
bool pop3_parse_numbers(struct slice rest, size_t count, uint64_t *numbers_out);
/* "MECHANISM" or "MECHANISM initial-response"; *response_out.data is NULL without. */
bool pop3_parse_auth(struct slice rest, struct slice *mechanism_out, struct slice *response_out);

#endif
