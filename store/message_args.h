/* What the statements about messages share. */
#ifndef STORE_MESSAGE_ARGS_H
#define STORE_MESSAGE_ARGS_H

#include "store/message.h"
#include "store/statement.h"

/* Two arrays: the first and the last UIDs of the ranges. */
void add_uid_set(struct db_args *args, struct uid_set uids);
/* Known system flags, keywords of sane length and characters. */
bool flag_names_are_good(const struct flag_names *flags);
/* A GArray of uint32_t out of a column of int8[]. */
GArray *uids_from_column(const PGresult *rows, int row, int column);

#endif
