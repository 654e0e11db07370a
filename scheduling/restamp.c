/* What is made anew is the link: the words were made at delivery from things that are
 * no longer there (what the meeting was before), so the texts stay and every link of
 * this account in them becomes the present one.  The tree is built again over the
 * rendered message, which keeps the sender's attachments. */
#include "scheduling/restamp.h"

#include "calendar/component.h"
#include "calendar/link.h"
#include "ingest/ingest.h"
#include "mime/builder.h"
#include "mime/decode.h"
#include "scheduling/answer_mail.h"
#include "store/mailbox.h"
#include "store/meeting_store.h"
#include "store/message.h"

#define PAGE 100
#define PART_LIMIT (32 * 1024 * 1024)

struct stamping {
	struct store *store;
	const struct config *config;
	uint64_t account_id;
	int64_t now;
};

/* The token in force in place of a revoked one; NULL: none was made. */
static char *token_in_force(const struct stamping *s, const struct link *link)
{
	GPtrArray *links = NULL;
	char *token = NULL;

	if (!link->revoked)
		return g_strdup(link->token);
	if (link_list(s->store, s->account_id, link->uid, &links) != STORE_OK)
		return NULL;
	for (guint i = 0; i < links->len && token == NULL; i++) {
		const struct link *other = g_ptr_array_index(links, i);

		if (!other->revoked && strcmp(other->address, link->address) == 0)
			token = g_strdup(other->token);
	}
	g_ptr_array_unref(links);
	return token;
}

/* The present form of the account's own link that `url` is; NULL: it is none.  *len_out: how
 * much of url is the link. */
static char *present_form(const struct stamping *s, struct slice url, size_t *len_out)
{
	char *fresh = NULL;

	for (size_t i = 0; i + 3 + LINK_TOKEN_LENGTH <= url.len && fresh == NULL; i++) {
		struct slice token = slice_of(url.data + i + 3, LINK_TOKEN_LENGTH);
		g_autofree char *word = NULL;
		struct link link;

		if (memcmp(url.data + i, "/m/", 3) != 0 || !link_token_is_valid(token))
			continue;
		word = slice_dup(token);
		if (link_find(s->store, word, &link) == STORE_OK && link.account_id == s->account_id) {
			const char *at = strrchr(link.address, '@');
			struct config_domain links = config_links_for(s->config, at != NULL ? at + 1 : "");
			g_autofree char *present = token_in_force(s, &link);

			if (present != NULL)
				fresh = link_format(&links, present);
			*len_out = i + 3 + LINK_TOKEN_LENGTH;
		}
		link_clear(&link);
	}
	return fresh;
}

/* The same of the account's own address for answers, from the '+' on. */
static char *present_detail(const struct stamping *s, const char *detail, size_t *len_out)
{
	g_autofree char *old = g_strndup(detail + strlen(ANSWER_MAIL_DETAIL), LINK_TOKEN_LENGTH), *present = NULL;
	char *fresh = NULL;
	struct link link;

	if (!link_token_is_valid(slice_from_string(old)))
		return NULL;
	if (link_find(s->store, old, &link) == STORE_OK && link.account_id == s->account_id)
		present = token_in_force(s, &link);
	if (present != NULL)
		fresh = g_strconcat(ANSWER_MAIL_DETAIL, present, NULL);
	*len_out = strlen(ANSWER_MAIL_DETAIL) + LINK_TOKEN_LENGTH;
	link_clear(&link);
	return fresh;
}

/* True when the text had a link, or an address for answers, of another form than the present
 * one; it is replaced. */
static bool replace_links(const struct stamping *s, GString *text)
{
	bool changed = false;

	for (gsize at = 0; at < text->len; at++) {
		const char *start = text->str + at;
		g_autofree char *fresh = NULL;
		size_t len;

		if (g_str_has_prefix(start, "http:") || g_str_has_prefix(start, "https:"))
			fresh = present_form(s, slice_of(start, strcspn(start, "\"'<> \t\r\n")), &len);
		else if (g_str_has_prefix(start, ANSWER_MAIL_DETAIL))
			fresh = present_detail(s, start, &len);
		if (fresh == NULL)
			continue;
		if (strlen(fresh) != len || memcmp(start, fresh, len) != 0) {
			g_string_erase(text, (gssize)at, (gssize)len);
			g_string_insert(text, (gssize)at, fresh);
			changed = true;
		}
		at += strlen(fresh) - 1;
	}
	return changed;
}

/* A calendar is folded, so its links are replaced in its tree. */
static bool replace_in_calendar(const struct stamping *s, GString *text)
{
	struct arena *arena = arena_create();
	struct component *calendar =
		component_parse(arena, slice_of(text->str, text->len), &meeting_limits_default, NULL);
	bool changed = false;

	for (struct component *c = calendar != NULL ? calendar->children : NULL; c != NULL; c = c->next) {
		const char *url = component_value(c, "URL");
		g_autoptr(GString) fresh = g_string_new(url);

		if (url != NULL && replace_links(s, fresh)) {
			component_set(arena, c, "URL", component_find(c, "URL")->params,
				      arena_copy(arena, fresh->str, fresh->len));
			changed = true;
		}
	}
	if (changed) {
		g_string_truncate(text, 0);
		component_write(calendar, text);
	}
	arena_destroy(&arena);
	return changed;
}

/* One leaf of the alternative that we made. */
struct form {
	char *type, *parameters;
	GString *text;
};

static void form_free(gpointer data)
{
	struct form *form = data;

	g_free(form->type);
	g_free(form->parameters);
	g_string_free(form->text, TRUE);
	g_free(form);
}

static void read_form(const struct part *part, const struct mime_source *source, GPtrArray *forms)
{
	struct form *form = g_new0(struct form, 1);

	form->type = g_strdup_printf("%.*s/%.*s", (int)part->type.len, part->type.data, (int)part->subtype.len,
				     part->subtype.data);
	if (part_is(part, "text", "calendar")) {
		g_autofree char *method = part_parameter(part->raw_parameters, "method");
		g_autofree char *component = part_parameter(part->raw_parameters, "component");

		form->parameters = g_strdup_printf("charset=utf-8%s%s; component=%s", method != NULL ? "; method=" : "",
						   method != NULL ? method : "",
						   component != NULL ? component : "VEVENT");
	} else {
		form->parameters = g_strdup("charset=utf-8");
	}
	form->text = g_string_new(NULL);
	decode_part(part, source, PART_LIMIT, form->text, NULL);
	g_ptr_array_add(forms, form);
}

/* The leaves of our alternative: the first child of the mixed (scheduling/rendition.c). */
static bool read_forms(const struct part_index *index, const struct mime_source *source, GPtrArray *forms)
{
	struct part root = part_index_get(index, PART_ROOT), alternative;

	if (!part_is(&root, "multipart", "mixed") || root.child_count == 0)
		return false;
	alternative = part_index_get(index, part_index_child(index, &root, 0));
	if (!part_is(&alternative, "multipart", "alternative"))
		return false;
	for (uint32_t i = 0; i < alternative.child_count; i++) {
		struct part part = part_index_get(index, part_index_child(index, &alternative, i));

		read_form(&part, source, forms);
	}
	return forms->len == 3;
}

static GBytes *build(const struct part_index *index, const struct mime_source *source,
		     const GPtrArray *forms, const char *seed)
{
	struct builder_part parts[3], invite;

	for (guint i = 0; i < 3; i++) {
		const struct form *form = g_ptr_array_index(forms, i);

		parts[i] = (struct builder_part){ .type = form->type, .parameters = form->parameters,
						  .content = slice_of(form->text->str, form->text->len) };
	}
	invite = (struct builder_part){ .type = "application/ics", .filename = "invite.ics",
					.attachment = true, .content = parts[2].content };
	return builder_render(&(struct builder_rendition){ .index = index, .source = source, .seed = seed,
							   .alternatives = parts, .alternative_count = 3,
							   .attachments = &invite, .attachment_count = 1 });
}

/* The octets with present links; NULL: nothing to change (or not built as ours are). */
static GBytes *make_anew(const struct stamping *s, const struct message *message)
{
	struct content_value *value = NULL;
	struct content_source content;
	g_autoptr(GPtrArray) forms = g_ptr_array_new_with_free_func(form_free);
	GBytes *made = NULL;
	bool changed = false;

	if (content_load_one(s->store, CONTENT_FACTS, message->hash, &value) != STORE_OK)
		return NULL;
	content_source_init(&content, s->store, message->hash);
	{
		const struct content_facts *facts = content_value_facts(value);
		struct mime_source source = { content_source_read, &content, facts->size };
		struct part_index *index = part_index_from_blob(facts->part_index);
		g_autofree char *seed = slice_dup(facts->message_id);

		if (index != NULL && read_forms(index, &source, forms)) {
			for (guint i = 0; i < forms->len; i++) {
				struct form *form = g_ptr_array_index(forms, i);

				changed |= strcmp(form->type, "text/calendar") == 0
						   ? replace_in_calendar(s, form->text)
						   : replace_links(s, form->text);
			}
			if (changed)
				made = build(index, &source, forms, seed);
		}
		part_index_destroy(&index);
	}
	content_source_clear(&content);
	content_value_unref(&value);
	return made;
}

/* The names of a message's keywords, for its copy. */
static const char **keyword_names(const struct mailbox *mailbox, uint64_t flags)
{
	GPtrArray *names = g_ptr_array_new();

	for (unsigned i = 0; mailbox->keywords != NULL && mailbox->keywords[i] != NULL; i++)
		if (flags & UINT64_C(1) << (MESSAGE_KEYWORD_FIRST + i))
			g_ptr_array_add(names, mailbox->keywords[i]);
	g_ptr_array_add(names, NULL);
	return (const char **)g_ptr_array_free(names, FALSE);
}

static enum store_result replace(const struct stamping *s, const struct message *message, GBytes *made)
{
	struct slice octets = slice_of(g_bytes_get_data(made, NULL), g_bytes_get_size(made));
	struct mime_source source = mime_source_of_slice(&octets);
	struct ingest *ingest = ingest_create(&source);
	struct mailbox mailbox;
	GBytes *prefix = NULL;
	enum store_result result = mailbox_get(s->store, message->mailbox, &mailbox);

	if (result == STORE_OK)
		result = message_load_prefixes(s->store, message->mailbox, &message->uid, 1, &prefix);
	if (result == STORE_OK)
		result = ingest_store(s->store, ingest);
	if (result == STORE_OK) {
		g_autofree const char **keywords = keyword_names(&mailbox, message->flags);
		struct message_appended appended;
		struct message_new copy = {
			.hash = ingest_row(ingest)->hash, .original_hash = message->original_hash,
			.flags = { message->flags & MESSAGE_SYSTEM_FLAGS, keywords },
			.internal_date = message->internal_date, .zone = message->zone,
		};

		if (prefix != NULL)
			copy.prefix = slice_of(g_bytes_get_data(prefix, NULL), g_bytes_get_size(prefix));
		result = message_replace(s->store, message->mailbox, message->uid, message->mailbox, &copy,
					 &appended);
	}
	if (prefix != NULL)
		g_bytes_unref(prefix);
	mailbox_clear(&mailbox);
	ingest_destroy(&ingest);
	return result;
}

static enum store_result stamp_one(const struct stamping *s, const struct message *message,
				   struct restamp_counts *counts)
{
	GBytes *made = make_anew(s, message);
	enum store_result result = STORE_OK;

	counts->seen++;
	if (made == NULL)
		return STORE_OK;
	result = replace(s, message, made);
	g_bytes_unref(made);
	if (result == STORE_OK)
		counts->changed++;
	else if (result != STORE_UNAVAILABLE)
		counts->failed++;
	/* A message that was expunged meanwhile is nobody's failure to go on with. */
	return result == STORE_UNAVAILABLE ? result : STORE_OK;
}

enum store_result restamp_account(struct store *store, const struct config *config,
				  uint64_t account_id, int64_t now,
				  void (*progress)(void *arg, const struct restamp_counts *counts),
				  void *arg, struct restamp_counts *counts_out)
{
	const struct stamping s = { store, config, account_id, now };
	struct mailbox_ref after = { 0, 0 };
	uint32_t after_uid = 0;
	enum store_result result = STORE_OK;
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct message));

	memset(counts_out, 0, sizeof *counts_out);
	/* All are listed first: what is made anew has a new UID and would be met again. */
	for (;;) {
		GArray *page = NULL;

		result = message_walk_rendered(store, account_id, after, after_uid, PAGE, &page);
		if (result != STORE_OK || page->len == 0) {
			g_clear_pointer(&page, g_array_unref);
			break;
		}
		g_array_append_vals(all, page->data, page->len);
		after = g_array_index(page, struct message, page->len - 1).mailbox;
		after_uid = g_array_index(page, struct message, page->len - 1).uid;
		g_array_unref(page);
	}
	for (guint i = 0; i < all->len && result == STORE_OK; i++) {
		result = stamp_one(&s, &g_array_index(all, struct message, i), counts_out);
		if (progress != NULL && (i + 1) % PAGE == 0)
			progress(arg, counts_out);
	}
	return result;
}
