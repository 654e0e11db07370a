/* Secrets of the server, shared by its nodes: random, made at first use. */
#ifndef STORE_SECRET_STORE_H
#define STORE_SECRET_STORE_H

#include "store/store.h"

#define SERVER_SECRET_SIZE 32

/* `name` is a word of the caller's room: "csrf", "scram-decoy". */
enum store_result server_secret(struct store *store, const char *name,
				uint8_t secret_out[SERVER_SECRET_SIZE]);

#endif
