/* Body lines, sixteen octets at a time where the machine has SSE2 (every x86-64 has): one look at
 * each octet counts line ends, finds NULs and the hyphens behind line ends. */
#include "mime/line_scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Octet by octet; for the ends of runs, and where there is no SSE2. */
static size_t scan_slowly(struct line_scan *scan, const char *data, size_t len, bool stop_at_hyphen)
{
	for (size_t i = 0; i < len; i++) {
		scan->has_nul = scan->has_nul || data[i] == '\0';
		if (data[i] != '\n')
			continue;
		scan->lines++;
		if (stop_at_hyphen && i + 1 < len && data[i + 1] == '-')
			return i + 1;
	}
	return len;
}

#ifdef __SSE2__

/* Counts of sixteen columns fit an octet each for this many rounds. */
#define ROUNDS 255

static uint64_t sum_of(__m128i counts)
{
	__m128i sums = _mm_sad_epu8(counts, _mm_setzero_si128());

	return (uint64_t)_mm_cvtsi128_si64(sums) +
	       (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
}

/* Blocks of sixteen octets without a stop; the octets passed. */
static size_t scan_blocks(struct line_scan *scan, const char *data, size_t len, bool stop_at_hyphen)
{
	const __m128i lf = _mm_set1_epi8('\n'), zero = _mm_setzero_si128();
	const __m128i hyphen = _mm_set1_epi8(stop_at_hyphen ? '-' : '\0');
	const __m128i wanted = _mm_set1_epi8(stop_at_hyphen ? -1 : 0);
	__m128i nuls = zero;
	size_t i = 0;
	bool stopped = false;

	/* One octet behind each block is looked at. */
	while (!stopped && i + 17 <= len) {
		__m128i counts = zero;

		for (int round = 0; round < ROUNDS && i + 17 <= len; round++, i += 16) {
			__m128i here = _mm_loadu_si128((const __m128i *)(const void *)(data + i));
			__m128i next = _mm_loadu_si128((const __m128i *)(const void *)(data + i + 1));
			__m128i ends = _mm_cmpeq_epi8(here, lf);
			__m128i stops = _mm_and_si128(_mm_and_si128(ends, wanted),
						      _mm_cmpeq_epi8(next, hyphen));

			if (_mm_movemask_epi8(stops) != 0) {
				stopped = true;
				break;
			}
			counts = _mm_sub_epi8(counts, ends);
			nuls = _mm_or_si128(nuls, _mm_cmpeq_epi8(here, zero));
		}
		scan->lines += sum_of(counts);
	}
	scan->has_nul = scan->has_nul || _mm_movemask_epi8(nuls) != 0;
	return i;
}

#else

static size_t scan_blocks(struct line_scan *scan, const char *data, size_t len, bool stop_at_hyphen)
{
	(void)scan;
	(void)data;
	(void)len;
	(void)stop_at_hyphen;
	return 0;
}

#endif

size_t line_scan_to_hyphen(struct line_scan *scan, const char *data, size_t len)
{
	size_t blocks = scan_blocks(scan, data, len, true);

	return blocks + scan_slowly(scan, data + blocks, len - blocks, true);
}

void line_scan_all(struct line_scan *scan, const char *data, size_t len)
{
	size_t blocks = scan_blocks(scan, data, len, false);

	scan_slowly(scan, data + blocks, len - blocks, false);
}
