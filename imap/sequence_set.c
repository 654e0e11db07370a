/* `*` is kept as 0, which is no message number, until it is resolved. */
#include "imap/sequence_set.h"

#include <stdlib.h>

enum { STAR = 0 };

static bool parse_number(const char **at, const char *end, uint32_t *value_out)
{
	uint64_t value = 0;
	const char *start = *at;

	if (start < end && *start == '*') {
		*at = start + 1;
		*value_out = STAR;
		return true;
	}
	while (*at < end && g_ascii_isdigit(**at)) {
		value = value * 10 + (uint64_t)(**at - '0');
		if (value > UINT32_MAX)
			return false;
		(*at)++;
	}
	*value_out = (uint32_t)value;
	return *at > start && value > 0;
}

static size_t count_entries(struct slice text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == ',';
	return count;
}

/* Merges with the entry before when it continues it; both without `*`. */
static bool extends_last(struct sequence_set *set, uint32_t first, uint32_t last)
{
	struct uid_range *tail = set->count > 0 ? &set->ranges[set->count - 1] : NULL;

	if (tail == NULL || first == STAR || tail->first == STAR || tail->last == STAR)
		return false;
	if (first < tail->first || (uint64_t)first > (uint64_t)tail->last + 1)
		return false;
	tail->last = MAX(tail->last, last);
	return true;
}

static void put_range(struct sequence_set *set, uint32_t first, uint32_t last)
{
	if (first == STAR || last == STAR) {
		set->has_star = true;
	} else {
		if (first > last) {
			uint32_t swap = first;

			first = last;
			last = swap;
		}
		if (extends_last(set, first, last))
			return;
	}
	g_assert(set->count < set->capacity);
	set->ranges[set->count++] = (struct uid_range){ first, last };
}

bool sequence_set_parse(struct slice text, bool allow_saved, struct arena *arena,
			struct sequence_set *set_out)
{
	const char *at = text.data, *end = text.data + text.len;

	*set_out = (struct sequence_set){ .in_arena = true };
	if (text.len == 1 && *at == '$' && allow_saved) {
		set_out->is_saved = true;
		return true;
	}
	set_out->capacity = count_entries(text);
	set_out->ranges = arena_new_array(arena, struct uid_range, set_out->capacity);
	for (;;) {
		uint32_t first, last;

		if (!parse_number(&at, end, &first))
			return false;
		last = first;
		if (at < end && *at == ':') {
			at++;
			if (!parse_number(&at, end, &last))
				return false;
		}
		put_range(set_out, first, last);
		if (at == end)
			return true;
		if (*at++ != ',')
			return false;
	}
}

static void resolve_stars(struct sequence_set *set, uint32_t star)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct uid_range r = set->ranges[i];

		if (r.first == STAR || r.last == STAR) {
			uint32_t a = r.first == STAR ? star : r.first;
			uint32_t b = r.last == STAR ? star : r.last;

			if (star == 0)
				continue;
			r = (struct uid_range){ MIN(a, b), MAX(a, b) };
		}
		set->ranges[kept++] = r;
	}
	set->count = kept;
	set->has_star = false;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct uid_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static bool is_normal(const struct sequence_set *set)
{
	for (size_t i = 1; i < set->count; i++)
		if ((uint64_t)set->ranges[i].first <= (uint64_t)set->ranges[i - 1].last + 1)
			return false;
	return true;
}

void sequence_set_resolve(struct sequence_set *set, uint32_t star)
{
	size_t kept = 0;

	if (set->has_star)
		resolve_stars(set, star);
	if (set->count < 2 || is_normal(set))
		return;
	qsort(set->ranges, set->count, sizeof(set->ranges[0]), compare_ranges);
	for (size_t i = 1; i < set->count; i++) {
		struct uid_range *last = &set->ranges[kept];

		if ((uint64_t)set->ranges[i].first <= (uint64_t)last->last + 1)
			last->last = MAX(last->last, set->ranges[i].last);
		else
			set->ranges[++kept] = set->ranges[i];
	}
	set->count = kept + 1;
}

void sequence_set_init(struct sequence_set *set)
{
	*set = (struct sequence_set){ 0 };
}

void sequence_set_clear(struct sequence_set *set)
{
	if (!set->in_arena)
		g_free(set->ranges);
	sequence_set_init(set);
}

void sequence_set_clear_later(void *set)
{
	sequence_set_clear(set);
}

void sequence_set_add(struct sequence_set *set, uint32_t first, uint32_t last)
{
	g_assert(!set->in_arena && first > 0 && last >= first);
	if (set->count == set->capacity) {
		set->capacity = MAX(8, set->capacity * 2);
		set->ranges = g_renew(struct uid_range, set->ranges, set->capacity);
	}
	put_range(set, first, last);
}

void sequence_set_copy(const struct sequence_set *set, struct sequence_set *set_out)
{
	*set_out = *set;
	set_out->in_arena = false;
	set_out->capacity = set->count;
	set_out->ranges = g_memdup2(set->ranges, set->count * sizeof(set->ranges[0]));
}

bool sequence_set_contains(const struct sequence_set *set, uint32_t value)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->ranges[middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && set->ranges[low].first <= value;
}

uint64_t sequence_set_size(const struct sequence_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
	return size;
}

uint32_t sequence_set_max(const struct sequence_set *set)
{
	return set->count > 0 ? set->ranges[set->count - 1].last : 0;
}

bool sequence_set_keep_highest(struct sequence_set *set, uint64_t most)
{
	size_t first = set->count;

	while (first > 0) {
		struct uid_range *range = &set->ranges[first - 1];
		uint64_t size = (uint64_t)range->last - range->first + 1;

		if (size > most)
			break;
		most -= size;
		first--;
	}
	if (first == 0)
		return false;
	if (most > 0) {
		struct uid_range *range = &set->ranges[--first];

		range->first = range->last - (uint32_t)most + 1;
	}
	set->count -= first;
	memmove(set->ranges, set->ranges + first, set->count * sizeof(set->ranges[0]));
	return true;
}

/* Both ascend, so one walk over both is enough. */
void sequence_set_intersect(struct uid_set a, struct uid_set b, struct sequence_set *out)
{
	size_t i = 0, k = 0;

	while (i < a.count && k < b.count) {
		uint32_t first = MAX(a.ranges[i].first, b.ranges[k].first);
		uint32_t last = MIN(a.ranges[i].last, b.ranges[k].last);

		if (first <= last)
			sequence_set_add(out, first, last);
		if (a.ranges[i].last < b.ranges[k].last)
			i++;
		else
			k++;
	}
}

struct uid_set sequence_set_uids(const struct sequence_set *set)
{
	return (struct uid_set){ .ranges = set->ranges, .count = set->count };
}

void sequence_set_format(const struct sequence_set *set, GString *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct uid_range *r = &set->ranges[i];

		if (i > 0)
			g_string_append_c(out, ',');
		if (r->first == r->last)
			g_string_append_printf(out, "%u", r->first);
		else
			g_string_append_printf(out, "%u:%u", r->first, r->last);
	}
}
