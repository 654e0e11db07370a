/* The part index is stored with the content, so only the parts that matter are read. */
#include "scheduling/stored_mail.h"

struct mail_facts *stored_mail_facts(struct store *store, const uint8_t hash[CONTENT_HASH_SIZE])
{
	struct content_value *value = NULL;
	struct content_source content;
	struct mime_source source;
	struct part_index *index;
	struct mail_facts *facts = NULL;

	if (content_load_one(store, CONTENT_FACTS, hash, &value) != STORE_OK)
		return NULL;
	content_source_init(&content, store, hash);
	source = (struct mime_source){ content_source_read, &content, content_value_facts(value)->size };
	index = part_index_from_blob(content_value_facts(value)->part_index);
	if (index != NULL)
		facts = mail_facts_create(index, &source);
	part_index_destroy(&index);
	content_source_clear(&content);
	content_value_unref(&value);
	return facts;
}
