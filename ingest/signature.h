/* The signature of a text: a Bloom filter of its trigrams, which rules out most texts
 * that do not contain a needle without reading them.
 *
 * "No" is certain, "maybe" must be checked on the text itself.  Text and needle are in the form
 * of mime/casemap.h's casemap_append_search.  Made by ingest, asked by SEARCH. */
#ifndef INGEST_SIGNATURE_H
#define INGEST_SIGNATURE_H

#include "base/slice.h"

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

#endif
