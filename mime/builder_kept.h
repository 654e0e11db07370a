/* An entity of another message, in a tree of GMime objects: written octet for octet.  Internal to
 * mime/. */
#ifndef MIME_BUILDER_KEPT_H
#define MIME_BUILDER_KEPT_H

#include "base/slice.h"

#include <gmime/gmime.h>

/* Takes the octets: header, blank line and body. */
GMimeObject *kept_entity_new(GString *octets);
/* Empty for every other kind of object. */
struct slice kept_entity_octets(GMimeObject *object);

#endif
