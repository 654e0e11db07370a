/* Threads of RFC 5256: references first, then subjects. */
#include "imap/thread_tree.h"

enum { MAX_ROWS = 12 };

struct row {
	const char *id;
	const char *references; /* separated by spaces */
	const char *subject;
	int64_t date;
	bool is_reply;
};

static char *run(const struct row *rows, bool references)
{
	struct thread_message messages[MAX_ROWS] = { 0 };
	struct slice ids[MAX_ROWS][MAX_ROWS];
	char **words[MAX_ROWS] = { 0 };
	GString *out = g_string_new(NULL);
	size_t count = 0;

	for (; rows[count].id != NULL; count++) {
		struct thread_message *m = &messages[count];

		words[count] = g_strsplit(rows[count].references, " ", MAX_ROWS);
		m->number = (uint32_t)count + 1;
		m->date = rows[count].date != 0 ? rows[count].date : (int64_t)count + 1;
		m->subject = slice_from_string(rows[count].subject);
		m->is_reply = rows[count].is_reply;
		m->message_id = slice_from_string(rows[count].id);
		m->references = ids[count];
		for (; words[count][m->reference_count] != NULL; m->reference_count++)
			ids[count][m->reference_count] = slice_from_string(words[count][m->reference_count]);
	}
	(references ? thread_references : thread_ordered_subject)(messages, count, out);
	for (size_t i = 0; i < count; i++)
		g_strfreev(words[i]);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *references, *subjects;
	struct row rows[MAX_ROWS];
} cases[] = {
	{ "", "", { { NULL } } },
	{ "(1)", "(1)", { { "a", "", "x", 0, false }, { NULL } } },
	/* A chain, and a branch. */
	{ "(1 2 3)", "(1 (2)(3))",
	  { { "a", "", "x", 0, false }, { "b", "a", "x", 0, true }, { "c", "a b", "x", 0, true }, { NULL } } },
	{ "(1 (2)(3))", "(1)(2 3)",
	  { { "a", "", "x", 0, false }, { "b", "a", "y", 0, true }, { "c", "a", "y", 0, true }, { NULL } } },
	/* A missing parent keeps its children together. */
	{ "((1)(2))", "(1)(2)",
	  { { "a", "gone", "x", 0, true }, { "b", "gone", "y", 0, true }, { NULL } } },
	/* A missing parent of one child vanishes. */
	{ "(1 2)", "(1)(2)",
	  { { "a", "gone", "x", 0, true }, { "b", "a", "y", 0, true }, { NULL } } },
	/* A missing message in the middle. */
	{ "(1 2)", "(1)(2)",
	  { { "a", "", "x", 0, false }, { "c", "a gone", "y", 0, true }, { NULL } } },
	/* Loops are not made. */
	{ "(2 1)", "(1)(2)",
	  { { "a", "b", "x", 0, false }, { "b", "a", "y", 0, true }, { NULL } } },
	{ "(1)", "(1)", { { "a", "a", "x", 0, false }, { NULL } } },
	/* A message decides on its own parent, whatever others said before. */
	{ "(1 3 2)", "(1)(2)(3)",
	  { { "a", "", "x", 0, false }, { "c", "a b", "y", 0, true }, { "b", "a", "z", 0, true }, { NULL } } },
	{ "(1 2 3)", "(1)(2)(3)",
	  { { "a", "", "x", 0, false }, { "c", "a", "y", 0, true }, { "b", "a c", "z", 0, true },
	    { NULL } } },
	/* Same subject without references: reply under original, else side by side. */
	{ "(1 2)", "(1 2)", { { "a", "", "x", 0, false }, { "b", "", "x", 0, true }, { NULL } } },
	{ "(2 1)", "(1 2)", { { "a", "", "x", 0, true }, { "b", "", "x", 0, false }, { NULL } } },
	{ "((1)(2))", "(1 2)", { { "a", "", "x", 0, false }, { "b", "", "x", 0, false }, { NULL } } },
	{ "((1)(2)(3))", "(1 (2)(3))",
	  { { "a", "", "x", 0, false }, { "b", "", "x", 0, false }, { "c", "", "x", 0, true }, { NULL } } },
	/* Empty subjects are not gathered by references. */
	{ "(1)(2)", "(1 2)", { { "a", "", "", 0, false }, { "b", "", "", 0, false }, { NULL } } },
	/* Duplicate and missing message ids. */
	{ "(1)(2)", "(1)(2)", { { "a", "", "x", 0, false }, { "a", "", "y", 0, false }, { NULL } } },
	{ "(1)(2)", "(1)(2)", { { "", "", "x", 0, false }, { "", "", "y", 0, false }, { NULL } } },
	/* By date, not by number. */
	{ "(2)(1)", "(2)(1)", { { "a", "", "x", 9, false }, { "b", "", "y", 3, false }, { NULL } } },
	{ "(1 (3)(2))", "(1)(3)(2)",
	  { { "a", "", "x", 1, false }, { "b", "a", "y", 9, true }, { "c", "a", "z", 5, true }, { NULL } } },
};

static void threads_come_out_as_the_rfc_draws_them(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *references = run(cases[i].rows, true);
		g_autofree char *subjects = run(cases[i].rows, false);

		g_test_message("case %zu", i);
		g_assert_cmpstr(references, ==, cases[i].references);
		g_assert_cmpstr(subjects, ==, cases[i].subjects);
	}
}

static void a_chain_of_100000_messages_is_threaded_quickly(void)
{
	enum { COUNT = 100000 };
	g_autofree struct thread_message *messages = g_new0(struct thread_message, COUNT);
	g_autofree struct slice *ids = g_new0(struct slice, COUNT);
	g_autoptr(GString) out = g_string_new(NULL);

	for (unsigned i = 0; i < COUNT; i++) {
		char *id = g_strdup_printf("<%u>", i);

		ids[i] = slice_from_string(id);
		messages[i].number = i + 1;
		messages[i].date = i;
		messages[i].message_id = ids[i];
		messages[i].reference_count = i > 0;
		messages[i].references = i > 0 ? &ids[i - 1] : NULL;
	}
	g_test_timer_start();
	thread_references(messages, COUNT, out);
	g_assert_cmpfloat(g_test_timer_elapsed(), <, 5);
	g_assert_true(g_str_has_prefix(out->str, "(1 2 3 4 "));
	g_assert_true(g_str_has_suffix(out->str, " 100000)"));
	for (unsigned i = 0; i < COUNT; i++)
		g_free((char *)ids[i].data);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/thread/cases", threads_come_out_as_the_rfc_draws_them);
	g_test_add_func("/thread/chain", a_chain_of_100000_messages_is_threaded_quickly);
	return g_test_run();
}
