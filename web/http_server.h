/* The HTTP library behind a small face; its only includer.  It has no listening
 * socket: a door (web/door.h) hands it one end of a socketpair per connection and
 * lets one checked request at a time through.
 *
 * Several daemons, each with its own thread and epoll, because the library gives
 * a daemon without a listening socket only one.  A request is answered from any
 * thread: its connection sleeps (suspended) until http_exchange_finish(). */
#ifndef WEB_HTTP_SERVER_H
#define WEB_HTTP_SERVER_H

#include "net/loop.h"
#include "web/request.h"

struct http_server;
struct http_exchange;

/* Who is at the other end; shared by the door and the library's thread. */
struct http_peer;

struct http_peer_options {
	const char *address; /* bare */
	bool secure;
	int entrance;        /* the caller's own number for where it came in */
	struct loop *loop;
	loop_fn answered;
	void *arg;
};

/* answered(arg) runs in the loop's thread after each response has been written to the
 * socketpair, until http_peer_forget(). */
struct http_peer *http_peer_create(const struct http_peer_options *options);
/* The door is gone (loop's thread); gives its reference back.  *peer becomes NULL. */
void http_peer_forget(struct http_peer **peer);

/* Called in a library thread for each complete request; must not block.  It, or
 * whoever it hands the exchange to, calls http_exchange_finish() once. */
typedef void (*http_handler)(void *arg, struct http_exchange *exchange);

struct http_server *http_server_create(unsigned threads, http_handler handler, void *arg);
/* No door may be open any more.  Requests that are still being worked on are
 * given up (503 to nobody); their exchanges stay valid until finished, the server's memory
 * too.  *server becomes NULL.  NULL is allowed. */
void http_server_destroy(struct http_server **server);

/* Takes the descriptor (closes it when the connection is over, or at once when it
 * answers false).  Keeps its own reference to the peer. */
bool http_server_adopt(struct http_server *server, int fd, struct http_peer *peer);
/* Descriptors adopted and not closed yet. */
unsigned http_server_connections(struct http_server *server);

struct web_request *http_exchange_request(struct http_exchange *exchange);
struct web_response *http_exchange_response(struct http_exchange *exchange);
int http_exchange_entrance(const struct http_exchange *exchange);
/* The response is ready; the exchange must not be touched any more.  Any thread. */
void http_exchange_finish(struct http_exchange *exchange);

#endif
