/* Jobs, timers, watches and the end-of-turn tasks of a loop. */
#include "net/loop.h"
#include "net/loop_task.h"

#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POSTERS = 4, POSTS = 5000 };

struct post {
	struct posting *posting;
	unsigned poster, number;
};

struct posting {
	struct loop *loop;
	unsigned seen[POSTERS];
	unsigned left;
	struct post posts[POSTERS][POSTS];
};

static void posted(void *arg)
{
	struct post *post = arg;
	struct posting *posting = post->posting;

	g_assert_true(loop_is_mine(posting->loop));
	g_assert_cmpuint(post->number, ==, posting->seen[post->poster]);
	posting->seen[post->poster]++;
	if (--posting->left == 0)
		loop_stop(posting->loop);
}

struct poster {
	struct posting *posting;
	unsigned number;
};

static gpointer poster_main(gpointer arg)
{
	struct poster *poster = arg;

	g_assert_false(loop_is_mine(poster->posting->loop));
	for (unsigned i = 0; i < POSTS; i++) {
		struct post *post = &poster->posting->posts[poster->number][i];

		*post = (struct post){ poster->posting, poster->number, i };
		loop_post(poster->posting->loop, posted, post);
	}
	return NULL;
}

static void jobs_of_every_thread_run_in_the_order_posted(void)
{
	g_autofree struct posting *posting = g_new0(struct posting, 1);
	struct poster posters[POSTERS];
	GThread *threads[POSTERS];

	posting->loop = loop_create();
	posting->left = POSTERS * POSTS;
	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){ posting, i };
		threads[i] = g_thread_new("poster", poster_main, &posters[i]);
	}
	loop_run(posting->loop);
	for (unsigned i = 0; i < POSTERS; i++)
		g_thread_join(threads[i]);
	loop_destroy(&posting->loop);
	g_assert_null(posting->loop);
}

struct order {
	struct loop *loop;
	GString *out;
	struct loop_timer *timers[3];
	struct loop_task tasks[3];
	unsigned again;
};

static void first_timer(void *arg)
{
	struct order *order = arg;

	g_string_append(order->out, "first ");
	loop_timer_cancel(order->timers[1]);
	loop_timer_set(order->timers[2], 1);
}

static void cancelled_timer(void *arg)
{
	struct order *order = arg;

	g_string_append(order->out, "cancelled ");
}

static void last_timer(void *arg)
{
	struct order *order = arg;

	g_string_append(order->out, "last ");
	loop_timer_destroy(&order->timers[2]); /* inside its own call */
	loop_stop(order->loop);
}

static void timers_fire_once_and_can_be_cancelled_and_moved(void)
{
	struct order order = { .loop = loop_create(), .out = g_string_new(NULL) };

	order.timers[0] = loop_timer_create(order.loop, first_timer, &order);
	order.timers[1] = loop_timer_create(order.loop, cancelled_timer, &order);
	order.timers[2] = loop_timer_create(order.loop, last_timer, &order);
	loop_timer_set(order.timers[1], 30);
	loop_timer_set(order.timers[2], 3600 * 1000);
	loop_timer_set(order.timers[0], 5000);
	loop_timer_set(order.timers[0], 1);
	loop_run(order.loop);
	g_assert_cmpstr(order.out->str, ==, "first last ");
	loop_timer_destroy(&order.timers[0]);
	loop_timer_destroy(&order.timers[1]);
	loop_destroy(&order.loop);
	g_string_free(order.out, TRUE);
}

static void task_a(void *arg)
{
	struct order *order = arg;

	g_string_append(order->out, "a ");
	loop_task_cancel(order->loop, &order->tasks[1]);
	if (++order->again < 3)
		loop_task_queue(order->loop, &order->tasks[0]);
	else
		loop_stop(order->loop);
}

static void task_b(void *arg)
{
	struct order *order = arg;

	g_string_append(order->out, "b ");
}

static void task_c(void *arg)
{
	struct order *order = arg;

	g_string_append(order->out, "c ");
}

static void job(void *arg)
{
	struct order *order = arg;

	for (int i = 0; i < 2; i++) {
		loop_task_queue(order->loop, &order->tasks[0]);
		loop_task_queue(order->loop, &order->tasks[1]);
		loop_task_queue(order->loop, &order->tasks[2]);
	}
	g_string_append(order->out, "job ");
}

static void tasks_run_once_at_the_end_of_the_turn(void)
{
	struct order order = { .loop = loop_create(), .out = g_string_new(NULL) };

	order.tasks[0] = (struct loop_task){ .fn = task_a, .arg = &order };
	order.tasks[1] = (struct loop_task){ .fn = task_b, .arg = &order };
	order.tasks[2] = (struct loop_task){ .fn = task_c, .arg = &order };
	loop_post(order.loop, job, &order);
	loop_post(order.loop, job, &order);
	loop_run(order.loop);
	/* b was cancelled by a in the same batch; a queued itself for later turns. */
	g_assert_cmpstr(order.out->str, ==, "job job a c a a ");
	loop_destroy(&order.loop);
	g_string_free(order.out, TRUE);
}

struct watching {
	struct loop *loop;
	struct loop_watch *watch;
	GString *out;
	int pair[2];
};

static void watched(void *arg, unsigned events)
{
	struct watching *watching = arg;
	char octet;

	if (events & LOOP_WRITE) {
		g_string_append(watching->out, "write ");
		loop_watch_set(watching->watch, LOOP_READ);
		g_assert_cmpint(send(watching->pair[1], "xy", 2, 0), ==, 2);
		return;
	}
	g_assert_cmpint(recv(watching->pair[0], &octet, 1, 0), ==, 1);
	g_string_append_printf(watching->out, "read %c ", octet);
	if (octet == 'y') {
		loop_watch_destroy(&watching->watch); /* inside its own call */
		loop_stop(watching->loop);
	}
}

static void watches_are_level_triggered(void)
{
	struct watching watching = { .loop = loop_create(), .out = g_string_new(NULL) };

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, watching.pair), ==, 0);
	watching.watch = loop_watch_create(watching.loop, watching.pair[0], watched, &watching);
	loop_watch_set(watching.watch, LOOP_WRITE);
	loop_run(watching.loop);
	g_assert_cmpstr(watching.out->str, ==, "write read x read y ");
	close(watching.pair[0]);
	close(watching.pair[1]);
	loop_destroy(&watching.loop);
	g_string_free(watching.out, TRUE);
}

static gpointer run_until_stopped(gpointer loop)
{
	loop_run(loop);
	g_assert_true(loop_is_mine(loop));
	return NULL;
}

static void stop_from_another_thread_ends_the_run_and_what_was_posted_before_is_done(void)
{
	for (int i = 0; i < 200; i++) {
		struct posting posting = { .loop = loop_create(), .left = 2 };
		struct post post = { &posting, 0, 0 };
		GThread *thread = g_thread_new("loop", run_until_stopped, posting.loop);

		loop_post(posting.loop, posted, &post);
		loop_stop(posting.loop);
		g_thread_join(thread);
		g_assert_cmpuint(posting.left, ==, 1);
		loop_destroy(&posting.loop);
	}
}

#define ADD(fn) g_test_add_func("/net/loop/" #fn, fn)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(jobs_of_every_thread_run_in_the_order_posted);
	ADD(timers_fire_once_and_can_be_cancelled_and_moved);
	ADD(tasks_run_once_at_the_end_of_the_turn);
	ADD(watches_are_level_triggered);
	ADD(stop_from_another_thread_ends_the_run_and_what_was_posted_before_is_done);
	return g_test_run();
}
