/* What a piece of work costs, for tests of "no more than its length": in time of this
 * process's own CPU, so that a busy machine fails no test. */
#ifndef TESTS_UNIT_COST_H
#define TESTS_UNIT_COST_H

#include <glib.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COST_SLOWDOWN 10 /* what a sanitizer may add */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COST_SLOWDOWN 10
#endif
#endif
#ifndef COST_SLOWDOWN
#define COST_SLOWDOWN 1
#endif

/* Microseconds of CPU this process has used. */
static inline gint64 cost_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Fails the test when more than `seconds` were used since `start` (a cost_now()). */
static inline void cost_check(const char *what, gint64 start, int seconds)
{
	gint64 used = cost_now() - start;

	if (used > (gint64)seconds * COST_SLOWDOWN * G_USEC_PER_SEC)
		g_error("%s took %" G_GINT64_FORMAT " ms of CPU", what, used / 1000);
}

#endif
