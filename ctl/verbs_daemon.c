/* Verbs that ask the running daemon, through the socket in its state folder. */
#include "ctl/ctl.h"

#include "base/number.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <stdio.h>

/* The daemon's answer, one line of JSON; NULL and a message said when it can't be
 * asked.  g_free() it. */
static char *ask(const struct ctl *ctl, const char *request)
{
	g_autofree char *path = g_build_filename(ctl->config->server.state_dir, "control", NULL);
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnection) connection = NULL;
	g_autoptr(GDataInputStream) input = NULL;
	g_autoptr(GError) error = NULL;
	char *answer;

	g_socket_client_set_timeout(client, 30);
	connection = g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, &error);
	if (connection == NULL ||
	    !g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), request,
				       strlen(request), NULL, NULL, &error)) {
		ctl_fail("convoked does not answer at %s: %s", path, error->message);
		return NULL;
	}
	input = g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
	answer = g_data_input_stream_read_line(input, NULL, NULL, &error);
	if (answer == NULL)
		ctl_fail("convoked gave no answer at %s%s%s", path, error != NULL ? ": " : "",
			 error != NULL ? error->message : "");
	return answer;
}

/* A flat object's members a line each; our own daemon wrote it, so this is no
 * general reader: it puts a line end where one member ends and the next begins. */
static void print_flat(const char *json)
{
	bool quoted = false;

	for (; *json != '\0'; json++) {
		if (*json == '\\' && json[1] != '\0') {
			putchar(*++json);
		} else if (*json == '"') {
			quoted = !quoted;
		} else if (!quoted && (*json == ',' || *json == '}')) {
			putchar('\n');
			while (json[1] == ' ')
				json++;
		} else if (quoted || (*json != '{' && *json != '[' && *json != ']')) {
			putchar(*json);
		}
	}
}

static enum ctl_status ask_and_print(struct ctl *ctl, const char *request)
{
	static const char refusal[] = "{\"error\": \"";
	g_autofree char *answer = ask(ctl, request);

	if (answer == NULL)
		return CTL_FAILED;
	if (g_str_has_prefix(answer, refusal))
		return ctl_fail("%.*s", (int)(strlen(answer) - strlen(refusal) - 2), answer + strlen(refusal));
	if (ctl->json)
		puts(answer);
	else
		print_flat(answer);
	return CTL_DONE;
}

static enum ctl_status status(struct ctl *ctl)
{
	return ask_and_print(ctl, "status\n");
}

static enum ctl_status who(struct ctl *ctl)
{
	return ask_and_print(ctl, "who\n");
}

static enum ctl_status kick(struct ctl *ctl)
{
	g_autofree char *request = NULL;
	uint64_t id;

	if (!number_parse(slice_from_string(ctl->words[0]), 1, UINT64_MAX, &id)) {
		ctl_fail("kick: found \"%s\", expected a connection's number from `convokectl who`", ctl->words[0]);
		return CTL_USAGE;
	}
	request = g_strdup_printf("kick %" G_GUINT64_FORMAT "\n", id);
	return ask_and_print(ctl, request);
}

static enum ctl_status reload(struct ctl *ctl)
{
	return ask_and_print(ctl, "reload\n");
}

const struct ctl_verb ctl_daemon_verbs[] = {
	{ "status", "", 0, 0, NULL, CTL_NEEDS_CONFIG, status, "Version, connections and queue of the running daemon." },
	{ "who", "", 0, 0, NULL, CTL_NEEDS_CONFIG, who, "Every connection: number, protocol, peer, user." },
	{ "kick", "NUMBER", 1, 1, NULL, CTL_NEEDS_CONFIG, kick, "Ends the connection of that number." },
	{ "reload", "", 0, 0, NULL, CTL_NEEDS_CONFIG, reload,
	  "Reads the settings again, as SIGHUP does, and says what needs a restart." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
