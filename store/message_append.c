/* Append: content, thread, UID, MODSEQ, counts and quota in one statement
 * (sql/002-functions.sql).  Content too long for one statement is stored before, without a
 * lock, so the mailbox's row is never held while octets travel. */
#include "store/message.h"

#include "store/change.h"
#include "store/content_row.h"
#include "store/facts.h"
#include "store/message_args.h"

#include <openssl/sha.h>

#define MAX_PREFIX 65536
#define MAX_KEYWORD 100
#define MAX_PARENTS 32
#define MAX_KEY 64

bool flag_names_are_good(const struct flag_names *flags)
{
	if ((flags->system & ~MESSAGE_SYSTEM_FLAGS) != 0)
		return false;
	for (size_t i = 0; flags->keywords != NULL && flags->keywords[i] != NULL; i++) {
		const char *keyword = flags->keywords[i];

		if (keyword[0] == '\0' || strlen(keyword) > MAX_KEYWORD)
			return false;
		for (const char *p = keyword; *p != '\0'; p++)
			if (!g_ascii_isgraph(*p))
				return false;
	}
	return true;
}

static int64_t content_key(const uint8_t *hash)
{
	return facts_id_key(slice_of((const char *)hash, CONTENT_HASH_SIZE));
}

/* Which thread a message belongs to when none of its ancestors is here: that of its oldest
 * ancestor, or its own. */
static int64_t root_key(const struct content_facts *facts, const uint8_t *hash)
{
	struct slice rest = facts->references, id;

	if (facts_next_id(&rest, &id))
		return facts_id_key(id);
	rest = facts->in_reply_to;
	if (facts_next_id(&rest, &id))
		return facts_id_key(id);
	return facts->message_id.len > 0 ? facts_id_key(facts->message_id) : content_key(hash);
}

static size_t parent_keys(const struct content_facts *facts, int64_t keys_out[MAX_PARENTS])
{
	struct slice lists[2] = { facts->in_reply_to, facts->references };
	struct slice id;
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		while (count < MAX_PARENTS && facts_next_id(&lists[i], &id))
			keys_out[count++] = facts_id_key(id);
	return count;
}

static void add_hash(struct db_args *args, const uint8_t *hash)
{
	if (hash != NULL)
		db_bytes(args, slice_of((const char *)hash, CONTENT_HASH_SIZE));
	else
		db_bytes_null(args);
}

/* Instead of the content's columns, for content that is stored already. */
static void add_no_content(struct db_args *args, const struct content_facts *facts)
{
	db_int8(args, (int64_t)facts->size);
	db_int8_null(args);
	db_int4(args, 0);
	for (int i = 0; i < 5; i++)
		db_bytes_null(args);
}

/* A message on its way, with what was looked up for it. */
struct appending {
	struct mailbox_ref mailbox;
	const struct message_new *message;
	const struct content_facts *facts;
	const uint8_t *hash;
	bool whole;                 /* the octets go with the statement */
	GByteArray *packed;
	int64_t parents[MAX_PARENTS];
	uint8_t delivery_digest[SHA256_DIGEST_LENGTH];
	int64_t now;                /* seconds */
};

static void add_delivery_key(struct db_args *args, struct appending *appending)
{
	struct slice key = appending->message->delivery_key;

	if (key.len == 0) {
		db_bytes_null(args);
		return;
	}
	if (key.len > MAX_KEY) {
		SHA256((const unsigned char *)key.data, key.len, appending->delivery_digest);
		key = slice_of((const char *)appending->delivery_digest, SHA256_DIGEST_LENGTH);
	}
	db_bytes(args, key);
}

static void add_args(struct db_args *args, struct appending *appending)
{
	const struct message_new *message = appending->message;
	size_t parents = parent_keys(appending->facts, appending->parents);

	db_mailbox(args, appending->mailbox);
	add_hash(args, appending->hash);
	if (appending->whole)
		content_args(args, message->content, message->content->octets, appending->packed);
	else
		add_no_content(args, appending->facts);
	db_int8_array(args, appending->parents, parents);
	db_int8(args, root_key(appending->facts, appending->hash));
	add_hash(args, message->original_hash);
	db_bytes(args, message->prefix);
	db_int8(args, (int64_t)message->flags.system);
	db_text_array(args, message->flags.keywords);
	db_int8(args, message->internal_date);
	db_int8(args, appending->now);
	add_delivery_key(args, appending);
	db_bool(args, message->delivery);
	db_int4(args, message->zone);
}

static void tell(struct store *store, const struct appending *appending,
		 const struct view_entry *entry, char **keywords)
{
	struct view_delta *delta = g_new0(struct view_delta, 1);

	delta->modseq = entry->modseq;
	delta->added = g_array_new(FALSE, FALSE, sizeof(struct view_entry));
	g_array_append_vals(delta->added, entry, 1);
	delta->keywords = keywords;
	change_messages(store, appending->mailbox, NOTICE_NEW, entry->modseq, delta);
}

static void take_answer(struct store *store, const struct appending *appending,
			const PGresult *rows, struct message_appended *appended_out)
{
	struct view_entry entry = {
		.uid = (uint32_t)db_get_int8(rows, 0, 2),
		.prefix_size = (uint32_t)appending->message->prefix.len,
		.flags = (uint64_t)db_get_int8(rows, 0, 5),
		.modseq = (uint64_t)db_get_int8(rows, 0, 3),
		.size = appending->facts->size + appending->message->prefix.len,
		.internal_date = appending->message->internal_date,
		.zone = appending->message->zone,
		.save_date = appending->now,
		.thread_id = (uint64_t)db_get_int8(rows, 0, 4),
	};

	memcpy(entry.hash, appending->hash, CONTENT_HASH_SIZE);
	*appended_out = (struct message_appended){
		.uidvalidity = (uint32_t)db_get_int8(rows, 0, 1),
		.uid = entry.uid, .modseq = entry.modseq, .thread_id = entry.thread_id,
	};
	memcpy(appended_out->hash, appending->hash, CONTENT_HASH_SIZE);
	tell(store, appending, &entry,
	     db_is_null(rows, 0, 6) ? NULL : db_get_text_array(rows, 0, 6));
}

static enum store_result append(struct store *store, struct appending *appending,
				struct message_appended *appended_out)
{
	static const struct db_statement statement = {
		"SELECT status, r_uidvalidity, r_uid, r_modseq, r_thread, r_flags, r_keywords"
		" FROM message_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
		" $16, $17, $18, $19, $20, $21, $22)", false };
	struct db_args args = { 0 };
	PGresult *rows;
	enum store_result result;

	appending->now = g_get_real_time() / G_USEC_PER_SEC;
	appending->packed = appending->whole ? facts_pack(appending->facts) : NULL;
	add_args(&args, appending);
	result = db_run(store, &statement, &args, &rows);
	g_clear_pointer(&appending->packed, g_byte_array_unref);
	if (result != STORE_OK)
		return result;
	result = (enum store_result)db_get_int4(rows, 0, 0);
	if (result == STORE_OK)
		take_answer(store, appending, rows, appended_out);
	PQclear(rows);
	return result;
}

enum store_result message_append(struct store *store, struct mailbox_ref mailbox,
				 const struct message_new *message,
				 struct message_appended *appended_out)
{
	struct appending appending = { .mailbox = mailbox, .message = message };
	struct content_value *known = NULL;
	enum store_result result = STORE_OK;

	*appended_out = (struct message_appended){ 0 };
	if (message->prefix.len > MAX_PREFIX || !flag_names_are_good(&message->flags))
		return STORE_INVALID;
	if (message->content != NULL) {
		appending.facts = &message->content->facts;
		appending.hash = message->content->hash;
		appending.whole = appending.facts->size <= CONTENT_CHUNK;
		if (!appending.whole)
			result = content_store(store, message->content);
	} else {
		appending.hash = message->hash;
		result = content_load_one(store, CONTENT_FACTS, message->hash, &known);
		result = result == STORE_DAMAGED ? STORE_NOT_FOUND : result;
		if (known != NULL)
			appending.facts = content_value_facts(known);
	}
	if (result == STORE_OK)
		result = append(store, &appending, appended_out);
	content_value_unref(&known);
	return result;
}

struct appending_many {
	struct mailbox_ref mailbox;
	const struct message_new *messages;
	size_t count;
	struct message_appended *appended;
};

static enum store_result append_all(struct store *store, void *arg)
{
	const struct appending_many *many = arg;
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < many->count && result == STORE_OK; i++)
		result = message_append(store, many->mailbox, &many->messages[i], &many->appended[i]);
	return result;
}

enum store_result message_append_many(struct store *store, struct mailbox_ref mailbox,
				      const struct message_new *messages, size_t count,
				      struct message_appended *appended_out)
{
	struct appending_many many = { mailbox, messages, count, appended_out };

	if (count == 1)
		return message_append(store, mailbox, messages, appended_out);
	return connection_transaction(store, append_all, &many);
}

struct replacing {
	struct mailbox_ref source, target;
	uint32_t uid;
	const struct message_new *message;
	struct message_appended *appended;
};

static enum store_result replace_work(struct store *store, void *arg)
{
	const struct replacing *replacing = arg;
	struct uid_range range = { replacing->uid, replacing->uid };
	struct uid_list expunged = { 0 };
	uint64_t modseq;
	enum store_result result;

	/* The old one first: only the difference counts against the quota (RFC 8508 3.4). */
	result = message_expunge(store, replacing->source, (struct uid_set){ &range, 1 }, true,
				 &expunged, &modseq);
	uid_list_clear(&expunged);
	if (result == STORE_OK && modseq == 0)
		result = STORE_NOT_FOUND;
	if (result == STORE_OK)
		result = message_append(store, replacing->target, replacing->message, replacing->appended);
	return result;
}

enum store_result message_replace(struct store *store, struct mailbox_ref source, uint32_t uid,
				  struct mailbox_ref target, const struct message_new *message,
				  struct message_appended *appended_out)
{
	struct replacing replacing = { source, target, uid, message, appended_out };

	return connection_transaction(store, replace_work, &replacing);
}
