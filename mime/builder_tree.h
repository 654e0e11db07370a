/* Entities and multiparts written out; shared by the message builder and the renderer.
 * Internal to mime/. */
#ifndef MIME_BUILDER_TREE_H
#define MIME_BUILDER_TREE_H

#include "mime/builder.h"

/* An entity's header and body, ready to stand in a multipart or below a message's header. */
GString *tree_leaf(const struct builder_part *part);
/* A multipart of finished entities (GString *); one alone is returned as it is.  Takes the array
 * and its entities. */
GString *tree_multipart(const char *subtype, GPtrArray *entities, const char *seed);
GPtrArray *tree_list(void);

#endif
