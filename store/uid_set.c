/* Sets of UIDs and the ids that OBJECTID shows. */
#include "store/message.h"

void uid_list_add(struct uid_list *list, uint32_t uid)
{
	struct uid_range range = { uid, uid };
	struct uid_range *last;

	if (list->ranges == NULL)
		list->ranges = g_array_new(FALSE, FALSE, sizeof(struct uid_range));
	if (list->ranges->len > 0) {
		last = &g_array_index(list->ranges, struct uid_range, list->ranges->len - 1);
		if (uid > 0 && last->last == uid - 1) {
			last->last = uid;
			return;
		}
	}
	g_array_append_val(list->ranges, range);
}

void uid_list_clear(struct uid_list *list)
{
	g_clear_pointer(&list->ranges, g_array_unref);
}

struct uid_set uid_list_set(const struct uid_list *list)
{
	if (list->ranges == NULL)
		return (struct uid_set){ NULL, 0 };
	return (struct uid_set){ (const struct uid_range *)(void *)list->ranges->data,
				 list->ranges->len };
}

size_t uid_set_count(struct uid_set set)
{
	size_t count = 0;

	for (size_t i = 0; i < set.count; i++)
		count += (size_t)(set.ranges[i].last - set.ranges[i].first) + 1;
	return count;
}

bool uid_set_contains(struct uid_set set, uint32_t uid)
{
	size_t low = 0, high = set.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set.ranges[middle].last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set.count && set.ranges[low].first <= uid;
}

static void put_id(const char *prefix, const uint8_t *octets, size_t len, char id_out[OBJECT_ID_SIZE])
{
	g_autofree char *text = g_base64_encode(octets, len);

	for (char *p = text; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p;
	g_snprintf(id_out, OBJECT_ID_SIZE, "%s%s", prefix, text);
}

void message_email_id(const uint8_t hash[CONTENT_HASH_SIZE], char id_out[OBJECT_ID_SIZE])
{
	put_id("M", hash, 24, id_out);
}

void message_thread_id(uint64_t thread_id, char id_out[OBJECT_ID_SIZE])
{
	put_id("T", (const uint8_t *)&thread_id, sizeof(thread_id), id_out);
}

void message_mailbox_id(uint64_t mailbox_id, char id_out[OBJECT_ID_SIZE])
{
	g_snprintf(id_out, OBJECT_ID_SIZE, "F%" G_GUINT64_FORMAT, mailbox_id);
}
