/* The derived row of a content, from its part index and octets.  Internal to ingest/. */
#ifndef INGEST_DERIVE_H
#define INGEST_DERIVE_H

#include "mime/part_index.h"
#include "mime/source.h"
#include "store/content.h"

/* Owner of what the row's slices point to. */
struct derived;

/* Fills in the row's facts, search text and signature.  NULL when the source can't be read. */
struct derived *derived_create(const struct part_index *index, const struct mime_source *source,
			       struct content_row *row);
/* *derived becomes NULL.  NULL is allowed. */
void derived_destroy(struct derived **derived);

#endif
