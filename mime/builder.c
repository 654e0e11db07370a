/* New messages. */
#include "mime/builder.h"
#include "mime/builder_encode.h"
#include "mime/builder_tree.h"

struct builder {
	char *seed;
	GString *header;
	char *list_name;     /* the address field being gathered */
	GString *list;
	GPtrArray *alternatives, *attachments; /* finished entities */
};

struct builder *builder_create(const char *seed)
{
	struct builder *builder = g_new0(struct builder, 1);

	builder->seed = g_strdup(seed);
	builder->header = g_string_new(NULL);
	builder->list = g_string_new(NULL);
	builder->alternatives = tree_list();
	builder->attachments = tree_list();
	return builder;
}

void builder_destroy(struct builder **builder)
{
	struct builder *b = *builder;

	if (b == NULL)
		return;
	g_free(b->seed);
	g_free(b->list_name);
	if (b->header != NULL)
		g_string_free(b->header, TRUE);
	g_string_free(b->list, TRUE);
	if (b->alternatives != NULL)
		g_ptr_array_unref(b->alternatives);
	if (b->attachments != NULL)
		g_ptr_array_unref(b->attachments);
	g_clear_pointer(builder, g_free);
}

static void end_list(struct builder *b)
{
	if (b->list_name == NULL)
		return;
	encode_field(b->header, b->list_name, b->list->str);
	g_clear_pointer(&b->list_name, g_free);
	g_string_truncate(b->list, 0);
}

void builder_header(struct builder *b, const char *name, const char *value)
{
	g_autofree char *encoded = encode_text(value);

	end_list(b);
	encode_field(b->header, name, encoded);
}

void builder_header_raw(struct builder *b, const char *name, const char *value)
{
	end_list(b);
	encode_field(b->header, name, value);
}

void builder_address(struct builder *b, const char *name, const char *display_name,
		     const char *address)
{
	g_autofree char *phrase = NULL;

	if (b->list_name != NULL && g_ascii_strcasecmp(b->list_name, name) != 0)
		end_list(b);
	if (b->list_name == NULL)
		b->list_name = g_strdup(name);
	if (b->list->len > 0)
		g_string_append(b->list, ", ");
	if (display_name != NULL && *display_name != '\0') {
		phrase = encode_phrase(display_name);
		g_string_append_printf(b->list, "%s <", phrase);
	}
	for (const char *p = address; *p != '\0'; p++)
		if ((unsigned char)*p > ' ' && *p != 127 && strchr("<>,;", *p) == NULL)
			g_string_append_c(b->list, *p);
	if (phrase != NULL)
		g_string_append_c(b->list, '>');
}

void builder_date(struct builder *b, int64_t seconds, int zone)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(seconds + zone);
	g_autofree char *value = NULL;
	int minutes = ABS(zone) / 60;

	g_assert(when != NULL);
	value = g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d",
				days[g_date_time_get_day_of_week(when) - 1],
				g_date_time_get_day_of_month(when),
				months[g_date_time_get_month(when) - 1], g_date_time_get_year(when),
				g_date_time_get_hour(when), g_date_time_get_minute(when),
				g_date_time_get_second(when), zone < 0 ? '-' : '+', minutes / 60,
				minutes % 60);
	builder_header_raw(b, "Date", value);
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
	GString *body;

	end_list(b);
	if (b->alternatives->len == 0 && b->attachments->len == 0)
		builder_alternative(b, &nothing);
	if (b->alternatives->len > 0)
		g_ptr_array_add(all, tree_multipart("alternative", g_steal_pointer(&b->alternatives), b->seed));
	while (b->attachments->len > 0)
		g_ptr_array_add(all, g_ptr_array_steal_index(b->attachments, 0));
	body = tree_multipart("mixed", all, b->seed);
	g_string_append(b->header, "MIME-Version: 1.0\r\n");
	g_string_append_len(b->header, body->str, (gssize)body->len);
	g_string_free(body, TRUE);
	return g_string_free_to_bytes(g_steal_pointer(&b->header));
}
