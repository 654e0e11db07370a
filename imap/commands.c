/* The table of all commands, sorted by name. */
#include "imap/commands.h"

#include <stdlib.h>

static const struct command_row rows[] = {
	{ "APPEND", cmd_append, SIGNED_IN, CMD_STORE | CMD_SPOOL | CMD_PROGRESS },
	{ "AUTHENTICATE", cmd_authenticate, IN_NOT_AUTHENTICATED, CMD_FAST | CMD_LINES },
	{ "CANCELUPDATE", cmd_cancelupdate, IN_SELECTED, CMD_FAST },
	{ "CAPABILITY", cmd_capability, ANY_STATE, CMD_FAST },
	{ "CHECK", cmd_check, IN_SELECTED, CMD_FAST | CMD_SYNC },
	{ "CLOSE", cmd_close, IN_SELECTED, CMD_FAST | CMD_NO_SYNC },
	{ "COMPRESS", cmd_compress, SIGNED_IN, CMD_FAST | CMD_NO_SYNC },
	{ "COPY", cmd_copy, IN_SELECTED, CMD_STORE | CMD_NUMBERS | CMD_PROGRESS },
	{ "CREATE", cmd_create, SIGNED_IN, CMD_STORE },
	{ "DELETE", cmd_delete, SIGNED_IN, CMD_STORE },
	{ "DELETEACL", cmd_deleteacl, SIGNED_IN, CMD_STORE },
	{ "ENABLE", cmd_enable, SIGNED_IN, CMD_FAST },
	{ "ESEARCH", cmd_esearch, SIGNED_IN, CMD_STORE | CMD_PROGRESS },
	{ "EXAMINE", cmd_examine, SIGNED_IN, CMD_FAST | CMD_NO_SYNC },
	{ "EXPUNGE", cmd_expunge, IN_SELECTED, CMD_STORE | CMD_WRITES | CMD_PROGRESS },
	{ "FETCH", cmd_fetch, IN_SELECTED, CMD_FAST | CMD_NO_EXPUNGE | CMD_NUMBERS },
	{ "GETACL", cmd_getacl, SIGNED_IN, CMD_STORE },
	{ "GETMETADATA", cmd_getmetadata, SIGNED_IN, CMD_STORE },
	{ "GETQUOTA", cmd_getquota, SIGNED_IN, CMD_STORE },
	{ "GETQUOTAROOT", cmd_getquotaroot, SIGNED_IN, CMD_STORE },
	{ "ID", cmd_id, ANY_STATE, CMD_FAST },
	{ "IDLE", cmd_idle, SIGNED_IN, CMD_FAST },
	{ "LIST", cmd_list, SIGNED_IN, CMD_STORE },
	{ "LISTRIGHTS", cmd_listrights, SIGNED_IN, CMD_STORE },
	{ "LOGIN", cmd_login, IN_NOT_AUTHENTICATED, CMD_FAST },
	{ "LOGOUT", cmd_logout, ANY_STATE, CMD_FAST | CMD_NO_SYNC },
	{ "LSUB", cmd_lsub, SIGNED_IN, CMD_STORE },
	{ "MOVE", cmd_move, IN_SELECTED, CMD_STORE | CMD_WRITES | CMD_NUMBERS | CMD_PROGRESS },
	{ "MYRIGHTS", cmd_myrights, SIGNED_IN, CMD_STORE },
	{ "NAMESPACE", cmd_namespace, SIGNED_IN, CMD_FAST },
	{ "NOOP", cmd_noop, ANY_STATE, CMD_FAST | CMD_SYNC },
	{ "NOTIFY", cmd_notify, SIGNED_IN, CMD_FAST },
	{ "RENAME", cmd_rename, SIGNED_IN, CMD_STORE },
	{ "REPLACE", cmd_replace, IN_SELECTED, CMD_STORE | CMD_SPOOL | CMD_WRITES | CMD_NUMBERS },
	{ "SEARCH", cmd_search, IN_SELECTED, CMD_FAST | CMD_NO_EXPUNGE | CMD_NUMBERS | CMD_PROGRESS },
	{ "SELECT", cmd_select, SIGNED_IN, CMD_FAST | CMD_NO_SYNC },
	{ "SETACL", cmd_setacl, SIGNED_IN, CMD_STORE },
	{ "SETMETADATA", cmd_setmetadata, SIGNED_IN, CMD_STORE },
	{ "SETQUOTA", cmd_setquota, SIGNED_IN, CMD_STORE },
	{ "SORT", cmd_sort, IN_SELECTED, CMD_STORE | CMD_NO_EXPUNGE | CMD_NUMBERS | CMD_PROGRESS },
	{ "STARTTLS", cmd_starttls, IN_NOT_AUTHENTICATED, CMD_FAST },
	{ "STATUS", cmd_status, SIGNED_IN, CMD_STORE },
	{ "STORE", cmd_store, IN_SELECTED, CMD_STORE | CMD_WRITES | CMD_NO_EXPUNGE | CMD_NUMBERS | CMD_PROGRESS },
	{ "SUBSCRIBE", cmd_subscribe, SIGNED_IN, CMD_STORE },
	{ "THREAD", cmd_thread, IN_SELECTED, CMD_STORE | CMD_NO_EXPUNGE | CMD_NUMBERS | CMD_PROGRESS },
	{ "UID COPY", cmd_copy, IN_SELECTED, CMD_STORE | CMD_UID | CMD_PROGRESS },
	{ "UID EXPUNGE", cmd_expunge, IN_SELECTED, CMD_STORE | CMD_WRITES | CMD_UID | CMD_PROGRESS },
	{ "UID FETCH", cmd_fetch, IN_SELECTED, CMD_FAST | CMD_UID },
	{ "UID MOVE", cmd_move, IN_SELECTED, CMD_STORE | CMD_WRITES | CMD_UID | CMD_PROGRESS },
	{ "UID REPLACE", cmd_replace, IN_SELECTED, CMD_STORE | CMD_SPOOL | CMD_WRITES | CMD_UID },
	{ "UID SEARCH", cmd_search, IN_SELECTED, CMD_FAST | CMD_UID | CMD_PROGRESS },
	{ "UID SORT", cmd_sort, IN_SELECTED, CMD_STORE | CMD_UID | CMD_PROGRESS },
	{ "UID STORE", cmd_store, IN_SELECTED, CMD_STORE | CMD_WRITES | CMD_UID | CMD_PROGRESS },
	{ "UID THREAD", cmd_thread, IN_SELECTED, CMD_STORE | CMD_UID | CMD_PROGRESS },
	{ "UNAUTHENTICATE", cmd_unauthenticate, SIGNED_IN, CMD_FAST | CMD_NO_SYNC },
	{ "UNSELECT", cmd_unselect, IN_SELECTED, CMD_FAST | CMD_NO_SYNC },
	{ "UNSUBSCRIBE", cmd_unsubscribe, SIGNED_IN, CMD_STORE },
};

static int compare(const void *key, const void *row)
{
	const struct slice *name = key;
	const char *other = ((const struct command_row *)row)->name;
	int order = memcmp(name->data, other, MIN(name->len, strlen(other)));

	if (order != 0)
		return order;
	return (name->len > strlen(other)) - (name->len < strlen(other));
}

const struct command_row *command_find(struct slice name)
{
	if (name.len == 0)
		return NULL;
	return bsearch(&name, rows, G_N_ELEMENTS(rows), sizeof(rows[0]), compare);
}
