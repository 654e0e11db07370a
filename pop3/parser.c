/* See the header. */
#include "pop3/parser.h"

#include "base/number.h"

static bool split_at_space(struct slice text, struct slice *front_out, struct slice *rest_out)
{
	const char *space = text.len > 0 ? memchr(text.data, ' ', text.len) : NULL;

	if (space == NULL) {
		*front_out = text;
		*rest_out = slice_of(NULL, 0);
		return false;
	}
	*front_out = slice_of(text.data, (size_t)(space - text.data));
	*rest_out = slice_of(space + 1, text.len - front_out->len - 1);
	return true;
}

void pop3_split_verb(struct slice line, struct slice *verb_out, struct slice *rest_out)
{
	split_at_space(line, verb_out, rest_out);
}

/* "LIST 1 " is sent by some; a blank at the end changes no number. */
static struct slice without_end_blanks(struct slice text)
{
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

bool pop3_parse_numbers(struct slice rest, size_t count, uint64_t *numbers_out)
{
	rest = without_end_blanks(rest);
	for (size_t i = 0; i < count; i++) {
		struct slice word;
		bool more = split_at_space(rest, &word, &rest);

		if (more != (i + 1 < count) || !number_parse(word, 0, G_MAXUINT64, &numbers_out[i]))
			return false;
	}
	return true;
}

bool pop3_parse_auth(struct slice rest, struct slice *mechanism_out, struct slice *response_out)
{
	struct slice more;

	rest = without_end_blanks(rest);
	if (!split_at_space(rest, mechanism_out, response_out))
		return mechanism_out->len > 0;
	return mechanism_out->len > 0 && response_out->len > 0 && !split_at_space(*response_out, &more, &more);
}
