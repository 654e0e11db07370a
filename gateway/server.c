/* Start: settings, loops, entrances bound (maybe as root), privileges dropped,
 * database, rooms, TLS, threads, ready.  Stop: the same backwards; clients get
 * their goodbye while the loops still run.
 *
 * The main thread runs GLib's main loop for signals, the control socket and the
 * watchdog; it never touches a stream. */
#include "gateway/server.h"

#include "base/clock.h"
#include "calendar/zone.h"
#include "gateway/control.h"
#include "gateway/entrances.h"
#include "gateway/house.h"
#include "gateway/notify.h"
#include "gateway/privileges.h"
#include "gateway/status.h"
#include "net/connections.h"
#include "store/service.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* How long clients get to take their goodbye. */
enum { GOODBYE_MS = 5000, WATCHDOG_MS = 15000 };

struct server {
	const char *config_file;
	const struct config *config;
	GMainLoop *main_loop;
	struct loop **loops;
	GThread **threads;
	struct entrances *entrances;
	struct tls_server *tls;
	struct house *house;
	struct control *control;
	bool pid_file_written;
};

static void log_problems(const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const struct config_problem *problem = problems->pdata[i];

		log_write(problem->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "config", "%s", problem->text);
	}
}

static const struct config *read_config(const char *path)
{
	g_autoptr(GPtrArray) problems = NULL;
	const struct config *config = config_read(path, &problems);

	log_problems(problems);
	return config;
}

static void apply_log_settings(const struct config *config)
{
	log_set_level(config->server.log_level);
	if (!log_open(config->server.log_file))
		log_error("gateway", "log file %s cannot be opened: %s; the log stays where it was",
			  config->server.log_file, g_strerror(errno));
}

static gpointer run_loop(gpointer loop)
{
	loop_run(loop);
	return NULL;
}

static void create_loops(struct server *s)
{
	s->loops = g_new0(struct loop *, s->config->server.threads);
	for (unsigned i = 0; i < s->config->server.threads; i++)
		s->loops[i] = loop_create();
}

static void start_threads(struct server *s)
{
	s->threads = g_new0(GThread *, s->config->server.threads);
	for (unsigned i = 0; i < s->config->server.threads; i++) {
		g_autofree char *name = g_strdup_printf("net-%u", i);

		s->threads[i] = g_thread_new(name, run_loop, s->loops[i]);
	}
}

/* New certificates and policy; what can't be used is said, the rest is used. */
static bool load_tls(struct server *s, const struct config *config, bool *is_whole_out)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	struct tls_server *tls;

	*is_whole_out = true;
	if (config->tls.certificate_count == 0) {
		tls_server_unref(&s->tls);
		entrances_set_tls(s->entrances, NULL);
		return true;
	}
	tls = s->tls != NULL ? tls_server_reload(s->tls, &config->tls, problems)
			     : tls_server_create(&config->tls, problems);
	for (guint i = 0; i < problems->len; i++)
		log_error("gateway", "%s", (const char *)problems->pdata[i]);
	*is_whole_out = problems->len == 0;
	if (tls == NULL)
		return false;
	tls_server_unref(&s->tls);
	s->tls = tls;
	entrances_set_tls(s->entrances, tls);
	return true;
}

/* Whoever renewed a certificate must hear that it can't be used. */
static void tell_reloaded(bool is_tls_whole, char **restart, GString *said)
{
	if (!is_tls_whole) {
		g_string_append(said, "{\"error\": \"reloaded, but not all of TLS can be used: what was before is used on;"
				      " see the log\"}");
		return;
	}
	g_string_append(said, "{\"reloaded\": true");
	for (char **name = restart; *name != NULL; name++)
		g_string_append_printf(said, "%s%s", name > restart ? ", " : ", \"restart needed for\": \"", *name);
	g_string_append(said, *restart != NULL ? "\"}" : "}");
}

static void reload(struct server *s, GString *said)
{
	g_autoptr(GPtrArray) problems = NULL;
	g_auto(GStrv) restart = NULL;
	const struct config *wanted = config_reload(s->config_file, s->config, &problems, &restart);
	bool is_tls_whole;

	log_problems(problems);
	if (wanted == NULL) {
		log_error("gateway", "reload: %s has errors, the settings stay as they were", s->config_file);
		g_string_append(said, "{\"error\": \"the file has errors, the settings stay as they were; see the log\"}");
		return;
	}
	apply_log_settings(wanted);
	if (!load_tls(s, wanted, &is_tls_whole))
		log_error("gateway", "reload: TLS stays as it was");
	connections_set_limits(wanted->server.max_connections, wanted->server.max_connections_per_address);
	house_reload(s->house, wanted);
	config_unref(&s->config);
	s->config = wanted;
	log_info("gateway", "reload: %s read", s->config_file);
	for (char **name = restart; *name != NULL; name++)
		log_warning("gateway", "reload: %s takes effect at a restart only", *name);
	tell_reloaded(is_tls_whole, restart, said);
}

static gboolean on_reload(gpointer data)
{
	g_autoptr(GString) said = g_string_new(NULL);

	notify_reloading();
	reload(data, said);
	notify_ready();
	return G_SOURCE_CONTINUE;
}

static gboolean on_stop(gpointer data)
{
	struct server *s = data;

	log_info("gateway", "asked to stop");
	g_main_loop_quit(s->main_loop);
	return G_SOURCE_CONTINUE;
}

static gboolean on_watchdog(gpointer data)
{
	(void)data;
	notify_alive();
	return G_SOURCE_CONTINUE;
}

static void answer_status(void *arg, const char *argument, GString *out)
{
	struct server *s = arg;

	(void)argument;
	house_status_print(s->house, out);
}

static void answer_who(void *arg, const char *argument, GString *out)
{
	(void)arg, (void)argument;
	house_connections_print(out);
}

static void answer_kick(void *arg, const char *argument, GString *out)
{
	uint64_t id = g_ascii_strtoull(argument, NULL, 10);

	(void)arg;
	if (connections_kick(id))
		g_string_append_printf(out, "{\"kicked\": %" G_GUINT64_FORMAT "}", id);
	else
		g_string_append(out, "{\"error\": \"no connection of that number\"}");
}

static void answer_reload(void *arg, const char *argument, GString *out)
{
	(void)argument;
	reload(arg, out);
}

static const struct control_verb control_verbs[] = {
	{ "status", answer_status }, { "who", answer_who }, { "kick", answer_kick },
	{ "reload", answer_reload }, { NULL, NULL },
};

static bool write_pid_file(struct server *s, char **error_out)
{
	g_autofree char *text = g_strdup_printf("%d\n", (int)getpid());
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents(s->config->server.pid_file, text, -1, &error)) {
		*error_out = g_strdup_printf("pid file: %s", error->message);
		return false;
	}
	s->pid_file_written = true;
	return true;
}

/* Everything up to the moment when clients can be served. */
static bool start(struct server *s, char **error_out)
{
	const struct config *c = s->config;
	bool is_tls_whole;

	create_loops(s);
	connections_set_limits(c->server.max_connections, c->server.max_connections_per_address);
	s->entrances = entrances_open(c, s->loops, c->server.threads, error_out);
	if (s->entrances == NULL || !privileges_drop(&c->server, error_out) || !write_pid_file(s, error_out))
		return false;
	if (!load_tls(s, c, &is_tls_whole)) {
		*error_out = g_strdup("the default certificate or the TLS policy cannot be used");
		return false;
	}
	/* Before threads: libical's built-in zones are loaded once (library traps). */
	zone_init();
	s->house = house_create(c, s->loops[0], error_out);
	if (s->house == NULL)
		return false;
	house_furnish(s->house, s->entrances);
	s->control = control_open(c->server.state_dir, control_verbs, s, error_out);
	if (s->control == NULL)
		return false;
	start_threads(s);
	return true;
}

/* Says goodbye to all and waits until they are gone or the time is up.  No signal and no request is
 * looked at any more: what a reload would work on is being taken down. */
static void end_connections(void)
{
	int64_t until = clock_monotonic() + GOODBYE_MS * INT64_C(1000);
	size_t count = connections_end_all();

	if (count > 0)
		log_info("gateway", "saying goodbye to %zu connections", count);
	while (connections_count() > 0 && clock_monotonic() < until)
		g_usleep(10000);
}

static void stop(struct server *s)
{
	control_close(&s->control);
	if (s->threads != NULL) {
		entrances_close(s->entrances);
		end_connections();
		for (unsigned i = 0; i < s->config->server.threads; i++) {
			loop_stop(s->loops[i]);
			g_thread_join(s->threads[i]);
		}
	}
	entrances_destroy(&s->entrances);
	house_destroy(&s->house);
	for (unsigned i = 0; s->loops != NULL && i < s->config->server.threads; i++)
		loop_destroy(&s->loops[i]);
	tls_server_unref(&s->tls);
	if (s->pid_file_written)
		g_unlink(s->config->server.pid_file);
	g_free(s->threads);
	g_free(s->loops);
}

int server_run(const char *config_file, void (*ready)(void *arg), void *arg)
{
	g_autofree char *path = g_canonicalize_filename(config_file, NULL);
	struct server s = { .config_file = path };
	g_autofree char *error = NULL;
	int status = 1;

	signal(SIGPIPE, SIG_IGN);
	s.config = read_config(path);
	if (s.config == NULL)
		return 1;
	s.main_loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGHUP, on_reload, &s);
	g_unix_signal_add(SIGTERM, on_stop, &s);
	g_unix_signal_add(SIGINT, on_stop, &s);
	if (start(&s, &error)) {
		apply_log_settings(s.config);
		log_info("gateway", "convoked %s serves, process %d", CONVOKE_VERSION, (int)getpid());
		g_timeout_add(WATCHDOG_MS, on_watchdog, NULL);
		ready(arg);
		notify_ready();
		g_main_loop_run(s.main_loop);
		status = 0;
	} else {
		fprintf(stderr, "convoked: %s\n", error);
		log_error("gateway", "cannot start: %s", error);
	}
	notify_stopping();
	stop(&s);
	log_info("gateway", "stopped");
	g_main_loop_unref(s.main_loop);
	config_unref(&s.config);
	return status;
}
