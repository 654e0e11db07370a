/* Addresses as the world writes them. */
#include "mime/address.h"
#include "mime/envelope.h"
#include "tests/unit/cost.h"

/* name|route|local|domain of each mailbox; [name ... ] for a group. */
static char *describe(const char *value)
{
	struct arena *arena = arena_create();
	GString *out = g_string_new(NULL);

	for (struct address *a = address_parse(arena, slice_from_string(value)); a != NULL; a = a->next) {
		if (out->len > 0)
			g_string_append_c(out, ' ');
		if (a->kind == ADDRESS_GROUP_START)
			g_string_append_printf(out, "[%s", a->name.data);
		else if (a->kind == ADDRESS_GROUP_END)
			g_string_append(out, "]");
		else
			g_string_append_printf(out, "%s|%s|%s|%s", a->name.len ? a->name.data : "",
					       a->route.len ? a->route.data : "",
					       a->local.len ? a->local.data : "",
					       a->domain.len ? a->domain.data : "");
	}
	arena_destroy(&arena);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *value, *addresses;
} rows[] = {
	{ "", "" },
	{ "  , ,, ", "" },
	{ "a@b", "||a|b" },
	{ "a@b, c@d", "||a|b ||c|d" },
	{ "<a@b>", "||a|b" },
	{ "John Doe <a@b>", "John Doe||a|b" },
	{ "\"Doe, John\" <a@b>", "Doe, John||a|b" },
	{ "\"a \\\"b\\\" c\" <a@b>", "a \"b\" c||a|b" },
	{ "John \"Joe\" Doe <a@b>", "John Joe Doe||a|b" },
	{ "John Q. Public <a@b>", "John Q. Public||a|b" },
	{ "a@b (John Doe)", "John Doe||a|b" },
	{ "a@b (John (nested) Doe), c@d", "John (nested) Doe||a|b ||c|d" },
	{ "(John) <a (desk)@ (of) b>", "John||a|b" },
	{ "<a (desk)@ (of) b>", "||a|b" },
	{ "<a (desk)@b> (John)", "John||a|b" },
	{ "John Doe a@b", "John Doe||a|b" },
	{ "John Doe <a@b", "John Doe||a|b" },
	{ "John Doe <a@b, c@d", "John Doe||a|b ||c|d" },
	{ "John Doe a@b>", "John Doe||a|b" },
	{ "<<a@b>>", "||a|b" },
	{ "a@b <a@b>", "a@b||a|b" },
	{ "\"John <a@b>", "John||a|b" },
	{ "\"John <a@b>, c@d", "John||a|b ||c|d" },
	{ "(open a@b", "open||a|b" },
	{ "John <@r1,@r2:a@b>", "John|@r1,@r2|a|b" },
	{ "g: a@b, c@d;", "[g ||a|b ||c|d ]" },
	{ "g: a@b, c@d", "[g ||a|b ||c|d ]" },
	{ "undisclosed-recipients:;", "[undisclosed-recipients ]" },
	{ "undisclosed-recipients:", "[undisclosed-recipients ]" },
	{ "x@y, g:a@b;, c@d", "||x|y [g ||a|b ] ||c|d" },
	{ "lonely", "||lonely|" },
	{ "John Doe", "||John Doe|" },
	{ "<lonely>", "||lonely|" },
	{ "John <>", "John|||" },
	{ "<>", "|||" },
	{ "a@b c@d", "||a|b ||c|d" },
	{ "a@b; c@d", "||a|b ||c|d" },
	{ "a . b @ c . d", "a .||b|c.d" },
	{ "a@[127.0.0.1]", "||a|[127.0.0.1]" },
	{ "\"quoted local\"@b", "||quoted local|b" },
	{ "<\"quoted local\"@b>", "||quoted local|b" },
	{ "a@b@c", "||a@b|c" },
	{ "<a@b@c>", "||a@b|c" },
	{ "=?utf-8?Q?Doe,_John?= <a@b>", "=?utf-8?Q?Doe,_John?=||a|b" },
	{ "=?utf-8?Q?a=40b?= <a@b>", "=?utf-8?Q?a=40b?=||a|b" },
	{ "[List] Name <a@b>", "[List] Name||a|b" },
	{ "gr\xc3\xbc@b", "||gr\xc3\xbc|b" },
	{ "Gr\xfc <a@b>", "Gr\xfc||a|b" },
	{ "A\r\n B <a@b>", "A B||a|b" },
	{ "a@", "||a|" },
	{ "@b", "|||b" },
	{ "mailto:a@b", "[mailto ||a|b ]" },
	{ ";;;", "" },
	{ "<a@b>(x)", "x||a|b" },
};

static void addresses_are_read_in_every_form(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = describe(rows[i].value);

		if (strcmp(got, rows[i].addresses) != 0)
			g_error("%s: got %s, expected %s", rows[i].value, got, rows[i].addresses);
	}
}

static void cutting_a_list_short_still_gives_addresses(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		for (size_t len = 0; len <= strlen(rows[i].value); len++) {
			g_autofree char *cut = g_strndup(rows[i].value, len);
			g_autofree char *got = describe(cut);

			g_assert_nonnull(got);
		}
	}
}

/* Values that cost the square of their length where a parser looks ahead again and again. */
static void hostile_lists_cost_no_more_than_their_length(void)
{
	static const char *const pieces[] = { "\"", "(", "<", "\"\\\"", "(\\)", "<@", "@", "a:", ";", "=?a?Q?",
					      "<a@b,", "a@b <", ",", "\\", "a.", "[", "@[", "<\"", "<(", "()", "<,", "< ", "<@," };

	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) value = g_string_new(NULL);
		struct arena *arena = arena_create();
		gint64 start = cost_now();

		while (value->len < 1000000)
			g_string_append(value, pieces[i]);
		g_string_append(value, "a>");
		address_parse(arena, slice_of(value->str, value->len));
		cost_check(pieces[i], start, 3);
		arena_destroy(&arena);
	}
}

static void names_and_addresses_are_decoded(void)
{
	struct arena *arena = arena_create();
	struct address *a = address_parse_header(arena, SLICE("From: =?utf-8?Q?=C3=BC?= <A@B.Example>\r\n"
							     "from: c@d\r\n"), "From");
	g_autofree char *name = address_name(a), *spec = address_spec(a);

	g_assert_cmpstr(name, ==, "\xc3\xbc");
	g_assert_cmpstr(spec, ==, "A@b.example");
	g_assert_cmpuint(address_count(a), ==, 2);
	g_assert_true(address_first_mailbox(a) == a);
	arena_destroy(&arena);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/addresses-are-read-in-every-form", addresses_are_read_in_every_form);
	g_test_add_func("/address/cutting-a-list-short-still-gives-addresses",
			cutting_a_list_short_still_gives_addresses);
	g_test_add_func("/address/hostile-lists-cost-no-more-than-their-length",
			hostile_lists_cost_no_more_than_their_length);
	g_test_add_func("/address/names-and-addresses-are-decoded", names_and_addresses_are_decoded);
	return g_test_run();
}
