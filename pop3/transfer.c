/* A message on its way out: prefix, then chunk after chunk of its content.
 *
 * What the caches hold is written at once, without a job and (where no dot needs
 * stuffing) without a copy.  What they do not hold is loaded by a worker, one chunk at
 * a time, and only while the client takes what it is sent: a message of any size
 * costs a chunk and the stream's queue. */
#include "pop3/session.h"

#include "base/log.h"
#include "store/message.h"

#define ROOM "pop3"
/* Shorter runs are cheaper copied than referred to. */
#define MIN_REFERENCE 4096

static bool is_top(const struct pop3_transfer *transfer)
{
	return transfer->body_lines != G_MAXUINT64;
}

static uint64_t content_size(const struct pop3_transfer *transfer)
{
	return transfer->entry->size - transfer->entry->prefix_size;
}

static uint64_t chunk_offset(const struct pop3_transfer *transfer)
{
	return (uint64_t)transfer->chunk_number * CONTENT_CHUNK;
}

void pop3_transfer_clear(struct pop3_transfer *transfer)
{
	g_clear_pointer(&transfer->prefix, g_bytes_unref);
	content_value_unref(&transfer->facts);
	content_value_unref(&transfer->chunk);
	transfer->entry = NULL;
}

static bool has_all(const struct pop3_transfer *transfer)
{
	return (transfer->entry->prefix_size == 0 || transfer->prefix != NULL) &&
	       (!is_top(transfer) || transfer->facts != NULL) && transfer->chunk != NULL;
}

/* Takes from the caches what the next step needs. */
static void peek_all(struct pop3_session *session)
{
	struct pop3_transfer *transfer = &session->transfer;
	struct store_pool *pool = session->room->pool;

	if (transfer->prefix == NULL && transfer->entry->prefix_size > 0)
		transfer->prefix = message_peek_prefix(pool, pop3_drop_mailbox(session->drop), transfer->entry->uid);
	if (transfer->facts == NULL && is_top(transfer))
		transfer->facts = content_peek(pool, CONTENT_FACTS, transfer->entry->hash);
	/* CONTENT_OCTETS of a large content is its first chunk. */
	if (transfer->chunk == NULL && transfer->chunk_number == 0)
		transfer->chunk = content_peek(pool, CONTENT_OCTETS, transfer->entry->hash);
}

/* In a worker: the same from the database. */
static void load_all(struct pop3_session *session, struct store *store)
{
	struct pop3_transfer *transfer = &session->transfer;
	const struct view_entry *entry = transfer->entry;
	enum store_result result = STORE_OK;

	if (transfer->prefix == NULL && entry->prefix_size > 0)
		result = message_load_prefixes(store, pop3_drop_mailbox(session->drop), &entry->uid, 1,
					       &transfer->prefix);
	if (result == STORE_OK && transfer->facts == NULL && is_top(transfer))
		result = content_load_one(store, CONTENT_FACTS, entry->hash, &transfer->facts);
	if (result == STORE_OK && transfer->chunk == NULL)
		result = transfer->chunk_number == 0
			? content_load_one(store, CONTENT_OCTETS, entry->hash, &transfer->chunk)
			: content_load_chunk(store, entry->hash, transfer->chunk_number, &transfer->chunk);
	transfer->has_failed = result != STORE_OK || !has_all(transfer);
}

static bool needs_stuffing(const struct pop3_stuffer *stuffer, struct slice piece)
{
	return (stuffer->last == '\n' && piece.data[0] == '.') ||
	       memmem(piece.data, piece.len, "\n.", 2) != NULL;
}

static void write_stuffed(struct pop3_session *session, struct slice piece)
{
	g_autoptr(GString) out = g_string_sized_new(piece.len + 64);

	pop3_stuff(&session->transfer.stuffer, piece, out);
	stream_write(session->stream, out->str, out->len);
}

/* The chunk's octets from `from` on, `len` of them. */
static void write_chunk(struct pop3_session *session, size_t from, size_t len)
{
	struct pop3_transfer *transfer = &session->transfer;
	struct slice octets = content_value_octets(transfer->chunk);
	struct slice piece = slice_of(octets.data + from, len);
	GBytes *bytes;

	if (len < MIN_REFERENCE || needs_stuffing(&transfer->stuffer, piece)) {
		write_stuffed(session, piece);
		return;
	}
	pop3_stuffer_skip(&transfer->stuffer, piece);
	bytes = content_value_bytes(transfer->chunk, from, len);
	stream_write_bytes(session->stream, bytes);
	g_bytes_unref(bytes);
}

/* How much of the chunk TOP shows: the header's part, and lines of the body. */
static size_t shown_length(struct pop3_transfer *transfer, struct slice octets)
{
	uint64_t header_size, offset = chunk_offset(transfer);
	size_t header;

	if (!is_top(transfer))
		return octets.len;
	header_size = content_value_facts(transfer->facts)->header_size;
	header = header_size > offset ? (size_t)MIN(header_size - offset, octets.len) : 0;
	return header + pop3_first_lines(slice_of(octets.data + header, octets.len - header),
					 &transfer->body_lines).len;
}

static void finish(struct pop3_session *session)
{
	g_autoptr(GString) end = g_string_new(NULL);

	pop3_stuff_end(&session->transfer.stuffer, end);
	stream_write(session->stream, end->str, end->len);
	pop3_transfer_clear(&session->transfer);
	session->input = POP3_INPUT_LINE;
}

/* Writes the chunk at hand.  True: the message is over. */
static bool send_chunk(struct pop3_session *session)
{
	struct pop3_transfer *transfer = &session->transfer;
	struct slice octets = content_value_octets(transfer->chunk);
	size_t shown = shown_length(transfer, octets);
	bool is_over = shown < octets.len || chunk_offset(transfer) + octets.len >= content_size(transfer);

	write_chunk(session, 0, shown);
	content_value_unref(&transfer->chunk);
	transfer->chunk_number++;
	return is_over;
}

static void loaded_more(struct pop3_session *session);

static void send_chunks(struct pop3_session *session)
{
	while (!send_chunk(session)) {
		if (stream_above_high_water(session->stream))
			return; /* drained() goes on */
		peek_all(session);
		if (!has_all(&session->transfer)) {
			pop3_submit(session, load_all, loaded_more);
			return;
		}
	}
	finish(session);
}

/* In the middle of a message there is no way to say what is wrong: half a message must
 * not look like a whole one, so the connection ends without the final dot. */
static void loaded_more(struct pop3_session *session)
{
	if (session->transfer.has_failed) {
		log_warning(ROOM, "session=%" G_GUINT64_FORMAT " ends: rest of a message could not be read",
			    stream_id(session->stream));
		session->input = POP3_INPUT_NOTHING;
		stream_close(session->stream);
		return;
	}
	send_chunks(session);
}

void pop3_continue_transfer(struct pop3_session *session)
{
	peek_all(session);
	if (has_all(&session->transfer))
		send_chunks(session);
	else
		pop3_submit(session, load_all, loaded_more);
}

static void start_sending(struct pop3_session *session)
{
	struct pop3_transfer *transfer = &session->transfer;

	if (transfer->has_failed) {
		pop3_transfer_clear(transfer);
		session->input = POP3_INPUT_LINE;
		pop3_reply(session, "-ERR [SYS/TEMP] The message can't be read now");
		return;
	}
	if (is_top(transfer))
		pop3_reply(session, "+OK Top follows");
	else
		pop3_replyf(session, "+OK %" G_GUINT64_FORMAT " octets", transfer->entry->size);
	if (transfer->prefix != NULL) {
		gsize len;
		const char *octets = g_bytes_get_data(transfer->prefix, &len);

		write_stuffed(session, slice_of(octets, len));
	}
	send_chunks(session);
}

void pop3_begin_transfer(struct pop3_session *session, size_t index, uint64_t body_lines)
{
	session->transfer = (struct pop3_transfer){
		.entry = pop3_drop_entry(session->drop, index), .body_lines = body_lines,
	};
	pop3_stuffer_init(&session->transfer.stuffer);
	session->input = POP3_INPUT_WAIT;
	peek_all(session);
	if (has_all(&session->transfer))
		start_sending(session);
	else
		pop3_submit(session, load_all, start_sending);
}
