/* Ways as in the stream under test, the other way round. */
#include "tests/unit/net/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <zlib.h>

struct peer {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *from_net, *to_net;
	bool shaken;
	bool deflate;
	z_stream zin, zout;
	int flush;
	GByteArray *pending; /* wire octets to send */
	GByteArray *packed;  /* decrypted, not inflated */
	GByteArray *got;     /* application octets not yet read */
	bool end;
};

struct peer *peer_create(int fd)
{
	struct peer *peer = g_new0(struct peer, 1);
	struct timeval limit = { .tv_sec = 120 };

	peer->fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	peer->pending = g_byte_array_new();
	peer->packed = g_byte_array_new();
	peer->got = g_byte_array_new();
	return peer;
}

void peer_forget_tls(struct peer *peer)
{
	SSL_free(peer->ssl);
	SSL_CTX_free(peer->ctx);
	peer->ssl = NULL;
	peer->ctx = NULL;
}

void peer_destroy(struct peer **peer_ptr)
{
	struct peer *peer = *peer_ptr;

	*peer_ptr = NULL;
	close(peer->fd);
	peer_forget_tls(peer);
	if (peer->deflate) {
		inflateEnd(&peer->zin);
		deflateEnd(&peer->zout);
	}
	g_byte_array_unref(peer->pending);
	g_byte_array_unref(peer->packed);
	g_byte_array_unref(peer->got);
	g_free(peer);
}

void peer_cut(struct peer **peer)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt((*peer)->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	peer_destroy(peer);
}

int peer_fd(const struct peer *peer)
{
	return peer->fd;
}

SSL *peer_ssl(struct peer *peer)
{
	return peer->ssl;
}

static void collect(struct peer *peer)
{
	char *data;
	long len = BIO_get_mem_data(peer->to_net, &data);

	g_byte_array_append(peer->pending, (const guint8 *)data, (guint)len);
	(void)BIO_reset(peer->to_net);
}

ssize_t peer_read_raw(struct peer *peer, void *data, size_t len)
{
	ssize_t n;

	do {
		n = recv(peer->fd, data, len, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		g_error("the peer waited 20 seconds for nothing");
	return n;
}

/* False at the end of the connection. */
static bool feed(struct peer *peer)
{
	uint8_t data[16384];
	ssize_t len = peer_read_raw(peer, data, sizeof data);

	if (len <= 0)
		return false;
	if (peer->ssl != NULL)
		BIO_write(peer->from_net, data, (int)len);
	else
		g_byte_array_append(peer->deflate ? peer->packed : peer->got, data, (guint)len);
	return true;
}

void peer_begin_tls(struct peer *peer, const struct peer_tls *tls)
{
	static const struct peer_tls any;

	tls = tls != NULL ? tls : &any;
	peer->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(peer->ctx, tls->min_version != 0 ? tls->min_version : TLS1_VERSION);
	SSL_CTX_set_max_proto_version(peer->ctx, tls->max_version);
	g_assert(SSL_CTX_set_cipher_list(peer->ctx, tls->ciphers != NULL ? tls->ciphers :
								 "ALL:@SECLEVEL=0"));
	if (tls->suites != NULL)
		g_assert(SSL_CTX_set_ciphersuites(peer->ctx, tls->suites));
	if (tls->certificate != NULL) {
		SSL_CTX_use_certificate_file(peer->ctx, tls->certificate, SSL_FILETYPE_PEM);
		SSL_CTX_use_PrivateKey_file(peer->ctx, tls->private_key, SSL_FILETYPE_PEM);
	}
	peer->ssl = SSL_new(peer->ctx);
	if (tls->server_name != NULL)
		SSL_set_tlsext_host_name(peer->ssl, tls->server_name);
	peer->from_net = BIO_new(BIO_s_mem());
	peer->to_net = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(peer->from_net, -1);
	SSL_set_bio(peer->ssl, peer->from_net, peer->to_net);
	SSL_set_connect_state(peer->ssl);
}

bool peer_shake(struct peer *peer)
{
	int result = SSL_do_handshake(peer->ssl);

	collect(peer);
	if (result != 1 && SSL_get_error(peer->ssl, result) != SSL_ERROR_WANT_READ)
		peer->end = true;
	return result == 1;
}

bool peer_handshake(struct peer *peer, const struct peer_tls *tls)
{
	peer_begin_tls(peer, tls);
	for (;;) {
		bool done = peer_shake(peer);

		peer_flush(peer);
		if (done || peer->end)
			return done;
		if (!feed(peer))
			return false;
	}
}

void peer_start_deflate(struct peer *peer)
{
	g_assert(inflateInit2(&peer->zin, -15) == Z_OK);
	g_assert(deflateInit2(&peer->zout, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	peer->deflate = true;
	peer->flush = Z_SYNC_FLUSH;
}

void peer_set_flush(struct peer *peer, int flush)
{
	peer->flush = flush;
}

static void put_secure(struct peer *peer, const void *data, size_t len)
{
	if (peer->ssl == NULL) {
		g_byte_array_append(peer->pending, data, (guint)len);
		return;
	}
	g_assert_cmpint(SSL_write(peer->ssl, data, (int)len), ==, (int)len);
	collect(peer);
}

void peer_put(struct peer *peer, const void *data, size_t len)
{
	g_autofree uint8_t *packed = NULL;

	if (len == 0)
		return;
	if (!peer->deflate) {
		put_secure(peer, data, len);
		return;
	}
	packed = g_malloc(len + len / 100 + 64);
	peer->zout.next_in = (Bytef *)data;
	peer->zout.avail_in = (uInt)len;
	peer->zout.next_out = packed;
	peer->zout.avail_out = (uInt)(len + len / 100 + 64);
	g_assert(deflate(&peer->zout, peer->flush) == Z_OK && peer->zout.avail_in == 0);
	put_secure(peer, packed, (size_t)(peer->zout.next_out - packed));
}

void peer_put_text(struct peer *peer, const char *text)
{
	peer_put(peer, text, strlen(text));
}

GByteArray *peer_steal_pending(struct peer *peer)
{
	GByteArray *pending = peer->pending;

	peer->pending = g_byte_array_new();
	return pending;
}

bool peer_send_raw(struct peer *peer, const void *data, size_t len)
{
	const char *from = data;

	while (len > 0) {
		ssize_t sent = send(peer->fd, from, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			g_error("the peer could not send for 20 seconds");
		if (sent < 0)
			return false;
		from += sent;
		len -= (size_t)sent;
	}
	return true;
}

void peer_flush(struct peer *peer)
{
	peer_send_raw(peer, peer->pending->data, peer->pending->len);
	g_byte_array_set_size(peer->pending, 0);
}

static void unpack(struct peer *peer)
{
	uint8_t out[16384];

	peer->zin.next_in = peer->packed->data;
	peer->zin.avail_in = peer->packed->len;
	do {
		int result;

		peer->zin.next_out = out;
		peer->zin.avail_out = sizeof out;
		result = inflate(&peer->zin, Z_SYNC_FLUSH);
		g_assert(result == Z_OK || result == Z_BUF_ERROR);
		g_byte_array_append(peer->got, out, (guint)(sizeof out - peer->zin.avail_out));
	} while (peer->zin.avail_out == 0);
	g_assert(peer->zin.avail_in == 0);
	g_byte_array_set_size(peer->packed, 0);
}

/* More application octets; false at the end. */
static bool get_more(struct peer *peer)
{
	guint before = peer->got->len;

	while (peer->got->len == before) {
		if (peer->ssl != NULL) {
			uint8_t data[16384];
			int len = SSL_read(peer->ssl, data, sizeof data);

			collect(peer);
			if (len > 0)
				g_byte_array_append(peer->deflate ? peer->packed : peer->got, data, (guint)len);
			else if (SSL_get_error(peer->ssl, len) != SSL_ERROR_WANT_READ || !feed(peer))
				return false;
		} else if (!feed(peer)) {
			return false;
		}
		if (peer->deflate)
			unpack(peer);
	}
	return true;
}

char *peer_read_line(struct peer *peer)
{
	for (;;) {
		const uint8_t *end = peer->got->len > 0 ? memchr(peer->got->data, '\n', peer->got->len) : NULL;

		if (end != NULL) {
			size_t len = (size_t)(end - peer->got->data);
			char *line = g_strndup((const char *)peer->got->data, len);

			g_strchomp(line);
			g_byte_array_remove_range(peer->got, 0, (guint)len + 1);
			return line;
		}
		if (!get_more(peer))
			return NULL;
	}
}

bool peer_read(struct peer *peer, void *data, size_t len)
{
	uint8_t *to = data;

	while (len > 0) {
		size_t part = MIN(len, peer->got->len);

		memcpy(to, peer->got->data, part);
		if (part > 0)
			g_byte_array_remove_range(peer->got, 0, (guint)part);
		to += part;
		len -= part;
		if (len > 0 && !get_more(peer))
			return false;
	}
	return true;
}

bool peer_sees_end(struct peer *peer)
{
	uint8_t data[4096];

	while (peer_read_raw(peer, data, sizeof data) > 0)
		;
	return true;
}
