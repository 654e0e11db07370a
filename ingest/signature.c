/* Trigram signatures.
 *
 * Layout: one octet version, one octet log2 of the number of bits, then the bits.  Two bit
 * positions per trigram, from one multiplicative hash of its three octets.  The number of bits is
 * the power of two at or above eight per different trigram (about 5 % of the bits of absent
 * trigrams both set, and a needle has several); at 2^20 it stops: such a text holds nearly every
 * trigram of its language anyway. */
#include "ingest/signature.h"

#define VERSION 1
#define HEAD 2
#define MIN_LOG2 6
#define MAX_LOG2 20
#define TRIGRAMS (1u << 24)
/* Octets of text whose trigrams go into a table. */
#define SHORT_TEXT 8192
/* A needle needs no more to be ruled out. */
#define MAX_QUERY 64

struct signature_query {
	uint32_t hashes[MAX_QUERY];
	size_t count;
};

static uint32_t trigram_at(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* Spreads 24 bits over 32; the two positions take its upper and its middle part. */
static uint32_t hash_of(uint32_t trigram)
{
	uint32_t hash = trigram * UINT32_C(2654435761);

	hash ^= hash >> 15;
	hash *= UINT32_C(2246822519);
	return hash ^ hash >> 13;
}

static uint32_t first_bit(uint32_t hash, unsigned log2)
{
	return hash >> (32 - log2);
}

static uint32_t second_bit(uint32_t hash, unsigned log2)
{
	return (hash * UINT32_C(3266489917)) >> (32 - log2);
}

/* A set of trigrams: of short texts a table in the processor's nearest cache, of long ones a
 * bitmap of all trigrams there are. */
struct trigram_set {
	GArray *found;          /* of uint32_t, each once */
	uint64_t *bitmap;       /* NULL: the table */
	uint32_t *table;        /* trigram + 1; 0: free; at most half full */
	unsigned table_log2;
};

static void add_to_bitmap(struct trigram_set *set, uint32_t trigram)
{
	uint64_t bit = UINT64_C(1) << trigram % 64;

	if (set->bitmap[trigram / 64] & bit)
		return;
	set->bitmap[trigram / 64] |= bit;
	g_array_append_val(set->found, trigram);
}

static void add_to_table(struct trigram_set *set, uint32_t trigram)
{
	uint32_t at = trigram * UINT32_C(2654435761) >> (32 - set->table_log2);

	while (set->table[at] != 0 && set->table[at] != trigram + 1)
		at = (at + 1) & ((1u << set->table_log2) - 1);
	if (set->table[at] != 0)
		return;
	set->table[at] = trigram + 1;
	g_array_append_val(set->found, trigram);
}

static void add_text(struct trigram_set *set, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.data;
	uint32_t trigram = text.len >= 3 ? (uint32_t)p[0] << 8 | p[1] : 0;

	for (size_t i = 2; i < text.len; i++) {
		trigram = (trigram << 8 | p[i]) & (TRIGRAMS - 1);
		if (set->bitmap != NULL)
			add_to_bitmap(set, trigram);
		else
			add_to_table(set, trigram);
	}
}

/* The thread's own; clean between uses. */
static uint64_t *thread_bitmap(void)
{
	static GPrivate key = G_PRIVATE_INIT(g_free);
	uint64_t *bitmap = g_private_get(&key);

	if (bitmap == NULL) {
		bitmap = g_new0(uint64_t, TRIGRAMS / 64);
		g_private_set(&key, bitmap);
	}
	return bitmap;
}

/* Different trigrams, each once. */
static GArray *collect(const struct slice *texts, size_t count)
{
	struct trigram_set set = { .found = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
				   .table_log2 = MIN_LOG2 };
	size_t total = 0;

	for (size_t t = 0; t < count; t++)
		total += texts[t].len;
	if (total > SHORT_TEXT)
		set.bitmap = thread_bitmap();
	while (set.bitmap == NULL && (1u << set.table_log2) < 2 * total)
		set.table_log2++;
	if (set.bitmap == NULL)
		set.table = g_new0(uint32_t, 1u << set.table_log2);
	for (size_t t = 0; t < count; t++)
		add_text(&set, texts[t]);
	for (guint i = 0; set.bitmap != NULL && i < set.found->len; i++)
		set.bitmap[g_array_index(set.found, uint32_t, i) / 64] = 0;
	g_free(set.table);
	return set.found;
}

static void set_bit(unsigned char *bits, uint32_t bit)
{
	bits[bit / 8] |= (unsigned char)(1u << bit % 8);
}

static bool bit_is_set(const char *bits, uint32_t bit)
{
	return (unsigned char)bits[bit / 8] >> bit % 8 & 1;
}

GBytes *signature_build(const struct slice *texts, size_t count)
{
	g_autoptr(GArray) trigrams = collect(texts, count);
	unsigned log2 = MIN_LOG2;
	unsigned char *octets;
	size_t size;

	while (log2 < MAX_LOG2 && (UINT64_C(1) << log2) < (uint64_t)trigrams->len * 8)
		log2++;
	size = HEAD + (1u << log2) / 8;
	octets = g_malloc0(size);
	octets[0] = VERSION;
	octets[1] = (unsigned char)log2;
	for (guint i = 0; i < trigrams->len; i++) {
		uint32_t hash = hash_of(g_array_index(trigrams, uint32_t, i));

		set_bit(octets + HEAD, first_bit(hash, log2));
		set_bit(octets + HEAD, second_bit(hash, log2));
	}
	return g_bytes_new_take(octets, size);
}

GBytes *signature_anything(void)
{
	return g_bytes_new(NULL, 0);
}

struct signature_query *signature_query_create(struct slice needle)
{
	struct signature_query *query = g_new0(struct signature_query, 1);
	size_t total = needle.len >= 3 ? needle.len - 2 : 0;
	/* Trigrams from all over a long needle. */
	size_t step = total > MAX_QUERY ? total / MAX_QUERY : 1;

	for (size_t i = 0; i < total && query->count < MAX_QUERY; i += step)
		query->hashes[query->count++] = hash_of(trigram_at(needle.data + i));
	return query;
}

void signature_query_destroy(struct signature_query **query)
{
	g_clear_pointer(query, g_free);
}

unsigned signature_log2(struct slice signature)
{
	unsigned log2;

	if (signature.len < HEAD || signature.data[0] != VERSION)
		return 0;
	log2 = (unsigned char)signature.data[1];
	if (log2 < MIN_LOG2 || log2 > MAX_LOG2 || signature.len != HEAD + (1u << log2) / 8)
		return 0;
	return log2;
}

/* Two neighbouring bits become one. */
static uint32_t fold_word(uint64_t bits)
{
	bits = (bits | bits >> 1) & UINT64_C(0x5555555555555555);
	bits = (bits | bits >> 1) & UINT64_C(0x3333333333333333);
	bits = (bits | bits >> 2) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	bits = (bits | bits >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	bits = (bits | bits >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(bits | bits >> 16);
}

void signature_fold(uint8_t *bits, unsigned log2)
{
	size_t octets = (size_t)1 << log2 >> 3;

	for (size_t i = 0; i < octets; i += 8) {
		uint64_t word;
		uint32_t half;

		memcpy(&word, bits + i, 8);
		half = GUINT32_TO_LE(fold_word(GUINT64_FROM_LE(word)));
		memcpy(bits + i / 2, &half, 4);
	}
}

/* Each bit becomes 2^folds. */
static void unfold(const uint8_t *from, size_t octets, unsigned folds, uint8_t *bits)
{
	for (size_t i = 0; i < octets * 8; i++)
		for (uint32_t k = 0; from[i / 8] >> i % 8 & 1 && k < 1u << folds; k++)
			set_bit(bits, (uint32_t)(i << folds) + k);
}

/* The positions of one hash at two resolutions differ in their lower bits alone. */
void signature_spread(struct slice signature, unsigned log2, uint8_t *bits)
{
	unsigned own = signature_log2(signature);
	size_t octets = (size_t)1 << own >> 3;
	g_autofree uint8_t *copy = NULL;

	g_assert(own != 0);
	copy = g_memdup2(signature.data + HEAD, octets);
	if (own < log2) {
		unfold(copy, octets, log2 - own, bits);
		return;
	}
	for (; own > log2; own--, octets /= 2)
		signature_fold(copy, own);
	for (size_t i = 0; i < octets; i++)
		bits[i] |= copy[i];
}

void signature_spread_text(struct slice text, unsigned log2, uint8_t *bits)
{
	for (size_t i = 0; i + 3 <= text.len; i++) {
		uint32_t hash = hash_of(trigram_at(text.data + i));

		set_bit(bits, first_bit(hash, log2));
		set_bit(bits, second_bit(hash, log2));
	}
}

size_t signature_query_bits(const struct signature_query *query, unsigned log2, uint32_t *bits_out,
			    size_t size)
{
	size_t count = MIN(query->count, size / 2);

	for (size_t i = 0; i < count; i++) {
		bits_out[2 * i] = first_bit(query->hashes[i], log2);
		bits_out[2 * i + 1] = second_bit(query->hashes[i], log2);
	}
	return 2 * count;
}

bool signature_may_contain(struct slice signature, const struct signature_query *query)
{
	const char *bits = signature.data + HEAD;
	unsigned log2 = signature_log2(signature);

	if (log2 == 0)
		return true;
	for (size_t i = 0; i < query->count; i++)
		if (!bit_is_set(bits, first_bit(query->hashes[i], log2)) ||
		    !bit_is_set(bits, second_bit(query->hashes[i], log2)))
			return false;
	return true;
}
