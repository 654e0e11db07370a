/* One parser for every number that comes from a wire, a file or argv: digits
 * only (no sign, no space), with range and overflow checked. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/slice.h"

#include <stdint.h>

/* True and *value_out set when the whole slice is 1 to 20 decimal digits whose
 * value is between min and max inclusive; else false and *value_out untouched. */
bool number_parse(struct slice text, uint64_t min, uint64_t max, uint64_t *value_out);

#endif
