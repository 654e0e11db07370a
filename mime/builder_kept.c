/* GMime writes a parsed part as it understands it, which is not how it came (line ends, folding,
 * boundaries change), so signatures break and a reader gets other octets than the sender sent.  This
 * kind of object has no parsed form. */
#include "mime/builder_kept.h"

typedef struct {
	GMimeObject parent;
	GString *octets;
} KeptEntity;

typedef GMimeObjectClass KeptEntityClass;

GType kept_entity_get_type(void);
G_DEFINE_TYPE(KeptEntity, kept_entity, GMIME_TYPE_OBJECT)

static ssize_t kept_entity_write(GMimeObject *object, GMimeFormatOptions *options, gboolean content_only,
				 GMimeStream *stream)
{
	const GString *octets = ((KeptEntity *)object)->octets;

	(void)options;
	/* Only a message asks for the body alone, and this is never a message's body. */
	g_assert(!content_only);
	return g_mime_stream_write(stream, octets->str, octets->len);
}

static void kept_entity_finalize(GObject *object)
{
	g_string_free(((KeptEntity *)object)->octets, TRUE);
	G_OBJECT_CLASS(kept_entity_parent_class)->finalize(object);
}

static void kept_entity_class_init(KeptEntityClass *class)
{
	class->write_to_stream = kept_entity_write;
	G_OBJECT_CLASS(class)->finalize = kept_entity_finalize;
}

static void kept_entity_init(KeptEntity *entity)
{
	entity->octets = NULL;
}

GMimeObject *kept_entity_new(GString *octets)
{
	KeptEntity *entity = g_object_new(kept_entity_get_type(), NULL);

	entity->octets = octets;
	return (GMimeObject *)entity;
}

struct slice kept_entity_octets(GMimeObject *object)
{
	const GString *octets;

	if (!G_TYPE_CHECK_INSTANCE_TYPE(object, kept_entity_get_type()))
		return slice_of(NULL, 0);
	octets = ((KeptEntity *)object)->octets;
	return slice_of(octets->str, octets->len);
}
