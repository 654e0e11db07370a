/* See number.h; overflow is checked before each step. */
#include "base/number.h"

bool number_parse(struct slice text, uint64_t min, uint64_t max, uint64_t *value_out)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 20)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value < min || value > max)
		return false;
	*value_out = value;
	return true;
}
