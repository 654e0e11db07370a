/* From octets to a meeting: guard, tree, one master and one override per
 * occurrence, each decoded; and the tree written out again as the meeting's text. */
#include "calendar/meeting.h"

#include "calendar/guard.h"
#include "calendar/meeting_private.h"

const struct meeting_limits meeting_limits_default = {
	.octets = 16 << 20,
	.line = 16 << 20,
	.components = 12000,
	.depth = 6,
	.properties = 150000,
	.dates = 50000,
	.rules = 64,
};

/* What a struct meeting * really points to. */
struct body {
	struct meeting meeting; /* first: the caller's view */
	struct arena *arena;
	struct component *calendar;
	const struct component *master_tree;
	const struct component **override_trees; /* same order as meeting.overrides */
};

/* What a struct meeting_event * of a meeting really points to. */
struct event_body {
	struct meeting_event event; /* first: the caller's view */
	const struct component *component;
};

bool meeting_is_event_name(const char *name)
{
	return strcmp(name, "VEVENT") == 0 || strcmp(name, "VTODO") == 0;
}

/* The one UID of all events; NULL and a reason when there is not exactly one. */
static const char *find_uid(const struct component *calendar, char **reason_out)
{
	const char *uid = NULL;
	bool any = false;

	for (const struct component *c = calendar->children; c != NULL; c = c->next) {
		const char *own = component_value(c, "UID");

		if (!meeting_is_event_name(c->name))
			continue;
		any = true;
		if (own == NULL || *own == '\0')
			continue;
		if (uid != NULL && strcmp(uid, own) != 0) {
			*reason_out = g_strdup("it holds events with several UIDs");
			return NULL;
		}
		uid = own;
	}
	if (uid == NULL)
		*reason_out = g_strdup(any ? "its event has no UID" : "it holds no event");
	else if (strlen(uid) > 1024)
		*reason_out = g_strdup("its UID is longer than 1024 octets");
	else
		return uid;
	return NULL;
}

struct found_event {
	struct component *component;
	struct meeting_event *event;
	size_t order;
};

static int compare_found(gconstpointer a, gconstpointer b)
{
	const struct found_event *x = a, *y = b;
	bool x_master = x->event->recurrence_id.kind == MEETING_TIME_NONE;
	bool y_master = y->event->recurrence_id.kind == MEETING_TIME_NONE;
	int version;

	if (x_master != y_master)
		return x_master ? -1 : 1;
	if (!x_master && x->event->recurrence_id.instant != y->event->recurrence_id.instant)
		return x->event->recurrence_id.instant < y->event->recurrence_id.instant ? -1 : 1;
	version = meeting_compare_versions(y->event->sequence, y->event->stamp, x->event->sequence,
					   x->event->stamp);
	return version != 0 ? version : (x->order > y->order) - (x->order < y->order);
}

/* An occurrence named without a zone is named on the series' own wall clock; one of a series
 * of whole days, by its day. */
static void align_recurrence_ids(GArray *found)
{
	const struct meeting_event *master = NULL;

	for (guint i = 0; i < found->len && master == NULL; i++)
		if (g_array_index(found, struct found_event, i).event->recurrence_id.kind == MEETING_TIME_NONE)
			master = g_array_index(found, struct found_event, i).event;
	if (master == NULL || (master->start.kind != MEETING_TIME_ZONED && !master->start.whole_day))
		return;
	for (guint i = 0; i < found->len; i++) {
		struct meeting_time *id = &g_array_index(found, struct found_event, i).event->recurrence_id;

		if (master->start.kind == MEETING_TIME_ZONED &&
		    (id->kind == MEETING_TIME_FLOATING || id->kind == MEETING_TIME_UNKNOWN_ZONE))
			value_place(id, master->start.zone, master->start.zone_name);
		if (master->start.whole_day)
			value_take_day(id, &master->start);
	}
}

static bool same_slot(const struct meeting_event *a, const struct meeting_event *b)
{
	if (a->recurrence_id.kind == MEETING_TIME_NONE || b->recurrence_id.kind == MEETING_TIME_NONE)
		return a->recurrence_id.kind == b->recurrence_id.kind;
	return meeting_time_equal(&a->recurrence_id, &b->recurrence_id);
}

static void take_events(struct body *body, GArray *found)
{
	const struct meeting_event **overrides =
		arena_new_array(body->arena, const struct meeting_event *, found->len);
	const struct meeting_event *before = NULL;
	size_t count = 0;

	body->override_trees = arena_new_array(body->arena, const struct component *, found->len);
	for (guint i = 0; i < found->len; i++) {
		struct found_event *f = &g_array_index(found, struct found_event, i);

		if (before != NULL && same_slot(before, f->event)) {
			f->component->name = "X-OLDER"; /* an older copy of the one just taken */
			continue;
		}
		before = f->event;
		if (f->event->recurrence_id.kind == MEETING_TIME_NONE) {
			body->meeting.master = f->event;
			body->master_tree = f->component;
		} else {
			body->override_trees[count] = f->component;
			overrides[count++] = f->event;
		}
	}
	body->meeting.overrides = overrides;
	body->meeting.override_count = count;
	component_remove_children(body->calendar, "X-OLDER");
}

static void read_events(struct body *body)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct found_event));
	struct zone_book *book = zone_book_create(body->arena, body->calendar);

	for (struct component *c = body->calendar->children; c != NULL; c = c->next) {
		struct found_event f = { .component = c, .order = found->len };
		struct event_body *event;

		if (!meeting_is_event_name(c->name))
			continue;
		event = arena_new(body->arena, struct event_body);
		event->component = c;
		f.event = &event->event;
		meeting_read_event(body->arena, c, book, f.event);
		g_array_append_val(found, f);
	}
	zone_book_close(book);
	align_recurrence_ids(found);
	g_array_sort(found, compare_found);
	take_events(body, found);
}

static const struct {
	enum meeting_method method;
	const char *name;
} methods[] = {
	{ MEETING_METHOD_PUBLISH, "PUBLISH" }, { MEETING_METHOD_REQUEST, "REQUEST" },
	{ MEETING_METHOD_REPLY, "REPLY" }, { MEETING_METHOD_ADD, "ADD" },
	{ MEETING_METHOD_CANCEL, "CANCEL" }, { MEETING_METHOD_REFRESH, "REFRESH" },
	{ MEETING_METHOD_COUNTER, "COUNTER" }, { MEETING_METHOD_DECLINECOUNTER, "DECLINECOUNTER" },
};

static void read_method(struct body *body)
{
	const char *value = component_value(body->calendar, "METHOD");
	char *name;

	if (value == NULL)
		return;
	name = g_strstrip(text_decode(body->arena, value));
	for (char *c = name; *c != '\0'; c++)
		*c = g_ascii_toupper(*c);
	body->meeting.method_name = name;
	body->meeting.method = MEETING_METHOD_OTHER;
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			body->meeting.method = methods[i].method;
}

static int compare_zones(gconstpointer a, gconstpointer b)
{
	const char *x = component_value(*(struct component *const *)a, "TZID");
	const char *y = component_value(*(struct component *const *)b, "TZID");

	return g_strcmp0(x, y);
}

/* Stored objects have one form, whatever order their parts came in: zones, master,
 * overrides by time. */
static void order_children(struct body *body)
{
	g_autoptr(GPtrArray) zones = g_ptr_array_new(), others = g_ptr_array_new();

	for (struct component *c = body->calendar->children; c != NULL; c = c->next)
		if (!meeting_is_event_name(c->name))
			g_ptr_array_add(strcmp(c->name, "VTIMEZONE") == 0 ? zones : others, c);
	g_ptr_array_sort(zones, compare_zones);
	body->calendar->children = body->calendar->last_child = NULL;
	for (guint i = 0; i < zones->len; i++)
		component_add_child(body->calendar, zones->pdata[i]);
	if (body->master_tree != NULL)
		component_add_child(body->calendar, (struct component *)body->master_tree);
	for (size_t i = 0; i < body->meeting.override_count; i++)
		component_add_child(body->calendar, (struct component *)body->override_trees[i]);
	for (guint i = 0; i < others->len; i++)
		component_add_child(body->calendar, others->pdata[i]);
}

static void write_text(struct body *body)
{
	g_autoptr(GString) text = g_string_new(NULL);

	component_write(body->calendar, text);
	body->meeting.ics = slice_of(arena_copy(body->arena, text->str, text->len), text->len);
}

/* Whether the meeting as a whole bears a mark: its master, or without one every
 * occurrence that is known. */
static bool all_marked(const struct body *body, const char *mark)
{
	if (body->master_tree != NULL)
		return component_find(body->master_tree, mark) != NULL;
	for (size_t i = 0; i < body->meeting.override_count; i++)
		if (component_find(body->override_trees[i], mark) == NULL)
			return false;
	return body->meeting.override_count > 0;
}

struct meeting *meeting_from_tree(struct arena *arena, struct component *calendar, char **reason_out)
{
	const char *uid = find_uid(calendar, reason_out);
	struct body *body;
	const char *prodid;

	if (uid == NULL) {
		arena_destroy(&arena);
		return NULL;
	}
	for (struct component *c = calendar->children; c != NULL; c = c->next)
		if (meeting_is_event_name(c->name)) /* one that says none belongs to the others */
			component_set(arena, c, "UID", "", uid);
	body = arena_new(arena, struct body);
	body->arena = arena;
	body->calendar = calendar;
	body->meeting.uid = text_decode(arena, uid);
	prodid = component_value(calendar, "PRODID");
	body->meeting.prodid = prodid != NULL ? text_decode(arena, prodid) : NULL;
	read_method(body);
	read_events(body);
	body->meeting.removed = all_marked(body, MARK_REMOVED);
	body->meeting.shell = all_marked(body, MARK_SHELL);
	if (body->meeting.method == MEETING_METHOD_NONE)
		order_children(body);
	write_text(body);
	return &body->meeting;
}

/* Nobody but we may set our marks. */
static void remove_marks(struct arena *arena, struct component *component)
{
	component_remove_all(component, MARK_ANY);
	for (struct property *p = component->properties; p != NULL; p = p->next)
		property_remove_params(arena, p, MARK_PARAMETER);
	for (struct component *c = component->children; c != NULL; c = c->next)
		remove_marks(arena, c);
}

static bool is_old_vcalendar(const struct component *calendar)
{
	const char *version = component_value(calendar, "VERSION");

	return version != NULL && g_str_has_prefix(version, "1.");
}

static struct meeting *parse(struct slice ics, const struct meeting_limits *limits, bool foreign,
			     char **reason_out)
{
	struct arena *arena = arena_create();
	struct component *calendar = NULL;
	GString *text = guard_text(ics, NULL, limits, reason_out);

	if (text != NULL) {
		calendar = component_parse(arena, slice_of(text->str, text->len), limits, reason_out);
		g_string_free(text, TRUE);
	}
	if (calendar != NULL && is_old_vcalendar(calendar)) {
		*reason_out = g_strdup("it is vCalendar 1.0, not iCalendar");
		calendar = NULL;
	}
	if (calendar == NULL || !guard_check(calendar, limits, reason_out)) {
		arena_destroy(&arena);
		return NULL;
	}
	if (foreign)
		remove_marks(arena, calendar);
	return meeting_from_tree(arena, calendar, reason_out);
}

struct meeting *meeting_parse(struct slice ics, const struct meeting_limits *limits, char **reason_out)
{
	char *reason = NULL;
	struct meeting *meeting =
		parse(ics, limits != NULL ? limits : &meeting_limits_default, true, &reason);

	if (reason_out != NULL)
		*reason_out = reason;
	else
		g_free(reason);
	return meeting;
}

/* Twice the others' limits: our own marks may have made the object larger. */
static struct meeting_limits stored_limits(void)
{
	struct meeting_limits limits = meeting_limits_default;

	limits.octets *= 2;
	limits.line *= 2;
	limits.components *= 2;
	limits.properties *= 2;
	return limits;
}

struct meeting *meeting_load(struct slice ics)
{
	const struct meeting_limits limits = stored_limits();
	g_autofree char *reason = NULL;

	return parse(ics, &limits, false, &reason);
}

static void count_tree(const struct component *component, struct meeting_limits *counts)
{
	counts->components++;
	for (const struct property *p = component->properties; p != NULL; p = p->next)
		counts->properties++;
	for (const struct component *c = component->children; c != NULL; c = c->next)
		count_tree(c, counts);
}

bool meeting_is_loadable(const struct meeting *meeting)
{
	const struct body *body = (const struct body *)meeting;
	const struct meeting_limits limits = stored_limits();
	struct meeting_limits counts = { 0 };
	g_autofree char *reason = NULL;

	count_tree(body->calendar, &counts);
	return meeting->ics.len <= limits.octets && counts.components <= limits.components &&
	       counts.properties <= limits.properties && guard_check(body->calendar, &limits, &reason);
}

void meeting_destroy(struct meeting **meeting)
{
	struct body *body = (struct body *)*meeting;
	struct arena *arena;

	if (body == NULL)
		return;
	arena = body->arena; /* the body itself lives in it */
	arena_destroy(&arena);
	*meeting = NULL;
}

const struct component *meeting_tree(const struct meeting *meeting)
{
	return ((const struct body *)meeting)->calendar;
}

const struct component *meeting_event_tree(const struct meeting_event *event)
{
	return ((const struct event_body *)event)->component;
}

struct component *meeting_tree_master(const struct component *calendar)
{
	for (struct component *c = calendar->children; c != NULL; c = c->next)
		if (meeting_is_event_name(c->name) && component_find(c, "RECURRENCE-ID") == NULL)
			return c;
	return NULL;
}

struct property *meeting_tree_attendee(struct arena *arena, const struct component *event,
				       const char *name, const char *address)
{
	for (struct property *p = component_find(event, name); p != NULL; p = component_find_next(p)) {
		struct meeting_person person;

		meeting_read_person(arena, p, &person);
		if (meeting_address_equal(person.address, address))
			return p;
	}
	return NULL;
}

struct property *meeting_tree_proposal(struct arena *arena, const struct component *event, const char *address,
				       const char *occurrence)
{
	for (struct property *p = component_find(event, MARK_PROPOSAL); p != NULL; p = component_find_next(p))
		if (meeting_address_equal(value_address(arena, p->value), address) &&
		    g_strcmp0(property_param(arena, p, "OCCURRENCE"), occurrence) == 0)
			return p;
	return NULL;
}

const struct meeting_event *meeting_main_event(const struct meeting *meeting)
{
	return meeting->master != NULL ? meeting->master : meeting->overrides[0];
}

const struct meeting_event *meeting_find_override(const struct meeting *meeting,
						  const struct meeting_time *id)
{
	size_t low = 0, high = meeting->override_count;
	/* a date may lie up to a day and a half from the instant it names */
	int64_t from = id->instant - (id->kind == MEETING_TIME_UTC || id->kind == MEETING_TIME_ZONED ? 0 : 172800);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (meeting->overrides[middle]->recurrence_id.instant < from)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < meeting->override_count; low++) {
		const struct meeting_event *event = meeting->overrides[low];

		if (event->recurrence_id.instant > id->instant + 172800)
			break;
		if (meeting_time_equal(&event->recurrence_id, id))
			return event;
	}
	return NULL;
}

bool meeting_is_recurring(const struct meeting *meeting)
{
	const struct meeting_event *master = meeting->master;

	return master != NULL && (master->rule_count > 0 || master->rdate_count > 0);
}

static bool is_placed(const struct meeting_time *time)
{
	return time->kind == MEETING_TIME_UTC || time->kind == MEETING_TIME_ZONED;
}

bool meeting_time_is_day(const struct meeting_time *time)
{
	return time->kind == MEETING_TIME_DATE || time->whole_day;
}

bool meeting_time_equal(const struct meeting_time *a, const struct meeting_time *b)
{
	if (a->kind == MEETING_TIME_NONE || b->kind == MEETING_TIME_NONE)
		return false;
	if (a->kind == MEETING_TIME_DATE || b->kind == MEETING_TIME_DATE)
		return a->fields.year == b->fields.year && a->fields.month == b->fields.month &&
		       a->fields.day == b->fields.day;
	if (is_placed(a) && is_placed(b))
		return a->instant == b->instant;
	return zone_seconds(&a->fields) == zone_seconds(&b->fields);
}

/* Only "mailto:" and percent-encoding are taken off: addresses come here from calendars and from mail.
 * Lower case, not case folding, which makes strasse.test of straße.test: two domains, two owners. */
static char *plain_address(const char *address)
{
	g_autofree char *decoded = NULL;

	if (g_ascii_strncasecmp(address, "mailto:", 7) == 0)
		address += 7;
	if (strchr(address, '%') != NULL)
		decoded = g_uri_unescape_string(address, NULL);
	return g_utf8_strdown(decoded != NULL && g_utf8_validate(decoded, -1, NULL) ? decoded : address, -1);
}

bool meeting_address_equal(const char *a, const char *b)
{
	g_autofree char *plain_a = NULL, *plain_b = NULL;

	if (a == NULL || b == NULL || *a == '\0' || *b == '\0')
		return false;
	if (g_ascii_strcasecmp(a, b) == 0)
		return true;
	if (strchr(a, '%') == NULL && strchr(b, '%') == NULL && strlen(a) != strlen(b) &&
	    g_ascii_strncasecmp(a, "mailto:", 7) != 0 && g_ascii_strncasecmp(b, "mailto:", 7) != 0)
		return false;
	plain_a = plain_address(a);
	plain_b = plain_address(b);
	return strcmp(plain_a, plain_b) == 0;
}

const struct meeting_person *meeting_find_attendee(const struct meeting_event *event,
						   const char *const *addresses)
{
	for (; *addresses != NULL; addresses++)
		for (size_t i = 0; i < event->attendee_count; i++)
			if (meeting_address_equal(event->attendees[i].address, *addresses))
				return &event->attendees[i];
	return NULL;
}

static bool is_one_of(const char *address, const char *const *addresses)
{
	for (; *addresses != NULL; addresses++)
		if (meeting_address_equal(*addresses, address))
			return true;
	return false;
}

bool meeting_event_blocks(const struct meeting_event *event, const char *const *addresses)
{
	const struct meeting_person *own = meeting_find_attendee(event, addresses);

	if (event->status == MEETING_STATUS_CANCELLED || event->removed || event->transparent || event->is_task)
		return false;
	if (own == NULL || (event->has_organizer && is_one_of(event->organizer.address, addresses)))
		return true;
	return own->partstat == MEETING_PARTSTAT_ACCEPTED || own->partstat == MEETING_PARTSTAT_TENTATIVE;
}

int meeting_compare_versions(uint32_t sequence_a, int64_t stamp_a, uint32_t sequence_b, int64_t stamp_b)
{
	if (sequence_a != sequence_b)
		return sequence_a < sequence_b ? -1 : 1;
	return (stamp_a > stamp_b) - (stamp_a < stamp_b);
}

const char *meeting_method_name(enum meeting_method method)
{
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		if (methods[i].method == method)
			return methods[i].name;
	return "";
}

static const char *const partstats[] = { "NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED" };

const char *meeting_partstat_name(enum meeting_partstat partstat)
{
	return partstats[partstat];
}

bool meeting_partstat_parse(const char *word, enum meeting_partstat *partstat_out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(partstats); i++)
		if (g_ascii_strcasecmp(partstats[i], word) == 0) {
			*partstat_out = (enum meeting_partstat)i;
			return true;
		}
	return false;
}
