/* A maildrop and contents in memory instead of a database; the "worker" is the loop. */
#ifndef TESTS_UNIT_POP3_FAKE_STORE_H
#define TESTS_UNIT_POP3_FAKE_STORE_H

#include "pop3/drop.h"

/* The messages of every maildrop, prefix and content apart. */
struct fake_message {
	const char *prefix;
	struct slice content;
	size_t header_size;
};
/* Message number 3 is a large one, made by fake_store_make(): several chunks. */
extern struct fake_message fake_messages[];
extern const size_t fake_message_count;

void fake_store_make(void);
void fake_store_free(void);
/* Peeks answer from now on, or not: whether the caches hold everything. */
void fake_store_set_warm(bool warm);
/* Loading chunks from number 1 on fails from now on, or not. */
void fake_store_set_broken(bool broken);
/* Indexes removed by the last QUIT, as "0 2 ". */
char *fake_store_removed(void);
/* Maildrops open now. */
int fake_store_open_drops(void);

#endif
