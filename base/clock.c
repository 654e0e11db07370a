/* GLib's clocks under the names that say which is which. */
#include "base/clock.h"

#include <glib.h>

int64_t clock_now(void)
{
	return g_get_real_time();
}

int64_t clock_monotonic(void)
{
	return g_get_monotonic_time();
}
