/* The leaf parts of a mail, decoded, for tests that find the meeting in it. */
#ifndef TESTS_MAIL_PARTS_H
#define TESTS_MAIL_PARTS_H

#include "calendar/imip.h"

/* struct imip_part each; their strings go into `owned`, which must outlive them. */
GArray *mail_parts(struct slice mail, GPtrArray *owned);

#endif
