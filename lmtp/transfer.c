/* The octets of a message, by DATA or BDAT, into a spool; then one delivery job
 * per recipient, each with its reply.
 *
 * A message that can't be kept (too large, no room) is still read to its end, and
 * refused once for each recipient. */
#include "lmtp/session.h"

#define SPOOL_MEMORY (256 * 1024)

static const char reply_too_large[] = "552 5.3.4 Message is larger than this server takes";
static const char reply_no_room[] = "452 4.3.1 No room to take the message now";

static void open_spool(struct lmtp_session *session)
{
	if (session->spool == NULL)
		session->spool = spool_create(SPOOL_MEMORY, session->config->server.state_dir);
}

/* One line for every recipient that was taken (RFC 2033 4.2). */
static void reply_to_all(struct lmtp_session *session, const char *line)
{
	for (guint i = 0; i < session->recipients->len; i++)
		lmtp_reply(session, line);
}

static void deliver_one(struct lmtp_session *session, struct store *store)
{
	if (session->delivery == NULL)
		session->delivery = lmtp_delivery_create(&session->envelope);
	lmtp_delivery_run(session->delivery, store, session->recipients->pdata[session->next_delivery]);
}

/* What else the client has sent by now, it sent without our replies. */
static void keep_receipt(struct lmtp_session *session)
{
	g_clear_pointer(&session->receipt, g_bytes_unref);
	session->receipt = lmtp_delivery_receipt(session->delivery);
	session->sent_too_early = stream_peek(session->stream).len;
}

static void delivered_one(struct lmtp_session *session)
{
	const struct lmtp_recipient *recipient = session->recipients->pdata[session->next_delivery++];

	lmtp_reply(session, recipient->reply);
	if (session->next_delivery < session->recipients->len) {
		lmtp_submit(session, deliver_one, delivered_one);
		return;
	}
	keep_receipt(session);
	lmtp_reset(session);
}

/* RFC 3848, RFC 6531 section 4.3. */
static const char *protocol_name(const struct lmtp_session *session)
{
	if (stream_is_secure(session->stream))
		return session->is_utf8 ? "UTF8LMTPS" : "LMTPS";
	return session->is_utf8 ? "UTF8LMTP" : "LMTP";
}

static void deliver_all(struct lmtp_session *session)
{
	session->envelope = (struct lmtp_envelope){
		.sender = session->sender,
		.client_name = session->client_name,
		.client_address = stream_peer_address(session->stream),
		.protocol = protocol_name(session),
		.session_id = stream_id(session->stream),
		.may_show_utf8 = session->is_utf8,
		.octets = session->spool,
		.config = session->config,
		.memory = session->room->memory,
	};
	session->next_delivery = 0;
	lmtp_submit(session, deliver_one, delivered_one);
}

void lmtp_begin_data(struct lmtp_session *session)
{
	open_spool(session);
	session->input = LMTP_INPUT_DATA;
	lmtp_reply(session, "354 Send the message, end with <CRLF>.<CRLF>");
}

bool lmtp_take_data(struct lmtp_session *session)
{
	enum reader_result result = reader_dot_data(session->reader, session->config->lmtp.max_message_size,
						    session->spool);

	if (result == READER_MORE)
		return false;
	session->input = LMTP_INPUT_LINE;
	if (result == READER_DONE) {
		deliver_all(session);
		return true;
	}
	reply_to_all(session, result == READER_TOO_LONG ? reply_too_large : reply_no_room);
	lmtp_reset(session);
	return true;
}

/* NULL: the chunk is to be kept. */
static const char *chunk_problem(const struct lmtp_session *session, uint64_t size)
{
	uint64_t limit = session->config->lmtp.max_message_size;
	uint64_t have = session->spool != NULL ? spool_size(session->spool) : 0;

	if (!((LMTP_RCPT | LMTP_CHUNKS) & (unsigned)session->state))
		return "503 5.5.1 BDAT comes after a recipient was taken";
	return size > limit || have > limit - size ? reply_too_large : NULL;
}

void lmtp_begin_chunk(struct lmtp_session *session, uint64_t size, bool is_last)
{
	session->chunk_problem = chunk_problem(session, size);
	session->chunk_size = size;
	session->chunk_is_last = is_last;
	session->input = LMTP_INPUT_CHUNK;
	if (session->chunk_problem == NULL)
		open_spool(session);
}

/* A refused last chunk ends a transaction that had recipients with one reply each;
 * any other refusal is one reply, and the rest of the chunks will be refused too. */
static void refuse_chunk(struct lmtp_session *session, const char *problem)
{
	bool counts = (LMTP_RCPT | LMTP_CHUNKS) & (unsigned)session->state;

	if (counts && session->chunk_is_last) {
		reply_to_all(session, problem);
		lmtp_reset(session);
		return;
	}
	lmtp_reply(session, problem);
	if (session->state == LMTP_REFUSED && session->chunk_is_last)
		lmtp_reset(session);
	else if (session->state != LMTP_CONNECTED && session->state != LMTP_READY)
		lmtp_move(session, LMTP_REFUSED);
}

static void accept_chunk(struct lmtp_session *session)
{
	g_autofree char *reply = NULL;

	lmtp_move(session, LMTP_CHUNKS);
	if (session->chunk_is_last) {
		deliver_all(session);
		return;
	}
	reply = g_strdup_printf("250 2.0.0 %" G_GUINT64_FORMAT " octets received", session->chunk_size);
	lmtp_reply(session, reply);
}

bool lmtp_take_chunk(struct lmtp_session *session)
{
	const char *problem = session->chunk_problem;
	enum reader_result result = reader_literal(session->reader, session->chunk_size,
						   problem == NULL ? session->spool : NULL);

	if (result == READER_MORE)
		return false;
	session->input = LMTP_INPUT_LINE;
	if (problem == NULL && result != READER_DONE)
		problem = reply_no_room;
	if (problem != NULL)
		refuse_chunk(session, problem);
	else
		accept_chunk(session);
	return true;
}
