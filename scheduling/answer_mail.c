/* Whatever is not clearly an answer of the invited one is left to ordinary delivery:
 * it is then in his mailbox, where he sees that it was not understood. */
#include "scheduling/answer_mail.h"

#include "base/log.h"
#include "calendar/imip.h"
#include "calendar/link.h"
#include "mime/header.h"
#include "mime/text.h"
#include "scheduling/holdings.h"
#include "scheduling/respond.h"
#include "store/meeting_store.h"

#define PREFIX (&ANSWER_MAIL_DETAIL[1])
#define TEXT_LIMIT (64 * 1024)
#define MAX_COMMENT 500
#define MAX_LOCAL 64 /* RFC 5321 4.5.3.1.1 */

char *answer_mail_address(const char *address, const char *token, const char *date)
{
	const char *at = strrchr(address, '@');
	g_autofree char *local = NULL;

	if (at == NULL)
		return NULL;
	local = g_strdup_printf("%.*s" ANSWER_MAIL_DETAIL "%s%s%s", (int)(at - address), address, token,
				date != NULL ? "-" : "", date != NULL ? date : "");
	return strlen(local) <= MAX_LOCAL ? g_strconcat(local, at, NULL) : NULL;
}

static const struct {
	const char *word;
	enum meeting_partstat partstat;
} answer_words[] = {
	{ "ACCEPT", MEETING_PARTSTAT_ACCEPTED },     { "ACCEPTED", MEETING_PARTSTAT_ACCEPTED },
	{ "ZUSAGE", MEETING_PARTSTAT_ACCEPTED },     { "ZUSAGEN", MEETING_PARTSTAT_ACCEPTED },
	{ "TENTATIVE", MEETING_PARTSTAT_TENTATIVE }, { "VORBEHALT", MEETING_PARTSTAT_TENTATIVE },
	{ "DECLINE", MEETING_PARTSTAT_DECLINED },    { "DECLINED", MEETING_PARTSTAT_DECLINED },
	{ "ABSAGE", MEETING_PARTSTAT_DECLINED },     { "ABSAGEN", MEETING_PARTSTAT_DECLINED },
};

bool answer_mail_read(struct slice text, enum meeting_partstat *partstat_out, struct slice *rest_out)
{
	size_t start = 0, len = 0, end;

	while (start < text.len && g_ascii_isspace(text.data[start]))
		start++;
	while (start + len < text.len && g_ascii_isalpha(text.data[start + len]))
		len++;
	for (size_t i = 0; i < G_N_ELEMENTS(answer_words); i++) {
		if (!slice_equal_ascii_case(slice_of(text.data + start, len), slice_from_string(answer_words[i].word)))
			continue;
		start += len;
		while (start < text.len && strchr(" \t.,:;!-", text.data[start]) != NULL && text.data[start] != '\0')
			start++;
		for (end = start; end < text.len && text.data[end] != '\n' && text.data[end] != '\r'; end++)
			;
		*partstat_out = answer_words[i].partstat;
		*rest_out = slice_of(text.data + start, MIN(end - start, MAX_COMMENT));
		return true;
	}
	return false;
}

/* The body's first text, else the subject. */
static bool read_answer(const struct delivery *d, enum meeting_partstat *partstat_out, char **comment_out)
{
	const struct part_index *index = ingest_index(d->ingest);
	struct slice rest, subject = ingest_row(d->ingest)->facts.subject;
	bool truncated, found = false;

	*comment_out = NULL;
	for (uint32_t i = 0; i < part_index_count(index); i++) {
		struct part part = part_index_get(index, i);
		g_autoptr(GString) text = g_string_new(NULL);

		if (part.kind != PART_LEAF || (!part_is(&part, "text", "plain") && !part_is(&part, "text", "html")))
			continue;
		found = text_of_part(&part, &d->source, TEXT_LIMIT, text, &truncated) &&
			answer_mail_read(slice_of(text->str, text->len), partstat_out, &rest);
		if (found && rest.len > 0)
			*comment_out = g_utf8_make_valid(rest.data, (gssize)rest.len);
		break;
	}
	return found || answer_mail_read(subject, partstat_out, &rest);
}

static bool was_sent_by_program(const struct delivery *d)
{
	struct part root = part_index_get(ingest_index(d->ingest), PART_ROOT);
	g_autoptr(GString) header = g_string_new(NULL);
	g_autofree char *value = NULL;

	if (*d->sender == '\0')
		return true;
	mime_source_append(&d->source, root.header_offset, MIN(root.header_size, TEXT_LIMIT), header);
	value = header_value(slice_of(header->str, header->len), "Auto-Submitted");
	return value != NULL && g_ascii_strcasecmp(value, "no") != 0;
}

/* One sender, who is the account's own, and whom nobody called a forgery. */
static bool is_from_reader(const struct delivery *d, const struct reader *reader)
{
	const struct imip_sender sender = { d->facts->from, d->facts->results,
					    d->config->calendar.trusted_authserv_ids, d->submitted_here };

	if (d->facts->from[0] == NULL || d->facts->from[1] != NULL ||
	    imip_vouch(&sender, NULL) == IMIP_FAILED)
		return false;
	for (char **own = reader->addresses; *own != NULL; own++)
		if (meeting_address_equal(*own, d->facts->from[0]))
			return true;
	return false;
}

static bool give_answer(const struct delivery *d, struct store *store, const struct link *link,
			const struct meeting_time *date)
{
	const struct respond_actor actor = { store, d->config, link->account_id, d->now };
	struct respond_answer answer = { .uid = link->uid, .address = link->address,
					 .recurrence_id = date->kind != MEETING_TIME_NONE ? date : NULL };
	g_autofree char *comment = NULL;
	enum respond_result result;

	if (!read_answer(d, &answer.partstat, &comment))
		return false;
	answer.comment = comment;
	result = respond_answer(&actor, &answer);
	if (result != RESPOND_DONE)
		log_info("scheduling", "an answer by mail was not taken: %s", respond_result_name(result));
	return result == RESPOND_DONE;
}

/* "answer-TOKEN" or "answer-TOKEN-DATE". */
static char *read_detail(const char *detail, struct meeting_time *date_out)
{
	g_autofree char *token = NULL;
	const char *rest;

	*date_out = (struct meeting_time){ .kind = MEETING_TIME_NONE };
	if (detail == NULL || !g_str_has_prefix(detail, PREFIX))
		return NULL;
	token = g_strndup(detail + strlen(PREFIX), LINK_TOKEN_LENGTH);
	rest = detail + strlen(PREFIX) + strlen(token);
	if (!link_token_is_valid(slice_from_string(token)) ||
	    (*rest != '\0' && (*rest != '-' || !link_occurrence_parse(rest + 1, date_out))))
		return NULL;
	return g_steal_pointer(&token);
}

bool answer_mail_take(const struct delivery *delivery, struct store *store, const struct letter *letter)
{
	struct meeting_time date;
	g_autofree char *token = read_detail(letter->target->detail, &date);
	struct reader reader = { 0 };
	struct link link = { 0 };
	bool taken = false;

	if (token == NULL)
		return false;
	if (link_find(store, token, &link) == STORE_OK && !link.revoked &&
	    link.account_id == letter->target->account_id && !was_sent_by_program(delivery) &&
	    reader_load(store, delivery->config, link.account_id, &reader) == STORE_OK &&
	    is_from_reader(delivery, &reader))
		taken = give_answer(delivery, store, &link, &date);
	reader_clear(&reader);
	link_clear(&link);
	return taken;
}
