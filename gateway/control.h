/* The socket that convokectl asks the running daemon through: STATE_DIR/control,
 * for the daemon's own user and root.  One request line, one JSON answer, end. */
#ifndef GATEWAY_CONTROL_H
#define GATEWAY_CONTROL_H

#include <glib.h>

struct control;

/* Appends the answer to `out`; `argument` is the rest of the line, maybe "". */
typedef void (*control_fn)(void *arg, const char *argument, GString *out);

struct control_verb {
	const char *word;
	control_fn answer;
};

/* `verbs` ends with a NULL word and outlives the control.  Runs in the calling
 * thread's GLib main context.  NULL and *error_out (g_free() it) on failure. */
struct control *control_open(const char *state_dir, const struct control_verb *verbs, void *arg,
			     char **error_out);
void control_close(struct control **control);

#endif
