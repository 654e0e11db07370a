/* Inside of scheduling/: how often a transaction's key was acknowledged. */
#ifndef SCHEDULING_DELIVER_MEMORY_H
#define SCHEDULING_DELIVER_MEMORY_H

#include "scheduling/deliver.h"

/* memory NULL: 0. */
unsigned deliver_memory_count(struct deliver_memory *memory, const char *key);

#endif
