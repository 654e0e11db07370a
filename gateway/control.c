/* A GSocketService on a unix socket; the folder's mode keeps others out, and so
 * does the socket's own. */
#include "gateway/control.h"

#include "base/log.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

struct control {
	GSocketService *service;
	const struct control_verb *verbs;
	void *arg;
	char *path;
};

static void answer(struct control *control, char *line, GString *out)
{
	char *space = strchr(line, ' ');
	const char *argument = "";

	if (space != NULL) {
		*space = '\0';
		argument = space + 1;
	}
	for (const struct control_verb *verb = control->verbs; verb->word != NULL; verb++) {
		if (strcmp(verb->word, line) == 0) {
			verb->answer(control->arg, argument, out);
			return;
		}
	}
	g_string_append(out, "{\"error\": \"unknown request\"}");
}

static void line_read(GObject *source, GAsyncResult *result, gpointer data)
{
	struct control *control = data;
	g_autoptr(GDataInputStream) input = G_DATA_INPUT_STREAM(source);
	g_autoptr(GSocketConnection) connection = g_object_steal_data(source, "connection");
	g_autofree char *line = g_data_input_stream_read_line_finish(input, result, NULL, NULL);
	g_autoptr(GString) out = g_string_new(NULL);

	if (line == NULL)
		return;
	answer(control, g_strchomp(line), out);
	g_string_append_c(out, '\n');
	if (!g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), out->str, out->len,
				       NULL, NULL, NULL))
		log_debug("gateway", "control: the asker went away");
	g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
}

static gboolean incoming(GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
	GDataInputStream *input =
		g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));

	(void)service, (void)source;
	/* An asker that stays silent must not hold the daemon: he is only waited
	 * for asynchronously, and answers are small. */
	g_socket_set_timeout(g_socket_connection_get_socket(connection), 10);
	g_object_set_data_full(G_OBJECT(input), "connection", g_object_ref(connection), g_object_unref);
	g_data_input_stream_read_line_async(input, G_PRIORITY_DEFAULT, NULL, line_read, data);
	return TRUE;
}

struct control *control_open(const char *state_dir, const struct control_verb *verbs, void *arg,
			     char **error_out)
{
	struct control *control = g_new0(struct control, 1);
	g_autoptr(GSocketAddress) address = NULL;
	g_autoptr(GError) error = NULL;

	control->verbs = verbs;
	control->arg = arg;
	control->path = g_build_filename(state_dir, "control", NULL);
	g_unlink(control->path);
	address = g_unix_socket_address_new(control->path);
	control->service = g_socket_service_new();
	if (!g_socket_listener_add_address(G_SOCKET_LISTENER(control->service), address, G_SOCKET_TYPE_STREAM,
					   G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error)) {
		*error_out = g_strdup_printf("control socket %s: %s", control->path, error->message);
		control_close(&control);
		return NULL;
	}
	g_chmod(control->path, 0600);
	g_signal_connect(control->service, "incoming", G_CALLBACK(incoming), control);
	g_socket_service_start(control->service);
	return control;
}

void control_close(struct control **control)
{
	struct control *c = *control;

	if (c == NULL)
		return;
	g_socket_service_stop(c->service);
	g_socket_listener_close(G_SOCKET_LISTENER(c->service));
	g_object_unref(c->service);
	g_unlink(c->path);
	g_free(c->path);
	g_free(c);
	*control = NULL;
}
