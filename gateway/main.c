/* convoked: argv, settings, then the server's life.
 *
 *   convoked -c FILE [--foreground]
 *
 * Without --foreground it goes to the background once it is ready, so that
 * whoever started it knows by the exit status whether it works. */
#include "base/log.h"
#include "gateway/server.h"
#include "mime/mime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct arguments {
	const char *config_file;
	bool foreground;
};

static void usage(FILE *out)
{
	fputs("usage: convoked -c FILE [--foreground]\n"
	      "       convoked --version\n",
	      out);
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			arguments->config_file = argv[++i];
		} else if (strcmp(argv[i], "--foreground") == 0) {
			arguments->foreground = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			printf("convoked %s\n", CONVOKE_VERSION);
			exit(0);
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			usage(stdout);
			exit(0);
		} else {
			return false;
		}
	}
	return true;
}

/* In the parent: waits for the child's word that it is ready.  Never returns
 * there; in the child: the descriptor to say it on. */
static int go_to_background(void)
{
	int ends[2];
	char word = 1;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0 || (child = fork()) < 0) {
		fprintf(stderr, "convoked: cannot go to the background: %s\n", g_strerror(errno));
		exit(1);
	}
	if (child > 0) {
		close(ends[1]);
		if (read(ends[0], &word, 1) != 1)
			word = 1;
		_exit(word);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

/* Called when everything works. */
static void ready(void *arg)
{
	int *descriptor = arg;
	char word = 0;
	int nothing;

	if (*descriptor < 0)
		return;
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing >= 0) {
		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
		dup2(nothing, STDERR_FILENO);
		close(nothing);
	}
	if (write(*descriptor, &word, 1) != 1)
		log_warning("gateway", "nobody waits for the start to end");
	close(*descriptor);
	*descriptor = -1;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .config_file = "/etc/convoke/convoke.conf" };
	int descriptor = -1;

	if (!read_arguments(argc, argv, &arguments)) {
		usage(stderr);
		return 2;
	}
	/* Before any thread exists. */
	if (!arguments.foreground)
		descriptor = go_to_background();
	mime_init();
	return server_run(arguments.config_file, ready, &descriptor);
}
