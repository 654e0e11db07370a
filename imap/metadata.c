#include "imap/metadata.h"

#include "imap/lookup.h"
#include "imap/rights.h"

enum { MOST_ENTRIES = 1000, LONGEST_ENTRY = 1024 };

static bool is_entry(struct slice name)
{
	if (name.len == 0 || name.len > LONGEST_ENTRY || name.data[0] != '/' ||
	    name.data[name.len - 1] == '/')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.data[i];

		if (c <= 0x20 || c >= 0x7f || c == '*' || c == '%' ||
		    (c == '/' && i > 0 && name.data[i - 1] == '/'))
			return false;
	}
	return true;
}

static bool has_scope(const char *entry)
{
	static const char *const scopes[] = { "/private", "/shared" };

	for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++)
		if (g_str_has_prefix(entry, scopes[i]) &&
		    (entry[strlen(scopes[i])] == '/' || entry[strlen(scopes[i])] == '\0'))
			return true;
	return false;
}

char *metadata_read_entry(struct args *args)
{
	struct slice name;
	char *entry;

	if (!args_astring(args, &name))
		return NULL;
	entry = is_entry(name) ? arena_copy(args->arena, name.data, name.len) : NULL;
	for (char *at = entry; at != NULL && *at != '\0'; at++)
		*at = g_ascii_tolower(*at);
	if (entry == NULL || !has_scope(entry)) {
		args_fail(args, "An entry is a path below /private or /shared without * and %");
		return NULL;
	}
	return entry;
}

bool metadata_read_entries(struct args *args, struct metadata_query *query_out)
{
	struct args list, *from = args;
	size_t count = 0;

	query_out->entries = arena_new_array(args->arena, const char *, MOST_ENTRIES + 1);
	if (args_is_list(args)) {
		args_list(args, &list);
		from = &list;
	}
	do {
		const char *entry = count < MOST_ENTRIES ? metadata_read_entry(from) : NULL;

		if (entry == NULL)
			return args_fail(args, from->error != NULL ? from->error : "Too many entries");
		query_out->entries[count++] = entry;
	} while (from == &list && !args_at_end(&list));
	return true;
}

bool metadata_may(const struct mailbox *mailbox)
{
	return rights_have(mailbox->rights, "l") && rights_have_any(mailbox->rights, "rswip");
}

/* One reply being made. */
struct printer {
	struct imap_session *session;
	const struct metadata_query *query;
	GString *items;
	uint64_t longest;
};

static void put_value(GString *out, struct slice value)
{
	/* Only literal8 can hold a NUL. */
	if (memchr(value.data, '\0', value.len) != NULL) {
		g_string_append_printf(out, "~{%" G_GSIZE_FORMAT "}\r\n", value.len);
		g_string_append_len(out, value.data, (gssize)value.len);
	} else {
		quote_string(out, value, QUOTE_ASCII);
	}
}

/* value NULL: NIL. */
static void put_item(struct printer *printer, const char *entry, const struct slice *value)
{
	GString *out = printer->items;

	if (value != NULL && printer->query->has_max_size && value->len > printer->query->max_size) {
		printer->longest = MAX(printer->longest, (uint64_t)value->len);
		return;
	}
	if (out->len > 0)
		g_string_append_c(out, ' ');
	quote_astring(out, slice_from_string(entry), QUOTE_ASCII);
	g_string_append_c(out, ' ');
	if (value != NULL)
		put_value(out, *value);
	else
		g_string_append(out, "NIL");
}

static bool asks_for(const struct metadata_query *query, const char *entry)
{
	for (const char *const *at = query->entries; *at != NULL; at++) {
		size_t len = strlen(*at);

		if (g_str_equal(*at, entry))
			return true;
		if (strncmp(entry, *at, len) == 0 && entry[len] == '/' &&
		    (query->depth < 0 || (query->depth == 1 && strchr(entry + len + 1, '/') == NULL)))
			return true;
	}
	return false;
}

/* The special use is kept with the mailbox, not among its annotations. */
static bool put_special_use(struct printer *printer, const struct mailbox *mailbox)
{
	g_autoptr(GString) value = g_string_new(NULL);
	struct slice words;

	if (mailbox == NULL || mailbox->owner != NULL || mailbox->use == 0 ||
	    !asks_for(printer->query, METADATA_SPECIAL_USE))
		return false;
	lookup_print_use(value, mailbox->use);
	words = slice_of(value->str + 1, value->len - 1); /* without the first space */
	put_item(printer, METADATA_SPECIAL_USE, &words);
	return true;
}

static bool has_entry(const GPtrArray *annotations, const char *entry)
{
	for (guint i = 0; i < annotations->len; i++)
		if (g_str_equal(((const struct annotation *)annotations->pdata[i])->entry, entry))
			return true;
	return false;
}

static void put_annotations(struct printer *printer, const GPtrArray *annotations, bool has_use)
{
	for (guint i = 0; i < annotations->len; i++) {
		const struct annotation *annotation = annotations->pdata[i];
		gsize len;
		const char *data = g_bytes_get_data(annotation->value, &len);
		struct slice value = slice_of(data != NULL ? data : "", len);

		put_item(printer, annotation->entry, &value);
	}
	/* With a depth, what is not there is left out. */
	for (const char *const *at = printer->query->entries; printer->query->depth == 0 && *at != NULL; at++)
		if (!has_entry(annotations, *at) && !(has_use && g_str_equal(*at, METADATA_SPECIAL_USE)))
			put_item(printer, *at, NULL);
}

void metadata_print_read(struct imap_session *session, const struct mailbox *mailbox,
			 const struct metadata_query *query, const GPtrArray *annotations,
			 uint64_t *longest_out)
{
	g_autoptr(GString) items = g_string_new(NULL);
	struct printer printer = { .session = session, .query = query, .items = items };
	GString *out = session_text(session);

	put_annotations(&printer, annotations, put_special_use(&printer, mailbox));
	if (items->len > 0) {
		g_string_append(out, "* METADATA ");
		mailbox_name_write(out, slice_from_string(mailbox != NULL ? mailbox->name : ""),
				   session_names(session));
		g_string_append_printf(out, " (");
		g_string_append_len(out, items->str, (gssize)items->len);
		g_string_append(out, ")\r\n");
	}
	if (longest_out != NULL)
		*longest_out = printer.longest;
}

enum store_result metadata_print(struct imap_session *session, struct store *store,
				 const struct mailbox *mailbox, const struct metadata_query *query,
				 uint64_t *longest_out)
{
	g_autoptr(GPtrArray) annotations = NULL;
	struct annotation_query asked = {
		.mailbox = mailbox != NULL ? mailbox->ref : (struct mailbox_ref){ session->account_id, 0 },
		.reader = session->account_id, .entries = query->entries, .depth = query->depth,
	};
	enum store_result result = annotation_get(store, &asked, &annotations);

	if (result == STORE_OK)
		metadata_print_read(session, mailbox, query, annotations, longest_out);
	return result;
}
