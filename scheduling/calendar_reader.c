/* Each process is a slot that one worker holds while it asks.  A reader that does not
 * answer in time, or ends, is killed and its slot is empty again: the next one who
 * needs it starts another. */
#include "scheduling/calendar_reader.h"

#include "base/clock.h"
#include "base/log.h"
#include "calendar/meeting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MAX_SLOTS = 8,
	/* Microseconds for one calendar in all, waiting for a slot apart.  What counts is the reader's own
	 * work, so that a busy machine makes no mail of a meeting. */
	LONGEST_WAIT = 8000000,
};

struct slot {
	pid_t process; /* 0: none */
	int descriptor;
	bool taken;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static struct slot slots[MAX_SLOTS];
static unsigned slot_count; /* 0: not open, or given up */
static char *program_path;

/* Beside this program in a build tree, else where it is installed. */
static char *find_program(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : NULL;
	char *path = folder != NULL ? g_build_filename(folder, "..", "calendar", "convoke-calendar-reader", NULL) : NULL;

	if (path != NULL && access(path, X_OK) == 0)
		return path;
	g_free(path);
	return g_build_filename(PKGLIBEXECDIR, "convoke-calendar-reader", NULL);
}

void calendar_reader_open(unsigned count, const char *program)
{
	pthread_mutex_lock(&lock);
	g_free(program_path);
	program_path = program != NULL ? g_strdup(program) : find_program();
	slot_count = MIN(count, (unsigned)MAX_SLOTS);
	if (access(program_path, X_OK) != 0) {
		log_warning("scheduling", "%s is missing: foreign calendars are read in this process", program_path);
		slot_count = 0;
	}
	pthread_mutex_unlock(&lock);
}

/* The slot's process is gone after this, whatever state it was in. */
static void end_process(struct slot *slot, bool by_force)
{
	if (slot->process == 0)
		return;
	close(slot->descriptor);
	if (by_force)
		kill(slot->process, SIGKILL);
	while (waitpid(slot->process, NULL, 0) < 0 && errno == EINTR)
		;
	slot->process = 0;
}

void calendar_reader_close(void)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < MAX_SLOTS; i++)
		end_process(&slots[i], false);
	slot_count = 0;
	g_clear_pointer(&program_path, g_free);
	pthread_mutex_unlock(&lock);
}

static bool start_process(struct slot *slot)
{
	posix_spawn_file_actions_t actions;
	char *argv[] = { program_path, NULL };
	char *environment[] = { NULL };
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	error = posix_spawn(&slot->process, program_path, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (error != 0) {
		close(ends[0]);
		slot->process = 0;
		log_warning("scheduling", "cannot start %s: %s", program_path, g_strerror(error));
		return false;
	}
	slot->descriptor = ends[0];
	return true;
}

/* NULL: nothing is to be asked. */
static struct slot *take_slot(void)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&lock);
	while (slot_count > 0 && slot == NULL) {
		/* one that runs before one that must be started */
		for (unsigned i = 0; i < slot_count; i++)
			if (!slots[i].taken && (slot == NULL || (slot->process == 0 && slots[i].process != 0)))
				slot = &slots[i];
		if (slot == NULL)
			pthread_cond_wait(&freed, &lock);
	}
	if (slot != NULL)
		slot->taken = true;
	pthread_mutex_unlock(&lock);
	return slot;
}

static void give_back(struct slot *slot)
{
	pthread_mutex_lock(&lock);
	slot->taken = false;
	pthread_cond_signal(&freed);
	pthread_mutex_unlock(&lock);
}

/* One calendar's time with a reader. */
struct turn {
	int descriptor;
	clockid_t work;        /* the reader's clock */
	int64_t work_at_start, work_limit;
	int64_t deadline, end; /* clock_monotonic(); the deadline moves while there is work to be done */
	bool late;
};

static int64_t work_done(clockid_t clock)
{
	struct timespec used = { 0, 0 };

	clock_gettime(clock, &used);
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static struct turn turn_begin(const struct slot *slot, int64_t limit)
{
	int64_t now = clock_monotonic();
	struct turn turn = { .descriptor = slot->descriptor, .work_limit = limit, .deadline = now + limit,
			     .end = now + LONGEST_WAIT };

	if (clock_getcpuclockid(slot->process, &turn.work) != 0) {
		turn.work = CLOCK_MONOTONIC;
		turn.end = turn.deadline;
	}
	turn.work_at_start = work_done(turn.work);
	return turn;
}

/* At the deadline: the rest of its work's time, if it has not had that yet. */
static bool turn_goes_on(struct turn *turn)
{
	int64_t now = clock_monotonic(), used;

	if (now < turn->deadline)
		return true;
	used = now < turn->end ? work_done(turn->work) - turn->work_at_start : turn->work_limit;
	turn->late = used >= turn->work_limit;
	turn->deadline = MIN(now + turn->work_limit - used, turn->end);
	return !turn->late;
}

/* Ready for `events` in time. */
static bool wait_for(struct turn *turn, short events)
{
	struct pollfd one = { turn->descriptor, events, 0 };
	int n = 0;

	while (n <= 0 && turn_goes_on(turn)) {
		n = poll(&one, 1, (int)((turn->deadline - clock_monotonic()) / 1000) + 1);
		if (n < 0 && errno != EINTR)
			return false;
	}
	return n == 1;
}

static bool send_all(struct turn *turn, const void *data, size_t len)
{
	const char *from = data;

	while (len > 0) {
		ssize_t n = send(turn->descriptor, from, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!wait_for(turn, POLLOUT))
				return false;
			continue;
		}
		if (n <= 0)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

/* 1 answered, 0 too late, -1 the process ended. */
static int ask(const struct slot *slot, struct slice octets, const char *charset, int64_t *left)
{
	struct turn turn = turn_begin(slot, *left);
	size_t name = charset != NULL ? MIN(strlen(charset), (size_t)255) : 0;
	unsigned char head[5] = { (unsigned char)name, (unsigned char)octets.len, (unsigned char)(octets.len >> 8),
				  (unsigned char)(octets.len >> 16), (unsigned char)(octets.len >> 24) };
	char verdict;

	if (send_all(&turn, head, sizeof(head)) && send_all(&turn, charset, name) &&
	    send_all(&turn, octets.data, octets.len) && wait_for(&turn, POLLIN) &&
	    recv(slot->descriptor, &verdict, 1, 0) == 1) {
		*left -= MIN(*left, work_done(turn.work) - turn.work_at_start);
		return 1;
	}
	return turn.late ? 0 : -1;
}

static int ask_or_end(struct slot *slot, struct slice octets, const char *charset, int64_t *left)
{
	int answered = ask(slot, octets, charset, left);

	if (answered != 1)
		end_process(slot, true);
	return answered;
}

bool calendar_reader_check(struct slice octets, const char *charset, int64_t *left, const char **reason_out)
{
	struct slot *slot;
	int answered;

	if (octets.len > meeting_limits_default.octets)
		return true; /* refused by its size before it is read */
	slot = take_slot();
	if (slot == NULL)
		return true;
	answered = slot->process != 0 ? ask_or_end(slot, octets, charset, left) : -1;
	if (answered < 0) /* not started, or it may have ended before this calendar came */
		answered = start_process(slot) ? ask_or_end(slot, octets, charset, left) : 1;
	give_back(slot);
	if (answered == 1)
		return true;
	*left = answered == 0 ? 0 : *left;
	*reason_out = answered == 0 ? "reading the calendar took longer than two seconds"
				    : "the calendar's reader came to a sudden end";
	log_warning("scheduling", "%s (%zu octets)", *reason_out, octets.len);
	return false;
}
