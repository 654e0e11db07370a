/* A row has as many words as its columns need, by powers of two.  Signatures of texts so large
 * that folding would leave nothing but ones stand apart, as they are. */
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
	unsigned stride;     /* words of a row */
	uint64_t *rows;
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

static size_t rows_size(const struct signature_slab *slab)
{
	return ((size_t)1 << slab->log2) * slab->stride;
}

struct signature_slab *signature_slab_create(unsigned log2)
{
	struct signature_slab *slab = g_new0(struct signature_slab, 1);

	slab->log2 = log2;
	slab->stride = 1;
	slab->rows = g_new0(uint64_t, rows_size(slab));
	slab->large = large_new();
	return slab;
}

struct signature_slab *signature_slab_copy(const struct signature_slab *slab)
{
	struct signature_slab *copy = g_memdup2(slab, sizeof(*slab));

	copy->rows = g_memdup2(slab->rows, rows_size(slab) * sizeof(uint64_t));
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
	g_free(s->rows);
	g_free(s);
}

unsigned signature_slab_count(const struct signature_slab *slab)
{
	return slab->count;
}

uint64_t signature_slab_octets(const struct signature_slab *slab)
{
	uint64_t octets = rows_size(slab) * sizeof(uint64_t);

	for (guint i = 0; i < slab->large->len; i++)
		octets += (UINT64_C(1) << g_array_index(slab->large, struct large, i).log2) / 8;
	return octets;
}

static void widen(struct signature_slab *slab)
{
	unsigned before = slab->stride, after = before * 2;
	size_t count = (size_t)1 << slab->log2;
	uint64_t *rows = g_new0(uint64_t, count * after);

	for (size_t row = 0; row < count; row++)
		memcpy(rows + row * after, slab->rows + row * before, before * sizeof(uint64_t));
	g_free(slab->rows);
	slab->rows = rows;
	slab->stride = after;
}

static void set_column(struct signature_slab *slab, unsigned column, const uint8_t *bits)
{
	uint64_t *word = slab->rows + column / 64, mask = UINT64_C(1) << column % 64;
	size_t octets = (size_t)1 << slab->log2 >> 3;

	for (size_t i = 0; i < octets; i++)
		for (unsigned left = bits[i]; left != 0; left &= left - 1)
			word[(i * 8 + (unsigned)__builtin_ctz(left)) * slab->stride] |= mask;
}

void signature_slab_add(struct signature_slab *slab, struct slice signature, struct slice text)
{
	unsigned column = slab->count++, own = signature_log2(signature);
	unsigned log2 = own > slab->log2 + MOST_FOLDS ? own : slab->log2;
	g_autofree uint8_t *bits = g_malloc0((size_t)1 << log2 >> 3);

	g_assert(column < SIGNATURE_SLAB_COLUMNS);
	if (column == slab->stride * 64)
		widen(slab);
	if (own == 0) {
		slab->always[column / 64] |= UINT64_C(1) << column % 64;
		return;
	}
	signature_spread(signature, log2, bits);
	signature_spread_text(text, log2, bits);
	if (log2 == slab->log2) {
		set_column(slab, column, bits);
	} else {
		struct large large = { column, log2, g_steal_pointer(&bits) };

		g_array_append_val(slab->large, large);
	}
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
	slab->log2--;
}

static bool large_may_contain(const struct large *large, const struct signature_query *query)
{
	uint32_t bits[MOST_BITS];
	size_t count = signature_query_bits(query, large->log2, bits, MOST_BITS);

	for (size_t i = 0; i < count; i++)
		if (!(large->bits[bits[i] / 8] >> bits[i] % 8 & 1))
			return false;
	return true;
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

void signature_slab_ask(const struct signature_slab *slab, const struct signature_query *query,
			uint64_t bits_out[SIGNATURE_SLAB_WORDS])
{
	uint32_t bits[MOST_BITS];
	size_t count = signature_query_bits(query, slab->log2, bits, MOST_BITS);

	memset(bits_out, 0, SIGNATURE_SLAB_WORDS * sizeof(uint64_t));
	for (unsigned i = 0; i < slab->count / 64; i++)
		bits_out[i] = UINT64_MAX;
	if (slab->count % 64 != 0)
		bits_out[slab->count / 64] = (UINT64_C(1) << slab->count % 64) - 1;
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (and_row(bits_out, slab->rows + bits[i] * slab->stride, slab->stride))
			break;
	for (unsigned i = 0; i < SIGNATURE_SLAB_WORDS; i++)
		bits_out[i] |= slab->always[i];
	for (guint i = 0; i < slab->large->len; i++) {
		const struct large *large = &g_array_index(slab->large, struct large, i);

		if (large_may_contain(large, query))
			bits_out[large->column / 64] |= UINT64_C(1) << large->column % 64;
	}
}
