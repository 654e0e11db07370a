/* The daemon's life from settings to exit. */
#ifndef GATEWAY_SERVER_H
#define GATEWAY_SERVER_H

/* Reads the settings, starts everything, calls ready(arg) when clients are
 * served, runs until SIGTERM or SIGINT, ends everything.  The process's exit
 * status. */
int server_run(const char *config_file, void (*ready)(void *arg), void *arg);

#endif
