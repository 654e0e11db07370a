/* The same octets read by GMime: where are the bodies of the leaves?  For tests. */
#ifndef TEST_GMIME_RANGES_H
#define TEST_GMIME_RANGES_H

#include "base/slice.h"

enum gmime_verdict {
	GMIME_AGREES,
	GMIME_SET_ASIDE, /* a rule says that the two read such octets differently, and why */
	GMIME_DIFFERS,
};

/* Once, before anything else. */
void gmime_ranges_start(void);
/* *why_out: the rule, or both trees; g_free() it. */
enum gmime_verdict gmime_ranges_compare(struct slice octets, char **why_out);

#endif
