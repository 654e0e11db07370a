/* The response code INPROGRESS (RFC 9585 section 4), as text alone. */
#ifndef IMAP_PROGRESS_CODE_H
#define IMAP_PROGRESS_CODE_H

#include "base/slice.h"

#include <stdint.h>

/* Appends `INPROGRESS ("TAG" DID PLANNED)`; planned 0: nothing is counted. */
void progress_code_print(GString *out, struct slice tag, uint64_t did, uint64_t planned);

#endif
