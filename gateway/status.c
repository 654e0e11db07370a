/* Figures are gathered where they are kept (net's counters, the store's), never
 * counted twice. */
#include "gateway/status.h"

#include "base/clock.h"
#include "gateway/house.h"
#include "net/connections.h"
#include "net/counters.h"

#include <time.h>
#include <unistd.h>

static void json_string(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_printf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			g_string_append_printf(out, "\\u%04x", (unsigned char)*text);
		else
			g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void print_label(void *arg, const char *label, const struct net_counters *counters)
{
	g_string_append_printf(arg, ", \"%s connections\": %" G_GUINT64_FORMAT, label, counters->open);
}

void house_status_print(struct house *house, GString *out)
{
	struct net_counters sum = net_counters_get(NULL);
	struct house_figures figures = house_figures(house);

	g_string_append_printf(out, "{\"version\": \"%s\", \"process\": %d, \"uptime\": %" G_GINT64_FORMAT,
			       CONVOKE_VERSION, (int)getpid(), figures.uptime_seconds);
	g_string_append_printf(out, ", \"connections\": %" G_GUINT64_FORMAT ", \"connections so far\": %" G_GUINT64_FORMAT
			       ", \"refused\": %" G_GUINT64_FORMAT,
			       sum.open, sum.total, sum.refused);
	net_counters_each(print_label, out);
	g_string_append_printf(out, ", \"database\": \"%s\", \"outgoing queue\": %" G_GUINT64_FORMAT "}",
			       figures.database_answers ? "answers" : "does not answer", figures.queue_length);
}

static void print_connection(GString *out, const struct connection_info *info)
{
	time_t since = (time_t)(info->since / 1000000);
	struct tm utc;
	char text[32];

	gmtime_r(&since, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	g_string_append_printf(out, "{\"number\": %" G_GUINT64_FORMAT ", \"protocol\": ", info->id);
	json_string(out, info->label);
	g_string_append(out, ", \"peer\": ");
	json_string(out, info->peer);
	g_string_append(out, ", \"user\": ");
	json_string(out, info->user);
	g_string_append(out, ", \"security\": ");
	json_string(out, info->security);
	g_string_append_printf(out, ", \"since\": \"%s\", \"in\": %" G_GUINT64_FORMAT ", \"out\": %" G_GUINT64_FORMAT "}",
			       text, info->octets_in, info->octets_out);
}

void house_connections_print(GString *out)
{
	g_autoptr(GPtrArray) list = connections_list();

	g_string_append_c(out, '[');
	for (guint i = 0; i < list->len; i++) {
		g_string_append(out, i > 0 ? ", " : "");
		print_connection(out, list->pdata[i]);
	}
	g_string_append_c(out, ']');
}

/* One family of figures: its name, help and type, then a row per protocol. */
struct metric_family {
	const char *name, *help, *type;
	size_t offset;
};

static const struct metric_family families[] = {
	{ "convoke_connections", "Connections open now.", "gauge", offsetof(struct net_counters, open) },
	{ "convoke_connections_total", "Connections taken in.", "counter", offsetof(struct net_counters, total) },
	{ "convoke_connections_refused_total", "Connections closed at once, over a limit.", "counter",
	  offsetof(struct net_counters, refused) },
	{ "convoke_timeouts_total", "Connections ended by their time limit.", "counter",
	  offsetof(struct net_counters, timeouts) },
	{ "convoke_tls_handshakes_total", "TLS handshakes done.", "counter",
	  offsetof(struct net_counters, handshakes) },
	{ "convoke_tls_failures_total", "TLS handshakes or records that failed.", "counter",
	  offsetof(struct net_counters, tls_failures) },
	{ "convoke_received_bytes_total", "Octets received.", "counter", offsetof(struct net_counters, octets_in) },
	{ "convoke_sent_bytes_total", "Octets sent.", "counter", offsetof(struct net_counters, octets_out) },
};

struct metric_row {
	GString *out;
	const struct metric_family *family;
};

static void print_metric(void *arg, const char *label, const struct net_counters *counters)
{
	struct metric_row *row = arg;
	uint64_t value = *(const uint64_t *)((const char *)counters + row->family->offset);

	g_string_append_printf(row->out, "%s{protocol=\"%s\"} %" G_GUINT64_FORMAT "\n", row->family->name, label, value);
}

void house_metrics_print(struct house *house, GString *out)
{
	struct house_figures figures = house_figures(house);

	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		struct metric_row row = { out, &families[i] };

		g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", families[i].name, families[i].help,
				       families[i].name, families[i].type);
		net_counters_each(print_metric, &row);
	}
	g_string_append_printf(out,
			       "# HELP convoke_up_seconds Time since the start.\n# TYPE convoke_up_seconds gauge\n"
			       "convoke_up_seconds %" G_GINT64_FORMAT "\n"
			       "# HELP convoke_database_up Whether the database answers.\n# TYPE convoke_database_up gauge\n"
			       "convoke_database_up %d\n"
			       "# HELP convoke_outgoing_queue Messages waiting to be sent.\n"
			       "# TYPE convoke_outgoing_queue gauge\nconvoke_outgoing_queue %" G_GUINT64_FORMAT "\n",
			       figures.uptime_seconds, figures.database_answers, figures.queue_length);
}
