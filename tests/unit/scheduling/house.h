/* A database of a test's own with two accounts, for tests of scheduling/.
 * Without a PostgreSQL (tests/unit/store/cluster.h) they skip, and say so. */
#ifndef TESTS_SCHEDULING_HOUSE_H
#define TESTS_SCHEDULING_HOUSE_H

#include "scheduling/deliver.h"
#include "scheduling/respond.h"
#include "store/account.h"
#include "store/meeting_store.h"
#include "store/message.h"

#define ALICE "alice@example.test"
#define BOB "bob@example.test"
/* 2026-04-24 08:00 UTC, as clock_now() */
#define NOW (INT64_C(1777017600) * 1000000)

struct house {
	char *folder, *database; /* database: its URL */
	const struct config *config;
	struct store *store;
	uint64_t alice, bob;
};

struct house_test {
	const char *name;
	void (*test)(struct house *house);
};
/* Adds the tests under their names, each in a house of its own. */
void house_add_tests(const char *prefix, const struct house_test *tests, size_t count);

/* NULL and a skipped test when there is no PostgreSQL.  settings: more lines of the file. */
struct house *house_open(const char *settings);
void house_close(struct house **house);
void house_reconfigure(struct house *house, const char *settings);

struct sent {
	const char *from, *to;  /* envelope and header */
	const char *octets;     /* the whole message */
	bool submitted_here;
	struct deliver_memory *memory;
	bool confirmed;         /* the client got the answer */
	int64_t now;            /* 0: NOW */
};
enum deliver_result house_deliver(struct house *house, const struct sent *mail);

/* A meeting request as its organizer's program sends it; parts may be NULL. */
struct invite {
	const char *method, *uid, *organizer, *attendee;
	const char *summary, *start, *more; /* start: "DTSTART:..." line; more: whole lines */
	unsigned sequence;
	const char *partstat;
	const char *stamp;
	const char *from;                   /* NULL: organizer (REPLY: attendee) */
};
char *invite_mail(const struct invite *invite);

/* The nth message (from 1) of a mailbox as its reader gets it, prefix in front; NULL: there
 * are fewer.  g_free() it. */
char *house_message(struct house *house, uint64_t account_id, const char *mailbox, unsigned nth);
unsigned house_count(struct house *house, uint64_t account_id, const char *mailbox);
/* The decoded text/plain of that message. */
char *house_text(struct house *house, uint64_t account_id, const char *mailbox, unsigned nth);
/* The stored object; NULL: none, or only offered. */
struct meeting *house_meeting(struct house *house, uint64_t account_id, const char *uid);
/* Newest trail row's "kind/action/reason". */
char *house_trail(struct house *house, uint64_t account_id, const char *uid);
struct respond_actor house_actor(struct house *house, uint64_t account_id);
void house_assert_starts(const char *text, const char *wanted);
/* Handles everything in the queue that is due: locally, else into `outside` (GPtrArray of
 * char *: recipients; may be NULL). */
void house_run_queue(struct house *house, GPtrArray *outside);

#endif
