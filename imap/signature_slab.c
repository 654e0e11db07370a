/* Columns are turned 64 at a time, into one word of each row; those that have come since stand in
 * line as they are.  A row has as many words as its columns need, by powers of two.  Signatures of
 * texts so large that folding would leave nothing but ones stand apart. */
#include "imap/signature_slab.h"

#include <glib.h>

enum { MOST_FOLDS = 2, MOST_BITS = 128 };

/* One that stands apart. */
struct large {
	unsigned column;
	unsigned log2;
	uint8_t *bits;
};

struct signature_slab {
	unsigned log2, count;
	unsigned turned;     /* columns in rows, a multiple of 64 */
	unsigned stride;     /* words of a row */
	uint64_t *rows;
	GByteArray *line;    /* the columns behind, each 2^log2 bits */
	GArray *large;
	uint64_t always[SIGNATURE_SLAB_WORDS]; /* columns of which nothing is known */
};

static void clear_large(gpointer data)
{
	g_free(((struct large *)data)->bits);
}

static GArray *large_new(void)
{
	GArray *large = g_array_new(FALSE, FALSE, sizeof(struct large));

	g_array_set_clear_func(large, clear_large);
	return large;
}

static size_t column_octets(const struct signature_slab *slab)
{
	return (size_t)1 << slab->log2 >> 3;
}

static size_t rows_size(const struct signature_slab *slab)
{
	return ((size_t)1 << slab->log2) * slab->stride;
}

struct signature_slab *signature_slab_create(unsigned log2)
{
	struct signature_slab *slab = g_new0(struct signature_slab, 1);

	slab->log2 = log2;
	slab->line = g_byte_array_new();
	slab->large = large_new();
	return slab;
}

struct signature_slab *signature_slab_copy(const struct signature_slab *slab)
{
	struct signature_slab *copy = g_memdup2(slab, sizeof(*slab));

	copy->rows = g_memdup2(slab->rows, rows_size(slab) * sizeof(uint64_t));
	copy->line = g_byte_array_sized_new(slab->line->len);
	g_byte_array_append(copy->line, slab->line->data, slab->line->len);
	copy->large = large_new();
	for (guint i = 0; i < slab->large->len; i++) {
		struct large large = g_array_index(slab->large, struct large, i);

		large.bits = g_memdup2(large.bits, (size_t)1 << large.log2 >> 3);
		g_array_append_val(copy->large, large);
	}
	return copy;
}

void signature_slab_destroy(struct signature_slab **slab)
{
	struct signature_slab *s = *slab;

	*slab = NULL;
	if (s == NULL)
		return;
	g_array_unref(s->large);
	g_byte_array_unref(s->line);
	g_free(s->rows);
	g_free(s);
}

unsigned signature_slab_count(const struct signature_slab *slab)
{
	return slab->count;
}

uint64_t signature_slab_octets(const struct signature_slab *slab)
{
	uint64_t octets = rows_size(slab) * sizeof(uint64_t) + slab->line->len;

	for (guint i = 0; i < slab->large->len; i++)
		octets += (UINT64_C(1) << g_array_index(slab->large, struct large, i).log2) / 8;
	return octets;
}

static void widen(struct signature_slab *slab)
{
	unsigned before = slab->stride, after = MAX(before * 2, 1);
	size_t count = (size_t)1 << slab->log2;
	uint64_t *rows = g_new0(uint64_t, count * after);

	for (size_t row = 0; row < count; row++)
		for (unsigned word = 0; word < before; word++)
			rows[row * after + word] = slab->rows[row * before + word];
	g_free(slab->rows);
	slab->rows = rows;
	slab->stride = after;
}

/* Bit c of word r becomes bit r of word c: ever smaller squares change places. */
static void turn(uint64_t words[64])
{
	uint64_t mask = UINT64_C(0x00000000ffffffff);

	for (unsigned size = 32; size > 0; size /= 2, mask ^= mask << size)
		for (unsigned i = 0; i < 64; i = (i + size + 1) & ~size) {
			uint64_t swap = (words[i] >> size ^ words[i + size]) & mask;

			words[i] ^= swap << size;
			words[i + size] ^= swap;
		}
}

static uint64_t word_of(const uint8_t *octets)
{
	uint64_t word;

	memcpy(&word, octets, sizeof(word));
	return GUINT64_FROM_LE(word);
}

/* The 64 columns in line go into the rows. */
static void turn_line(struct signature_slab *slab)
{
	size_t octets = column_octets(slab);
	unsigned word = slab->turned / 64;
	uint64_t square[64];

	if (word == slab->stride)
		widen(slab);
	for (size_t at = 0; at < octets; at += 8) {
		for (unsigned i = 0; i < 64; i++)
			square[i] = word_of(slab->line->data + i * octets + at);
		turn(square);
		for (unsigned i = 0; i < 64; i++)
			slab->rows[(at * 8 + i) * slab->stride + word] = square[i];
	}
	slab->turned += 64;
	g_byte_array_set_size(slab->line, 0);
}

/* As it stands, when the rows can't hold it sharply enough. */
static void put_apart(struct signature_slab *slab, struct large large, struct slice signature, struct slice text)
{
	large.bits = g_malloc0((size_t)1 << large.log2 >> 3);
	signature_spread(signature, large.log2, large.bits);
	signature_spread_text(text, large.log2, large.bits);
	g_array_append_val(slab->large, large);
}

void signature_slab_add(struct signature_slab *slab, struct slice signature, struct slice text)
{
	unsigned column = slab->count++, own = signature_log2(signature);
	guint start = slab->line->len;
	uint8_t *bits;

	g_assert(column < SIGNATURE_SLAB_COLUMNS);
	g_byte_array_set_size(slab->line, start + (guint)column_octets(slab));
	bits = slab->line->data + start;
	memset(bits, 0, column_octets(slab));
	if (own == 0) {
		slab->always[column / 64] |= UINT64_C(1) << column % 64;
	} else if (own > slab->log2 + MOST_FOLDS) {
		put_apart(slab, (struct large){ .column = column, .log2 = own }, signature, text);
	} else {
		signature_spread(signature, slab->log2, bits);
		signature_spread_text(text, slab->log2, bits);
	}
	if (slab->count == slab->turned + 64)
		turn_line(slab);
}

static void fold_line(struct signature_slab *slab)
{
	size_t octets = column_octets(slab);
	uint8_t *line = slab->line->data;

	for (unsigned i = 0; i < slab->count - slab->turned; i++) {
		signature_fold(line + i * octets, slab->log2);
		memmove(line + i * octets / 2, line + i * octets, octets / 2);
	}
	g_byte_array_set_size(slab->line, slab->line->len / 2);
}

void signature_slab_fold(struct signature_slab *slab)
{
	size_t words = rows_size(slab) / 2;
	uint64_t *rows = g_new(uint64_t, words);

	/* A position is the upper bits of a hash: two neighbours become one. */
	for (size_t i = 0; i < words; i++) {
		size_t row = i / slab->stride, word = i % slab->stride;

		rows[i] = slab->rows[row * 2 * slab->stride + word] |
			  slab->rows[(row * 2 + 1) * slab->stride + word];
	}
	g_free(slab->rows);
	slab->rows = rows;
	fold_line(slab);
	slab->log2--;
}

static bool has_all(const uint8_t *octets, const uint32_t *bits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(octets[bits[i] / 8] >> bits[i] % 8 & 1))
			return false;
	return true;
}

static void ask_large(const struct signature_slab *slab, const struct signature_query *query, uint64_t *bits_out)
{
	for (guint i = 0; i < slab->large->len; i++) {
		const struct large *large = &g_array_index(slab->large, struct large, i);
		uint32_t bits[MOST_BITS];
		size_t count = signature_query_bits(query, large->log2, bits, MOST_BITS);

		if (has_all(large->bits, bits, count))
			bits_out[large->column / 64] |= UINT64_C(1) << large->column % 64;
	}
}

/* True when nothing is left. */
static bool and_row(uint64_t *bits, const uint64_t *row, unsigned words)
{
	uint64_t left = 0;

	for (unsigned i = 0; i < words; i++) {
		bits[i] &= row[i];
		left |= bits[i];
	}
	return left == 0;
}

static void ask_rows(const struct signature_slab *slab, const uint32_t *bits, size_t count, uint64_t *bits_out)
{
	unsigned words = slab->turned / 64;

	memset(bits_out, 0xff, words * sizeof(uint64_t));
	for (size_t i = 0; words > 0 && i < count; i++)
		if (and_row(bits_out, slab->rows + bits[i] * slab->stride, words))
			return;
}

static void ask_line(const struct signature_slab *slab, const uint32_t *bits, size_t count, uint64_t *bits_out)
{
	for (unsigned i = slab->turned; i < slab->count; i++)
		if (has_all(slab->line->data + (i - slab->turned) * column_octets(slab), bits, count))
			bits_out[i / 64] |= UINT64_C(1) << i % 64;
}

void signature_slab_ask(const struct signature_slab *slab, const struct signature_query *query,
			uint64_t bits_out[SIGNATURE_SLAB_WORDS])
{
	uint32_t bits[MOST_BITS];
	size_t count = signature_query_bits(query, slab->log2, bits, MOST_BITS);

	memset(bits_out, 0, SIGNATURE_SLAB_WORDS * sizeof(uint64_t));
	ask_rows(slab, bits, count, bits_out);
	ask_line(slab, bits, count, bits_out);
	for (unsigned i = 0; i < SIGNATURE_SLAB_WORDS; i++)
		bits_out[i] |= slab->always[i];
	ask_large(slab, query, bits_out);
}
