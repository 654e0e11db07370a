#include "web/metrics.h"

static void print_count(GString *out, const char *name, const char *help, const gint *value)
{
	g_string_append_printf(out, "# HELP %s %s\n# TYPE %s counter\n%s %u\n", name, help, name, name,
			       (unsigned)g_atomic_int_get(value));
}

void metrics_print(const struct door_counts *counts, GString *out)
{
	print_count(out, "convoke_web_requests_total", "HTTP requests let through.", &counts->requests);
	print_count(out, "convoke_web_refused_total", "HTTP requests refused by the check.",
		    &counts->refused);
}
