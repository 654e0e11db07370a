/* All streams that are alive in this process: limits, the list for `convokectl
 * who`, and ending them from outside.  Every function is for any thread. */
#ifndef NET_CONNECTIONS_H
#define NET_CONNECTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* For connections that listeners accept from now on; 0: no limit.  An IPv6
 * client is counted by its /64. */
void connections_set_limits(unsigned total, unsigned per_address);

struct connection_info {
	uint64_t id;
	int64_t since;          /* clock_now() at its start */
	const char *label;      /* the protocol */
	char *peer;             /* "192.0.2.1:4711" */
	char *user;             /* stream_set_user(), or NULL */
	const char *security;   /* as stream_security() */
	uint64_t octets_in, octets_out; /* on the wire */
};

/* A GPtrArray of struct connection_info by rising id; g_ptr_array_unref() it. */
GPtrArray *connections_list(void);
size_t connections_count(void);
/* Ends one with STREAM_END_KICKED.  False: no such connection. */
bool connections_kick(uint64_t id);
/* Tells every one that the server stops (handler->goodbye, else it ends with
 * STREAM_END_SHUTDOWN).  Returns how many there were. */
size_t connections_end_all(void);

#endif
