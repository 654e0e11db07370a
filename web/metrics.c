#include "web/metrics.h"

#include "net/counters.h"

/* One family of the wire's counters. */
static const struct family {
	const char *name, *type, *help;
	size_t offset;
} families[] = {
	{ "convoke_connections_open", "gauge", "Connections alive now.", offsetof(struct net_counters, open) },
	{ "convoke_connections_total", "counter", "Connections taken in.", offsetof(struct net_counters, total) },
	{ "convoke_connections_refused_total", "counter", "Connections closed at once: over a limit.",
	  offsetof(struct net_counters, refused) },
	{ "convoke_timeouts_total", "counter", "Connections ended by their time limit.",
	  offsetof(struct net_counters, timeouts) },
	{ "convoke_tls_handshakes_total", "counter", "TLS handshakes done.",
	  offsetof(struct net_counters, handshakes) },
	{ "convoke_tls_failures_total", "counter", "TLS handshakes or records that failed.",
	  offsetof(struct net_counters, tls_failures) },
	{ "convoke_octets_in_total", "counter", "Octets received.", offsetof(struct net_counters, octets_in) },
	{ "convoke_octets_out_total", "counter", "Octets sent.", offsetof(struct net_counters, octets_out) },
};

struct printing {
	GString *out;
	const struct family *family;
};

static void print_head(GString *out, const char *name, const char *type, const char *help)
{
	g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_label(void *arg, const char *label, const struct net_counters *counters)
{
	const struct printing *printing = arg;
	uint64_t value;

	memcpy(&value, (const char *)counters + printing->family->offset, sizeof(value));
	g_string_append_printf(printing->out, "%s{protocol=\"%s\"} %" G_GUINT64_FORMAT "\n",
			       printing->family->name, label, value);
}

static void print_count(GString *out, const char *name, const char *type, const char *help, int value)
{
	print_head(out, name, type, help);
	g_string_append_printf(out, "%s %u\n", name, (unsigned)value);
}

void metrics_print(const struct door_counts *counts, GString *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		struct printing printing = { out, &families[i] };

		print_head(out, families[i].name, families[i].type, families[i].help);
		net_counters_each(print_label, &printing);
	}
	print_count(out, "convoke_web_requests_total", "counter", "HTTP requests let through.",
		    g_atomic_int_get(&counts->requests));
	print_count(out, "convoke_web_refused_total", "counter", "HTTP requests refused by the check.",
		    g_atomic_int_get(&counts->refused));
}
