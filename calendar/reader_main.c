/* convoke-calendar-reader: reads foreign calendars where a crash or a stall harms
 * nobody.  Not for people: the daemon starts it and talks to it over descriptor 0.
 *
 * A request is the length of a charset's name (one octet), the length of the calendar
 * (four octets, little-endian), the name, the calendar.  The calendar then goes through
 * all that the daemon does with a foreign one, and the answer is one octet: 1, it was
 * read; 0, it was refused.  No answer is an answer too: the daemon then leaves the
 * mail as it is.
 *
 * The process can open, send and start nothing: after its start a seccomp filter
 * leaves it the descriptor it has, and memory up to a limit. */
#include "calendar/guard.h"
#include "calendar/itip.h"
#include "calendar/outgoing.h"
#include "calendar/recur.h"
#include "calendar/zone.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	MEMORY = 400 << 20,
	LARGE = 1 << 20, /* after such a calendar memory is given back */
};

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* sanitizers map terabytes and read files of their own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

static bool set_limit(int resource, rlim_t value)
{
	const struct rlimit limit = { value, value };

	return setrlimit(resource, &limit) == 0;
}

#if defined(ARCHITECTURE) && !defined(SANITIZED)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (name), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Reading and answering on what is open, memory that is not code, and the end. */
static bool lock_up(void)
{
	struct sock_filter rules[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		ALLOW(__NR_read),
		ALLOW(__NR_write),
		ALLOW(__NR_brk),
		ALLOW(__NR_munmap),
		ALLOW(__NR_mremap),
		ALLOW(__NR_madvise),
		ALLOW(__NR_futex),
		ALLOW(__NR_getrandom),
		ALLOW(__NR_sysinfo), /* qsort() of many asks how much memory there is */
		ALLOW(__NR_rt_sigreturn),
		ALLOW(__NR_exit_group),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		LOAD(args[2]), /* the protection; little-endian: its low half */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { G_N_ELEMENTS(rules), rules };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool lock_up(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
#endif

static bool limit_process(void)
{
#ifndef SANITIZED
	if (!set_limit(RLIMIT_AS, MEMORY))
		return false;
#endif
	return set_limit(RLIMIT_CORE, 0) && set_limit(RLIMIT_FSIZE, 0) && lock_up();
}

static bool read_all(void *data, size_t len)
{
	char *to = data;

	while (len > 0) {
		ssize_t n = read(STDIN_FILENO, to, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		len -= (size_t)n;
	}
	return true;
}

/* The first invitation in it, decided and answered as the daemon would. */
static void decide(const struct meeting *meeting)
{
	const struct meeting_event *event = meeting_main_event(meeting);
	const char *const to[] = { event->attendee_count > 0 ? event->attendees[0].address : "", NULL };
	const char *const from[] = { event->has_organizer ? event->organizer.address : "", NULL };
	const struct itip_input input = { .incoming = meeting, .addresses = to, .from = from,
					  .vouch = IMIP_VOUCHED, .by_hand = true };
	struct itip_decision *decision = itip_decide(&input);

	if (decision->result != NULL) {
		struct meeting *stored = meeting_load(decision->result->ics);
		const struct outgoing_answer answer = { .address = to[0], .partstat = MEETING_PARTSTAT_ACCEPTED };

		if (stored != NULL)
			g_free(outgoing_reply(stored, &answer));
		meeting_destroy(&stored);
	}
	itip_decision_destroy(&decision);
}

static char examine(struct slice octets, const char *charset)
{
	g_autofree char *reason = NULL;
	GString *text = guard_text(octets, charset, &meeting_limits_default, &reason);
	struct meeting *meeting = NULL;
	struct recur_occurrence next[4];

	if (text != NULL) {
		meeting = meeting_parse(slice_of(text->str, text->len), NULL, NULL);
		g_string_free(text, TRUE);
	}
	if (meeting == NULL)
		return 0;
	recur_span(meeting, NULL);
	recur_upcoming(meeting, meeting_main_event(meeting)->start.instant, NULL, next, G_N_ELEMENTS(next));
	decide(meeting);
	meeting_destroy(&meeting);
	return 1;
}

static bool serve_one(void)
{
	unsigned char head[5];
	char charset[256], verdict;
	uint32_t len;
	char *octets;
	bool complete;

	if (!read_all(head, sizeof(head)) || !read_all(charset, head[0]))
		return false;
	charset[head[0]] = '\0';
	len = (uint32_t)head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 | (uint32_t)head[4] << 24;
	if (len > meeting_limits_default.octets)
		return false;
	octets = g_malloc(MAX(len, 1));
	complete = read_all(octets, len);
	verdict = complete ? examine(slice_of(octets, len), head[0] > 0 ? charset : NULL) : 0;
	g_free(octets);
	if (len > LARGE)
		malloc_trim(0);
	return complete && write(STDIN_FILENO, &verdict, 1) == 1;
}

int main(void)
{
	zone_load_all();
	guard_load_charsets();
	if (!limit_process())
		return 1;
	while (serve_one())
		;
	return 0;
}
