/* Octets on their way in: in memory up to a limit, then in an unlinked
 * temporary file, so that a literal or message of any size costs bounded memory.
 * Written once from start to end, then read at any offset.  One owner at a
 * time; it may pass between threads with the job that holds it. */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include "base/slice.h"

#include <stdint.h>
#include <sys/types.h>

struct spool;

/* Up to memory_limit octets stay in memory; the file, when needed, is made in
 * `directory` (NULL: the system's temporary directory). */
struct spool *spool_create(size_t memory_limit, const char *directory);
/* Frees everything; *spool becomes NULL.  NULL is allowed. */
void spool_destroy(struct spool **spool);

/* 0, or an errno value when the file can't be made or written (ENOSPC ...); the
 * error is sticky: later appends answer it too and add nothing. */
int spool_append(struct spool *spool, const void *data, size_t len);
int spool_error(const struct spool *spool);
uint64_t spool_size(const struct spool *spool);

/* Reads up to len octets at offset: the number read, fewer than len only at the
 * end, or -1 with errno. */
ssize_t spool_read(const struct spool *spool, uint64_t offset, void *data, size_t len);
/* True when all octets are in memory; *whole_out is valid until the next
 * append or destroy. */
bool spool_in_memory(const struct spool *spool, struct slice *whole_out);

#endif
