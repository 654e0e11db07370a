/* Any octets as an LMTP command line.  What is taken must come out the same when its
 * own spelling is read again. */
#include "lmtp/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct lmtp_path *path, enum lmtp_path_kind kind)
{
	g_autofree char *text = g_strdup_printf("<%s>", path->address);
	struct lmtp_path again;
	struct slice rest;

	g_assert_true(lmtp_path_parse(slice_from_string(text), kind, &again, &rest));
	g_assert_cmpstr(again.address, ==, path->address);
	g_assert_cmpuint(rest.len, ==, 0);
	lmtp_path_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice verb, rest;
	struct lmtp_mail mail;
	struct lmtp_path path;
	uint64_t chunk;
	bool last;

	lmtp_split_verb(slice_of((const char *)data, size), &verb, &rest);
	if (lmtp_parse_mail(rest, &mail) == NULL)
		check_again(&mail.path, LMTP_REVERSE_PATH);
	lmtp_path_clear(&mail.path);
	if (lmtp_parse_rcpt(rest, &path) == NULL)
		check_again(&path, LMTP_FORWARD_PATH);
	lmtp_path_clear(&path);
	lmtp_parse_bdat(rest, &chunk, &last);
	lmtp_is_client_name(rest);
	return 0;
}
