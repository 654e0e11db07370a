#include "house.h"

#include "calendar/zone.h"
#include "mime/decode.h"
#include "mime/part_index.h"
#include "scheduling/queue_item.h"
#include "store/mailbox.h"
#include "store/queue.h"
#include "store/service.h"
#include "store/view.h"
#include "tests/unit/store/cluster.h"

#include <glib/gstdio.h>

void house_reconfigure(struct house *house, const char *settings)
{
	g_autofree char *path = g_build_filename(house->folder, "convoke.conf", NULL);
	g_autofree char *text = g_strdup_printf(
		"[server]\nstate_dir = %s\ndefault_domain = example.test\n[database]\nurl = %s\n"
		"[web]\nurl_protocol = https:\nhost = mail.example.test\nfront_proxy = true\n%s",
		house->folder, house->database, settings);
	g_autoptr(GPtrArray) problems = NULL;

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	config_unref(&house->config);
	house->config = config_read(path, &problems);
	for (guint i = 0; house->config == NULL && i < problems->len; i++)
		g_test_message("%s", ((struct config_problem *)g_ptr_array_index(problems, i))->text);
	g_assert_nonnull(house->config);
}

static uint64_t add_account(struct house *house, const char *address, const char *name, const char *zone)
{
	const struct account account = { .address = (char *)address, .display_name = (char *)name,
					 .timezone = (char *)zone, .locale = (char *)"en",
					 .add_invitations = -1 };
	uint64_t account_id;

	g_assert_cmpint(account_add(house->store, &account, &account_id), ==, STORE_OK);
	return account_id;
}

struct house *house_open(const char *settings)
{
	g_autofree char *database = test_database_create(), *error = NULL;
	struct house *house;

	if (database == NULL) {
		g_test_skip("no PostgreSQL");
		return NULL;
	}
	house = g_new0(struct house, 1);
	house->folder = g_dir_make_tmp("convoke-test-XXXXXX", NULL);
	house->database = g_steal_pointer(&database);
	house_reconfigure(house, settings != NULL ? settings : "");
	g_assert_cmpint(store_open(house->config, &house->store, &error), ==, STORE_OK);
	g_assert_cmpint(store_migrate(house->store, false, NULL), ==, STORE_OK);
	house->alice = add_account(house, ALICE, "Alice", "Europe/Berlin");
	house->bob = add_account(house, BOB, "Bob", "America/New_York");
	return house;
}

void house_close(struct house **house)
{
	g_autofree char *path = g_build_filename((*house)->folder, "convoke.conf", NULL);

	store_close(&(*house)->store);
	test_database_drop(&(*house)->database);
	config_unref(&(*house)->config);
	g_unlink(path);
	g_rmdir((*house)->folder);
	g_free((*house)->folder);
	g_clear_pointer(house, g_free);
}

enum deliver_result house_deliver(struct house *house, const struct sent *mail)
{
	struct spool *spool = spool_create(1024 * 1024, NULL);
	struct delivery *delivery;
	struct deliver_outcome outcome;
	GPtrArray *targets = NULL;
	enum deliver_result result;

	g_assert_cmpint(spool_append(spool, mail->octets, strlen(mail->octets)), ==, 0);
	delivery = delivery_create(&(struct deliver_options){
		.config = house->config, .sender = mail->from, .spool = spool,
		.trace = "from client.test ([127.0.0.1]) by mail.example.test with LMTP id 1",
		.submitted_here = mail->submitted_here, .memory = mail->memory,
		.now = mail->now != 0 ? mail->now : NOW });
	g_assert_nonnull(delivery);
	g_assert_cmpint(account_resolve(house->store, mail->to, &targets), ==, STORE_OK);
	deliver_to(delivery, house->store, g_ptr_array_index(targets, 0), mail->to, &outcome);
	result = outcome.result;
	if (mail->confirmed) {
		GBytes *receipt = delivery_receipt(delivery);

		deliver_confirm(mail->memory, receipt);
		g_bytes_unref(receipt);
	}
	deliver_outcome_clear(&outcome);
	g_ptr_array_unref(targets);
	delivery_destroy(&delivery);
	spool_destroy(&spool);
	return result;
}

char *invite_mail(const struct invite *i)
{
	const char *method = i->method != NULL ? i->method : "REQUEST";
	const char *organizer = i->organizer != NULL ? i->organizer : BOB;
	const char *attendee = i->attendee != NULL ? i->attendee : ALICE;
	bool reply = strcmp(method, "REPLY") == 0 || strcmp(method, "COUNTER") == 0 ||
		     strcmp(method, "REFRESH") == 0;
	const char *from = i->from != NULL ? i->from : reply ? attendee : organizer;
	static unsigned number;

	return g_strdup_printf(
		"From: Somebody <%s>\r\nTo: %s\r\nSubject: Meeting\r\nMessage-ID: <%u@example.test>\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8; method=%s\r\n\r\n"
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nUID:%s\r\n"
		"DTSTAMP:%s\r\nSEQUENCE:%u\r\nSUMMARY:%s\r\n%s\r\n%sORGANIZER;CN=Orga:mailto:%s\r\n"
		"ATTENDEE;CN=Guest;PARTSTAT=%s;RSVP=TRUE:mailto:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		from, reply ? organizer : attendee, ++number, method, method,
		i->uid != NULL ? i->uid : "planning@example.test",
		i->stamp != NULL ? i->stamp : "20260420T100000Z", i->sequence,
		i->summary != NULL ? i->summary : "Planning",
		i->start != NULL ? i->start : "DTSTART:20260505T120000Z\r\nDTEND:20260505T133000Z",
		i->more != NULL ? i->more : "", organizer, i->partstat != NULL ? i->partstat : "NEEDS-ACTION",
		attendee);
}

static const struct view *open_view(struct house *house, uint64_t account_id, const char *name)
{
	struct mailbox mailbox;
	const struct view *view = NULL;

	g_assert_cmpint(mailbox_find(house->store, account_id, slice_from_string(name), &mailbox), ==, STORE_OK);
	g_assert_cmpint(view_open(house->store, mailbox.ref, &view, NULL), ==, STORE_OK);
	mailbox_clear(&mailbox);
	return view;
}

unsigned house_count(struct house *house, uint64_t account_id, const char *name)
{
	const struct view *view = open_view(house, account_id, name);
	unsigned count = view_count(view);

	view_unref(&view);
	return count;
}

char *house_message(struct house *house, uint64_t account_id, const char *name, unsigned nth)
{
	const struct view *view = open_view(house, account_id, name);
	GString *out = g_string_new(NULL);
	GBytes *prefix = NULL;
	const struct view_entry *entry;

	if (view_count(view) < nth) {
		view_unref(&view);
		g_string_free(out, TRUE);
		return NULL;
	}
	entry = view_entry(view, nth);
	g_assert_cmpint(message_load_prefixes(house->store, view_mailbox(view), &entry->uid, 1, &prefix), ==, STORE_OK);
	g_string_append_len(out, g_bytes_get_data(prefix, NULL), (gssize)g_bytes_get_size(prefix));
	for (uint64_t at = 0; out->len < entry->size;) {
		char chunk[4096];
		size_t n = 0;

		g_assert_cmpint(content_read(house->store, entry->hash, at, chunk, sizeof chunk, &n), ==, STORE_OK);
		g_assert_cmpuint(n, >, 0);
		g_string_append_len(out, chunk, (gssize)n);
		at += n;
	}
	g_bytes_unref(prefix);
	view_unref(&view);
	return g_string_free(out, FALSE);
}

char *house_text(struct house *house, uint64_t account_id, const char *name, unsigned nth)
{
	g_autofree char *octets = house_message(house, account_id, name, nth);
	struct slice slice = slice_from_string(octets);
	struct mime_source source = mime_source_of_slice(&slice);
	struct part_index *index = part_index_of_slice(slice);
	GString *out = g_string_new(NULL);

	for (uint32_t i = 0; i < part_index_count(index) && out->len == 0; i++) {
		struct part part = part_index_get(index, i);

		if (part_is(&part, "text", "plain"))
			decode_part(&part, &source, 1 << 20, out, NULL);
	}
	part_index_destroy(&index);
	g_string_replace(out, "\r\n", "\n", 0);
	return g_string_free(out, FALSE);
}

struct meeting *house_meeting(struct house *house, uint64_t account_id, const char *uid)
{
	struct meeting_row row;
	struct meeting *meeting = NULL;

	if (meeting_find(house->store, account_id, uid, false, &row) == STORE_OK)
		meeting = meeting_load(row.ics);
	if (meeting != NULL && meeting->method != MEETING_METHOD_NONE)
		meeting_destroy(&meeting);
	meeting_row_clear(&row);
	return meeting;
}

char *house_trail(struct house *house, uint64_t account_id, const char *uid)
{
	GPtrArray *rows = NULL;
	const struct trail_row *row;
	char *text = NULL;

	g_assert_cmpint(trail_list(house->store, account_id, uid, 1, &rows), ==, STORE_OK);
	if (rows->len > 0) {
		row = g_ptr_array_index(rows, 0);
		text = g_strdup_printf("%s/%s/%s", row->kind, row->action, row->reason);
	}
	g_ptr_array_unref(rows);
	return text;
}

struct respond_actor house_actor(struct house *house, uint64_t account_id)
{
	return (struct respond_actor){ house->store, house->config, account_id, NOW };
}

void house_run_queue(struct house *house, GPtrArray *outside)
{
	GPtrArray *items = NULL;

	for (;;) {
		g_assert_cmpint(queue_claim(house->store, 10, 60, &items), ==, STORE_OK);
		if (items->len == 0)
			break;
		for (guint i = 0; i < items->len; i++) {
			const struct queue_item *item = g_ptr_array_index(items, i);
			struct queue_step step = queue_item_deliver(house->store, house->config, item, NOW);

			if (step.kind == QUEUE_STEP_ELSEWHERE) {
				if (outside != NULL)
					g_ptr_array_add(outside, g_strdup(item->recipient));
				step.kind = QUEUE_STEP_RELAYED;
			}
			queue_item_note(house->store, house->config, item, &step, NOW);
			g_free(step.text);
		}
		g_ptr_array_unref(items);
	}
	g_ptr_array_unref(items);
}

static void in_a_house(gconstpointer test)
{
	struct house *house = house_open(NULL);

	if (house == NULL)
		return;
	((const struct house_test *)test)->test(house);
	house_close(&house);
}

void house_add_tests(const char *prefix, const struct house_test *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_autofree char *path = g_strconcat(prefix, tests[i].name, NULL);

		g_test_add_data_func(path, &tests[i], in_a_house);
	}
}

void house_assert_starts(const char *text, const char *wanted)
{
	g_autofree char *start = g_strndup(text, strlen(wanted));

	g_assert_cmpstr(start, ==, wanted);
}
