/* See the header.  Parameters are rows of a table. */
#include "lmtp/parser.h"

#include "base/number.h"

#define MAX_CLIENT_NAME 255

static const char reply_syntax_mail[] = "501 5.5.4 Syntax: MAIL FROM:<address> [parameters]";
static const char reply_syntax_rcpt[] = "501 5.5.4 Syntax: RCPT TO:<address>";
static const char reply_syntax_bdat[] = "501 5.5.4 Syntax: BDAT size [LAST]";
static const char reply_bad_sender[] = "501 5.1.7 Bad sender address";
static const char reply_bad_recipient[] = "501 5.1.3 Bad recipient address";
static const char reply_unknown_parameter[] = "555 5.5.4 Parameter not recognized";
static const char reply_bad_parameter[] = "501 5.5.4 Bad parameter";

static struct slice trim(struct slice text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = slice_of(text.data + 1, text.len - 1);
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* Up to the next blank; the rest is trimmed. */
static struct slice take_word(struct slice *text)
{
	struct slice word = slice_of(text->data, 0);

	while (word.len < text->len && text->data[word.len] != ' ' && text->data[word.len] != '\t')
		word.len++;
	*text = trim(slice_of(text->data + word.len, text->len - word.len));
	return word;
}

void lmtp_split_verb(struct slice line, struct slice *verb_out, struct slice *rest_out)
{
	*rest_out = line;
	*verb_out = take_word(rest_out);
}

static bool skip_word(struct slice *text, struct slice word)
{
	if (text->len < word.len || !slice_equal_ascii_case(slice_of(text->data, word.len), word))
		return false;
	*text = slice_of(text->data + word.len, text->len - word.len);
	return true;
}

static const char *take_size(struct slice value, bool has_value, struct lmtp_mail *mail)
{
	return has_value && number_parse(value, 0, G_MAXUINT64, &mail->size) ? NULL : reply_bad_parameter;
}

static const char *take_body(struct slice value, bool has_value, struct lmtp_mail *mail)
{
	if (!has_value)
		return reply_bad_parameter;
	mail->is_8bit = slice_equal_ascii_case(value, SLICE("8BITMIME"));
	return mail->is_8bit || slice_equal_ascii_case(value, SLICE("7BIT")) ? NULL : reply_bad_parameter;
}

static const char *take_utf8(struct slice value, bool has_value, struct lmtp_mail *mail)
{
	(void)value;
	mail->is_utf8 = true;
	return has_value ? reply_bad_parameter : NULL;
}

static const struct {
	struct slice name;
	const char *(*take)(struct slice value, bool has_value, struct lmtp_mail *mail);
} mail_parameters[] = {
	{ { "SIZE", 4 }, take_size },
	{ { "BODY", 4 }, take_body },
	{ { "SMTPUTF8", 8 }, take_utf8 },
};

static const char *take_parameter(struct slice word, struct lmtp_mail *mail, unsigned *seen)
{
	const char *equals = memchr(word.data, '=', word.len);
	struct slice name = slice_of(word.data, equals != NULL ? (size_t)(equals - word.data) : word.len);
	struct slice value = { NULL, 0 };

	if (equals != NULL)
		value = slice_of(equals + 1, word.len - name.len - 1);
	for (size_t i = 0; i < G_N_ELEMENTS(mail_parameters); i++) {
		if (!slice_equal_ascii_case(name, mail_parameters[i].name))
			continue;
		if (*seen & (1u << i))
			return reply_bad_parameter;
		*seen |= 1u << i;
		return mail_parameters[i].take(value, equals != NULL, mail);
	}
	return reply_unknown_parameter;
}

/* What follows a path must be apart from it. */
static bool begins_blank(struct slice text)
{
	return text.len == 0 || text.data[0] == ' ' || text.data[0] == '\t';
}

const char *lmtp_parse_mail(struct slice arguments, struct lmtp_mail *mail_out)
{
	struct slice rest = arguments;
	unsigned seen = 0;

	*mail_out = (struct lmtp_mail){ 0 };
	if (!skip_word(&rest, SLICE("FROM:")))
		return reply_syntax_mail;
	/* "FROM: <a@b>" is wrong and common. */
	if (!lmtp_path_parse(trim(rest), LMTP_REVERSE_PATH, &mail_out->path, &rest))
		return reply_bad_sender;
	if (!begins_blank(rest))
		return reply_syntax_mail;
	rest = trim(rest);
	while (rest.len > 0) {
		const char *problem = take_parameter(take_word(&rest), mail_out, &seen);

		if (problem != NULL)
			return problem;
	}
	return NULL;
}

const char *lmtp_parse_rcpt(struct slice arguments, struct lmtp_path *path_out)
{
	struct slice rest = arguments;

	*path_out = (struct lmtp_path){ 0 };
	if (!skip_word(&rest, SLICE("TO:")))
		return reply_syntax_rcpt;
	if (!lmtp_path_parse(trim(rest), LMTP_FORWARD_PATH, path_out, &rest))
		return reply_bad_recipient;
	if (!begins_blank(rest))
		return reply_syntax_rcpt;
	return trim(rest).len == 0 ? NULL : reply_unknown_parameter;
}

const char *lmtp_parse_bdat(struct slice arguments, uint64_t *size_out, bool *last_out)
{
	struct slice rest = arguments;
	struct slice size = take_word(&rest);

	*last_out = slice_equal_ascii_case(rest, SLICE("LAST"));
	if (!number_parse(size, 0, G_MAXINT64, size_out) || (rest.len > 0 && !*last_out))
		return reply_syntax_bdat;
	return NULL;
}

bool lmtp_is_client_name(struct slice arguments)
{
	if (arguments.len == 0 || arguments.len > MAX_CLIENT_NAME)
		return false;
	for (size_t i = 0; i < arguments.len; i++) {
		unsigned char octet = (unsigned char)arguments.data[i];

		if (octet <= 0x20 || octet == 0x7f || strchr("()<>\"\\;,", octet) != NULL)
			return false;
	}
	return g_utf8_validate(arguments.data, (gssize)arguments.len, NULL);
}
