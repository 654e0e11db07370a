/* One table maps a list of addresses in the settings to a room; each address is
 * one listener. */
#include "gateway/entrances.h"

struct entrance {
	struct entrances *house;
	enum entrance_room which;
	struct listener *listener;
};

struct entrances {
	GPtrArray *list; /* struct entrance */
	struct {
		entrance_start_fn start;
		void *room;
	} rooms[ENTRANCE_ROOMS];
};

static void accepted(void *arg, struct stream *stream)
{
	const struct entrance *entrance = arg;
	struct entrances *house = entrance->house;

	house->rooms[entrance->which].start(house->rooms[entrance->which].room, stream);
}

struct entrance_plan {
	enum entrance_room which;
	const char *label, *refusal;
	bool implicit_tls;
	const char *const *addresses;
};

static bool open_plan(struct entrances *house, const struct entrance_plan *plan, struct loop *const *loops,
		      size_t loop_count, char **error_out)
{
	for (size_t i = 0; plan->addresses != NULL && plan->addresses[i] != NULL; i++) {
		struct entrance *entrance;
		struct listener_options options = {
			.label = plan->label,
			.implicit_tls = plan->implicit_tls,
			.refusal = plan->refusal,
			.accepted = accepted,
		};

		/* The defaults name both families; one is enough to be reached. */
		if (listener_is_impossible(plan->addresses[i])) {
			log_warning("gateway", "%s is not served: this machine has no IPv6", plan->addresses[i]);
			continue;
		}
		options.arg = entrance = g_new0(struct entrance, 1);
		entrance->house = house;
		entrance->which = plan->which;
		g_ptr_array_add(house->list, entrance);
		entrance->listener = listener_open(plan->addresses[i], loops, loop_count, &options, error_out);
		if (entrance->listener == NULL)
			return false;
		log_info("gateway", "%s%s on %s", plan->label, plan->implicit_tls ? " (TLS)" : "", plan->addresses[i]);
	}
	return true;
}

static void free_entrance(void *data)
{
	struct entrance *entrance = data;

	listener_close(&entrance->listener);
	g_free(entrance);
}

struct entrances *entrances_open(const struct config *c, struct loop *const *loops, size_t loop_count,
				 char **error_out)
{
	static const char imap_full[] = "* BYE [UNAVAILABLE] Too many connections, try again later\r\n";
	static const char pop3_full[] = "-ERR [SYS/TEMP] Too many connections, try again later\r\n";
	static const char lmtp_full[] = "421 4.7.0 Too many connections, try again later\r\n";
	const struct entrance_plan plans[] = {
		{ ENTRANCE_IMAP, "imap", imap_full, false, c->imap.listen.plain },
		{ ENTRANCE_IMAP, "imap", NULL, true, c->imap.listen.tls },
		{ ENTRANCE_POP3, "pop3", pop3_full, false, c->pop3.listen.plain },
		{ ENTRANCE_POP3, "pop3", NULL, true, c->pop3.listen.tls },
		{ ENTRANCE_LMTP, "lmtp", lmtp_full, false, c->lmtp.listen.plain },
		{ ENTRANCE_LMTP, "lmtp", NULL, true, c->lmtp.listen.tls },
		{ ENTRANCE_WEB, "web", NULL, false, c->web.listen.plain },
		{ ENTRANCE_WEB, "web", NULL, true, c->web.listen.tls },
		{ ENTRANCE_METRICS, "metrics", NULL, false, c->web.metrics_listen },
	};
	struct entrances *house = g_new0(struct entrances, 1);

	house->list = g_ptr_array_new_with_free_func(free_entrance);
	for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
		if (!open_plan(house, &plans[i], loops, loop_count, error_out)) {
			entrances_destroy(&house);
			return NULL;
		}
	}
	return house;
}

void entrances_set_room(struct entrances *house, enum entrance_room which, entrance_start_fn start, void *room)
{
	house->rooms[which].start = start;
	house->rooms[which].room = room;
}

void entrances_set_tls(struct entrances *house, struct tls_server *tls)
{
	for (guint i = 0; i < house->list->len; i++) {
		struct entrance *entrance = house->list->pdata[i];

		/* Metrics are for the machine's own collector: never under TLS. */
		if (entrance->which != ENTRANCE_METRICS)
			listener_set_tls(entrance->listener, tls);
	}
}

void entrances_close(struct entrances *house)
{
	for (guint i = 0; i < house->list->len; i++)
		listener_close(&((struct entrance *)house->list->pdata[i])->listener);
}

void entrances_destroy(struct entrances **house)
{
	if (*house == NULL)
		return;
	g_ptr_array_unref((*house)->list);
	g_clear_pointer(house, g_free);
}
