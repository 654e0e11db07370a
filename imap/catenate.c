#include "imap/catenate.h"

#include "imap/fetch_items.h"
#include "imap/lookup.h"
#include "imap/message_url.h"
#include "imap/rights.h"
#include "imap/selected.h"
#include "mime/section.h"

enum {
	SPOOL_IN_MEMORY = 128 * 1024,
	PIECE = 64 * 1024,
};

bool catenate_read(struct args *args, struct catenate *catenate_out)
{
	struct args list;
	size_t most = 0;

	if (!args_list(args, &list))
		return false;
	for (const struct imap_arg *arg = list.next; arg != NULL; arg = arg->next)
		most++;
	catenate_out->parts = arena_new_array(args->arena, struct catenate_part, most / 2 + 1);
	catenate_out->count = 0;
	do {
		struct catenate_part *part = &catenate_out->parts[catenate_out->count++];

		if (args_take_word(&list, "URL")) {
			if (!args_astring(&list, &part->url))
				return args_fail(args, list.error);
		} else if (args_take_word(&list, "TEXT")) {
			if (!args_literal(&list, &part->text))
				return args_fail(args, list.error);
		} else {
			return args_fail(args, "CATENATE takes URL and TEXT");
		}
	} while (!args_at_end(&list));
	return true;
}

/* A message being made. */
struct maker {
	struct imap_session *session;
	struct store *store;
	struct spool *spool;
	uint64_t limit;
	int error;        /* errno */
};

enum outcome { DONE, BAD_URL, TOO_BIG, NO_SPACE, NO_STORE };

static enum outcome put(struct maker *maker, const void *data, size_t len)
{
	if (len > maker->limit - spool_size(maker->spool))
		return TOO_BIG;
	maker->error = spool_append(maker->spool, data, len);
	return maker->error == 0 ? DONE : NO_SPACE;
}

static enum outcome put_text(struct maker *maker, const struct imap_arg *text)
{
	g_autofree char *piece = NULL;
	uint64_t at = 0;
	ssize_t got;

	if (text->spool == NULL)
		return put(maker, text->text.data, text->text.len);
	piece = g_malloc(PIECE);
	while ((got = spool_read(text->spool, at, piece, PIECE)) > 0) {
		enum outcome outcome = put(maker, piece, (size_t)got);

		if (outcome != DONE)
			return outcome;
		at += (uint64_t)got;
	}
	return got == 0 ? DONE : NO_SPACE;
}

/* Sections are read by the grammar of FETCH, from a line of our own. */
static struct imap_parser *parse_section(struct slice section, struct fetch_items *items_out)
{
	static const struct imap_parser_limits limits = { 4096, 0, 3, 200 };
	g_autofree char *line = g_strdup_printf("u FETCH BODY.PEEK[%.*s]\r\n", (int)section.len,
						section.data != NULL ? section.data : "");
	struct imap_parser *parser;
	struct args args;
	size_t eaten, len = strlen(line);

	if (len > limits.line || memchr(line, '\r', len - 2) != NULL)
		return NULL;
	parser = imap_parser_create(&limits);
	if (imap_parser_feed(parser, slice_of(line, len), &eaten) == IMAP_PARSE_DONE && eaten == len) {
		args = args_of(imap_parser_args(parser), imap_parser_arena(parser));
		*items_out = (struct fetch_items){ 0 };
		if (fetch_items_read(&args, items_out) && args_end(&args) && items_out->simple == 0 &&
		    items_out->sections != NULL && items_out->sections->next == NULL &&
		    !items_out->sections->spec.partial)
			return parser;
	}
	imap_parser_destroy(&parser);
	return NULL;
}

static enum outcome copy_section(struct maker *maker, struct section *section)
{
	g_autofree char *piece = g_malloc(PIECE);
	ssize_t got;

	if (section_size(section) > maker->limit - spool_size(maker->spool))
		return TOO_BIG;
	while ((got = section_read(section, piece, PIECE)) > 0) {
		enum outcome outcome = put(maker, piece, (size_t)got);

		if (outcome != DONE)
			return outcome;
	}
	return got == 0 ? DONE : NO_STORE;
}

/* The part of a stored message whose facts and prefix are loaded. */
static enum outcome put_section(struct maker *maker, const struct message *message,
				const struct content_facts *facts, GBytes *prefix,
				const struct section_spec *spec)
{
	struct part_index *index = part_index_over_blob(facts->part_index);
	struct content_source stored;
	struct mime_source source = { content_source_read, &stored, facts->size };
	struct section *section = NULL;
	enum outcome outcome = BAD_URL;
	gsize len = 0;
	const char *data = prefix != NULL ? g_bytes_get_data(prefix, &len) : "";

	if (index == NULL)
		return NO_STORE;
	content_source_init(&stored, maker->store, message->hash);
	switch (section_open(spec, index, slice_of(data, len), &source, &section)) {
	case SECTION_OK:
		outcome = copy_section(maker, section);
		break;
	case SECTION_NONE:
	case SECTION_UNKNOWN_CTE:
		break;
	case SECTION_FAILED:
		outcome = NO_STORE;
		break;
	}
	section_close(&section);
	content_source_clear(&stored);
	part_index_destroy(&index);
	return outcome;
}

static enum outcome put_message(struct maker *maker, struct mailbox_ref ref, uint32_t uid,
				const struct section_spec *spec)
{
	struct content_value *facts = NULL;
	GBytes *prefix = NULL;
	struct message message;
	enum outcome outcome;
	enum store_result result = message_get(maker->store, ref, uid, &message);

	if (result == STORE_NOT_FOUND)
		return BAD_URL;
	if (result == STORE_OK)
		result = content_load_one(maker->store, CONTENT_FACTS, message.hash, &facts);
	if (result == STORE_OK && message.prefix_size > 0)
		result = message_load_prefixes(maker->store, ref, &uid, 1, &prefix);
	outcome = result == STORE_OK
		? put_section(maker, &message, content_value_facts(facts), prefix, spec) : NO_STORE;
	g_clear_pointer(&prefix, g_bytes_unref);
	content_value_unref(&facts);
	return outcome;
}

/* From the URL's name to the stored form: in the URL levels are separated by '/', or as
 * the session shows them; a name that does not begin with '/' stands beside the selected
 * mailbox. */
static bool stored_name(const struct imap_session *session, const struct message_url *url, GString *out)
{
	struct mailbox_name_rules rules = { session_names(session).separator, true };
	g_autofree char *shown = slice_dup(url->mailbox);
	const char *selected = session->selected != NULL ? session->selected->name : NULL;

	if (url->mailbox.len == 0) {
		g_string_append(out, selected != NULL ? selected : "");
		return selected != NULL;
	}
	if (!url->is_rooted && selected != NULL && strrchr(selected, '/') != NULL)
		g_string_append_len(out, selected, strrchr(selected, '/') - selected + 1);
	g_strdelimit(shown, "/", rules.separator);
	if (g_str_has_suffix(shown, "/"))
		shown[strlen(shown) - 1] = '\0';
	return mailbox_name_read(slice_from_string(shown), rules, out) == MAILBOX_NAME_OK;
}

static enum outcome put_found(struct maker *maker, const struct message_url *url,
			      const struct section_spec *given)
{
	g_autoptr(GString) name = g_string_new(NULL);
	struct section_spec spec = *given;
	struct mailbox mailbox = { 0 };
	enum store_result result;
	enum outcome outcome = BAD_URL;

	if (!stored_name(maker->session, url, name))
		return BAD_URL;
	spec.partial = url->has_partial;
	spec.offset = url->offset;
	spec.length = url->length;
	result = lookup_mailbox(maker->session, maker->store, slice_of(name->str, name->len), &mailbox);
	if (result == STORE_UNAVAILABLE)
		outcome = NO_STORE;
	else if (result == STORE_OK && rights_have(mailbox.rights, "r") &&
		 (url->uidvalidity == 0 || url->uidvalidity == mailbox.uidvalidity))
		outcome = put_message(maker, mailbox.ref, url->uid, &spec);
	mailbox_clear(&mailbox);
	return outcome;
}

static enum outcome put_url(struct maker *maker, struct slice text, struct arena *arena)
{
	struct message_url url;
	struct fetch_items items;
	struct imap_parser *parser;
	enum outcome outcome;

	if (!message_url_parse(text, arena, &url))
		return BAD_URL;
	parser = parse_section(url.section, &items);
	if (parser == NULL)
		return BAD_URL;
	outcome = put_found(maker, &url, &items.sections->spec);
	imap_parser_destroy(&parser);
	return outcome;
}

/* The URL in a response code: TEXT-CHARs but ']'. */
static const char *bad_url_code(struct command *command, struct slice url)
{
	char *code = arena_printf(command->arena, "BADURL %.*s", (int)MIN(url.len, (size_t)1000),
				  url.len > 0 ? url.data : "\"\"");

	for (char *at = code; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f || *at == ']')
			*at = '?';
	return code;
}

static void decide(struct command *command, enum outcome outcome, struct slice url)
{
	switch (outcome) {
	case DONE:
		return;
	case BAD_URL:
		command_no(command, bad_url_code(command, url), "There is no such message or part");
		return;
	case TOO_BIG:
		command_no(command, "TOOBIG", "The message would be larger than this server takes");
		return;
	case NO_SPACE:
		command_no(command, "UNAVAILABLE", "The message could not be put together; try again later");
		return;
	case NO_STORE:
		command_store_failed(command, STORE_UNAVAILABLE, "message");
		return;
	}
}

struct spool *catenate_make(struct imap_session *session, struct command *command,
			    struct store *store, const struct catenate *catenate)
{
	struct maker maker = {
		.session = session,
		.store = store,
		.spool = spool_create(SPOOL_IN_MEMORY, session->config->server.state_dir),
		.limit = session->config->imap.max_message_size,
	};

	for (size_t i = 0; i < catenate->count; i++) {
		const struct catenate_part *part = &catenate->parts[i];
		enum outcome outcome = part->text != NULL ? put_text(&maker, part->text)
							  : put_url(&maker, part->url, command->arena);

		if (outcome != DONE) {
			decide(command, outcome, part->url);
			spool_destroy(&maker.spool);
			return NULL;
		}
	}
	return maker.spool;
}
