/* The part index beside GMime: the bodies of the leaves lie where GMime says, for every message of
 * the corpus and for messages put together by chance. */
#include "corpus.h"
#include "gmime_ranges.h"

struct tally {
	unsigned agree, aside, differ;
};

static void count(struct tally *tally, const char *name, struct slice octets)
{
	g_autofree char *why = NULL;

	switch (gmime_ranges_compare(octets, &why)) {
	case GMIME_AGREES:
		tally->agree++;
		break;
	case GMIME_SET_ASIDE:
		tally->aside++;
		break;
	case GMIME_DIFFERS:
		tally->differ++;
		g_test_message("%s (%zu octets)\n%s", name, octets.len, why);
		break;
	}
}

static void each_message(const char *name, struct slice octets, void *arg)
{
	count(arg, name, octets);
}

static void every_corpus_message_has_its_leaves_where_gmime_says(void)
{
	struct tally tally = { 0 };

	if (corpus_each(each_message, &tally) == 0)
		return;
	g_test_message("%u agree, %u set aside", tally.agree, tally.aside);
	g_assert_cmpuint(tally.differ, ==, 0);
	g_assert_cmpuint(tally.agree, >, 4 * tally.aside);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	gmime_ranges_start();
	g_test_add_func("/gmime/every-corpus-message-has-its-leaves-where-gmime-says",
			every_corpus_message_has_its_leaves_where_gmime_says);
	return g_test_run();
}
