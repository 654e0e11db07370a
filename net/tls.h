/* One TLS policy and its certificates: an immutable, reference-counted value.
 * A reload makes a new one and hands it to the listeners; sessions that are up
 * keep the one they began with.
 *
 * The certificate is chosen by the name the client asks for (SNI): exact name
 * first, then "*.rest" (one label), else the default one.  Renegotiation and
 * compression are off; session tickets are on. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "config/config.h"

struct tls_server;

/* `problems` (NULL allowed) receives newly allocated strings, one sentence each
 * with file name and reason.  NULL is returned when there is no certificate at
 * all (no problem then), when the policy is wrong, or when the default
 * certificate can't be used.  Another certificate that can't be used is only a
 * problem: its name is served with the default one. */
struct tls_server *tls_server_create(const struct config_tls *config, GPtrArray *problems);
/* The same at a reload: for a certificate that can't be used now, the one of
 * that name in `previous` goes on being used. */
struct tls_server *tls_server_reload(struct tls_server *previous, const struct config_tls *config,
				     GPtrArray *problems);
/* Any thread.  NULL is allowed and gives NULL. */
struct tls_server *tls_server_ref(struct tls_server *tls);
/* *tls becomes NULL.  NULL is allowed. */
void tls_server_unref(struct tls_server **tls);

#endif
