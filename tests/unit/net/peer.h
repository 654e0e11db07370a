/* The scripted client: TLS over memory BIOs, so that the test says what goes
 * into one record, what into one segment, and where either is cut.  Blocking;
 * a wait of 20 seconds fails the test. */
#ifndef TESTS_UNIT_NET_PEER_H
#define TESTS_UNIT_NET_PEER_H

#include "base/slice.h"

#include <openssl/ssl.h>

struct peer;

struct peer_tls {
	int min_version, max_version; /* 0: any */
	const char *ciphers;          /* NULL: all at SECLEVEL=0 */
	const char *suites;           /* TLS 1.3; NULL: default */
	const char *server_name;
	const char *certificate, *private_key; /* of the client; NULL: none */
};

/* Owns fd. */
struct peer *peer_create(int fd);
/* Closes as programs do.  *peer becomes NULL. */
void peer_destroy(struct peer **peer);
/* Closes with a reset (TCP). */
void peer_cut(struct peer **peer);
int peer_fd(const struct peer *peer);

/* The whole handshake; false when it failed. */
bool peer_handshake(struct peer *peer, const struct peer_tls *tls);
/* Only prepares; peer_put() is not allowed before peer_shake() said true. */
void peer_begin_tls(struct peer *peer, const struct peer_tls *tls);
/* One step: what OpenSSL wants to say now is pending.  True when it is done. */
bool peer_shake(struct peer *peer);
SSL *peer_ssl(struct peer *peer);
/* Throws the TLS session away (the descriptor stays open), to measure the other side. */
void peer_forget_tls(struct peer *peer);
void peer_start_deflate(struct peer *peer);
/* How zlib ends each piece: Z_SYNC_FLUSH at first, Z_PARTIAL_FLUSH leaves no
 * octets behind the data that would keep inflate awake. */
void peer_set_flush(struct peer *peer, int flush);

/* These octets are one record (or plain), pending until peer_flush(). */
void peer_put(struct peer *peer, const void *data, size_t len);
void peer_put_text(struct peer *peer, const char *text);
/* Pending octets as they would go on the wire; the caller sends and frees them. */
GByteArray *peer_steal_pending(struct peer *peer);
/* False when the other side has reset the connection. */
bool peer_send_raw(struct peer *peer, const void *data, size_t len);
/* All pending octets in one go. */
void peer_flush(struct peer *peer);

/* One line without CRLF; NULL when the other side has closed.  g_free() it. */
char *peer_read_line(struct peer *peer);
/* Exactly len octets; false when the other side closed before. */
bool peer_read(struct peer *peer, void *data, size_t len);
/* Octets off the socket without looking at them; 0 at the end, -1 with errno. */
ssize_t peer_read_raw(struct peer *peer, void *data, size_t len);
/* True when the other side closes (after any octets, which are dropped). */
bool peer_sees_end(struct peer *peer);

#define peer_expect(peer, line) \
	do { \
		g_autofree char *got_line_ = peer_read_line(peer); \
		g_assert_cmpstr(got_line_, ==, line); \
	} while (0)

#endif
