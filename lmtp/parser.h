/* Command lines of LMTP, as pure functions: the verb, MAIL, RCPT and BDAT.
 *
 * A failed parse answers the reply to send, so that every refusal is in one place. */
#ifndef LMTP_PARSER_H
#define LMTP_PARSER_H

#include "lmtp/path.h"

#include <stdint.h>

/* "VERB rest": the verb is letters; the rest without the blanks around it. */
void lmtp_split_verb(struct slice line, struct slice *verb_out, struct slice *rest_out);

struct lmtp_mail {
	struct lmtp_path path;
	uint64_t size;       /* 0: not said */
	bool is_8bit, is_utf8;
};

/* Arguments of MAIL ("FROM:<...> SIZE=1 BODY=8BITMIME SMTPUTF8").  NULL on
 * success; else the reply.  Free with lmtp_path_clear(&mail_out->path) either way. */
const char *lmtp_parse_mail(struct slice arguments, struct lmtp_mail *mail_out);
/* Arguments of RCPT ("TO:<...>"); as above. */
const char *lmtp_parse_rcpt(struct slice arguments, struct lmtp_path *path_out);
/* Arguments of BDAT ("1000", "0 LAST"). */
const char *lmtp_parse_bdat(struct slice arguments, uint64_t *size_out, bool *last_out);
/* A name for LHLO: a domain or an address literal; what matters is that it can be
 * put into a trace header. */
bool lmtp_is_client_name(struct slice arguments);

#endif
