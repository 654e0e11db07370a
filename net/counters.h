/* What happened on the wire since the start, by protocol; exact. */
#ifndef NET_COUNTERS_H
#define NET_COUNTERS_H

#include <stdint.h>

struct net_counters {
	uint64_t open;          /* connections alive now */
	uint64_t total;         /* taken in since the start */
	uint64_t refused;       /* closed at once: over a limit */
	uint64_t timeouts;      /* ended by their time limit */
	uint64_t handshakes;    /* TLS handshakes done */
	uint64_t tls_failures;  /* TLS handshakes or records that failed */
	uint64_t octets_in, octets_out; /* on the wire */
};

/* Any thread.  label NULL: the sum of all.  An unknown label has zeros. */
struct net_counters net_counters_get(const char *label);
/* The labels known so far, one call each, in order of appearance. */
void net_counters_each(void (*fn)(void *arg, const char *label, const struct net_counters *counters),
		       void *arg);

#endif
