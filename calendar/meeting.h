/* What a meeting is: one UID's events out of one VCALENDAR, as an immutable value.
 *
 * A meeting has a master (absent when only single occurrences are known) and
 * overrides (single occurrences with a RECURRENCE-ID).  Everything a reader needs
 * is decoded into plain fields: text unescaped and valid UTF-8, addresses without
 * "mailto:", times with their instant.  `ics` is the whole object again as text
 * (CRLF, folded, unknown properties kept): that is what the store keeps, and
 * meeting_load() of it gives the same meeting.
 *
 * What only we know about a stored meeting lives in the object too, as
 * X-CONVOKE-... properties and parameters; it never leaves in outgoing mail.
 *
 * All strings and arrays belong to the meeting and live until its destroy.  A
 * meeting may be read by several threads at once. */
#ifndef CALENDAR_MEETING_H
#define CALENDAR_MEETING_H

#include "base/slice.h"

#include <stdint.h>

struct zone; /* calendar/zone.h */

enum meeting_method {
	MEETING_METHOD_NONE, /* no METHOD: a stored object or a plain .ics file */
	MEETING_METHOD_PUBLISH,
	MEETING_METHOD_REQUEST,
	MEETING_METHOD_REPLY,
	MEETING_METHOD_ADD,
	MEETING_METHOD_CANCEL,
	MEETING_METHOD_REFRESH,
	MEETING_METHOD_COUNTER,
	MEETING_METHOD_DECLINECOUNTER,
	MEETING_METHOD_OTHER, /* a word that iTIP does not know */
};

enum meeting_status {
	MEETING_STATUS_NONE,
	MEETING_STATUS_TENTATIVE,
	MEETING_STATUS_CONFIRMED,
	MEETING_STATUS_CANCELLED,
	MEETING_STATUS_OTHER,
};

enum meeting_partstat {
	MEETING_PARTSTAT_NEEDS_ACTION, /* also when absent or unknown (RFC 5545 3.2.12) */
	MEETING_PARTSTAT_ACCEPTED,
	MEETING_PARTSTAT_DECLINED,
	MEETING_PARTSTAT_TENTATIVE,
	MEETING_PARTSTAT_DELEGATED,
};

enum meeting_role {
	MEETING_ROLE_REQUIRED, /* also when absent or unknown (RFC 5545 3.2.16) */
	MEETING_ROLE_CHAIR,
	MEETING_ROLE_OPTIONAL,
	MEETING_ROLE_NON_PARTICIPANT,
};

enum meeting_cutype {
	MEETING_CUTYPE_INDIVIDUAL,
	MEETING_CUTYPE_GROUP,
	MEETING_CUTYPE_RESOURCE,
	MEETING_CUTYPE_ROOM,
	MEETING_CUTYPE_UNKNOWN,
};

enum meeting_time_kind {
	MEETING_TIME_NONE,         /* the property is missing or unreadable */
	MEETING_TIME_UTC,
	MEETING_TIME_ZONED,        /* zone is set */
	MEETING_TIME_FLOATING,     /* the same wall clock everywhere */
	MEETING_TIME_DATE,         /* all-day: hour, minute, second are 0 */
	MEETING_TIME_UNKNOWN_ZONE, /* a TZID that nobody could resolve: never shift it, say so */
};

struct meeting_fields {
	int year, month, day, hour, minute, second; /* month and day from 1 */
};

struct meeting_time {
	enum meeting_time_kind kind;
	/* Seconds since 1970-01-01 UTC.  FLOATING, DATE and UNKNOWN_ZONE: the
	 * fields read as if they were UTC; meaningful only for order. */
	int64_t instant;
	struct meeting_fields fields; /* the wall clock as written */
	const char *zone_name;        /* the TZID as written, or NULL */
	const struct zone *zone;      /* ZONED only, else NULL */
	/* A midnight that stands for a day: Exchange writes whole days from midnight to midnight
	 * of its own zone and says so beside them.  The instant is the midnight's; people are
	 * told the day, and it is theirs from their own midnight on, like a DATE. */
	bool whole_day;
};

/* Whether a day is meant, whatever it is written as: told without a clock, never moved. */
bool meeting_time_is_day(const struct meeting_time *time);

/* A time span; end is exclusive (an all-day event of one day ends on the next). */
struct meeting_span {
	int64_t start, end;
};
#define MEETING_FOREVER INT64_MAX

struct meeting_person {
	const char *address; /* without mailto:, percent-decoded, as written else; "" when it is no mail address */
	const char *name;    /* CN, or NULL */
	const char *sent_by; /* address, or NULL */
	enum meeting_role role;
	enum meeting_partstat partstat;
	enum meeting_cutype cutype;
	bool rsvp;
	const char *const *delegated_to;   /* NULL-terminated addresses, never NULL itself */
	const char *const *delegated_from;
	const char *const *member;
	const char *schedule_status; /* RFC 6638, or NULL */
	const char *comment;         /* what this attendee wrote with the answer (stored objects), or NULL */
	/* The attendee's last REPLY that was accepted (stored objects); stamp 0: none. */
	int64_t reply_stamp;
	uint32_t reply_sequence;
};

enum meeting_frequency {
	MEETING_SECONDLY, MEETING_MINUTELY, MEETING_HOURLY,
	MEETING_DAILY, MEETING_WEEKLY, MEETING_MONTHLY, MEETING_YEARLY,
};

/* BYDAY: weekday 1 = Monday .. 7 = Sunday; nth 0: every, 2: second, -1: last. */
struct meeting_weekday {
	int8_t weekday;
	int8_t nth;
};

/* A list of numbers in the order written. */
struct meeting_numbers {
	const int16_t *at;
	size_t count;
};

struct meeting_rule {
	const char *text; /* the RRULE's value as written */
	enum meeting_frequency frequency;
	uint32_t interval;         /* at least 1 */
	uint32_t count;            /* 0: no COUNT */
	struct meeting_time until; /* kind NONE: no UNTIL */
	int week_start;            /* 1 = Monday .. 7 = Sunday */
	const struct meeting_weekday *by_day;
	size_t by_day_count;
	struct meeting_numbers by_month, by_month_day, by_year_day, by_week_number;
	struct meeting_numbers by_set_position, by_hour, by_minute, by_second;
	bool expandable; /* false: below DAILY, or an RSCALE we do not know: only DTSTART is sure */
};

/* RDATE: a start, and for VALUE=PERIOD its own end (else end.kind is NONE). */
struct meeting_rdate {
	struct meeting_time start;
	struct meeting_time end;
};

enum meeting_join_kind { MEETING_JOIN_LINK, MEETING_JOIN_PHONE };

/* A way to take part from afar: CONFERENCE, X-GOOGLE-CONFERENCE,
 * X-MICROSOFT-SKYPETEAMSMEETINGURL ...; http, https, tel, sip, xmpp only. */
struct meeting_join {
	enum meeting_join_kind kind;
	const char *uri;
	const char *label; /* or NULL */
};

/* A COUNTER that waits for the organizer's decision (stored objects). */
struct meeting_proposal {
	struct meeting_person attendee;
	struct meeting_time recurrence_id; /* kind NONE: the whole meeting */
	struct meeting_time start, end;
	const char *summary, *location, *comment; /* NULL: not proposed */
	int64_t stamp;
	uint32_t sequence;
};

struct meeting_event {
	bool is_task; /* a VTODO: end is DUE */
	struct meeting_time recurrence_id; /* kind NONE in the master */
	bool this_and_future;              /* RANGE=THISANDFUTURE */
	uint32_t sequence;                 /* X-MICROSOFT-CDO-APPT-SEQUENCE wins where both stand */
	int64_t stamp;                     /* DTSTAMP, seconds UTC; 0 when missing */
	int64_t created, last_modified;    /* 0 when missing */

	struct meeting_time start;
	/* DTEND, or start plus DURATION; for a DATE without either, the next day;
	 * else equal to start.  Never before start. */
	struct meeting_time end;
	int64_t duration; /* end.instant - start.instant */

	bool has_organizer;
	struct meeting_person organizer;
	const struct meeting_person *attendees;
	size_t attendee_count;
	/* Not invited, but answered: "wants to come" (stored objects). */
	const struct meeting_person *crashers;
	size_t crasher_count;
	const struct meeting_proposal *proposals;
	size_t proposal_count;

	/* "" when missing, never NULL. */
	const char *summary, *location, *description;
	const char *description_html; /* X-ALT-DESC;FMTTYPE=text/html, or NULL: hostile HTML */
	const char *url;              /* URL, http and https only, or NULL */
	const char *const *comments;  /* NULL-terminated, never NULL itself; so the next two */
	const char *const *categories;
	const char *const *attachments; /* ATTACH that are http or https URIs */
	const struct meeting_join *joins;
	size_t join_count;

	enum meeting_status status;
	const char *status_name; /* as written, or NULL */
	bool removed;            /* stored objects only: the organizer took us off its list */
	bool transparent;        /* TRANSP:TRANSPARENT */
	const char *class_name;  /* PUBLIC, PRIVATE ..., or NULL */
	const char *color;       /* or NULL */
	int priority;            /* 0: none */

	const struct meeting_rule *rules;
	size_t rule_count;
	const struct meeting_rule *exrules; /* RFC 2445's EXRULE, still met */
	size_t exrule_count;
	const struct meeting_rdate *rdates;
	size_t rdate_count;
	const struct meeting_time *exdates;
	size_t exdate_count;
};

struct meeting {
	enum meeting_method method;
	const char *method_name; /* upper case, or NULL */
	const char *uid;
	const char *prodid; /* or NULL */
	const struct meeting_event *master; /* or NULL */
	const struct meeting_event *const *overrides; /* in order of their RECURRENCE-ID's instant */
	size_t override_count;
	struct slice ics; /* the object as text, NUL behind it */
	/* Stored objects only.  removed: the organizer took us off the list of every event.  shell: a
	 * cancellation came before (or without) the invitation: kept so that a late
	 * invitation is not taken for a new one, never to be shown in a calendar. */
	bool removed, shell;
};

/* What one calendar may cost; beyond it, it is refused before it is parsed. */
struct meeting_limits {
	size_t octets;     /* whole object */
	size_t line;       /* one unfolded line */
	size_t components; /* BEGIN lines */
	size_t depth;      /* nesting of BEGIN */
	size_t properties; /* lines that are properties */
	size_t dates;      /* RDATE and EXDATE values */
	size_t rules;      /* RRULE and EXRULE */
};

/* 16 MiB, in one line if it must be, 12,000 components, depth 6, 150,000 properties,
 * 50,000 dates, 64 rules: so that the worst object costs less than 200 MB and 2 s,
 * reading and deciding together. */
extern const struct meeting_limits meeting_limits_default;

/* Reads one VCALENDAR with the events of one UID.  NULL, and *reason_out set to
 * a sentence (g_free() it), when it is none: unreadable, over a limit, several
 * UIDs, no event.  reason_out may be NULL; so may limits (the default ones). */
struct meeting *meeting_parse(struct slice ics, const struct meeting_limits *limits,
			      char **reason_out);
/* The same of a stored object of ours, with our marks believed (meeting_parse()
 * removes them, since anybody may write them).  NULL when it is damaged. */
struct meeting *meeting_load(struct slice ics);
/* *meeting becomes NULL.  NULL is allowed. */
void meeting_destroy(struct meeting **meeting);

/* The event a mail is about: the master, or else the first override. */
const struct meeting_event *meeting_main_event(const struct meeting *meeting);
/* The override whose RECURRENCE-ID is the same instant (all-day: the same day), or NULL. */
const struct meeting_event *meeting_find_override(const struct meeting *meeting,
						  const struct meeting_time *recurrence_id);
bool meeting_is_recurring(const struct meeting *meeting);
/* Whether two times name the same occurrence: instants compared; DATE against a
 * time of day by the date as written. */
bool meeting_time_equal(const struct meeting_time *a, const struct meeting_time *b);

/* Addresses compared as calendars and people write them: case ignored, mailto:
 * dropped, percent-encoding resolved. */
bool meeting_address_equal(const char *a, const char *b);
/* The attendee with one of the addresses (NULL-terminated), in this event; or NULL. */
const struct meeting_person *meeting_find_attendee(const struct meeting_event *event,
						   const char *const *addresses);

/* Whether the event takes time of the one with these addresses: who is asked and has not said
 * that he comes is free, and so is whom the organizer took off the list. */
bool meeting_event_blocks(const struct meeting_event *event, const char *const *addresses);

/* "REQUEST", "ACCEPTED", ...: the iCalendar words; parse answers false for an unknown one. */
const char *meeting_method_name(enum meeting_method method);
const char *meeting_partstat_name(enum meeting_partstat partstat);
bool meeting_partstat_parse(const char *word, enum meeting_partstat *partstat_out);

#endif
