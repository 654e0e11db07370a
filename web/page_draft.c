#include "web/page_draft.h"

static const struct {
	const char *value, *text;
} repeats[] = {
	{ "", N_("never") },
	{ "daily", N_("every day") },
	{ "weekly", N_("every week") },
	{ "fortnightly", N_("every two weeks") },
	{ "monthly", N_("every month on this date") },
	{ "yearly", N_("every year") },
};

struct field {
	const char *name, *label, *value;
	const char *type;      /* NULL: a text area */
	const char *hint;      /* or NULL */
	bool required;
	const char *max;       /* maxlength */
};

static void add_field(struct html *html, const struct field *field)
{
	g_autofree char *hint_id = field->hint != NULL ? g_strconcat(field->name, "-hint", NULL) : NULL;
	const char *required = field->required ? "" : NULL;

	html_open(html, "div", NULL);
	html_element(html, "label", field->label, "for", field->name, NULL);
	if (field->type != NULL)
		html_void(html, "input", "id", field->name, "name", field->name, "type", field->type,
			  "value", field->value, "required", required, "maxlength", field->max,
			  "aria-describedby", hint_id, NULL);
	else
		html_element(html, "textarea", field->value, "id", field->name, "name", field->name,
			     "rows", "3", "maxlength", field->max, "aria-describedby", hint_id, NULL);
	if (field->hint != NULL)
		html_element(html, "p", field->hint, "id", hint_id, "class", "small-print", NULL);
	html_close(html, "div");
}

static void add_times(struct html *html, const struct page_frame *frame, const struct page_draft *draft)
{
	html_open(html, "div", "class", "pair", NULL);
	add_field(html, &(struct field){ .name = "start", .label = words_get(frame->words, "Start"),
					 .value = draft->start, .type = "datetime-local",
					 .required = true });
	add_field(html, &(struct field){ .name = "end", .label = words_get(frame->words, "End"),
					 .value = draft->end, .type = "datetime-local",
					 .required = true });
	html_close(html, "div");
	html_open(html, "div", NULL);
	html_open(html, "label", NULL);
	html_void(html, "input", "type", "checkbox", "name", "all_day", "value", "1", "checked",
		  draft->all_day ? "" : NULL, NULL);
	html_text(html, words_get(frame->words, "All day (only the dates count)"));
	html_close(html, "label");
	html_open(html, "p", "class", "small-print", NULL);
	page_fill(html, words_get(frame->words, "Times are in {zone}."), "zone", draft->zone);
	html_close(html, "p");
	html_close(html, "div");
}

static void add_repeat_option(struct html *html, const char *value, const char *text, const char *chosen)
{
	bool selected = strcmp(value, chosen != NULL ? chosen : "") == 0;

	html_element(html, "option", text, "value", value, "selected", selected ? "" : NULL, NULL);
}

static void add_repeat(struct html *html, const struct page_frame *frame, const struct page_draft *draft)
{
	html_open(html, "div", "class", "pair", NULL);
	html_open(html, "div", NULL);
	html_element(html, "label", words_get(frame->words, "Repeats"), "for", "repeat", NULL);
	html_open(html, "select", "id", "repeat", "name", "repeat", NULL);
	if (draft->keeps_rule)
		add_repeat_option(html, "keep", words_get(frame->words, "as it is"), draft->repeat);
	for (size_t i = 0; i < G_N_ELEMENTS(repeats); i++)
		add_repeat_option(html, repeats[i].value, words_get(frame->words, repeats[i].text), draft->repeat);
	html_close(html, "select");
	html_close(html, "div");
	add_field(html, &(struct field){ .name = "until",
					 .label = words_get(frame->words, "Last day (if it repeats)"),
					 .value = draft->until, .type = "date" });
	html_close(html, "div");
}

static void add_fields(struct html *html, const struct page_frame *frame, const struct page_draft *draft)
{
	const struct words *w = frame->words;

	add_field(html, &(struct field){ .name = "title", .label = words_get(w, "Title"),
					 .value = draft->title, .type = "text", .required = true,
					 .max = "500" });
	add_times(html, frame, draft);
	if (draft->occurrence == NULL)
		add_repeat(html, frame, draft);
	add_field(html, &(struct field){ .name = "location", .label = words_get(w, "Where"),
					 .value = draft->location, .type = "text", .max = "500" });
	add_field(html, &(struct field){ .name = "required", .label = words_get(w, "Invite"),
					 .value = draft->required, .max = "60000",
					 .hint = words_get(w, "Mail addresses, one a line.") });
	add_field(html, &(struct field){ .name = "optional", .label = words_get(w, "Invite as optional"),
					 .value = draft->optional, .max = "60000" });
	add_field(html, &(struct field){ .name = "description", .label = words_get(w, "About"),
					 .value = draft->description, .max = "20000" });
}

GString *page_draft(const struct page_frame *frame, const struct page_draft *draft)
{
	g_autofree char *action = draft->token != NULL ? page_link(frame, "m/%s/edit", draft->token)
						       : page_link(frame, "calendar/new");
	struct html *html = page_begin(frame);

	html_open(html, "div", "class", "card stack", NULL);
	html_element(html, "h1", draft->token != NULL ? words_get(frame->words, "Change the meeting")
						      : words_get(frame->words, "New meeting"), NULL);
	if (draft->problem != NULL)
		page_note(html, PAGE_NOTE_BAD, draft->problem);
	if (draft->occurrence != NULL)
		html_element(html, "p", words_get(frame->words, "Only this date of the series is changed."), "class",
			     "soft", NULL);
	page_form(html, frame, action);
	if (draft->occurrence != NULL)
		page_hidden(html, "occurrence", draft->occurrence);
	if (draft->version != NULL)
		page_hidden(html, "version", draft->version);
	html_open(html, "div", "class", "stack", NULL);
	add_fields(html, frame, draft);
	html_open(html, "div", "class", "actions", NULL);
	html_element(html, "button", draft->token != NULL ? words_get(frame->words, "Save and tell everybody")
							  : words_get(frame->words, "Create and invite"),
		     "type", "submit", "class", "main", NULL);
	html_close(html, "div");
	html_close(html, "div");
	html_close(html, "form");
	html_close(html, "div");
	return page_end(frame, &html);
}
