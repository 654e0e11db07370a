/* PostgreSQL for tests: a fresh database per program, in the cluster of
 * CONVOKE_TEST_PG (which the runner starts once) or in a private one on a unix socket
 * that is gone afterwards. */
#ifndef TESTS_STORE_CLUSTER_H
#define TESTS_STORE_CLUSTER_H

#include "config/config.h"
#include "store/content.h"
#include "store/service.h"

/* The URL of an empty database; the same one at each call.  NULL, with a message, when there is
 * no PostgreSQL here: skip. */
const char *test_cluster_start(void);
/* Drops the database and stops the cluster when it is ours. */
void test_cluster_stop(void);
/* The URL of a further database, to be dropped before the cluster is stopped; NULL as above. */
char *test_database_create(void);
/* *url becomes NULL. */
void test_database_drop(char **url);

/* A cluster of its own, to be killed; durable (fsync off, but nothing else). */
struct test_server;
struct test_server *test_server_start(void);
const char *test_server_url(const struct test_server *server);
/* kill -9 of all its processes, then up again. */
void test_server_crash(struct test_server *server);
void test_server_stop(struct test_server **server);

/* A directory with all that is in it. */
void test_remove_tree(const char *path);
/* The default settings with this database. */
struct config test_config(const char *url, unsigned workers);
struct store_service *test_service(const char *url, unsigned workers);
/* What a program begins with: GLib's tests, the database, a service on it.  Ends the program as skipped
 * when there is no PostgreSQL here. */
struct store_service *test_begin(int *argc, char ***argv, unsigned workers);
/* A store for the calling thread that shares views, caches and notices with the service. */
struct store *test_store(struct store_service *service);

/* A content made of `octets` (kept by the caller), with facts derived from `message_id` and
 * `references` (NULL: none). */
struct content_row test_content(struct slice octets, const char *message_id, const char *references);
/* An account of that address, and its INBOX. */
struct mailbox_ref test_account(struct store *store, const char *address);

#define assert_ok(call) g_assert_cmpstr(store_result_name(call), ==, "ok")
#define assert_result(call, word) g_assert_cmpstr(store_result_name(call), ==, (word))

#endif
