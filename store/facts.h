/* struct content_facts as one value of a column: numbers in network order, the
 * lengths of its texts, then the texts. */
#ifndef STORE_FACTS_H
#define STORE_FACTS_H

#include "store/content.h"

GByteArray *facts_pack(const struct content_facts *facts);
/* The slices point into the packed octets.  False when these are no facts. */
bool facts_unpack(struct slice packed, struct content_facts *facts_out);

/* Keys for threads and for finding a Message-ID: 63 bits of its SHA-256. */
int64_t facts_id_key(struct slice message_id);
/* The next id of a list separated by spaces; false at the end. */
bool facts_next_id(struct slice *rest, struct slice *id_out);

#endif
