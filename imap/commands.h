/* The functions behind the rows of the command table (imap/commands.c); each
 * is a command_fn (imap/command.h). */
#ifndef IMAP_COMMANDS_H
#define IMAP_COMMANDS_H

#include "imap/command.h"

#define IMAP_COMMAND(name) \
	enum command_step name(struct imap_session *session, struct command *command, struct store *store)

IMAP_COMMAND(cmd_append);
IMAP_COMMAND(cmd_authenticate);
IMAP_COMMAND(cmd_cancelupdate);
IMAP_COMMAND(cmd_capability);
IMAP_COMMAND(cmd_check);
IMAP_COMMAND(cmd_close);
IMAP_COMMAND(cmd_compress);
IMAP_COMMAND(cmd_copy);
IMAP_COMMAND(cmd_create);
IMAP_COMMAND(cmd_delete);
IMAP_COMMAND(cmd_deleteacl);
IMAP_COMMAND(cmd_enable);
IMAP_COMMAND(cmd_esearch);
IMAP_COMMAND(cmd_examine);
IMAP_COMMAND(cmd_expunge);
IMAP_COMMAND(cmd_fetch);
IMAP_COMMAND(cmd_getacl);
IMAP_COMMAND(cmd_getmetadata);
IMAP_COMMAND(cmd_getquota);
IMAP_COMMAND(cmd_getquotaroot);
IMAP_COMMAND(cmd_id);
IMAP_COMMAND(cmd_idle);
IMAP_COMMAND(cmd_list);
IMAP_COMMAND(cmd_listrights);
IMAP_COMMAND(cmd_login);
IMAP_COMMAND(cmd_logout);
IMAP_COMMAND(cmd_lsub);
IMAP_COMMAND(cmd_move);
IMAP_COMMAND(cmd_myrights);
IMAP_COMMAND(cmd_namespace);
IMAP_COMMAND(cmd_noop);
IMAP_COMMAND(cmd_notify);
IMAP_COMMAND(cmd_rename);
IMAP_COMMAND(cmd_replace);
IMAP_COMMAND(cmd_search);
IMAP_COMMAND(cmd_select);
IMAP_COMMAND(cmd_setacl);
IMAP_COMMAND(cmd_setmetadata);
IMAP_COMMAND(cmd_setquota);
IMAP_COMMAND(cmd_sort);
IMAP_COMMAND(cmd_starttls);
IMAP_COMMAND(cmd_status);
IMAP_COMMAND(cmd_store);
IMAP_COMMAND(cmd_subscribe);
IMAP_COMMAND(cmd_thread);
IMAP_COMMAND(cmd_unauthenticate);
IMAP_COMMAND(cmd_unselect);
IMAP_COMMAND(cmd_unsubscribe);

#endif
