/* Any octets as a client's commands: the first octet says how they are cut.  What comes
 * out must not depend on the cuts, and every reader of arguments must end well. */
#include "imap/fetch_items.h"
#include "imap/flags.h"
#include "imap/parser.h"
#include "imap/search_program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct imap_parser_limits limits = { .line = 5000, .literals = 2000, .depth = 50, .args = 500 };

static struct args begin(struct imap_parser *parser)
{
	return args_of(imap_parser_args(parser), imap_parser_arena(parser));
}

/* Every reader meets every command. */
static void read_all_ways(struct imap_parser *parser)
{
	struct args args = begin(parser);
	struct search_program program;
	struct fetch_items items;
	struct sequence_set set;
	struct flag_names flags;
	struct slice text;

	search_program_read(&args, NULL, &program);
	args = begin(parser);
	if (args_sequence_set(&args, &set)) {
		sequence_set_resolve(&set, 100);
		fetch_items_read(&args, &items);
	}
	args = begin(parser);
	flags_read(&args, true, &flags);
	for (args = begin(parser); !args_at_end(&args);)
		args_astring(&args, &text);
}

static uint64_t hash(uint64_t sum, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t hash_args(uint64_t sum, const struct imap_arg *arg)
{
	for (; arg != NULL; arg = arg->next) {
		sum = hash(sum, &arg->type, sizeof(arg->type));
		sum = hash(sum, arg->text.data, arg->text.len);
		sum = hash_args(sum, arg->first);
	}
	return sum;
}

static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
	struct imap_parser *parser = imap_parser_create(&limits);
	uint64_t sum = 0;
	size_t at = 0;

	while (at < size) {
		size_t eaten;
		enum imap_parse_result result =
			imap_parser_feed(parser, slice_of((const char *)data + at, MIN(piece, size - at)), &eaten);

		at += eaten;
		if (result == IMAP_PARSE_LITERAL && !imap_parser_accept(parser))
			result = imap_parser_refuse(parser, "too large");
		if (result == IMAP_PARSE_FATAL)
			break;
		if (result == IMAP_PARSE_DONE) {
			sum = hash_args(sum + 1, imap_parser_args(parser));
			read_all_ways(parser);
			imap_parser_next(parser);
		} else if (result == IMAP_PARSE_BAD) {
			g_assert_nonnull(imap_parser_error(parser));
			sum = hash(sum + 2, imap_parser_tag(parser).data, imap_parser_tag(parser).len);
			imap_parser_next(parser);
		}
	}
	imap_parser_destroy(&parser);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	g_assert_cmpuint(run(data + 1, size - 1, size), ==, run(data + 1, size - 1, 1 + data[0] % 16));
	return 0;
}
