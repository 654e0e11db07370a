/* Order matters: groups while still root, then group, then user, then proof that
 * there is no way back. */
#include "gateway/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WANTED_DESCRIPTORS = 262144 };

/* As far as the machine lets us: a container may refuse more than it gave. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit, more;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	more.rlim_cur = more.rlim_max = MAX(limit.rlim_max, (rlim_t)WANTED_DESCRIPTORS);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &more) != 0 && setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("gateway", "descriptor limit stays: %s", g_strerror(errno));
}

static bool make_state_folder(const char *path, const struct passwd *owner, char **error_out)
{
	struct stat existing;

	if (stat(path, &existing) == 0)
		return true;
	if (g_mkdir_with_parents(path, 0750) != 0 ||
	    (owner != NULL && chown(path, owner->pw_uid, owner->pw_gid) != 0)) {
		*error_out = g_strdup_printf("state folder %s cannot be made: %s", path, g_strerror(errno));
		return false;
	}
	return true;
}

static bool become(const struct passwd *user, char **error_out)
{
	if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
	    setuid(user->pw_uid) != 0) {
		*error_out = g_strdup_printf("cannot become user %s: %s", user->pw_name, g_strerror(errno));
		return false;
	}
	g_assert(setuid(0) != 0);
	return true;
}

bool privileges_drop(const struct config_server *server, char **error_out)
{
	const struct passwd *user = NULL;

	raise_descriptor_limit();
	if (geteuid() == 0) {
		user = getpwnam(server->user);
		if (user == NULL || user->pw_uid == 0) {
			*error_out = g_strdup_printf("[server] user: %s is not an unprivileged user of this machine",
						     server->user);
			return false;
		}
	}
	if (!make_state_folder(server->state_dir, user, error_out))
		return false;
	if (user != NULL && !become(user, error_out))
		return false;
	if (access(server->state_dir, R_OK | W_OK | X_OK) != 0) {
		*error_out = g_strdup_printf("state folder %s cannot be used by user id %u: %s", server->state_dir,
					     (unsigned)geteuid(), g_strerror(errno));
		return false;
	}
	return true;
}
