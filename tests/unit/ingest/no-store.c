/* A store that nothing may reach: these tests never store. */
#include "store/content.h"

enum store_result content_store(struct store *store, const struct content_row *row)
{
	(void)store;
	(void)row;
	g_assert_not_reached();
}

enum store_result content_store_derived(struct store *store, const struct content_row *row)
{
	(void)store;
	(void)row;
	g_assert_not_reached();
}

enum store_result content_load_one(struct store *store, enum content_kind kind,
				   const uint8_t hash[CONTENT_HASH_SIZE],
				   struct content_value **value_out)
{
	(void)store;
	(void)kind;
	(void)hash;
	(void)value_out;
	g_assert_not_reached();
}

const struct content_facts *content_value_facts(const struct content_value *value)
{
	(void)value;
	g_assert_not_reached();
}

void content_value_unref(struct content_value **value)
{
	(void)value;
	g_assert_not_reached();
}

void content_source_init(struct content_source *source, struct store *store,
			 const uint8_t hash[CONTENT_HASH_SIZE])
{
	(void)source;
	(void)store;
	(void)hash;
	g_assert_not_reached();
}

void content_source_clear(struct content_source *source)
{
	(void)source;
	g_assert_not_reached();
}

ssize_t content_source_read(void *arg, uint64_t offset, void *data, size_t len)
{
	(void)arg;
	(void)offset;
	(void)data;
	(void)len;
	g_assert_not_reached();
}

void content_value_search(const struct content_value *value, struct slice *headers_out, struct slice *body_out)
{
	(void)value;
	(void)headers_out;
	(void)body_out;
	g_assert_not_reached();
}

struct slice content_value_octets(const struct content_value *value)
{
	(void)value;
	g_assert_not_reached();
}
