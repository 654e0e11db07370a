/* Finding the meeting in a mail, and who vouches for its sender.
 *
 * Recognition goes by content, not by label: the first part in reading order that
 * is (or looks like) a calendar with METHOD inside decides.  Signed or encrypted
 * mail is recognised too, but flagged: it is never to be altered. */
#ifndef CALENDAR_IMIP_H
#define CALENDAR_IMIP_H

#include "calendar/meeting.h"

/* One leaf part of a mail, in reading order. */
struct imip_part {
	const char *type;     /* "text/calendar" in any case; "" or NULL: none given */
	const char *charset;  /* or NULL */
	const char *method;   /* the Content-Type's method parameter, or NULL */
	const char *filename; /* from either header, or NULL */
	struct slice octets;  /* content with the transfer encoding undone */
	bool nested;          /* inside a message/rfc822: a forwarded or bounced mail, not this one's meeting */
};

enum imip_verdict {
	IMIP_NONE,     /* ordinary mail */
	IMIP_MEETING,  /* meeting mail: `meeting` is set */
	IMIP_UNUSABLE, /* carries a calendar that stays an ordinary attachment: see `reason` */
};

struct imip_found {
	enum imip_verdict verdict;
	struct meeting *meeting; /* or NULL; owned by the struct */
	char *reason;            /* a sentence, or NULL; owned */
	size_t part;             /* index of the deciding part; verdict NONE: undefined */
	size_t *copies;          /* other parts that hold the same meeting; owned */
	size_t copy_count;
};

/* Cheap: whether the part's labels or first octets make it worth decoding whole.
 * `head` is the start of the decoded content (some 64 octets suffice; may be empty). */
bool imip_is_candidate(const char *type, const char *filename, struct slice head);

void imip_find(const struct imip_part *parts, size_t count, const struct meeting_limits *limits,
	       struct imip_found *found_out);
void imip_found_clear(struct imip_found *found);

/* Whether a mail with these types anywhere in its tree must stay as it is
 * (multipart/signed, multipart/encrypted, application/pkcs7-mime, PGP). */
bool imip_type_is_sealed(const char *type);
/* The same of a text/plain body: clear-signed or inline-encrypted PGP. */
bool imip_text_is_sealed(struct slice text);

enum imip_vouch {
	IMIP_VOUCHED,    /* submitted here, or a trusted server says DMARC or aligned DKIM/SPF passed */
	IMIP_UNVERIFIED, /* no trusted server said anything: From alone counts */
	IMIP_FAILED,     /* a trusted server said fail, or From is not one address */
};

struct imip_sender {
	const char *const *from;      /* addresses of all From headers, NULL-terminated */
	const char *const *results;   /* Authentication-Results values, topmost first, unfolded, NULL-terminated */
	const char *const *trusted;   /* authserv-ids we trust, NULL-terminated */
	bool submitted_here;          /* by an account of ours that may use this From */
};

/* reason_out (may be NULL) gets a static sentence for the decision trail. */
enum imip_vouch imip_vouch(const struct imip_sender *sender, const char **reason_out);
const char *imip_vouch_name(enum imip_vouch vouch);

#endif
