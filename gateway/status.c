/* Figures are gathered where they are kept (net's counters, the store's), never
 * counted twice. */
#include "gateway/status.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "gateway/house.h"
#include "lmtp/lmtp.h"
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

static void print_family(GString *out, const char *name, const char *help, const char *type)
{
	g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_wire(GString *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		struct metric_row row = { out, &families[i] };

		print_family(out, families[i].name, families[i].help, families[i].type);
		net_counters_each(print_metric, &row);
	}
}

static void print_attempts(GString *out)
{
	static const char name[] = "convoke_sign_ins_total";

	print_family(out, name, "Attempts to sign in, by how they ended.", "counter");
	for (unsigned i = 0; i < AUTH_OUTCOMES; i++)
		g_string_append_printf(out, "%s{outcome=\"%s\"} %" G_GUINT64_FORMAT "\n", name, auth_outcome_name(i),
				       auth_attempts(i));
}

/* Rows of one family stand together: the format asks for it. */
struct figure {
	const char *name, *label, *help, *type;
	uint64_t value;
};

static void print_figures(GString *out, const struct figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (figures[i].help != NULL)
			print_family(out, figures[i].name, figures[i].help, figures[i].type);
		g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT "\n", figures[i].name, figures[i].label,
				       figures[i].value);
	}
}

static void print_mail(GString *out, const struct house_figures *f)
{
	static const char in[] = "convoke_lmtp_recipients_total", sent[] = "convoke_outgoing_total";
	struct lmtp_counters lmtp = lmtp_counters_get();
	const struct figure figures[] = {
		{ in, "{result=\"delivered\"}", "Recipients of incoming mail, by what the client was told.", "counter",
		  lmtp.delivered },
		{ in, "{result=\"over_quota\"}", NULL, NULL, lmtp.over_quota },
		{ in, "{result=\"unknown\"}", NULL, NULL, lmtp.unknown },
		{ in, "{result=\"later\"}", NULL, NULL, lmtp.later },
		{ "convoke_meeting_messages_total", "", "Meeting mail delivered.", "counter", lmtp.meetings },
		{ "convoke_outgoing_queue", "", "Messages waiting to be sent.", "gauge", f->queue_length },
		{ sent, "{result=\"relayed\"}", "Attempts to send, by how they ended.", "counter", f->queue.sent },
		{ sent, "{result=\"delivered\"}", NULL, NULL, f->queue.delivered },
		{ sent, "{result=\"retried\"}", NULL, NULL, f->queue.retried },
		{ sent, "{result=\"failed\"}", NULL, NULL, f->queue.failed },
	};

	print_figures(out, figures, G_N_ELEMENTS(figures));
}

static void print_store(GString *out, const struct house_figures *f)
{
	const struct figure figures[] = {
		{ "convoke_up_seconds", "", "Time since the start.", "gauge", (uint64_t)f->uptime_seconds },
		{ "convoke_database_up", "", "Whether the database answers.", "gauge", f->database_answers },
		{ "convoke_database_reconnects_total", "", "Connections to the database made anew.", "counter",
		  f->store.reconnects },
		{ "convoke_database_failures_total", "", "Times the database could not answer.", "counter",
		  f->store.failures },
		{ "convoke_database_statements_total", "", "Round trips to the database.", "counter", f->store.statements },
		{ "convoke_database_restarts_total", "", "Restarts of the managed database.", "counter",
		  f->store.cluster_restarts },
		{ "convoke_jobs_waiting", "", "Commands that wait for a store worker.", "gauge", f->store.jobs_waiting },
		{ "convoke_jobs_running", "", "Store workers at work.", "gauge", f->store.jobs_running },
		{ "convoke_jobs_total", "", "Commands that store workers have done.", "counter", f->store.jobs_done },
		{ "convoke_content_cache_hits_total", "", "Reads of message content from memory.", "counter",
		  f->store.content_hits },
		{ "convoke_content_cache_misses_total", "", "Reads of message content from the database.", "counter",
		  f->store.content_misses },
		{ "convoke_content_cache_bytes", "", "Message content held in memory.", "gauge", f->store.content_octets },
		{ "convoke_mailbox_views", "", "Mailboxes whose messages are held in memory.", "gauge",
		  f->store.view_entries },
	};

	print_figures(out, figures, G_N_ELEMENTS(figures));
}

void house_metrics_print(struct house *house, GString *out)
{
	struct house_figures figures = house_figures(house);

	print_wire(out);
	print_attempts(out);
	print_mail(out, &figures);
	print_store(out, &figures);
}
