/* New messages.
 *
 * GMime encodes and folds the fields.  Ours is what it gets wrong (builder_words.c) and what keeps a
 * value from becoming a header. */
#include "mime/builder.h"
#include "mime/builder_tree.h"
#include "mime/builder_words.h"

#define MAX_RAW 900

struct builder {
	char *seed;
	GMimeMessage *message;
	GPtrArray *alternatives, *attachments;
};

struct builder *builder_create(const char *seed)
{
	struct builder *builder = g_new0(struct builder, 1);

	builder->seed = g_strdup(seed);
	builder->alternatives = tree_list();
	builder->attachments = tree_list();
	builder->message = g_mime_message_new(FALSE);
	return builder;
}

void builder_destroy(struct builder **builder)
{
	struct builder *b = *builder;

	if (b == NULL)
		return;
	g_free(b->seed);
	g_clear_object(&b->message);
	g_clear_pointer(&b->alternatives, g_ptr_array_unref);
	g_clear_pointer(&b->attachments, g_ptr_array_unref);
	g_clear_pointer(builder, g_free);
}

void builder_header(struct builder *b, const char *name, const char *value)
{
	g_autofree char *words = builder_words(value);

	g_mime_object_append_header((GMimeObject *)b->message, name, words, "utf-8");
}

void builder_header_raw(struct builder *b, const char *name, const char *value)
{
	g_autofree char *clean = g_strndup(value, MAX_RAW);

	builder_clean(clean);
	g_mime_object_append_header((GMimeObject *)b->message, name, clean, "utf-8");
}

static GMimeAddressType address_type(const char *name)
{
	static const char *const names[] = {
		[GMIME_ADDRESS_TYPE_SENDER] = "Sender", [GMIME_ADDRESS_TYPE_FROM] = "From",
		[GMIME_ADDRESS_TYPE_REPLY_TO] = "Reply-To", [GMIME_ADDRESS_TYPE_TO] = "To",
		[GMIME_ADDRESS_TYPE_CC] = "Cc", [GMIME_ADDRESS_TYPE_BCC] = "Bcc",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(name, names[i]) == 0)
			return (GMimeAddressType)i;
	g_assert_not_reached();
}

void builder_address(struct builder *b, const char *name, const char *display_name,
		     const char *address)
{
	g_autofree char *words = display_name != NULL ? builder_words(display_name) : NULL;
	g_autoptr(GString) spec = g_string_new(NULL);
	InternetAddress *mailbox;

	for (const char *p = address; *p != '\0' && spec->len < MAX_RAW; p++)
		if ((unsigned char)*p > ' ' && *p != 127 && strchr("<>,;", *p) == NULL)
			g_string_append_c(spec, *p);
	mailbox = internet_address_mailbox_new(words, spec->str);
	internet_address_set_charset(mailbox, "utf-8");
	internet_address_list_add(g_mime_message_get_addresses(b->message, address_type(name)), mailbox);
	g_object_unref(mailbox);
}

void builder_date(struct builder *b, int64_t seconds, int zone)
{
	g_autoptr(GTimeZone) offset = g_time_zone_new_offset(zone);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
	g_autoptr(GDateTime) when = g_date_time_to_timezone(utc, offset);

	g_mime_message_set_date(b->message, when);
}

void builder_alternative(struct builder *b, const struct builder_part *part)
{
	g_ptr_array_add(b->alternatives, tree_leaf(part));
}

void builder_attachment(struct builder *b, const struct builder_part *part)
{
	g_ptr_array_add(b->attachments, tree_leaf(part));
}

GBytes *builder_finish(struct builder *b)
{
	static const struct builder_part nothing = { .type = "text/plain" };
	GPtrArray *all = tree_list();
	GMimeObject *body;

	if (b->alternatives->len == 0 && b->attachments->len == 0)
		builder_alternative(b, &nothing);
	if (b->alternatives->len > 0)
		g_ptr_array_add(all, tree_multipart("alternative", g_steal_pointer(&b->alternatives), b->seed));
	g_ptr_array_extend_and_steal(all, g_steal_pointer(&b->attachments));
	body = tree_multipart("mixed", all, b->seed);
	g_mime_message_set_mime_part(b->message, body);
	g_object_unref(body);
	return tree_finish(NULL, (GMimeObject *)g_steal_pointer(&b->message));
}
