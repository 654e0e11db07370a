/* The figures that need the database are looked up every few seconds by a job
 * from a timer of one network loop, so that asking for them never waits for
 * anything. */
#include "gateway/house.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "gateway/status.h"
#include "imap/imap.h"
#include "lmtp/lmtp.h"
#include "pop3/pop3.h"
#include "scheduling/answer_keyword.h"
#include "scheduling/calendar_reader.h"
#include "scheduling/queue_runner.h"
#include "store/queue.h"
#include "store/service.h"
#include "web/web.h"

#include <stdatomic.h>

enum { LOOK_MS = 3000 };

struct house {
	int64_t started;
	const struct config *config;
	struct store_service *service;
	struct auth *auth;
	struct queue_runner *queue;
	struct imap_room *imap;
	struct pop3_room *pop3;
	struct lmtp_room *lmtp;
	struct web_room *web;
	struct loop *loop;
	struct loop_timer *look;
	struct queue_counts counts; /* of the job under way */
	enum store_result result;
	_Atomic uint64_t queue_length;
	atomic_bool database_answers;
};

static void look_work(struct store *store, void *arg)
{
	struct house *house = arg;

	house->result = queue_count(store, &house->counts);
}

static void look_done(void *arg)
{
	struct house *house = arg;

	house->database_answers = house->result == STORE_OK;
	if (house->result == STORE_OK)
		house->queue_length = house->counts.waiting;
	loop_timer_set(house->look, LOOK_MS);
}

static void look(void *arg)
{
	struct house *house = arg;

	store_pool_submit(store_service_pool(house->service), house->loop, look_work, look_done, house);
}

static void metrics(void *arg, GString *out)
{
	house_metrics_print(arg, out);
}

struct house *house_create(const struct config *config, struct loop *loop, char **error_out)
{
	struct house *house = g_new0(struct house, 1);
	struct store_pool *pool;

	house->started = clock_monotonic();
	house->config = config_ref(config);
	house->loop = loop;
	house->service = store_service_create(config, error_out);
	if (house->service == NULL) {
		house_destroy(&house);
		return NULL;
	}
	pool = store_service_pool(house->service);
	house->database_answers = true;
	house->auth = auth_create(config);
	house->queue = queue_runner_create(config, pool);
	calendar_reader_open(CLAMP(g_get_num_processors(), 2, 4), NULL);
	house->imap = imap_room_create(
		&(struct imap_room_options){ .config = config, .pool = pool, .auth = house->auth,
					     .keywords_stored = answer_keyword_stored });
	house->pop3 = pop3_room_create(config, pool, house->auth);
	house->lmtp = lmtp_room_create(config, pool);
	house->web = web_room_create(&(struct web_options){
		.config = config, .pool = pool, .auth = house->auth, .metrics = metrics, .metrics_arg = house });
	house->look = loop_timer_create(loop, look, house);
	loop_timer_set(house->look, 0);
	return house;
}

static void start_imap(void *room, struct stream *stream)
{
	imap_start(room, stream);
}

static void start_pop3(void *room, struct stream *stream)
{
	pop3_start(room, stream);
}

static void start_lmtp(void *room, struct stream *stream)
{
	lmtp_start(room, stream);
}

static void start_web(void *room, struct stream *stream)
{
	web_start(room, stream);
}

static void start_metrics(void *room, struct stream *stream)
{
	web_start_metrics(room, stream);
}

void house_furnish(struct house *house, struct entrances *entrances)
{
	entrances_set_room(entrances, ENTRANCE_IMAP, start_imap, house->imap);
	entrances_set_room(entrances, ENTRANCE_POP3, start_pop3, house->pop3);
	entrances_set_room(entrances, ENTRANCE_LMTP, start_lmtp, house->lmtp);
	entrances_set_room(entrances, ENTRANCE_WEB, start_web, house->web);
	entrances_set_room(entrances, ENTRANCE_METRICS, start_metrics, house->web);
}

void house_reload(struct house *house, const struct config *config)
{
	auth_reload(house->auth, config);
	queue_runner_reload(house->queue, config);
	imap_room_reload(house->imap, config);
	pop3_room_reload(house->pop3, config);
	lmtp_room_reload(house->lmtp, config);
	web_room_reload(house->web, config);
	config_unref(&house->config);
	house->config = config_ref(config);
}

void house_destroy(struct house **house)
{
	struct house *h = *house;

	if (h == NULL)
		return;
	loop_timer_destroy(&h->look);
	/* Its library has threads of its own, which must submit no more jobs nor ask for figures. */
	web_room_destroy(&h->web);
	queue_runner_destroy(&h->queue);
	store_service_destroy(&h->service);
	calendar_reader_close(); /* nobody delivers any more */
	lmtp_room_destroy(&h->lmtp);
	pop3_room_destroy(&h->pop3);
	imap_room_destroy(&h->imap);
	auth_destroy(&h->auth);
	config_unref(&h->config);
	g_free(h);
	*house = NULL;
}

struct house_figures house_figures(struct house *house)
{
	struct house_figures figures = {
		.uptime_seconds = (clock_monotonic() - house->started) / G_USEC_PER_SEC,
		.database_answers = house->database_answers,
		.queue_length = house->queue_length,
	};

	store_service_counters(house->service, &figures.store);
	queue_runner_counters(house->queue, &figures.queue);
	return figures;
}
