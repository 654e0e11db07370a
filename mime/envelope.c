/* ENVELOPE from raw header fields. */
#include "mime/envelope.h"
#include "mime/address.h"
#include "mime/header.h"

/* Longer strings travel as literals: some clients have a limit for a line. */
#define MAX_QUOTED 1000

static bool may_be_quoted(struct slice text)
{
	if (text.len > MAX_QUOTED)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80 || text.data[i] == '\r' ||
		    text.data[i] == '\n' || text.data[i] == '\0')
			return false;
	return true;
}

void envelope_write_string(GString *out, struct slice text)
{
	if (may_be_quoted(text)) {
		g_string_append_c(out, '"');
		for (size_t i = 0; i < text.len; i++) {
			if (text.data[i] == '"' || text.data[i] == '\\')
				g_string_append_c(out, '\\');
			g_string_append_c(out, text.data[i]);
		}
		g_string_append_c(out, '"');
		return;
	}
	g_string_append_printf(out, "{%zu}\r\n", text.len);
	for (size_t i = 0; i < text.len; i++)
		g_string_append_c(out, text.data[i] != '\0' ? text.data[i] : '?');
}

static void write_nstring(GString *out, struct slice text)
{
	if (text.len == 0)
		g_string_append(out, "NIL");
	else
		envelope_write_string(out, text);
}

/* The first field of the name, unfolded; NIL only when there is none (RFC 9051 7.5.2). */
static void write_field(GString *out, struct slice header, const char *name)
{
	struct header_field field;
	g_autoptr(GString) value = NULL;

	if (!header_find(header, name, &field)) {
		g_string_append(out, "NIL");
		return;
	}
	value = g_string_new(NULL);
	header_unfold(value, field.value);
	envelope_write_string(out, slice_of(value->str, value->len));
}

static void write_address(GString *out, const struct address *address)
{
	switch (address->kind) {
	case ADDRESS_GROUP_START:
		g_string_append(out, "(NIL NIL ");
		envelope_write_string(out, address->name);
		g_string_append(out, " NIL)");
		break;
	case ADDRESS_GROUP_END:
		g_string_append(out, "(NIL NIL NIL NIL)");
		break;
	case ADDRESS_MAILBOX:
		/* NIL for mailbox or host would mean a group: an empty string it is. */
		g_string_append_c(out, '(');
		write_nstring(out, address->name);
		g_string_append_c(out, ' ');
		write_nstring(out, address->route);
		g_string_append_c(out, ' ');
		envelope_write_string(out, address->local);
		g_string_append_c(out, ' ');
		envelope_write_string(out, address->domain);
		g_string_append_c(out, ')');
		break;
	}
}

static void write_list(GString *out, const struct address *list)
{
	if (list == NULL) {
		g_string_append(out, "NIL");
		return;
	}
	g_string_append_c(out, '(');
	for (; list != NULL; list = list->next)
		write_address(out, list);
	g_string_append_c(out, ')');
}

void envelope_write(GString *out, struct slice header)
{
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc", "Bcc" };
	struct arena *arena = arena_create();
	const struct address *from = NULL;

	g_string_append_c(out, '(');
	write_field(out, header, "Date");
	g_string_append_c(out, ' ');
	write_field(out, header, "Subject");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct address *list = address_parse_header(arena, header, names[i]);

		if (i == 0)
			from = list;
		else if (i <= 2 && list == NULL)
			list = from;
		g_string_append_c(out, ' ');
		write_list(out, list);
	}
	g_string_append_c(out, ' ');
	write_field(out, header, "In-Reply-To");
	g_string_append_c(out, ' ');
	write_field(out, header, "Message-ID");
	g_string_append_c(out, ')');
	arena_destroy(&arena);
}
