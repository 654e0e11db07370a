/* Parts, multiparts and what is kept of another message, as GMime objects; shared by the message
 * builder and the renderer.  Internal to mime/. */
#ifndef MIME_BUILDER_TREE_H
#define MIME_BUILDER_TREE_H

#include "mime/builder.h"

#include <gmime/gmime.h>

/* Entities (GMimeObject *), unreferenced with the array. */
GPtrArray *tree_list(void);
/* A new part. */
GMimeObject *tree_leaf(const struct builder_part *part);
/* A multipart of entities, or the entity itself when it is alone.  Takes the array. */
GMimeObject *tree_multipart(const char *subtype, GPtrArray *entities, const char *seed);
/* The octets of `header` (whole fields; NULL: none), then the object's own header and body.  Takes
 * both. */
GBytes *tree_finish(GString *header, GMimeObject *object);

#endif
