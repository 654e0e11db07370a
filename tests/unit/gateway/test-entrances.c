/* The entrances: what was accepted before they are closed still finds its room. */
#include "gateway/entrances.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned started;

static void start_room(void *room, struct stream *stream)
{
	started++;
	stream_destroy(&stream);
	loop_stop(room);
}

static unsigned free_port(int *fd_out)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	*fd_out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(*fd_out, (struct sockaddr *)&address, len), ==, 0);
	g_assert_cmpint(getsockname(*fd_out, (struct sockaddr *)&address, &len), ==, 0);
	return ntohs(address.sin_port);
}

static int connect_to(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	return fd;
}

/* The first goes to the loop that accepts, the second waits for the other, which stands still. */
static void test_accepted_before_the_close_is_served(void)
{
	struct loop *loops[] = { loop_create(), loop_create() };
	const char *addresses[] = { NULL, NULL }, *nowhere[] = { NULL };
	const struct config *defaults = config_defaults();
	struct config config = *defaults;
	g_autofree char *address = NULL, *error = NULL;
	struct entrances *entrances;
	int placeholder, clients[2];
	unsigned port = free_port(&placeholder);

	address = g_strdup_printf("127.0.0.1:%u", port);
	addresses[0] = address;
	config.pop3.listen.plain = config.lmtp.listen.plain = config.web.listen.plain = nowhere;
	config.imap.listen.tls = config.pop3.listen.tls = config.web.listen.tls = nowhere;
	config.imap.listen.plain = addresses;
	close(placeholder);
	entrances = entrances_open(&config, loops, G_N_ELEMENTS(loops), &error);
	g_assert_cmpstr(error, ==, NULL);
	entrances_set_room(entrances, ENTRANCE_IMAP, start_room, loops[0]);
	clients[0] = connect_to(port);
	clients[1] = connect_to(port);
	loop_run(loops[0]);
	g_assert_cmpuint(started, ==, 1);
	entrances_close(entrances);
	entrances_set_room(entrances, ENTRANCE_IMAP, start_room, loops[1]);
	loop_run(loops[1]);
	g_assert_cmpuint(started, ==, 2);
	entrances_destroy(&entrances);
	close(clients[0]);
	close(clients[1]);
	loop_destroy(&loops[0]);
	loop_destroy(&loops[1]);
	config_unref(&defaults);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entrances/accepted-before-the-close-is-served",
			test_accepted_before_the_close_is_served);
	return g_test_run();
}
