/* From file to value: defaults from the table, settings from the file over them,
 * what follows from both, then the checks across settings.  All strings live in
 * one arena that goes with the value. */
#include "config/config.h"

#include "base/arena.h"
#include "config/finish.h"
#include "config/ini.h"
#include "config/value.h"

struct config_holder {
	struct config config; /* first: the public value is the holder's address */
	gatomicrefcount references;
	struct arena *arena;
};

struct config_lines {
	const struct ini *ini;
};

struct config_report {
	GPtrArray *problems;
	const char *path;
	bool failed;
};

/* What config_read() carries along. */
struct config_build {
	struct config_holder *holder;
	struct config_report report;
	struct config_lines lines;
	char *folder;
	GArray *certificates, *domains;
};

static void free_problem(void *data)
{
	struct config_problem *problem = data;

	g_free(problem->text);
	g_free(problem);
}

void config_complain(struct config_report *report, bool is_error, unsigned line, const char *format, ...)
{
	struct config_problem *problem = g_new0(struct config_problem, 1);
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	problem->is_error = is_error;
	problem->text = line > 0 ? g_strdup_printf("%s:%u: %s", report->path, line, text)
				 : g_strdup_printf("%s: %s", report->path, text);
	report->failed |= is_error;
	g_ptr_array_add(report->problems, problem);
}

unsigned config_line_of(const struct config_lines *lines, const char *section, const char *name, const char *key)
{
	for (guint i = 0; lines->ini != NULL && i < lines->ini->settings->len; i++) {
		const struct ini_setting *s = lines->ini->settings->pdata[i];

		if (strcmp(s->section, section) == 0 && g_strcmp0(s->key, key) == 0 &&
		    ((s->name == NULL) == (name == NULL)) &&
		    (name == NULL || g_ascii_strcasecmp(s->name, name) == 0))
			return s->line;
	}
	return 0;
}

static struct config_holder *holder_create(void)
{
	struct config_holder *holder = g_new0(struct config_holder, 1);

	g_atomic_ref_count_init(&holder->references);
	holder->arena = arena_create();
	for (const struct option *option = option_table; option->section != NULL; option++) {
		if (option->home == HOME_CONFIG && option->default_value != NULL)
			g_assert_null(value_set(option, &holder->config, option->default_value,
						holder->arena, NULL));
	}
	return holder;
}

/* The element for `name` in an array of certificates or domains, made when new. */
static void *named_element(GArray *array, const char *name, struct arena *arena)
{
	g_autofree char *lower = name != NULL ? g_ascii_strdown(name, -1) : NULL;

	/* Both structs begin with their name. */
	for (guint i = 0; i < array->len; i++) {
		void *element = array->data + i * g_array_get_element_size(array);

		if (g_strcmp0(*(const char **)element, lower) == 0)
			return element;
	}
	g_array_set_size(array, array->len + 1);
	if (lower != NULL)
		*(const char **)(array->data + (array->len - 1) * g_array_get_element_size(array)) =
			arena_copy(arena, lower, strlen(lower));
	return array->data + (array->len - 1) * g_array_get_element_size(array);
}

static const struct option *find_option(struct config_build *b, const struct ini_setting *s, void **home_out)
{
	const struct option *option = NULL;

	if (s->name == NULL) {
		option = option_find(HOME_CONFIG, s->section, s->key);
		*home_out = &b->holder->config;
	}
	if (option == NULL) {
		option = option_find(HOME_CERTIFICATE, s->section, s->key);
		if (option != NULL)
			*home_out = named_element(b->certificates, s->name, b->holder->arena);
	}
	if (option == NULL && s->name != NULL) {
		option = option_find(HOME_DOMAIN, s->section, s->key);
		if (option != NULL)
			*home_out = named_element(b->domains, s->name, b->holder->arena);
	}
	return option;
}

/* The option of this section whose key is nearest in spelling, for a hint. */
static const char *similar_key(const struct ini_setting *s)
{
	for (const struct option *option = option_table; option->section != NULL; option++) {
		if (strcmp(option->section, s->section) != 0)
			continue;
		if (strstr(option->key, s->key) != NULL || strstr(s->key, option->key) != NULL ||
		    strncmp(option->key, s->key, 4) == 0)
			return option->key;
	}
	return NULL;
}

static void complain_unknown(struct config_build *b, const struct ini_setting *s)
{
	const char *hint = similar_key(s);

	if (hint != NULL)
		config_complain(&b->report, true, s->line, "found unknown key \"%s\" in [%s]; did you mean \"%s\"?",
				s->key, s->section, hint);
	else
		config_complain(&b->report, true, s->line, "found unknown key \"%s\" in [%s]", s->key, s->section);
}

static void read_section_line(struct config_build *b, const struct ini_setting *s)
{
	bool takes_name = strcmp(s->section, "tls") == 0 || strcmp(s->section, "domain") == 0;

	if (option_section_doc(s->section) == NULL)
		config_complain(&b->report, true, s->line, "found unknown section [%s]", s->section);
	else if (s->name != NULL && !takes_name)
		config_complain(&b->report, true, s->line, "section [%s] takes no name", s->section);
	else if (s->name == NULL && strcmp(s->section, "domain") == 0)
		config_complain(&b->report, true, s->line, "found [domain], expected [domain \"NAME\"]");
}

static void read_setting(struct config_build *b, const struct ini_setting *s)
{
	void *home = NULL;
	const struct option *option;
	const char *expected;
	unsigned first;

	if (s->key == NULL) {
		read_section_line(b, s);
		return;
	}
	if (option_section_doc(s->section) == NULL || (s->name == NULL && strcmp(s->section, "domain") == 0))
		return; /* said at the section's line */
	option = find_option(b, s, &home);
	if (option == NULL) {
		complain_unknown(b, s);
		return;
	}
	first = config_line_of(&b->lines, s->section, s->name, s->key);
	if (first != s->line) {
		config_complain(&b->report, true, s->line, "found \"%s\" a second time; it stands on line %u already",
				s->key, first);
		return;
	}
	/* Where there is a default nobody asks whether there is a value. */
	if (*s->value == '\0' && option->default_value != NULL &&
	    (option->type == OPTION_STRING || option->type == OPTION_PATH)) {
		config_complain(&b->report, true, s->line, "%s: found nothing, expected a value (or no such line: %s)",
				s->key, option->default_value);
		return;
	}
	expected = value_set(option, home, s->value, b->holder->arena, b->folder);
	if (expected != NULL)
		config_complain(&b->report, true, s->line, "%s: found \"%s\", expected %s", s->key,
				option->flags & OPTION_SECRET ? "***" : s->value, expected);
}

/* The arrays as the public value shows them, the default certificate first. */
static void publish_arrays(struct config_build *b)
{
	struct config *config = &b->holder->config;
	struct arena *arena = b->holder->arena;
	struct config_certificate *certificates =
		arena_new_array(arena, struct config_certificate, b->certificates->len + 1);
	struct config_domain *domains = arena_new_array(arena, struct config_domain, b->domains->len + 1);
	size_t next = 0;

	for (int named = 0; named <= 1; named++) {
		for (guint i = 0; i < b->certificates->len; i++) {
			const struct config_certificate *c =
				&g_array_index(b->certificates, struct config_certificate, i);

			if ((c->name != NULL) == (named == 1))
				certificates[next++] = *c;
		}
	}
	if (b->domains->len > 0)
		memcpy(domains, b->domains->data, b->domains->len * sizeof(*domains));
	config->tls.certificates = certificates;
	config->tls.certificate_count = b->certificates->len;
	config->domains = domains;
	config->domain_count = b->domains->len;
}

/* What a reload keeps; NULL where it is none. */
struct config_keep {
	const struct config *running;
	char **restart;
};

static struct config_holder *build(const struct ini *ini, const char *path, GPtrArray *problems,
				   struct config_keep *keep)
{
	struct config_build b = {
		.holder = holder_create(),
		.report = { .problems = problems, .path = path },
		.lines = { .ini = ini },
		.folder = path != NULL ? g_path_get_dirname(path) : NULL,
		.certificates = g_array_new(FALSE, TRUE, sizeof(struct config_certificate)),
		.domains = g_array_new(FALSE, TRUE, sizeof(struct config_domain)),
	};

	for (guint i = 0; ini != NULL && i < ini->errors->len; i++) {
		const struct ini_error *error = ini->errors->pdata[i];

		config_complain(&b.report, true, error->line, "%s", error->text);
	}
	for (guint i = 0; ini != NULL && i < ini->settings->len; i++)
		read_setting(&b, ini->settings->pdata[i]);
	publish_arrays(&b);
	config_derive(&b.holder->config, &b.lines, b.holder->arena);
	if (ini != NULL)
		config_check(&b.holder->config, &b.lines, &b.report);
	if (keep != NULL && !b.report.failed)
		keep->restart = config_keep_running(&b.holder->config, keep->running, b.holder->arena);
	config_derive_links(&b.holder->config, b.holder->arena);
	if (ini != NULL)
		config_check_links(&b.holder->config, &b.lines, &b.report);
	g_array_unref(b.certificates);
	g_array_unref(b.domains);
	g_free(b.folder);
	if (b.report.failed) {
		const struct config *config = &b.holder->config;

		config_unref(&config);
		return NULL;
	}
	return b.holder;
}

static const struct config *read_file(const char *path, struct config_keep *keep,
				      GPtrArray **problems_out)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	struct config_holder *holder;
	struct ini *ini;
	gsize len;

	*problems_out = g_ptr_array_new_with_free_func(free_problem);
	if (!g_file_get_contents(path, &text, &len, &error)) {
		struct config_report report = { .problems = *problems_out, .path = path };

		config_complain(&report, true, 0, "cannot be read: %s", error->message);
		return NULL;
	}
	ini = ini_parse(slice_of(text, len));
	holder = build(ini, absolute, *problems_out, keep);
	ini_destroy(&ini);
	return holder != NULL ? &holder->config : NULL;
}

const struct config *config_read(const char *path, GPtrArray **problems_out)
{
	return read_file(path, NULL, problems_out);
}

const struct config *config_reload(const char *path, const struct config *running,
				   GPtrArray **problems_out, char ***restart_out)
{
	struct config_keep keep = { running, NULL };
	const struct config *config = read_file(path, &keep, problems_out);

	*restart_out = keep.restart;
	return config;
}

const struct config *config_defaults(void)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(free_problem);

	return &build(NULL, NULL, problems, NULL)->config;
}

const struct config *config_ref(const struct config *config)
{
	g_atomic_ref_count_inc(&((struct config_holder *)config)->references);
	return config;
}

void config_unref(const struct config **config)
{
	struct config_holder *holder = (struct config_holder *)*config;

	*config = NULL;
	if (holder == NULL || !g_atomic_ref_count_dec(&holder->references))
		return;
	arena_destroy(&holder->arena);
	g_free(holder);
}

struct config_domain config_links_for(const struct config *config, const char *domain)
{
	for (size_t i = 0; i < config->domain_count; i++) {
		if (g_ascii_strcasecmp(config->domains[i].name, domain) == 0)
			return config->domains[i];
	}
	return (struct config_domain){ domain, config->web.url_protocol, config->web.host, config->web.path };
}
