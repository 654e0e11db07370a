/* What the machine has. */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stdint.h>

/* Octets of memory. */
uint64_t machine_memory(void);

#endif
