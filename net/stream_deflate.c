/* Raw DEFLATE both ways (RFC 4978) on top of TLS or the bare socket.
 *
 * In: compressed octets wait here until the owner's input has room, so a bomb
 * fills the input limit and no more.  Out: what the owner writes in one turn is
 * compressed as one piece and ended with a sync flush, so no octet is held back. */
#include "net/stream_private.h"

#include "base/log.h"

#include <zlib.h>

enum {
	LEVEL = 6,
	/* 96 KiB a connection instead of 256, for about 2 % larger text. */
	OUT_WINDOW_BITS = 13,
	OUT_MEMORY_LEVEL = 7,
	IN_CHUNK = 16 * 1024,
	OUT_ROOM = 1024,
};

struct stream_deflate {
	z_stream in, out;
	uint8_t *packed;     /* compressed octets not inflated yet; NULL: none */
	bool more;           /* zlib may have octets though its input is empty */
	bool dirty;          /* written since the last sync flush */
	bool ended;          /* the peer has ended its DEFLATE data */
};

void stream_start_deflate(struct stream *stream)
{
	struct stream_deflate *deflate;
	int in, out;

	g_assert(stream->deflate == NULL);
	if (stream->state != STREAM_OPEN)
		return;
	deflate = g_new0(struct stream_deflate, 1);
	in = inflateInit2(&deflate->in, -MAX_WBITS);
	out = deflateInit2(&deflate->out, LEVEL, Z_DEFLATED, -OUT_WINDOW_BITS, OUT_MEMORY_LEVEL,
			   Z_DEFAULT_STRATEGY);
	g_assert(in == Z_OK && out == Z_OK);
	/* What came behind the command is compressed already. */
	if (stream->in_len > 0) {
		deflate->packed = g_memdup2(stream->in + stream->in_start, stream->in_len);
		deflate->in.next_in = deflate->packed;
		deflate->in.avail_in = (uInt)stream->in_len;
		stream->in_len = stream->in_start = 0;
		stream->readable = true;
	}
	stream->deflate = deflate;
	stream_schedule(stream);
}

/* Compresses into the outlet until zlib has nothing more to give. */
static void run_deflate(struct stream *stream, int flush)
{
	z_stream *z = &stream->deflate->out;
	struct queue *outlet = stream_outlet(stream);
	bool full;

	do {
		size_t room;

		z->next_out = queue_reserve(outlet, OUT_ROOM, &room);
		z->avail_out = (uInt)room;
		g_assert(deflate(z, flush) != Z_STREAM_ERROR);
		queue_commit(outlet, room - z->avail_out);
		full = z->avail_out == 0;
	} while (full || z->avail_in > 0);
}

void stream_deflate_write(struct stream *stream, const void *data, size_t len)
{
	z_stream *z = &stream->deflate->out;
	const uint8_t *from = data;

	while (len > 0) {
		uInt part = (uInt)MIN(len, (size_t)1 << 30);

		z->next_in = (Bytef *)from;
		z->avail_in = part;
		run_deflate(stream, Z_NO_FLUSH);
		from += part;
		len -= part;
	}
	stream->deflate->dirty = true;
}

void stream_deflate_flush(struct stream *stream)
{
	if (!stream->deflate->dirty)
		return;
	stream->deflate->dirty = false;
	run_deflate(stream, Z_SYNC_FLUSH);
}

static enum io fetch_packed(struct stream *stream)
{
	struct stream_deflate *deflate = stream->deflate;
	size_t len = 0;
	enum io io;

	g_free(deflate->packed);
	deflate->packed = g_malloc(IN_CHUNK);
	io = stream_secure_read(stream, deflate->packed, IN_CHUNK, &len);
	if (io != IO_OK)
		g_clear_pointer(&deflate->packed, g_free);
	deflate->in.next_in = deflate->packed;
	deflate->in.avail_in = (uInt)len;
	return io;
}

enum io stream_deflate_read(struct stream *stream, void *data, size_t size, size_t *len_out)
{
	struct stream_deflate *deflate = stream->deflate;
	z_stream *z = &deflate->in;
	int result;

	if (deflate->ended)
		return IO_EOF;
	if (z->avail_in == 0 && !deflate->more) {
		enum io io = fetch_packed(stream);

		if (io != IO_OK)
			return io;
	}
	z->next_out = data;
	z->avail_out = (uInt)size;
	result = inflate(z, Z_SYNC_FLUSH);
	deflate->more = z->avail_out == 0;
	*len_out = size - z->avail_out;
	deflate->ended = result == Z_STREAM_END;
	/* Nothing came of it when it was half a block, or an empty one. */
	if (*len_out > 0 || result == Z_OK || result == Z_BUF_ERROR)
		return IO_OK;
	if (result == Z_STREAM_END)
		return IO_EOF;
	log_info("net", "%s #%" G_GUINT64_FORMAT " %s: DEFLATE: %s",
		 stream->connection.counters->label, stream->connection.id,
		 stream->connection.peer.text, z->msg != NULL ? z->msg : "bad data");
	return IO_BROKEN;
}

/* Octets behind the end of the peer's DEFLATE data are input already. */
static void take_rest(struct stream *stream)
{
	z_stream *z = &stream->deflate->in;

	while (z->avail_in > 0) {
		size_t room, len;
		uint8_t *to;

		to = stream_input_room(stream, &room);
		if (to == NULL) { /* more than the owner has room for: no honest peer's */
			stream_end(stream, STREAM_END_PEER);
			return;
		}
		len = MIN(room, (size_t)z->avail_in);
		memcpy(to, z->next_in, len);
		stream->in_len += len;
		z->next_in += len;
		z->avail_in -= (uInt)len;
		stream->fresh = true;
	}
}

/* An empty last block, as zlib writes it behind a flush. */
static const uint8_t deflate_end[] = { 0x03, 0x00 };

size_t stream_skip_deflate_end(struct stream *stream, uint8_t *data, size_t len)
{
	size_t skip = 0;

	while (skip < len && stream->deflate_end_left > 0 &&
	       data[skip] == deflate_end[sizeof deflate_end - stream->deflate_end_left]) {
		stream->deflate_end_left--;
		skip++;
	}
	if (skip < len)
		stream->deflate_end_left = 0;
	memmove(data, data + skip, len - skip);
	return len - skip;
}

void stream_stop_deflate(struct stream *stream)
{
	struct stream_deflate *deflate = stream->deflate;

	g_assert(deflate != NULL);
	if (stream->state != STREAM_OPEN)
		return;
	deflate->out.next_in = NULL;
	deflate->out.avail_in = 0;
	run_deflate(stream, Z_FINISH);
	if (deflate->ended) {
		/* It was the end of a layer, not of the connection. */
		stream->eof = false;
		take_rest(stream);
	} else {
		stream->deflate_end_left = sizeof deflate_end;
	}
	stream_deflate_free(stream);
	stream->readable = true;
	stream_schedule(stream);
}

void stream_deflate_free(struct stream *stream)
{
	struct stream_deflate *deflate = stream->deflate;

	if (deflate == NULL)
		return;
	stream->deflate = NULL;
	inflateEnd(&deflate->in);
	deflateEnd(&deflate->out);
	g_free(deflate->packed);
	g_free(deflate);
}
