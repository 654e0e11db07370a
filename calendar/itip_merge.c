/* The attendee's side: each event of the object is a slot (the master, or one
 * occurrence) with the newest content the organizer sent and, beside it, the
 * newest cancellation.  An event is off when its cancellation is not older than
 * its content.  Since both are kept by version, the order of arrival does not
 * matter: a cancellation that comes first waits as a shell for its content.
 *
 * A newer series takes older occurrences along.  Of those only the version is kept
 * (MARK_SEEN): a cancellation from before it, should it come late, is void. */
#include "calendar/itip_private.h"

#include "base/number.h"
#include "calendar/edit.h"
#include "calendar/recur.h"

struct version {
	uint32_t sequence;
	int64_t stamp, modified;
};

static struct version version_of(const struct meeting_event *event)
{
	return (struct version){ event->sequence, event->stamp, event->last_modified };
}

static struct version component_version(const struct component *c)
{
	return (struct version){ meeting_read_sequence(c), meeting_read_stamp(c, "DTSTAMP"),
				 meeting_read_stamp(c, "LAST-MODIFIED") };
}

/* SEQUENCE, DTSTAMP, then LAST-MODIFIED, which is all that some programs raise. */
static int compare_versions(struct version a, struct version b)
{
	int order = meeting_compare_versions(a.sequence, a.stamp, b.sequence, b.stamp);

	return order != 0 ? order : (a.modified > b.modified) - (a.modified < b.modified);
}

static bool read_mark(struct arena *arena, const struct component *c, const char *name,
		      struct version *version_out)
{
	const struct property *mark = component_find(c, name);
	const char *sequence = mark != NULL ? property_param(arena, mark, "SEQUENCE") : NULL;
	uint64_t number = 0;

	if (mark == NULL)
		return false;
	if (sequence != NULL)
		number_parse(slice_from_string(sequence), 0, INT32_MAX, &number);
	*version_out = (struct version){ (uint32_t)number, meeting_read_stamp(c, name), INT64_MAX };
	return true;
}

static void set_mark(struct arena *arena, struct component *c, const char *name, const struct meeting_event *event)
{
	component_set(arena, c, name,
		      arena_printf(arena, ";SEQUENCE=%u%s", event->sequence,
				   event->this_and_future ? ";RANGE=THISANDFUTURE" : ""),
		      value_format_utc(arena, event->stamp));
}

void itip_show_void(struct arena *arena, struct component *c)
{
	const struct property *cancelled = component_find(c, MARK_CANCELLED), *removed = component_find(c, MARK_REMOVED);
	struct property *id = component_find(c, "RECURRENCE-ID");
	bool range = (cancelled != NULL && property_param(arena, cancelled, "RANGE") != NULL) ||
		     (removed != NULL && property_param(arena, removed, "RANGE") != NULL);

	if (cancelled != NULL)
		component_set(arena, c, "STATUS", "", "CANCELLED");
	if (range && id != NULL)
		property_set_param(arena, id, "RANGE", "THISANDFUTURE");
}

static char *slot_key(const struct meeting_time *id)
{
	switch (id->kind) {
	case MEETING_TIME_NONE:
		return g_strdup("master");
	case MEETING_TIME_UTC:
	case MEETING_TIME_ZONED:
		return g_strdup_printf("instant %" G_GINT64_FORMAT, id->instant);
	case MEETING_TIME_DATE:
		return g_strdup_printf("date %" G_GINT64_FORMAT, id->instant);
	default:
		return g_strdup_printf("wall %" G_GINT64_FORMAT, id->instant);
	}
}

/* The other way round; fields are not needed where the instant tells all. */
static struct meeting_time id_of_key(const char *key)
{
	struct meeting_time id = { .kind = g_str_has_prefix(key, "instant ") ? MEETING_TIME_UTC
				   : g_str_has_prefix(key, "date ")	     ? MEETING_TIME_DATE
									     : MEETING_TIME_FLOATING };

	id.instant = g_ascii_strtoll(strchr(key, ' '), NULL, 10);
	zone_fields(id.instant, &id.fields);
	return id;
}

struct component *itip_find_slot(const struct itip_work *work, const struct meeting_time *id)
{
	g_autofree char *key = slot_key(id);

	return g_hash_table_lookup(work->slots, key);
}

struct component *itip_find_master(const struct itip_work *work)
{
	return g_hash_table_lookup(work->slots, "master");
}

void itip_put_slot(struct itip_work *work, const struct meeting_time *id, struct component *component,
		   struct component *before)
{
	if (before != NULL) { /* in place, so that the order of events stays */
		struct component *next = before->next;

		*before = *component;
		before->next = next;
		return;
	}
	component_add_child(work->calendar, component);
	g_hash_table_insert(work->slots, slot_key(id), component);
}

static void index_slots(struct itip_work *work)
{
	const struct meeting *stored = work->input->stored;
	g_autoptr(GHashTable) copies = g_hash_table_new(NULL, NULL);
	const struct component *original = meeting_tree(stored)->children;

	for (struct component *c = work->calendar->children; c != NULL; c = c->next, original = original->next)
		g_hash_table_insert(copies, (void *)original, c);
	if (stored->master != NULL)
		g_hash_table_insert(work->slots, g_strdup("master"),
				    g_hash_table_lookup(copies, meeting_event_tree(stored->master)));
	for (size_t i = 0; i < stored->override_count; i++)
		g_hash_table_insert(work->slots, slot_key(&stored->overrides[i]->recurrence_id),
				    g_hash_table_lookup(copies, meeting_event_tree(stored->overrides[i])));
}

/* The newest content of an occurrence that is not in the object any more. */
struct seen {
	struct meeting_time id;
	struct version version;
};

static void note_seen(struct itip_work *work, const struct meeting_time *id, struct version version)
{
	g_autofree char *key = slot_key(id);
	struct seen *seen = g_hash_table_lookup(work->seen, key);

	if (seen != NULL && meeting_compare_versions(version.sequence, version.stamp, seen->version.sequence,
						     seen->version.stamp) <= 0)
		return;
	seen = arena_new(work->arena, struct seen);
	seen->id = *id;
	seen->version = version;
	g_hash_table_insert(work->seen, g_steal_pointer(&key), seen);
}

static void forget_seen(struct itip_work *work, const struct meeting_time *id)
{
	g_autofree char *key = slot_key(id);

	g_hash_table_remove(work->seen, key);
}

static bool seen_after(const struct itip_work *work, const struct meeting_time *id, struct version version)
{
	g_autofree char *key = slot_key(id);
	const struct seen *seen = g_hash_table_lookup(work->seen, key);

	return seen != NULL && meeting_compare_versions(seen->version.sequence, seen->version.stamp, version.sequence,
							version.stamp) > 0;
}

static void read_seen(struct itip_work *work)
{
	const struct component *master = meeting_tree_master(work->calendar);

	for (const struct property *p = master != NULL ? component_find(master, MARK_SEEN) : NULL; p != NULL;
	     p = component_find_next(p)) {
		const char *of = property_param(work->arena, p, "OCCURRENCE");
		const char *sequence = property_param(work->arena, p, "SEQUENCE");
		struct meeting_time id, stamp;
		uint64_t number = 0;

		if (of == NULL || !value_parse_time(of, &id) || !value_parse_time(p->value, &stamp))
			continue;
		if (sequence != NULL)
			number_parse(slice_from_string(sequence), 0, INT32_MAX, &number);
		note_seen(work, &id, (struct version){ (uint32_t)number, stamp.instant, 0 });
	}
}

/* Cancellations of occurrences that the series did not have (see settle_shells in itip.c)
 * are shells again, since its next version may have them. */
static void read_gone(struct itip_work *work)
{
	struct component *master = meeting_tree_master(work->calendar);

	for (const struct property *p = master != NULL ? component_find(master, MARK_GONE) : NULL; p != NULL;
	     p = component_find_next(p)) {
		const char *of = property_param(work->arena, p, "OCCURRENCE");
		const char *mark = property_param(work->arena, p, "MARK");
		const char *sequence = property_param(work->arena, p, "SEQUENCE"), *params, *value;
		struct meeting_time id;
		struct component *shell;

		if (of == NULL || mark == NULL || sequence == NULL || !value_parse_time(of, &id))
			continue;
		shell = itip_find_slot(work, &id);
		if (shell == NULL) {
			shell = component_create(work->arena, "VEVENT");
			value = value_format_time(work->arena, &id, &params);
			component_add(work->arena, shell, "UID", "", text_encode(work->arena, work->input->stored->uid));
			component_add(work->arena, shell, "RECURRENCE-ID", params, value);
			component_add(work->arena, shell, MARK_SHELL, "", "TRUE");
			itip_put_slot(work, &id, shell, NULL);
		}
		component_set(work->arena, shell, mark,
			      arena_printf(work->arena, ";SEQUENCE=%s%s", sequence,
					   property_param(work->arena, p, "RANGE") != NULL ? ";RANGE=THISANDFUTURE" : ""),
			      p->value);
	}
	if (master != NULL)
		component_remove_all(master, MARK_GONE);
}

void itip_end_edit(struct itip_work *work)
{
	struct component *master = meeting_tree_master(work->calendar);
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(work->seen), (GCompareFunc)strcmp);

	if (master != NULL)
		component_remove_all(master, MARK_SEEN);
	for (GList *key = keys; key != NULL && master != NULL; key = key->next) {
		const struct seen *seen = g_hash_table_lookup(work->seen, key->data);
		struct property *p = component_add(work->arena, master, MARK_SEEN, "",
						   value_format_utc(work->arena, seen->version.stamp));

		property_set_param(work->arena, p, "OCCURRENCE", edit_plain_time(work->arena, &seen->id));
		property_set_param(work->arena, p, "SEQUENCE", arena_printf(work->arena, "%u", seen->version.sequence));
	}
	g_clear_pointer(&work->slots, g_hash_table_destroy);
	g_clear_pointer(&work->seen, g_hash_table_destroy);
}

void itip_begin_edit(struct itip_work *work)
{
	const struct meeting *stored = work->input->stored;

	work->arena = arena_create();
	work->slots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	work->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (stored != NULL) {
		work->calendar = component_copy(work->arena, meeting_tree(stored));
		index_slots(work);
		read_seen(work);
		read_gone(work);
		return;
	}
	work->calendar = component_create(work->arena, "VCALENDAR");
	for (const struct property *p = meeting_tree(work->input->incoming)->properties; p != NULL; p = p->next)
		if (strcmp(p->name, "METHOD") != 0)
			component_add(work->arena, work->calendar, p->name, p->params, p->value);
}

/* The incoming event's occurrence as the stored series writes it. */
static struct meeting_time slot_of(struct itip_work *work, const struct meeting_event *event)
{
	const struct meeting *series = work->input->stored;
	struct meeting_time id = event->recurrence_id, found;

	if (id.kind == MEETING_TIME_NONE || series == NULL || series->master == NULL)
		return id;
	if (id.kind == MEETING_TIME_UTC || id.kind == MEETING_TIME_ZONED)
		return id;
	if (series->master->start.kind == id.kind)
		return id;
	found = recur_normalise_within(series, &id, &work->budget);
	return found.kind != MEETING_TIME_NONE ? found : id;
}

/* What is ours alone is not taken from the sender: alarms, and the colour. */
static void strip_incoming(struct component *c)
{
	component_remove_children(c, "VALARM");
	component_remove_all(c, "COLOR");
}

/* TRANSP, CLASS and CATEGORIES begin as the organizer says and are ours from the
 * moment we change them.  What the organizer last said is noted, to tell the two apart. */
static const struct {
	const char *name, *mark;
} own_properties[] = {
	{ "TRANSP", "X-CONVOKE-SENT-TRANSP" },
	{ "CLASS", "X-CONVOKE-SENT-CLASS" },
	{ "CATEGORIES", "X-CONVOKE-SENT-CATEGORIES" },
};

static const char *joined_values(struct arena *arena, const struct component *c, const char *name)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (const struct property *p = component_find(c, name); p != NULL; p = component_find_next(p))
		g_string_append_printf(all, "%s%s", all->len > 0 ? "," : "", p->value);
	return arena_copy(arena, all->str, all->len);
}

static void note_sent(struct arena *arena, struct component *c)
{
	for (size_t i = 0; i < G_N_ELEMENTS(own_properties); i++)
		component_set(arena, c, own_properties[i].mark, "",
			      joined_values(arena, c, own_properties[i].name));
}

static void carry_own(struct arena *arena, const struct component *before, struct component *after)
{
	for (size_t i = 0; i < G_N_ELEMENTS(own_properties); i++) {
		const char *sent = component_value(before, own_properties[i].mark);
		const char *now = joined_values(arena, before, own_properties[i].name);

		/* without a note (an object from elsewhere) what stands is taken for ours */
		if (sent != NULL ? strcmp(sent, now) == 0 : *now == '\0')
			continue;
		component_remove_all(after, own_properties[i].name);
		for (const struct property *p = component_find(before, own_properties[i].name); p != NULL;
		     p = component_find_next(p))
			component_add(arena, after, p->name, p->params, p->value);
	}
	for (const struct property *p = component_find(before, "COLOR"); p != NULL; p = component_find_next(p))
		component_add(arena, after, p->name, p->params, p->value);
	for (const struct component *child = before->children; child != NULL; child = child->next)
		if (strcmp(child->name, "VALARM") == 0)
			component_add_child(after, component_copy(arena, child));
}

/* The stored decoded event of a slot, or NULL. */
static const struct meeting_event *stored_event(const struct itip_work *work, const struct meeting_time *id)
{
	const struct meeting *stored = work->input->stored;

	if (stored == NULL)
		return NULL;
	return id->kind == MEETING_TIME_NONE ? stored->master : meeting_find_override(stored, id);
}

static bool time_kept(const struct meeting_event *before, const struct meeting_event *after)
{
	return (itip_compare(before, after) & (ITIP_CHANGED_TIME | ITIP_CHANGED_RULE)) == 0;
}

static bool lists(const struct meeting_event *event, const char *address)
{
	const char *const addresses[] = { address, NULL };

	return meeting_find_attendee(event, addresses) != NULL;
}

/* An answer is one to a time.  Whoever sent somebody else stays away at another time too,
 * once the organizer asks that one. */
static bool answer_holds(const struct meeting_person *was, const struct meeting_event *before,
			 const struct meeting_event *after)
{
	return time_kept(before, after) ||
	       (was->partstat == MEETING_PARTSTAT_DELEGATED && was->delegated_to[0] != NULL &&
		lists(after, was->delegated_to[0]));
}

/* Our own line in the new content: our answer stays ours, unless the time changed;
 * what the sender claims we answered is not believed. */
static void set_own_answer(struct itip_work *work, struct component *after,
			   const struct meeting_event *incoming, const struct meeting_event *before)
{
	const struct meeting_person *ours = itip_find_ours(work->input, incoming);
	const struct meeting_person *was = before != NULL ? itip_find_ours(work->input, before) : NULL;
	enum meeting_partstat partstat = MEETING_PARTSTAT_NEEDS_ACTION;
	struct property *line;

	if (ours == NULL)
		return;
	line = meeting_tree_attendee(work->arena, after, "ATTENDEE", ours->address);
	if (line == NULL) /* written as urn: or path */
		return;
	if (was != NULL && answer_holds(was, before, incoming))
		partstat = was->partstat;
	property_set_param(work->arena, line, "PARTSTAT", meeting_partstat_name(partstat));
	property_set_param(work->arena, line, "DELEGATED-TO",
			   partstat == MEETING_PARTSTAT_DELEGATED && was->delegated_to[0] != NULL
				   ? arena_printf(work->arena, "mailto:%s", was->delegated_to[0])
				   : NULL);
	if (was != NULL && was->comment != NULL && partstat == was->partstat)
		property_set_param(work->arena, line, MARK_COMMENT, was->comment);
}

/* A shell has only its cancellation; its organizer, if another, is no reason to refuse. */
static bool is_shell(const struct component *c)
{
	return component_find(c, MARK_SHELL) != NULL;
}

static const char *const void_marks[] = { MARK_CANCELLED, MARK_REMOVED };

/* Whether the series in the object takes back what a cancellation of this version said of
 * one occurrence: it has a higher SEQUENCE and was written later.  With the same SEQUENCE it
 * is a small change, which many programs send without a word of what they cancelled. */
static bool is_taken_back(const struct itip_work *work, const struct meeting_time *id, struct version cancellation)
{
	const struct component *master = itip_find_master(work);
	struct version series;

	if (id->kind == MEETING_TIME_NONE || master == NULL || is_shell(master))
		return false;
	series = component_version(master);
	return series.sequence > cancellation.sequence && series.stamp > cancellation.stamp;
}

/* Removes the cancellations that the series takes back: whether there were any. */
static bool lift_marks(struct itip_work *work, const struct meeting_time *id, struct component *slot)
{
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(void_marks); i++) {
		struct version mark;

		if (read_mark(work->arena, slot, void_marks[i], &mark) && is_taken_back(work, id, mark)) {
			component_remove_all(slot, void_marks[i]);
			any = true;
		}
	}
	return any;
}

/* Carries a cancellation over to newer or first content, if it is not older than that. */
static void carry_mark(struct arena *arena, const struct component *before, struct component *after,
		       const char *name)
{
	struct version mark;

	if (!read_mark(arena, before, name, &mark) || compare_versions(mark, component_version(after)) < 0)
		return;
	component_set(arena, after, name, component_find(before, name)->params, component_value(before, name));
	itip_show_void(arena, after);
}

/* The organizer has decided on a date: what we have proposed for it, noted with the series, is over. */
static void forget_proposal(struct itip_work *work, const struct meeting_time *id)
{
	const struct meeting *stored = work->input->stored;
	struct component *master = itip_find_master(work);

	if (master != NULL && stored != NULL && stored->master != NULL && stored->master->proposal_count > 0)
		itip_drop_own_proposals(work, master, id);
}

static enum itip_step merge_content(struct itip_work *work, const struct meeting_event *event)
{
	struct meeting_time id = slot_of(work, event);
	struct component *before = itip_find_slot(work, &id), *after;
	bool shell = before != NULL && is_shell(before);
	const struct meeting_event *was = shell ? NULL : stored_event(work, &id);
	struct version version = version_of(event);

	if (before != NULL && !shell) {
		int order = compare_versions(version, component_version(before));

		/* the same content again, brought along by a series that takes its cancellation back */
		if (order < 0 || (order == 0 && !lift_marks(work, &id, before)))
			return order < 0 ? ITIP_STEP_OLDER : ITIP_STEP_SAME;
	}
	if (shell)
		lift_marks(work, &id, before);
	after = component_copy(work->arena, meeting_event_tree(event));
	strip_incoming(after);
	note_sent(work->arena, after);
	if (was == NULL && id.kind != MEETING_TIME_NONE) /* the answer given to the series */
		was = stored_event(work, &(struct meeting_time){ .kind = MEETING_TIME_NONE });
	set_own_answer(work, after, event, was);
	if (before != NULL) {
		if (!shell)
			carry_own(work->arena, before, after);
		carry_mark(work->arena, before, after, MARK_CANCELLED);
		carry_mark(work->arena, before, after, MARK_REMOVED);
	}
	itip_put_slot(work, &id, after, before);
	if (id.kind != MEETING_TIME_NONE)
		forget_proposal(work, &id);
	forget_seen(work, &id);
	return ITIP_STEP_APPLIED;
}

/* Older in both SEQUENCE and DTSTAMP: some organizers count each occurrence for itself. */
static bool older_in_both(struct version a, struct version b)
{
	return a.sequence <= b.sequence && a.stamp < b.stamp;
}

static bool is_void(const struct component *c)
{
	return component_find(c, MARK_CANCELLED) != NULL || component_find(c, MARK_REMOVED) != NULL;
}

static void drop_slot(struct itip_work *work, const struct meeting_time *id, struct component *slot)
{
	g_autofree char *key = slot_key(id);

	g_hash_table_remove(work->slots, key);
	component_remove_child(work->calendar, slot);
}

/* After a new master: what older mail said of occurrences that it does not bring
 * along is gone, but for cancellations that it does not take back. */
static void drop_old_overrides(struct itip_work *work, const struct meeting_event *master)
{
	g_autoptr(GHashTable) brought = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const struct meeting *incoming = work->input->incoming;
	GHashTableIter iter;
	void *key, *value;

	for (size_t i = 0; i < incoming->override_count; i++) {
		struct meeting_time id = slot_of(work, incoming->overrides[i]);

		g_hash_table_add(brought, slot_key(&id));
	}
	g_hash_table_iter_init(&iter, work->slots);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		struct component *c = value;
		struct meeting_time id;

		if (strcmp(key, "master") == 0 || g_hash_table_contains(brought, key) ||
		    !older_in_both(component_version(c), version_of(master)))
			continue;
		id = id_of_key(key);
		if (!is_shell(c))
			note_seen(work, &id, component_version(c));
		lift_marks(work, &id, c);
		if (is_void(c)) {
			component_set(work->arena, c, MARK_SHELL, "", "TRUE");
			continue;
		}
		c->name = "X-DROPPED";
		g_hash_table_iter_remove(&iter);
	}
	component_remove_children(work->calendar, "X-DROPPED");
}

/* The sender's VTIMEZONEs: a newer message's take the place of those with the same name. */
static void merge_zones(struct itip_work *work, bool replace)
{
	const struct component *incoming = meeting_tree(work->input->incoming);

	for (const struct component *c = incoming->children; c != NULL; c = c->next) {
		const char *tzid = strcmp(c->name, "VTIMEZONE") == 0 ? component_value(c, "TZID") : NULL;
		struct component *own, *copy;

		if (tzid == NULL)
			continue;
		for (own = work->calendar->children; own != NULL; own = own->next) {
			const char *name = strcmp(own->name, "VTIMEZONE") == 0 ? component_value(own, "TZID") : NULL;

			if (name != NULL && strcmp(name, tzid) == 0)
				break;
		}
		if (own != NULL && !replace)
			continue;
		copy = component_copy(work->arena, c);
		if (own != NULL) {
			copy->next = own->next;
			*own = *copy;
		} else {
			component_add_child(work->calendar, copy);
		}
	}
}

/* An occurrence that came before, and is older than, the series' newest version. */
static bool outdated_by_master(struct itip_work *work, const struct meeting_event *event)
{
	const struct component *master = itip_find_master(work);
	struct meeting_time id = slot_of(work, event);
	const struct component *slot = itip_find_slot(work, &id);

	return master != NULL && !is_shell(master) && (slot == NULL || is_shell(slot)) &&
	       older_in_both(version_of(event), component_version(master));
}

/* The calendar's own properties (PRODID, X-WR-...) are those of the newest series. */
static void take_head(struct itip_work *work)
{
	component_remove_all(work->calendar, "*");
	for (const struct property *p = meeting_tree(work->input->incoming)->properties; p != NULL; p = p->next)
		if (strcmp(p->name, "METHOD") != 0)
			component_add(work->arena, work->calendar, p->name, p->params, p->value);
}

/* Content that the series has left behind: a cancellation from before it is void. */
static enum itip_step pass_over(struct itip_work *work, const struct meeting_event *event)
{
	struct meeting_time id = slot_of(work, event);
	struct component *slot = itip_find_slot(work, &id);
	struct version version = version_of(event), mark;

	work->noted = true;
	note_seen(work, &id, version);
	if (slot == NULL)
		return ITIP_STEP_OLDER;
	for (size_t i = 0; i < G_N_ELEMENTS(void_marks); i++)
		if (read_mark(work->arena, slot, void_marks[i], &mark) && seen_after(work, &id, mark))
			component_remove_all(slot, void_marks[i]);
	if (is_void(slot))
		return ITIP_STEP_OLDER;
	drop_slot(work, &id, slot);
	return ITIP_STEP_APPLIED;
}

enum itip_step itip_merge_request(struct itip_work *work)
{
	const struct meeting *incoming = work->input->incoming;
	enum itip_step best = ITIP_STEP_OLDER;
	bool current; /* its master is the newest: what it brings along belongs to it, however old it looks */

	if (incoming->master != NULL) {
		best = merge_content(work, incoming->master);
		if (best == ITIP_STEP_APPLIED) {
			take_head(work);
			drop_old_overrides(work, incoming->master);
		}
	}
	current = incoming->master != NULL && best != ITIP_STEP_OLDER;
	for (size_t i = 0; i < incoming->override_count; i++) {
		enum itip_step step;

		if (current || !outdated_by_master(work, incoming->overrides[i]))
			step = merge_content(work, incoming->overrides[i]);
		else
			step = pass_over(work, incoming->overrides[i]);
		best = MAX(best, step);
	}
	if (best == ITIP_STEP_APPLIED)
		merge_zones(work, true);
	return best;
}

enum itip_step itip_merge_add(struct itip_work *work)
{
	const struct meeting *incoming = work->input->incoming;
	const struct meeting_event *event = meeting_main_event(incoming);
	struct component *before, *after, *master = itip_find_master(work);
	struct meeting_time id = event->recurrence_id;
	const char *params, *value;

	if (id.kind == MEETING_TIME_NONE)
		id = event->start; /* ADD names its occurrence by its own start */
	before = itip_find_slot(work, &id);
	if (before != NULL && compare_versions(version_of(event), component_version(before)) <= 0)
		return ITIP_STEP_SAME;
	if (before == NULL && master != NULL && older_in_both(version_of(event), component_version(master)))
		return ITIP_STEP_OLDER;
	after = component_copy(work->arena, meeting_event_tree(event));
	strip_incoming(after);
	note_sent(work->arena, after);
	value = value_format_time(work->arena, &id, &params);
	component_set(work->arena, after, "RECURRENCE-ID", params, value);
	set_own_answer(work, after, event, NULL);
	itip_put_slot(work, &id, after, before);
	merge_zones(work, false);
	return ITIP_STEP_APPLIED;
}

/* The cancellation itself as all that is known. */
static enum itip_step put_shell(struct itip_work *work, const struct meeting_event *event,
				const struct meeting_time *id, const char *mark)
{
	struct component *shell = component_copy(work->arena, meeting_event_tree(event));

	strip_incoming(shell);
	component_set(work->arena, shell, MARK_SHELL, "", "TRUE");
	set_mark(work->arena, shell, mark, event);
	itip_show_void(work->arena, shell);
	itip_put_slot(work, id, shell, NULL);
	return ITIP_STEP_APPLIED;
}

static enum itip_step cancel_slot(struct itip_work *work, const struct meeting_event *event, const char *mark)
{
	struct meeting_time id = slot_of(work, event);
	struct component *slot = itip_find_slot(work, &id);
	struct version version = version_of(event), old;

	if (is_taken_back(work, &id, version))
		return ITIP_STEP_OLDER;
	if (slot == NULL)
		return seen_after(work, &id, version) ? ITIP_STEP_OLDER : put_shell(work, event, &id, mark);
	if (read_mark(work->arena, slot, mark, &old) && compare_versions(old, version) >= 0)
		return ITIP_STEP_SAME;
	if (is_shell(slot)) {
		component_remove_all(slot, "*");
		for (const struct property *p = meeting_event_tree(event)->properties;
		     p != NULL; p = p->next)
			component_add(work->arena, slot, p->name, p->params, p->value);
		component_remove_all(slot, "COLOR");
		component_set(work->arena, slot, MARK_SHELL, "", "TRUE");
	} else {
		struct version content = component_version(slot);

		/* equal versions: the cancellation is what came of it */
		if (meeting_compare_versions(version.sequence, version.stamp, content.sequence, content.stamp) < 0)
			return ITIP_STEP_OLDER;
	}
	set_mark(work->arena, slot, mark, event);
	itip_show_void(work->arena, slot);
	return ITIP_STEP_APPLIED;
}

enum itip_step itip_merge_cancel(struct itip_work *work, bool removal)
{
	const struct meeting *incoming = work->input->incoming;
	const char *mark = removal ? MARK_REMOVED : MARK_CANCELLED;
	enum itip_step best = ITIP_STEP_OLDER;

	if (incoming->master != NULL)
		best = cancel_slot(work, incoming->master, mark);
	for (size_t i = 0; i < incoming->override_count; i++) {
		enum itip_step step = cancel_slot(work, incoming->overrides[i], mark);

		best = MAX(best, step);
	}
	if (best == ITIP_STEP_APPLIED)
		merge_zones(work, false); /* of shells; what nothing names is pruned at the end */
	return best;
}
