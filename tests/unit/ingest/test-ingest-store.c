/* A message through ingest/ into a database and out again: octets, rows, reparse. */
#include "ingest/ingest.h"
#include "tests/unit/store/cluster.h"

static struct store *store;

static GString *make_message(size_t size)
{
	GString *out = g_string_new("From: a@example.test\r\nSubject: stored\r\n"
				    "Content-Type: text/plain\r\n\r\n");

	while (out->len < size)
		g_string_append_printf(out, "line at %zu\r\n", out->len);
	return out;
}

static void assert_stored(const uint8_t hash[CONTENT_HASH_SIZE], const GString *message)
{
	struct content_source stored;
	struct mime_source source = { content_source_read, &stored, message->len };
	g_autoptr(GString) back = g_string_new(NULL);
	struct content_value *facts = NULL;

	content_source_init(&stored, store, hash);
	g_assert_true(mime_source_append(&source, 0, message->len, back));
	content_source_clear(&stored);
	g_assert_true(g_string_equal(back, message));
	g_assert_cmpint(content_load_one(store, CONTENT_FACTS, hash, &facts), ==, STORE_OK);
	g_assert_cmpuint(content_value_facts(facts)->size, ==, message->len);
	g_assert_true(slice_equal(content_value_facts(facts)->subject, SLICE("stored")));
	content_value_unref(&facts);
}

static void content_of_every_size_comes_back_octet_for_octet(void)
{
	static const size_t sizes[] = { 0, CONTENT_CHUNK - 20, CONTENT_CHUNK, CONTENT_CHUNK + 20,
					3 * CONTENT_CHUNK + 777 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GString) message = make_message(sizes[i]);
		struct slice octets = slice_of(message->str, message->len);
		struct mime_source source = mime_source_of_slice(&octets);
		struct ingest *ingest = ingest_create(&source);
		g_autofree char *problem = NULL;

		g_assert_cmpint(ingest_store(store, ingest), ==, STORE_OK);
		/* A second time is no harm. */
		g_assert_cmpint(ingest_store(store, ingest), ==, STORE_OK);
		assert_stored(ingest_row(ingest)->hash, message);
		g_assert_cmpint(content_verify(store, ingest_row(ingest)->hash, &problem), ==, STORE_OK);
		ingest_destroy(&ingest);
	}
}

static void reparse_makes_the_same_row(void)
{
	for (size_t size = 0; size < 2 * CONTENT_CHUNK; size += CONTENT_CHUNK + 1000) {
		g_autoptr(GString) message = make_message(size + 100);
		struct slice octets = slice_of(message->str, message->len);
		struct mime_source source = mime_source_of_slice(&octets);
		struct ingest *ingest = ingest_create(&source);

		g_assert_cmpint(ingest_store(store, ingest), ==, STORE_OK);
		g_assert_cmpint(ingest_reparse(store, ingest_row(ingest)->hash), ==, STORE_OK);
		assert_stored(ingest_row(ingest)->hash, message);
		ingest_destroy(&ingest);
	}
}

static void reparse_of_what_is_not_there_says_so(void)
{
	static const uint8_t hash[CONTENT_HASH_SIZE] = { 1, 2, 3 };

	g_assert_cmpint(ingest_reparse(store, hash), !=, STORE_OK);
}

int main(int argc, char **argv)
{
	struct store_service *service = test_begin(&argc, &argv, 1);
	int status;

	store = test_store(service);
	g_test_add_func("/ingest-store/content-of-every-size-comes-back-octet-for-octet",
			content_of_every_size_comes_back_octet_for_octet);
	g_test_add_func("/ingest-store/reparse-makes-the-same-row", reparse_makes_the_same_row);
	g_test_add_func("/ingest-store/reparse-of-what-is-not-there-says-so",
			reparse_of_what_is_not_there_says_so);
	status = g_test_run();
	store_close(&store);
	store_service_destroy(&service);
	test_cluster_stop();
	return status;
}
