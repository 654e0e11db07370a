/* Walks the test corpus of messages, which lies beside the source tree. */
#ifndef TESTS_UNIT_MIME_CORPUS_H
#define TESTS_UNIT_MIME_CORPUS_H

#include "base/slice.h"

typedef void (*corpus_fn)(const char *name, struct slice octets, void *arg);

/* Each file of the mime and itip sets, as it is and (where that differs) with CRLF line ends.
 * Skips the test, saying so, where there is no corpus; the number of calls. */
unsigned corpus_each(corpus_fn each, void *arg);

#endif
