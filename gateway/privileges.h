/* Becoming the unprivileged user, for good. */
#ifndef GATEWAY_PRIVILEGES_H
#define GATEWAY_PRIVILEGES_H

#include "config/config.h"

/* Makes the state folder when it is missing (mode 0750, owned by the user the
 * daemon runs as), raises the descriptor limit to what the machine allows and,
 * when started as root, becomes [server] user with its groups; no way back.
 * False and *error_out (g_free() it) when that can't be done. */
bool privileges_drop(const struct config_server *server, char **error_out);

#endif
