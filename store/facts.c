/* The first octet is the format's number.  Format 1 had fewer texts; another one is not read
 * (reparse makes the row anew). */
#include "store/facts.h"

#include <endian.h>
#include <openssl/sha.h>

#define FORMAT 2
#define TEXTS 17
#define TEXTS_1 15
#define FIXED (1 + 3 * 8 + 3 * 4)

static const size_t text_offsets[TEXTS] = {
	G_STRUCT_OFFSET(struct content_facts, part_index),
	G_STRUCT_OFFSET(struct content_facts, envelope),
	G_STRUCT_OFFSET(struct content_facts, body),
	G_STRUCT_OFFSET(struct content_facts, bodystructure),
	G_STRUCT_OFFSET(struct content_facts, subject),
	G_STRUCT_OFFSET(struct content_facts, base_subject),
	G_STRUCT_OFFSET(struct content_facts, from),
	G_STRUCT_OFFSET(struct content_facts, to),
	G_STRUCT_OFFSET(struct content_facts, cc),
	G_STRUCT_OFFSET(struct content_facts, display_from),
	G_STRUCT_OFFSET(struct content_facts, display_to),
	G_STRUCT_OFFSET(struct content_facts, message_id),
	G_STRUCT_OFFSET(struct content_facts, in_reply_to),
	G_STRUCT_OFFSET(struct content_facts, references),
	G_STRUCT_OFFSET(struct content_facts, preview),
	G_STRUCT_OFFSET(struct content_facts, body_decoded),
	G_STRUCT_OFFSET(struct content_facts, bodystructure_decoded),
};

static void put64(GByteArray *out, uint64_t value)
{
	uint64_t network = htobe64(value);

	g_byte_array_append(out, (const guint8 *)&network, sizeof(network));
}

static void put32(GByteArray *out, uint32_t value)
{
	uint32_t network = htobe32(value);

	g_byte_array_append(out, (const guint8 *)&network, sizeof(network));
}

GByteArray *facts_pack(const struct content_facts *facts)
{
	GByteArray *out = g_byte_array_sized_new(1024);
	uint8_t format = FORMAT;

	g_byte_array_append(out, &format, 1);
	put64(out, facts->size);
	put64(out, facts->header_size);
	put64(out, (uint64_t)facts->sent_date);
	put32(out, (uint32_t)facts->sent_day);
	put32(out, facts->traits);
	put32(out, facts->version);
	for (size_t i = 0; i < TEXTS; i++)
		put32(out, (uint32_t)G_STRUCT_MEMBER(struct slice, facts, text_offsets[i]).len);
	for (size_t i = 0; i < TEXTS; i++) {
		struct slice text = G_STRUCT_MEMBER(struct slice, facts, text_offsets[i]);

		if (text.len > 0)
			g_byte_array_append(out, (const guint8 *)text.data, (guint)text.len);
	}
	return out;
}

static uint64_t take64(const char **at)
{
	uint64_t network;

	memcpy(&network, *at, sizeof(network));
	*at += sizeof(network);
	return be64toh(network);
}

static uint32_t take32(const char **at)
{
	uint32_t network;

	memcpy(&network, *at, sizeof(network));
	*at += sizeof(network);
	return be32toh(network);
}

/* 0: not known. */
static size_t texts_of(struct slice packed)
{
	if (packed.len == 0)
		return 0;
	return packed.data[0] == FORMAT ? TEXTS : packed.data[0] == 1 ? TEXTS_1 : 0;
}

bool facts_unpack(struct slice packed, struct content_facts *facts_out)
{
	const char *at = packed.data, *lengths, *text;
	size_t left, texts = texts_of(packed);

	*facts_out = (struct content_facts){ 0 };
	if (texts == 0 || packed.len < FIXED + texts * 4)
		return false;
	at++;
	facts_out->size = take64(&at);
	facts_out->header_size = take64(&at);
	facts_out->sent_date = (int64_t)take64(&at);
	facts_out->sent_day = (int32_t)take32(&at);
	facts_out->traits = take32(&at);
	facts_out->version = take32(&at);
	lengths = at;
	text = at + texts * 4;
	left = packed.len - FIXED - texts * 4;
	for (size_t i = 0; i < texts; i++) {
		uint32_t len = take32(&lengths);

		if (len > left)
			return false;
		G_STRUCT_MEMBER(struct slice, facts_out, text_offsets[i]) = slice_of(text, len);
		text += len;
		left -= len;
	}
	return left == 0;
}

int64_t facts_id_key(struct slice message_id)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t key;

	SHA256((const unsigned char *)message_id.data, message_id.len, digest);
	memcpy(&key, digest, sizeof(key));
	return (int64_t)(be64toh(key) >> 1);
}

bool facts_next_id(struct slice *rest, struct slice *id_out)
{
	size_t start = 0, end;

	while (start < rest->len && rest->data[start] == ' ')
		start++;
	for (end = start; end < rest->len && rest->data[end] != ' '; end++)
		;
	*id_out = slice_of(rest->data + start, end - start);
	*rest = slice_of(rest->data + end, rest->len - end);
	return id_out->len > 0;
}
