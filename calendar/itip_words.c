/* The words of a decision: tokens for headers and the trail, sentences for people. */
#include "calendar/itip.h"

static const char *const kinds[] = {
	[ITIP_KIND_PUBLISHED] = "published",
	[ITIP_KIND_INVITATION] = "invitation",
	[ITIP_KIND_UPDATE] = "update",
	[ITIP_KIND_OCCURRENCE_UPDATE] = "occurrence-update",
	[ITIP_KIND_OCCURRENCE_INVITATION] = "occurrence-invitation",
	[ITIP_KIND_OCCURRENCE_ADDED] = "occurrence-added",
	[ITIP_KIND_CANCELLED] = "cancelled",
	[ITIP_KIND_OCCURRENCE_CANCELLED] = "occurrence-cancelled",
	[ITIP_KIND_REMOVED] = "removed",
	[ITIP_KIND_REPLY] = "reply",
	[ITIP_KIND_COUNTER] = "counter",
	[ITIP_KIND_COUNTER_DECLINED] = "counter-declined",
	[ITIP_KIND_REFRESH] = "refresh",
	[ITIP_KIND_OUTDATED] = "outdated",
	[ITIP_KIND_OTHER] = "other",
};

static const char *const actions[] = {
	[ITIP_ACTION_NONE] = "none",
	[ITIP_ACTION_OFFER] = "offer",
	[ITIP_ACTION_ADD] = "add",
	[ITIP_ACTION_REPLACE] = "replace",
	[ITIP_ACTION_MERGE_OCCURRENCE] = "merge-occurrence",
	[ITIP_ACTION_CANCEL] = "cancel",
	[ITIP_ACTION_CANCEL_OCCURRENCE] = "cancel-occurrence",
	[ITIP_ACTION_REMOVE] = "remove",
	[ITIP_ACTION_SET_ANSWER] = "set-answer",
	[ITIP_ACTION_KEEP_CRASHER] = "keep-crasher",
	[ITIP_ACTION_KEEP_PROPOSAL] = "keep-proposal",
	[ITIP_ACTION_CLEAR_PROPOSAL] = "clear-proposal",
	[ITIP_ACTION_SEND_REQUEST] = "send-request",
	[ITIP_ACTION_SEND_REFRESH] = "send-refresh",
};

static const struct {
	const char *name, *sentence;
} reasons[] = {
	[ITIP_REASON_APPLIED] = { "applied", "applied to the calendar" },
	[ITIP_REASON_DUPLICATE] = { "duplicate", "this version is in the calendar already" },
	[ITIP_REASON_SEQUENCE_LOWER] = { "sequence-lower",
					 "the calendar holds a newer version (higher SEQUENCE)" },
	[ITIP_REASON_STAMP_OLDER] = { "stamp-older", "the calendar holds a version written later" },
	[ITIP_REASON_REPLY_OLDER] = { "reply-older", "a later answer of this attendee is there already" },
	[ITIP_REASON_REPLY_TO_OLD_VERSION] = { "reply-to-old-version",
					       "it answers a version from before the last change of time or place" },
	[ITIP_REASON_NOT_INVITED] = { "not-invited", "none of the account's addresses is invited" },
	[ITIP_REASON_POLICY_KNOWN] = { "policy-known",
				       "the account adds invitations of known senders only" },
	[ITIP_REASON_POLICY_NONE] = { "policy-none", "the account adds no invitations by itself" },
	[ITIP_REASON_CLAIMS_OUR_MEETING] = { "claims-our-meeting",
					     "it claims to come from the account itself" },
	[ITIP_REASON_ORGANIZER_DIFFERS] = { "organizer-differs",
					    "it names another organizer than the meeting has" },
	[ITIP_REASON_SENDER_NOT_ORGANIZER] = { "sender-not-organizer",
					       "its sender is not the organizer" },
	[ITIP_REASON_SENDER_NOT_ATTENDEE] = { "sender-not-attendee",
					      "its sender is not the attendee it speaks for" },
	[ITIP_REASON_DELEGATED] = { "delegated", "somebody who is invited asks you to go in their place" },
	[ITIP_REASON_SENDER_FAILED] = { "sender-failed",
					"the check of its sender's address failed" },
	[ITIP_REASON_UNKNOWN_MEETING] = { "unknown-meeting", "the calendar does not hold this meeting" },
	[ITIP_REASON_NOT_ORGANIZER] = { "not-organizer", "the account does not organise this meeting" },
	[ITIP_REASON_NO_SUCH_OCCURRENCE] = { "no-such-occurrence", "the series has no such occurrence" },
	[ITIP_REASON_NO_ATTENDEE] = { "no-attendee", "it does not say whose answer it is" },
	[ITIP_REASON_NO_ORGANIZER] = { "no-organizer", "it names no organizer" },
	[ITIP_REASON_NO_START] = { "no-start", "it has no readable start" },
	[ITIP_REASON_PAST] = { "past", "applied to the calendar; the meeting is over" },
	[ITIP_REASON_PUBLISHED] = { "published", "it is published for everybody, not an invitation" },
	[ITIP_REASON_METHOD_UNKNOWN] = { "method-unknown", "its METHOD is none that iTIP knows" },
	[ITIP_REASON_NOT_AN_EVENT] = { "not-an-event", "it is a task, not an event" },
	[ITIP_REASON_WAITS_FOR_MASTER] = { "waits-for-master",
					   "it adds to a series that the calendar does not hold" },
	[ITIP_REASON_CRASHER] = { "crasher", "it comes from somebody who was not invited" },
	[ITIP_REASON_REMOVED] = { "removed", "the organizer took the account off the list" },
	[ITIP_REASON_UNVERIFIED] = { "unverified",
				     "applied to the calendar; nobody vouched for its sender" },
	[ITIP_REASON_TOO_LARGE] = { "too-large", "the meeting would become too large with it" },
};

const char *itip_kind_name(enum itip_kind kind)
{
	return kinds[kind];
}

const char *itip_action_name(enum itip_action action)
{
	return actions[action];
}

const char *itip_reason_name(enum itip_reason reason)
{
	return reasons[reason].name;
}

const char *itip_reason_sentence(enum itip_reason reason)
{
	return reasons[reason].sentence;
}
