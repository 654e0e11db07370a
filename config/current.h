/* The settings in force, shared by threads: a reload replaces them while sessions go on
 * with those they began with. */
#ifndef CONFIG_CURRENT_H
#define CONFIG_CURRENT_H

#include "config/config.h"

#include <glib.h>

struct config_current {
	GMutex lock;
	const struct config *config; /* lock */
};

void config_current_init(struct config_current *current, const struct config *config);
void config_current_clear(struct config_current *current);
/* Any thread: a reference, to be given back by config_unref(). */
const struct config *config_current_get(struct config_current *current);
/* Any thread.  Who asks from now on gets the new ones. */
void config_current_replace(struct config_current *current, const struct config *config);

#endif
