/* What stream_tls.c needs of tls.c. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include "net/tls.h"

#include <openssl/ssl.h>

/* A new session; the caller keeps a reference to `tls` while it lives. */
SSL *tls_server_session(struct tls_server *tls);
/* The oldest error of this thread's OpenSSL queue in words, and the queue is
 * empty.  g_free() it. */
char *tls_error_take(void);

#endif
