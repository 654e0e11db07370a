/* One event decoded: content lines into the plain fields of struct meeting_event. */
#include "calendar/meeting_private.h"

#include "base/number.h"
#include "calendar/rule.h"

static const char *const no_strings[] = { NULL };

struct word {
	const char *word;
	int value;
};

/* The value of a word in a table that ends in NULL; its last row is the default. */
static int look_up(const struct word *table, const char *word)
{
	for (; table->word != NULL; table++)
		if (word != NULL && g_ascii_strcasecmp(table->word, word) == 0)
			break;
	return table->value;
}

static const struct word roles[] = {
	{ "CHAIR", MEETING_ROLE_CHAIR },
	{ "OPT-PARTICIPANT", MEETING_ROLE_OPTIONAL },
	{ "NON-PARTICIPANT", MEETING_ROLE_NON_PARTICIPANT },
	{ NULL, MEETING_ROLE_REQUIRED },
};
static const struct word cutypes[] = {
	{ "GROUP", MEETING_CUTYPE_GROUP },
	{ "RESOURCE", MEETING_CUTYPE_RESOURCE },
	{ "ROOM", MEETING_CUTYPE_ROOM },
	{ "UNKNOWN", MEETING_CUTYPE_UNKNOWN },
	{ NULL, MEETING_CUTYPE_INDIVIDUAL },
};
static const struct word statuses[] = {
	{ "TENTATIVE", MEETING_STATUS_TENTATIVE },
	{ "CONFIRMED", MEETING_STATUS_CONFIRMED },
	{ "CANCELLED", MEETING_STATUS_CANCELLED },
	{ "CANCELED", MEETING_STATUS_CANCELLED },
	{ NULL, MEETING_STATUS_OTHER },
};

static int64_t stamp_value(const char *value)
{
	struct meeting_time time;

	return value != NULL && value_parse_time(value, &time) ? time.instant : 0;
}

static uint32_t number_value(const char *value)
{
	uint64_t number;
	g_autofree char *text = value != NULL ? g_strstrip(g_strdup(value)) : NULL;

	return text != NULL && number_parse(slice_from_string(text), 0, INT32_MAX, &number) ? (uint32_t)number
											      : 0;
}

int64_t meeting_read_stamp(const struct component *component, const char *name)
{
	return stamp_value(component_value(component, name));
}

uint32_t meeting_read_sequence(const struct component *component)
{
	const char *own = component_value(component, "X-MICROSOFT-CDO-APPT-SEQUENCE");

	return number_value(own != NULL ? own : component_value(component, "SEQUENCE"));
}

static const char *const *address_list(struct arena *arena, const struct property *property,
				       const char *name)
{
	const char *const *list = property_param_list(arena, property, name);
	const char **addresses;
	size_t count = 0, used = 0;

	while (list[count] != NULL)
		count++;
	if (count == 0)
		return no_strings;
	addresses = arena_new_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *address = value_address(arena, list[i]);

		if (*address != '\0')
			addresses[used++] = address;
	}
	return addresses;
}

static const char *person_address(struct arena *arena, const struct property *property)
{
	const char *address = value_address(arena, property->value), *email;

	if (*address != '\0')
		return address;
	email = property_param(arena, property, "EMAIL"); /* RFC 7986, for urn:uuid: and paths */
	return email != NULL ? value_address(arena, email) : address;
}

void meeting_read_person(struct arena *arena, const struct property *property,
			 struct meeting_person *person_out)
{
	const char *partstat = property_param(arena, property, "PARTSTAT");
	const char *rsvp = property_param(arena, property, "RSVP");
	const char *name = property_param(arena, property, "CN");
	const char *sent_by = property_param(arena, property, "SENT-BY");

	*person_out = (struct meeting_person){ 0 };
	person_out->address = person_address(arena, property);
	if (name != NULL && *g_strstrip((char *)name) != '\0')
		person_out->name = name;
	if (sent_by != NULL && *(sent_by = value_address(arena, sent_by)) != '\0')
		person_out->sent_by = sent_by;
	if (partstat == NULL || !meeting_partstat_parse(partstat, &person_out->partstat))
		person_out->partstat = MEETING_PARTSTAT_NEEDS_ACTION;
	person_out->role = (enum meeting_role)look_up(roles, property_param(arena, property, "ROLE"));
	person_out->cutype = (enum meeting_cutype)look_up(cutypes, property_param(arena, property, "CUTYPE"));
	person_out->rsvp = rsvp != NULL && g_ascii_strcasecmp(rsvp, "TRUE") == 0;
	person_out->delegated_to = address_list(arena, property, "DELEGATED-TO");
	person_out->delegated_from = address_list(arena, property, "DELEGATED-FROM");
	person_out->member = address_list(arena, property, "MEMBER");
	person_out->schedule_status = property_param(arena, property, "SCHEDULE-STATUS");
	person_out->comment = property_param(arena, property, MARK_COMMENT);
	if (person_out->comment == NULL) /* what Microsoft writes into a REPLY */
		person_out->comment = property_param(arena, property, "X-RESPONSE-COMMENT");
	person_out->reply_stamp = stamp_value(property_param(arena, property, MARK_REPLY_STAMP));
	person_out->reply_sequence = number_value(property_param(arena, property, MARK_REPLY_SEQUENCE));
}

static const struct meeting_person *read_people(struct arena *arena, const struct component *component,
						const char *name, size_t *count_out)
{
	struct meeting_person *people;
	size_t count = 0, used = 0;

	for (const struct property *p = component_find(component, name); p != NULL; p = component_find_next(p))
		count++;
	people = arena_new_array(arena, struct meeting_person, count);
	for (const struct property *p = component_find(component, name); p != NULL; p = component_find_next(p))
		meeting_read_person(arena, p, &people[used++]);
	*count_out = count;
	return people;
}

static const char *text_of(struct arena *arena, const struct component *component, const char *name)
{
	const char *value = component_value(component, name);

	return value != NULL ? text_decode(arena, value) : NULL;
}

static const char *text_or_empty(struct arena *arena, const struct component *component, const char *name)
{
	const char *text = text_of(arena, component, name);

	return text != NULL ? text : "";
}

/* Only schemes that a person can follow safely, and nothing that could end a link early. */
static const char *safe_uri(struct arena *arena, const char *value, const char *const *schemes)
{
	const char *uri = g_strstrip(text_decode(arena, value));
	const char *colon = strchr(uri, ':');

	if (colon == NULL || strlen(uri) > 4096 || strlen(colon) < 4)
		return NULL;
	for (const char *c = uri; *c != '\0'; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7f || strchr("<>\"`{}|\\^", *c) != NULL)
			return NULL;
	for (; *schemes != NULL; schemes++)
		if (g_ascii_strncasecmp(uri, *schemes, strlen(*schemes)) == 0)
			return uri;
	return NULL;
}

static const char *const web_schemes[] = { "https://", "http://", NULL };
static const char *const join_schemes[] = { "https://", "http://", "tel:", "sip:", "sips:", "xmpp:", NULL };

static bool is_join_name(const char *name)
{
	static const char *const words[] = { "CONFERENCE", "MEETINGURL", "JOINURL", "JOIN-URL",
					     "CONFLINK", "EXTERNALLINK", "VIDEOCALL", "MEETING-URL" };

	if (strcmp(name, "CONFERENCE") == 0)
		return true;
	if (!g_str_has_prefix(name, "X-"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(name, words[i]) != NULL)
			return true;
	return false;
}

static void add_join(GArray *joins, const char *uri, const char *label)
{
	struct meeting_join join = { MEETING_JOIN_LINK, uri, label };

	if (uri == NULL || joins->len >= 16)
		return;
	for (guint i = 0; i < joins->len; i++)
		if (strcmp(g_array_index(joins, struct meeting_join, i).uri, uri) == 0)
			return;
	if (g_ascii_strncasecmp(uri, "tel:", 4) == 0)
		join.kind = MEETING_JOIN_PHONE;
	g_array_append_val(joins, join);
}

static void read_joins(struct arena *arena, const struct component *component, struct meeting_event *event)
{
	g_autoptr(GArray) joins = g_array_new(FALSE, FALSE, sizeof(struct meeting_join));
	const char *url = component_value(component, "URL");
	struct meeting_join *copy;

	event->url = url != NULL ? safe_uri(arena, url, web_schemes) : NULL;
	for (const struct property *p = component->properties; p != NULL; p = p->next)
		if (is_join_name(p->name))
			add_join(joins, safe_uri(arena, p->value, join_schemes),
				 property_param(arena, p, "LABEL"));
	if (*event->location != '\0')
		add_join(joins, safe_uri(arena, component_value(component, "LOCATION"), web_schemes), NULL);
	if (joins->len == 0)
		add_join(joins, event->url, NULL);
	copy = arena_new_array(arena, struct meeting_join, joins->len);
	if (joins->len > 0)
		memcpy(copy, joins->data, joins->len * sizeof(*copy));
	event->joins = copy;
	event->join_count = joins->len;
}

static const char *read_html(struct arena *arena, const struct component *component)
{
	static const char *const names[] = { "X-ALT-DESC", "STYLED-DESCRIPTION" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		for (const struct property *p = component_find(component, names[i]); p != NULL;
		     p = component_find_next(p)) {
			const char *type = property_param(arena, p, "FMTTYPE");

			if (type != NULL && g_ascii_strcasecmp(type, "text/html") == 0)
				return text_decode(arena, p->value);
		}
	return NULL;
}

static const char *const *to_list(struct arena *arena, const GPtrArray *strings)
{
	const char **list;

	if (strings->len == 0)
		return no_strings;
	list = arena_new_array(arena, const char *, strings->len + 1);
	memcpy(list, strings->pdata, strings->len * sizeof(*list));
	return list;
}

static void read_texts(struct arena *arena, const struct component *component, struct meeting_event *event)
{
	g_autoptr(GPtrArray) comments = g_ptr_array_new(), categories = g_ptr_array_new();
	g_autoptr(GPtrArray) attachments = g_ptr_array_new();

	event->summary = text_or_empty(arena, component, "SUMMARY");
	event->location = text_or_empty(arena, component, "LOCATION");
	event->description = text_or_empty(arena, component, "DESCRIPTION");
	event->description_html = read_html(arena, component);
	event->status_name = text_of(arena, component, "STATUS");
	if (event->status_name != NULL)
		event->status = (enum meeting_status)look_up(statuses, event->status_name);
	event->class_name = text_of(arena, component, "CLASS");
	event->color = text_of(arena, component, "COLOR");
	event->transparent =
		g_ascii_strcasecmp(text_or_empty(arena, component, "TRANSP"), "TRANSPARENT") == 0;
	event->priority = (int)MIN(number_value(component_value(component, "PRIORITY")), 9);
	for (const struct property *p = component->properties; p != NULL; p = p->next) {
		if (strcmp(p->name, "COMMENT") == 0)
			g_ptr_array_add(comments, text_decode(arena, p->value));
		else if (strcmp(p->name, "CATEGORIES") == 0)
			for (const char *const *word = text_decode_list(arena, p->value); *word != NULL; word++)
				g_ptr_array_add(categories, (char *)*word);
		else if (strcmp(p->name, "ATTACH") == 0) {
			const char *uri = safe_uri(arena, p->value, web_schemes);

			if (uri != NULL)
				g_ptr_array_add(attachments, (char *)uri);
		}
	}
	event->comments = to_list(arena, comments);
	event->categories = to_list(arena, categories);
	event->attachments = to_list(arena, attachments);
	read_joins(arena, component, event);
}

static void read_time(struct arena *arena, const struct component *component, const char *name,
		      struct zone_book *book, struct meeting_time *time_out)
{
	const struct property *property = component_find(component, name);

	*time_out = (struct meeting_time){ .kind = MEETING_TIME_NONE };
	if (property != NULL)
		value_read_time(arena, property, property->value, book, time_out);
}

/* The end as the reader understands it; what contradicts the start is not believed. */
static struct meeting_time read_end(struct arena *arena, const struct component *component,
				    struct zone_book *book, const struct meeting_event *event)
{
	const char *duration_text = component_value(component, "DURATION");
	const struct meeting_time *start = &event->start;
	struct value_duration duration;
	struct meeting_time end;

	read_time(arena, component, event->is_task ? "DUE" : "DTEND", book, &end);
	if (start->kind == MEETING_TIME_NONE)
		return end;
	if (end.kind == MEETING_TIME_NONE && duration_text != NULL &&
	    value_parse_duration(duration_text, &duration))
		end = value_add_duration(start, &duration);
	if (start->kind == MEETING_TIME_DATE) {
		if (end.kind != MEETING_TIME_DATE && end.kind != MEETING_TIME_NONE)
			end = value_at_wall(start, zone_days(end.fields.year, end.fields.month, end.fields.day) * 86400);
		if (end.kind == MEETING_TIME_NONE || end.instant <= start->instant)
			end = value_at_wall(start, start->instant + 86400);
		return end;
	}
	if (end.kind == MEETING_TIME_DATE || end.kind == MEETING_TIME_FLOATING) /* in the start's zone */
		end = value_at_wall(start, zone_seconds(&end.fields));
	if (end.kind == MEETING_TIME_NONE || end.instant < start->instant)
		end = *start;
	return end;
}

/* Whole days as Exchange and Outlook write them.  Only what is shown changes: the times stay
 * instants of their zone, so that occurrences keep their names. */
static void read_whole_days(const struct component *component, struct meeting_event *event)
{
	const char *all_day = component_value(component, PROPERTY_ALL_DAY);
	struct meeting_time start = event->start, end = event->end;

	if (all_day == NULL || g_ascii_strcasecmp(all_day, "TRUE") != 0 || event->is_task ||
	    !value_take_day(&start, &start) || !value_take_day(&end, &start) ||
	    zone_seconds(&end.fields) <= zone_seconds(&start.fields))
		return;
	event->start = start;
	event->end = end;
	value_take_day(&event->recurrence_id, &start);
}

/* UNTIL as an instant that starts can be compared with. */
static void place_until(struct meeting_rule *rule, const struct meeting_time *start)
{
	struct meeting_time *until = &rule->until;

	if (until->kind == MEETING_TIME_DATE && start->kind != MEETING_TIME_DATE)
		/* a date against times of day: the whole day is meant */
		*until = value_at_wall(start, until->instant + 86399);
	else if (until->kind == MEETING_TIME_FLOATING && start->kind == MEETING_TIME_ZONED)
		*until = value_at_wall(start, zone_seconds(&until->fields));
}

static const struct meeting_rule *read_rules(struct arena *arena, const struct component *component,
					     const char *name, const struct meeting_time *start,
					     size_t *count_out)
{
	struct meeting_rule *rules;
	size_t count = 0, used = 0;

	for (const struct property *p = component_find(component, name); p != NULL; p = component_find_next(p))
		count++;
	rules = arena_new_array(arena, struct meeting_rule, count);
	for (const struct property *p = component_find(component, name); p != NULL; p = component_find_next(p))
		if (rule_parse(arena, p->value, &rules[used])) {
			place_until(&rules[used], start);
			used++;
		}
	*count_out = used;
	return rules;
}

/* One value of RDATE: a time or a period "start/end" or "start/duration". */
static bool read_rdate(struct arena *arena, const struct property *property, char *text,
		       struct zone_book *book, struct meeting_rdate *rdate_out)
{
	char *slash = strchr(text, '/');
	struct value_duration duration;

	if (slash != NULL)
		*slash = '\0';
	rdate_out->end.kind = MEETING_TIME_NONE;
	if (!value_read_time(arena, property, text, book, &rdate_out->start))
		return false;
	if (slash == NULL)
		return true;
	if (value_parse_duration(slash + 1, &duration))
		rdate_out->end = value_add_duration(&rdate_out->start, &duration);
	else
		value_read_time(arena, property, slash + 1, book, &rdate_out->end);
	return true;
}

/* The next of several values between commas, cut out in place; NULL at the end. */
static char *next_value(char **rest)
{
	char *value = *rest, *c = value;

	if (value == NULL)
		return NULL;
	while (*c != '\0' && *c != ',')
		c++;
	*rest = *c == ',' ? c + 1 : NULL;
	*c = '\0';
	return value;
}

static void read_dates(struct arena *arena, const struct component *component, struct zone_book *book,
		       struct meeting_event *event)
{
	g_autoptr(GArray) rdates = g_array_new(FALSE, TRUE, sizeof(struct meeting_rdate));
	g_autoptr(GArray) exdates = g_array_new(FALSE, TRUE, sizeof(struct meeting_time));

	for (const struct property *p = component->properties; p != NULL; p = p->next) {
		bool is_rdate = strcmp(p->name, "RDATE") == 0;
		char *value, *rest;

		if (!is_rdate && strcmp(p->name, "EXDATE") != 0)
			continue;
		rest = arena_copy(arena, p->value, strlen(p->value));
		while ((value = next_value(&rest)) != NULL) {
			struct meeting_rdate rdate;

			if (!read_rdate(arena, p, value, book, &rdate))
				continue;
			if (event->start.whole_day)
				value_take_day(&rdate.start, &event->start);
			if (is_rdate)
				g_array_append_val(rdates, rdate);
			else
				g_array_append_val(exdates, rdate.start);
		}
	}
	event->rdate_count = rdates->len;
	event->exdate_count = exdates->len;
	event->rdates = (struct meeting_rdate *)arena_copy(arena, rdates->data, rdates->len * sizeof(struct meeting_rdate));
	event->exdates = (struct meeting_time *)arena_copy(arena, exdates->data, exdates->len * sizeof(struct meeting_time));
}

/* Other days for whole days are whole days too. */
static void proposal_days(struct meeting_proposal *proposal, const struct meeting_event *event)
{
	struct meeting_time start = proposal->start, end = proposal->end;

	if (!event->start.whole_day || !value_take_day(&start, &event->start) ||
	    !value_take_day(&end, &event->start) || zone_seconds(&end.fields) <= zone_seconds(&start.fields))
		return;
	proposal->start = start;
	proposal->end = end;
}

static const struct meeting_proposal *read_proposals(struct arena *arena, const struct component *component,
						     struct zone_book *book, const struct meeting_event *event,
						     size_t *count_out)
{
	struct meeting_proposal *list;
	size_t count = 0, used = 0;
	const struct property *p;

	for (p = component_find(component, MARK_PROPOSAL); p != NULL; p = component_find_next(p))
		count++; /* those done with are kept as a note, and passed over below */
	list = arena_new_array(arena, struct meeting_proposal, count);
	for (p = component_find(component, MARK_PROPOSAL); p != NULL; p = component_find_next(p)) {
		struct meeting_proposal *proposal = &list[used];
		const char *start = property_param(arena, p, "START"), *end = property_param(arena, p, "END");
		const char *of = property_param(arena, p, "OCCURRENCE");

		if (property_param(arena, p, "DONE") != NULL)
			continue;
		used++;
		meeting_read_person(arena, p, &proposal->attendee);
		if (start != NULL)
			value_read_time(arena, p, start, book, &proposal->start);
		if (end != NULL)
			value_read_time(arena, p, end, book, &proposal->end);
		if (of != NULL)
			value_parse_time(of, &proposal->recurrence_id);
		proposal_days(proposal, event);
		proposal->summary = property_param(arena, p, "SUMMARY");
		proposal->location = property_param(arena, p, "LOCATION");
		proposal->comment = property_param(arena, p, "COMMENT");
		proposal->stamp = stamp_value(property_param(arena, p, "STAMP"));
		proposal->sequence = number_value(property_param(arena, p, "SEQUENCE"));
	}
	*count_out = used;
	return list;
}

void meeting_read_event(struct arena *arena, const struct component *component, struct zone_book *book,
			struct meeting_event *event_out)
{
	const struct property *organizer = component_find(component, "ORGANIZER");
	const struct property *id = component_find(component, "RECURRENCE-ID");
	const char *range = id != NULL ? property_param(arena, id, "RANGE") : NULL;

	*event_out = (struct meeting_event){ .is_task = strcmp(component->name, "VTODO") == 0 };
	read_time(arena, component, "RECURRENCE-ID", book, &event_out->recurrence_id);
	event_out->this_and_future = range != NULL && g_ascii_strcasecmp(range, "THISANDFUTURE") == 0;
	event_out->sequence = meeting_read_sequence(component);
	event_out->stamp = meeting_read_stamp(component, "DTSTAMP");
	event_out->created = meeting_read_stamp(component, "CREATED");
	event_out->last_modified = meeting_read_stamp(component, "LAST-MODIFIED");
	read_time(arena, component, "DTSTART", book, &event_out->start);
	if (event_out->is_task && event_out->start.kind == MEETING_TIME_NONE)
		read_time(arena, component, "DUE", book, &event_out->start);
	event_out->end = read_end(arena, component, book, event_out);
	read_whole_days(component, event_out);
	event_out->duration = event_out->end.instant - event_out->start.instant;
	if (organizer != NULL) {
		event_out->has_organizer = true;
		meeting_read_person(arena, organizer, &event_out->organizer);
	}
	event_out->attendees = read_people(arena, component, "ATTENDEE", &event_out->attendee_count);
	event_out->crashers = read_people(arena, component, MARK_CRASHER, &event_out->crasher_count);
	event_out->proposals = read_proposals(arena, component, book, event_out, &event_out->proposal_count);
	read_texts(arena, component, event_out);
	event_out->removed = component_find(component, MARK_REMOVED) != NULL;
	event_out->rules = read_rules(arena, component, "RRULE", &event_out->start, &event_out->rule_count);
	event_out->exrules = read_rules(arena, component, "EXRULE", &event_out->start, &event_out->exrule_count);
	read_dates(arena, component, book, event_out);
}
