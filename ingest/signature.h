/* The signature of a text: a Bloom filter of its trigrams, which rules out most texts
 * that do not contain a needle without reading them.
 *
 * "No" is certain, "maybe" must be checked on the text itself.  Text and needle are in the form
 * of mime/casemap.h's casemap_append_search.  Made by ingest, asked by SEARCH. */
#ifndef INGEST_SIGNATURE_H
#define INGEST_SIGNATURE_H

#include "base/slice.h"

#include <stdint.h>

/* The signature of a text; its size follows the number of different trigrams (about 2 % of
 * absent needles answer maybe; a needle of many trigrams far fewer).  NULL text parts are
 * allowed.  Never NULL; g_bytes_unref() it. */
GBytes *signature_build(const struct slice *texts, size_t count);
/* A signature that answers maybe to everything (text not known in full). */
GBytes *signature_anything(void);

/* A needle, prepared once for many signatures. */
struct signature_query;
struct signature_query *signature_query_create(struct slice needle);
/* *query becomes NULL.  NULL is allowed. */
void signature_query_destroy(struct signature_query **query);
/* False: the text does not contain the needle.  Needles under three octets, damaged or empty
 * signatures: always true. */
bool signature_may_contain(struct slice signature, const struct signature_query *query);

/* For signatures of many texts at one resolution (2^log2 bits, bit i is bit i % 8 of octet i / 8):
 * the signature's own resolution; 0: it answers maybe to everything. */
unsigned signature_log2(struct slice signature);
/* Adds what the signature has (log2 not 0), more or less sharply; what the text has. */
void signature_spread(struct slice signature, unsigned log2, uint8_t *bits);
void signature_spread_text(struct slice text, unsigned log2, uint8_t *bits);
/* 2^log2 bits (64 or more), in place, become half as many. */
void signature_fold(uint8_t *bits, unsigned log2);
/* The bits that are all set where the needle may be; 0: nothing is known.  At most `size`. */
size_t signature_query_bits(const struct signature_query *query, unsigned log2, uint32_t *bits_out,
			    size_t size);

#endif
