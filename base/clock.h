/* The two clocks.  Only the rooms that own a moment read them; calendar rules
 * take the time as a parameter. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01 UTC; may jump when the machine's clock is set. */
int64_t clock_now(void);
/* Microseconds since some start; never goes back.  For durations and time-outs. */
int64_t clock_monotonic(void);

#endif
