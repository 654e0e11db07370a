/* A content's columns as arguments, for the functions that write one. */
#ifndef STORE_CONTENT_ROW_H
#define STORE_CONTENT_ROW_H

#include "store/content.h"
#include "store/statement.h"

/* size, message_id_key, version, facts, search_headers, search_body, signature, octets.  `packed` is
 * facts_pack(&row->facts) and must live as long as the arguments. */
void content_args(struct db_args *args, const struct content_row *row, struct slice octets,
		  GByteArray *packed);

#endif
