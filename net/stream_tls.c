/* TLS by OpenSSL on a BIO of our own: it reads from the socket, and it writes to
 * the `wire` queue, which takes whole records always; so a record is never half
 * written, small ones leave together, and an idle session holds no buffer
 * (OpenSSL gives its own back, SSL_MODE_RELEASE_BUFFERS).
 *
 * The queue refuses only beyond WIRE_REFUSED, which a peer reaches by making
 * OpenSSL answer (KeyUpdate) without reading; then OpenSSL says WANT_WRITE and we
 * stop reading until the queue is shorter. */
#include "net/stream_private.h"

#include "net/tls_private.h"

#include "base/log.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>

enum { WIRE_REFUSED = 2 * WIRE_AHEAD };

struct stream_tls {
	SSL *ssl;
	struct tls_server *server;
	bool established;
	bool blocked;        /* WANT_WRITE was the answer to a read */
	size_t retry_len;    /* a write to be repeated with the same octets */
	enum io socket_said; /* the last answer of the socket that was not octets */
	char *client;
};

static int bio_read(BIO *bio, char *data, size_t size, size_t *len_out)
{
	struct stream *stream = BIO_get_data(bio);
	enum io io = stream_socket_read(stream, data, size, len_out);

	BIO_clear_retry_flags(bio);
	stream->tls->socket_said = io;
	if (io == IO_AGAIN)
		BIO_set_retry_read(bio);
	return io == IO_OK;
}

static int bio_write(BIO *bio, const char *data, size_t len, size_t *len_out)
{
	struct stream *stream = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (stream->wire.length >= WIRE_REFUSED) {
		BIO_set_retry_write(bio);
		return 0;
	}
	queue_append(&stream->wire, data, len);
	*len_out = len;
	return 1;
}

static long bio_ctrl(BIO *bio, int what, long number, void *pointer)
{
	struct stream *stream = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	switch (what) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return stream->tls->socket_said == IO_EOF;
	default:
		return 0;
	}
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
	bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	g_assert(bio_method != NULL);
	BIO_meth_set_read_ex(bio_method, bio_read);
	BIO_meth_set_write_ex(bio_method, bio_write);
	BIO_meth_set_ctrl(bio_method, bio_ctrl);
}

static BIO *bio_create(struct stream *stream)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *bio;

	pthread_once(&once, make_bio_method);
	bio = BIO_new(bio_method);
	g_assert(bio != NULL);
	BIO_set_data(bio, stream);
	BIO_set_init(bio, 1);
	return bio;
}

void stream_tls_begin(struct stream *stream, struct tls_server *server)
{
	struct stream_tls *tls = g_new0(struct stream_tls, 1);
	BIO *bio = bio_create(stream);

	tls->server = tls_server_ref(server);
	tls->ssl = tls_server_session(server);
	SSL_set_bio(tls->ssl, bio, bio);
	tls->socket_said = IO_AGAIN;
	stream->tls = tls;
}

/* What a call of OpenSSL that gave no octets means. */
static enum io classify(struct stream *stream, int result)
{
	struct stream_tls *tls = stream->tls;
	g_autofree char *reason = NULL;

	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		tls->blocked = true;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	default:
		break;
	}
	if (tls->socket_said == IO_EOF || tls->socket_said == IO_BROKEN) {
		ERR_clear_error();
		return tls->socket_said;
	}
	reason = tls_error_take();
	log_info("net", "%s #%" G_GUINT64_FORMAT " %s: TLS %s failed: %s",
		 stream->connection.counters->label, stream->connection.id,
		 stream->connection.peer.text, tls->established ? "record" : "handshake", reason);
	return IO_TLS;
}

static void note_security(struct stream *stream)
{
	SSL *ssl = stream->tls->ssl;
	g_autofree char *text = g_strdup_printf("%s %s", SSL_get_version(ssl),
						SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)));

	/* Few combinations: interned, so that other threads may hold them. */
	atomic_store(&stream->connection.security, g_intern_string(text));
}

/* The rfc822Name of the certificate; the subject's free text is not an identity. */
static char *client_address(SSL *ssl)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	GENERAL_NAMES *names;
	char *found = NULL;

	if (certificate == NULL || SSL_get_verify_result(ssl) != X509_V_OK)
		return NULL;
	names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && found == NULL; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_IA5STRING *mail = name->type == GEN_EMAIL ? name->d.rfc822Name : NULL;
		size_t len = mail != NULL ? (size_t)ASN1_STRING_length(mail) : 0;
		const char *text = mail != NULL ? (const char *)ASN1_STRING_get0_data(mail) : NULL;

		/* A NUL inside would make two identities of one. */
		if (len > 0 && memchr(text, '\0', len) == NULL)
			found = g_strndup(text, len);
	}
	GENERAL_NAMES_free(names);
	return found;
}

enum io stream_tls_handshake(struct stream *stream)
{
	struct stream_tls *tls = stream->tls;
	int result;

	ERR_clear_error();
	tls->blocked = false;
	result = SSL_do_handshake(tls->ssl);
	if (result != 1)
		return classify(stream, result);
	tls->established = true;
	tls->client = client_address(tls->ssl);
	note_security(stream);
	return IO_OK;
}

bool stream_tls_established(const struct stream *stream)
{
	return stream->tls->established;
}

bool stream_tls_blocked(const struct stream *stream)
{
	return stream->tls != NULL && stream->tls->blocked;
}

enum io stream_tls_read(struct stream *stream, void *data, size_t size, size_t *len_out)
{
	ERR_clear_error();
	stream->tls->blocked = false;
	if (SSL_read_ex(stream->tls->ssl, data, size, len_out) == 1)
		return IO_OK;
	return classify(stream, 0);
}

enum io stream_tls_encrypt(struct stream *stream)
{
	static _Thread_local uint8_t scratch[TLS_RECORD];
	struct stream_tls *tls = stream->tls;

	while (stream->out.length > 0 && stream->wire.length < WIRE_AHEAD) {
		size_t len = tls->retry_len != 0 ? tls->retry_len : MIN(stream->out.length, TLS_RECORD);
		struct slice front = queue_front(&stream->out, scratch, len);
		size_t taken;

		ERR_clear_error();
		if (SSL_write_ex(tls->ssl, front.data, front.len, &taken) != 1) {
			tls->retry_len = len;
			return classify(stream, 0);
		}
		tls->retry_len = 0;
		queue_consume(&stream->out, taken);
	}
	return IO_OK;
}

void stream_tls_finish(struct stream *stream)
{
	ERR_clear_error();
	SSL_shutdown(stream->tls->ssl);
	ERR_clear_error();
}

void stream_tls_free(struct stream *stream)
{
	struct stream_tls *tls = stream->tls;

	if (tls == NULL)
		return;
	stream->tls = NULL;
	SSL_free(tls->ssl);
	tls_server_unref(&tls->server);
	g_free(tls->client);
	g_free(tls);
}

const char *stream_client_identity(const struct stream *stream)
{
	return stream->tls != NULL ? stream->tls->client : NULL;
}

/* --- channel binding --- */

static GBytes *exporter_binding(SSL *ssl)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	uint8_t value[32];

	/* RFC 9266 section 2: TLS 1.3, or older with extended master secret. */
	if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1)
		return NULL;
	if (SSL_export_keying_material(ssl, value, sizeof value, label, sizeof label - 1,
				       (const unsigned char *)"", 0, 1) != 1)
		return NULL;
	return g_bytes_new(value, sizeof value);
}

/* RFC 5929 section 4.1: the hash of the certificate's signature, but SHA-256
 * instead of MD5 and SHA-1; undefined for signatures without a hash. */
static GBytes *end_point_binding(SSL *ssl)
{
	X509 *certificate = SSL_get_certificate(ssl);
	uint8_t value[EVP_MAX_MD_SIZE];
	unsigned len;
	int hash;

	if (certificate == NULL ||
	    !X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) || hash == NID_undef)
		return NULL;
	if (hash == NID_md5 || hash == NID_sha1 || hash == NID_md5_sha1)
		hash = NID_sha256;
	if (EVP_get_digestbynid(hash) == NULL ||
	    X509_digest(certificate, EVP_get_digestbynid(hash), value, &len) != 1)
		return NULL;
	return g_bytes_new(value, len);
}

/* RFC 5929 section 3.1: the handshake's first Finished, which is ours when a session was
 * resumed.  TLS 1.3 has none that is safe, older TLS only with the extended master
 * secret (RFC 7627). */
static GBytes *unique_binding(SSL *ssl)
{
	uint8_t value[EVP_MAX_MD_SIZE];
	size_t len;

	if (SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) != 1)
		return NULL;
	len = SSL_session_reused(ssl) ? SSL_get_finished(ssl, value, sizeof value)
				      : SSL_get_peer_finished(ssl, value, sizeof value);
	return len > 0 && len <= sizeof value ? g_bytes_new(value, len) : NULL;
}

bool stream_channel_binding(struct stream *stream, const char *type, GBytes **data_out)
{
	GBytes *data = NULL;

	if (!stream_is_secure(stream))
		return false;
	ERR_clear_error();
	if (strcmp(type, "tls-exporter") == 0)
		data = exporter_binding(stream->tls->ssl);
	else if (strcmp(type, "tls-server-end-point") == 0)
		data = end_point_binding(stream->tls->ssl);
	else if (strcmp(type, "tls-unique") == 0)
		data = unique_binding(stream->tls->ssl);
	ERR_clear_error();
	if (data == NULL)
		return false;
	*data_out = data;
	return true;
}
