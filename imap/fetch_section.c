/* Plain ranges of a content go out by reference to the cached chunk, without a copy;
 * everything else is read through mime/section.h. */
#include "imap/fetch_section.h"

enum {
	READ_PIECE = 32 * 1024,
	COPY_BELOW = 2048, /* shorter runs are cheaper copied than passed by reference */
};

struct section_sender {
	struct imap_session *session;
	const struct loaded *loaded;
	struct section *section;
	struct mime_source source;
	struct content_source stored;  /* when the octets are not all in memory */
	struct slice octets;           /* when they are */
	bool in_memory;
	bool by_ranges;
	struct section_ranges ranges;  /* what is left of them */
};

static void destroy(struct section_sender *sender)
{
	section_close(&sender->section);
	if (!sender->in_memory)
		content_source_clear(&sender->stored);
	g_free(sender);
}

void fetch_section_destroy(struct section_sender **sender)
{
	if (*sender != NULL)
		destroy(*sender);
	*sender = NULL;
}

static void put_piece(struct output *output, struct content_value *value, size_t offset, size_t len)
{
	if (len < COPY_BELOW) {
		struct slice octets = content_value_octets(value);

		g_string_append_len(output_text(output), octets.data + offset, (gssize)len);
	} else {
		g_autoptr(GBytes) bytes = content_value_bytes(value, offset, len);

		output_bytes(output, bytes);
	}
}

static enum section_sent send_ranges(struct section_sender *sender, struct store *store)
{
	struct output *output = sender->session->output;
	struct section_ranges *left = &sender->ranges;

	g_string_append_len(output_text(output), left->prefix.data, (gssize)left->prefix.len);
	left->prefix = (struct slice){ 0 };
	while (left->size > 0) {
		uint32_t chunk = (uint32_t)(left->offset / CONTENT_CHUNK);
		size_t at = (size_t)(left->offset % CONTENT_CHUNK);
		size_t len = (size_t)MIN(left->size, (uint64_t)(CONTENT_CHUNK - at));
		struct content_value *value = NULL;

		if (output_is_full(output))
			return SECTION_MORE;
		if (sender->in_memory || chunk == 0)
			value = content_value_ref(sender->loaded->octets);
		else if (store == NULL)
			value = content_peek_chunk(imap_room_pool(sender->session->room),
						   sender->loaded->entry->hash, chunk);
		else if (content_load_chunk(store, sender->loaded->entry->hash, chunk, &value) != STORE_OK)
			return SECTION_BROKEN;
		if (value == NULL)
			return SECTION_NEEDS_STORE;
		if (content_value_octets(value).len < at + len) {
			content_value_unref(&value);
			return SECTION_BROKEN;
		}
		put_piece(output, value, at, len);
		content_value_unref(&value);
		left->offset += len;
		left->size -= len;
	}
	return SECTION_SENT;
}

static enum section_sent send_read(struct section_sender *sender)
{
	GString *out = output_text(sender->session->output);

	while (!output_is_full(sender->session->output)) {
		gsize before = out->len;
		ssize_t got;

		g_string_set_size(out, before + READ_PIECE);
		got = section_read(sender->section, out->str + before, READ_PIECE);
		g_string_truncate(out, before + (gsize)MAX(got, 0));
		if (got < 0)
			return SECTION_BROKEN;
		if (got == 0)
			return SECTION_SENT;
	}
	return SECTION_MORE;
}

static enum section_sent go_on(struct section_sender *sender, struct store *store)
{
	sender->stored.store = store;
	return sender->by_ranges ? send_ranges(sender, store) : send_read(sender);
}

enum section_sent fetch_section_continue(struct section_sender **sender, struct store *store)
{
	enum section_sent sent = go_on(*sender, store);

	if (sent != SECTION_MORE && sent != SECTION_NEEDS_STORE)
		fetch_section_destroy(sender);
	return sent;
}

static void print_label(struct imap_session *session, const struct fetch_section *section)
{
	GString *out = session_text(session);

	g_string_append_len(out, section->label.data, (gssize)section->label.len);
	g_string_append_c(out, ' ');
}

/* No such part: nothing to send. */
static void print_none(struct imap_session *session, const struct fetch_section *section)
{
	print_label(session, section);
	g_string_append(session_text(session), section->kind == FETCH_SECTION_SIZE ? "0" : "NIL");
}

static void print_size(struct imap_session *session, const struct fetch_section *section,
		       uint64_t size, bool as_literal8)
{
	GString *out = session_text(session);

	print_label(session, section);
	if (section->kind == FETCH_SECTION_SIZE)
		g_string_append_printf(out, "%" G_GUINT64_FORMAT, size);
	else
		g_string_append_printf(out, "%s{%" G_GUINT64_FORMAT "}\r\n",
				       as_literal8 ? "~" : "", size);
}

static void set_source(struct section_sender *sender, struct store *store,
		       const struct content_facts *facts)
{
	sender->in_memory = facts->size <= CONTENT_CHUNK;
	if (sender->in_memory) {
		sender->octets = content_value_octets(sender->loaded->octets);
		sender->source = mime_source_of_slice(&sender->octets);
		return;
	}
	content_source_init(&sender->stored, store, sender->loaded->entry->hash);
	sender->source = (struct mime_source){
		.read = content_source_read, .arg = &sender->stored, .size = facts->size,
	};
}

static enum section_sent open_section(struct section_sender *sender, const struct part_index *index,
				      const struct fetch_section *section)
{
	switch (section_open(&section->spec, index, loader_prefix(sender->loaded), &sender->source,
			     &sender->section)) {
	case SECTION_OK:
		/* A plain string where there can be no NUL (RFC 3516 4.3). */
		print_size(sender->session, section, section_size(sender->section),
			   section->kind == FETCH_SECTION_BINARY && section_may_hold_nul(sender->section));
		sender->by_ranges = section_as_ranges(sender->section, &sender->ranges);
		return section->kind == FETCH_SECTION_SIZE ? SECTION_SENT : SECTION_MORE;
	case SECTION_NONE:
		print_none(sender->session, section);
		return SECTION_SENT;
	case SECTION_UNKNOWN_CTE:
		return SECTION_CTE;
	case SECTION_FAILED:
		return SECTION_GONE;
	}
	g_assert_not_reached();
}

enum section_sent fetch_section_begin(struct imap_session *session, struct store *store,
				      const struct loaded *loaded, const struct part_index *index,
				      const struct fetch_section *section,
				      struct section_sender **sender_out)
{
	const struct content_facts *facts = content_value_facts(loaded->facts);
	struct section_sender *sender;
	enum section_sent sent;

	if (facts->size > CONTENT_CHUNK && store == NULL && !section->is_plain)
		return SECTION_NEEDS_STORE;
	sender = g_new0(struct section_sender, 1);
	sender->session = session;
	sender->loaded = loaded;
	set_source(sender, store, facts);
	sent = open_section(sender, index, section);
	if (sent == SECTION_MORE)
		sent = go_on(sender, store);
	if (sent == SECTION_MORE || sent == SECTION_NEEDS_STORE)
		*sender_out = sender;
	else
		destroy(sender);
	return sent;
}
