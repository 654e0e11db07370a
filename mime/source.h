/* Octets that can be read at any offset: a message in memory, in a spool, or in
 * the store's chunks.  Nothing in this room needs a whole message in memory. */
#ifndef MIME_SOURCE_H
#define MIME_SOURCE_H

#include "base/slice.h"
#include "base/spool.h"

#include <stdint.h>
#include <sys/types.h>

struct mime_source {
	/* Up to len octets at offset: the number read, fewer than len only at the
	 * end; -1 when they can't be had (the reader's failure travels up as it is). */
	ssize_t (*read)(void *arg, uint64_t offset, void *data, size_t len);
	void *arg;
	uint64_t size;
};

/* The octets stay the caller's; the slice must live where it is as long as the
 * source is used (the source points at the struct slice itself). */
struct mime_source mime_source_of_slice(const struct slice *octets);
struct mime_source mime_source_of_spool(const struct spool *spool);

/* All of a range appended to `out`; false when it can't be read or is not all
 * there (`out` then holds what was read). */
bool mime_source_append(const struct mime_source *source, uint64_t offset, uint64_t len,
			GString *out);

#endif
