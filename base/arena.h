/* Memory for one command: many small pieces, freed in one stroke.
 *
 * Pieces are aligned for any type.  Allocation never fails (GLib aborts when
 * the machine has no memory).  Not for use by two threads at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena;

struct arena *arena_create(void);
/* Frees the arena and all its pieces; *arena becomes NULL.  NULL is allowed. */
void arena_destroy(struct arena **arena);
/* Frees the pieces and keeps the arena for the next command. */
void arena_reset(struct arena *arena);

/* `size` octets set to zero. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy of the octets with a NUL behind them. */
char *arena_copy(struct arena *arena, const void *data, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_new_array(arena, type, count) \
	((type *)arena_alloc((arena), arena_array_size(sizeof(type), (count))))
/* size * count; aborts on overflow. */
size_t arena_array_size(size_t size, size_t count);

#endif
