/* Inside of scheduling/: what answering and organizing share. */
#ifndef SCHEDULING_RESPOND_PRIVATE_H
#define SCHEDULING_RESPOND_PRIVATE_H

#include "scheduling/holdings.h"
#include "scheduling/respond.h"

struct respond_work {
	struct reader reader;
	struct holding holding;
};
/* Loads who acts and, with a uid, the meeting (NOT_FOUND without one).  respond_end() it on any
 * result. */
enum respond_result respond_begin(const struct respond_actor *actor, const char *uid,
				  struct respond_work *work);
void respond_end(struct respond_work *work);

enum respond_result respond_of_store(enum store_result result);

/* Attempts until it is no CONFLICT, a few times. */
typedef enum respond_result (*respond_attempt_fn)(void *arg);
enum respond_result respond_again(respond_attempt_fn attempt, void *arg);

/* A trail row about what the account did itself; strings are borrowed. */
void respond_trail(struct trail_row *row, const struct respond_actor *actor,
		   const struct respond_work *work, const char *uid);

#endif
