#include "imap/progress_code.h"

#include "imap/quote.h"

void progress_code_print(GString *out, struct slice tag, uint64_t did, uint64_t planned)
{
	g_string_append(out, "INPROGRESS (");
	/* A bracket in it would end the code for readers that look for the first. */
	if (tag.len > 0 && memchr(tag.data, ']', tag.len) == NULL)
		quote_string(out, tag, QUOTE_ASCII);
	else
		g_string_append(out, "NIL");
	/* The goal must lie ahead: when what was counted is done, what is left is not known. */
	if (planned == 0)
		g_string_append(out, " NIL NIL)");
	else if (did >= planned)
		g_string_append_printf(out, " %" G_GUINT64_FORMAT " NIL)", planned);
	else
		g_string_append_printf(out, " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT ")", did, planned);
}
