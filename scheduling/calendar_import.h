/* iCalendar files into an account's calendar (convokectl import). */
#ifndef SCHEDULING_CALENDAR_IMPORT_H
#define SCHEDULING_CALENDAR_IMPORT_H

#include "store/store.h"

struct calendar_imported {
	uint64_t stored; /* meetings new or newer than what was there */
	uint64_t known;  /* the same or a newer one is there */
	uint64_t failed; /* unreadable, over a limit, or no reader came through it */
};

/* Every UID of the text (a VCALENDAR, or several one after the other) as one meeting
 * of the account, its answers as they stand in the file; sends no mail.  Each is first
 * read by a process of calendar_reader.h, where that is open.
 * *problem_out (g_free() it) is a sentence about the first that failed, or NULL;
 * STORE_INVALID when nothing can be read. */
enum store_result calendar_import(struct store *store, uint64_t account_id, struct slice text,
				  struct calendar_imported *done_out, char **problem_out);

#endif
