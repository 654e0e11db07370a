/* convokectl: finds the verb's row, checks its arguments, brings what it needs,
 * runs it.  Messages go to standard error, results to standard output. */
#include "ctl/ctl.h"

#include "base/secret.h"
#include "store/service.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static const struct ctl_verb *const tables[] = {
	ctl_config_verbs, ctl_account_verbs, ctl_mailbox_verbs, ctl_import_verbs,
	ctl_meeting_verbs, ctl_database_verbs, ctl_daemon_verbs,
};

enum ctl_status ctl_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("convokectl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CTL_FAILED;
}

enum ctl_status ctl_fail_store(enum store_result result, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return ctl_fail("%s: %s", text, store_result_name(result));
}

const char *ctl_option(const struct ctl *ctl, const char *name)
{
	return g_hash_table_lookup(ctl->options, name);
}

char *ctl_read_secret(void)
{
	char line[4096];
	char *secret;

	if (fgets(line, sizeof(line), stdin) == NULL || line[strcspn(line, "\r\n")] == '\0') {
		ctl_fail("expected the password as one line on standard input");
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	secret = g_strdup(line);
	secret_wipe(line, sizeof(line));
	return secret;
}

static void print_usage(FILE *out, const struct ctl_verb *verb)
{
	fprintf(out, "  convokectl -c FILE [--json] %s%s%s\n", verb->verb, *verb->usage != '\0' ? " " : "",
		verb->usage);
}

static void print_help(FILE *out)
{
	fputs("convokectl: the administrator's tool of convoke\n\n", out);
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++) {
		for (const struct ctl_verb *verb = tables[t]; verb->verb != NULL; verb++) {
			print_usage(out, verb);
			fprintf(out, "      %s\n", verb->doc);
		}
	}
	fputs("\nExit status: 0 done, 1 failed, 2 wrong usage.  Passwords are read from standard input.\n", out);
}

/* The row whose words stand at the start of `words`; *used_out: how many. */
static const struct ctl_verb *find_verb(char **words, int count, int *used_out)
{
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++) {
		for (const struct ctl_verb *verb = tables[t]; verb->verb != NULL; verb++) {
			g_auto(GStrv) parts = g_strsplit(verb->verb, " ", -1);
			int n = (int)g_strv_length(parts), i = 0;

			while (i < n && i < count && strcmp(parts[i], words[i]) == 0)
				i++;
			if (i == n) {
				*used_out = n;
				return verb;
			}
		}
	}
	return NULL;
}

/* Whether `options` (the row's list) has `name`; *takes_value_out. */
static bool option_known(const char *options, const char *name, bool *takes_value_out)
{
	g_auto(GStrv) list = g_strsplit(options != NULL ? options : "", " ", -1);

	for (char **item = list; *item != NULL; item++) {
		size_t len = strlen(*item);

		*takes_value_out = len > 0 && (*item)[len - 1] == '=';
		if (*takes_value_out)
			(*item)[len - 1] = '\0';
		if (len > 0 && strcmp(*item, name) == 0)
			return true;
	}
	return false;
}

/* Takes --name value and --name=value out of the words. */
static bool read_options(struct ctl *ctl, const struct ctl_verb *verb, char **words, int count)
{
	ctl->words = g_new0(char *, count + 1);
	for (int i = 0; i < count; i++) {
		g_autofree char *name = NULL;
		char *equals;
		bool takes_value;

		if (strncmp(words[i], "--", 2) != 0 || words[i][2] == '\0') {
			ctl->words[ctl->word_count++] = words[i];
			continue;
		}
		name = g_strdup(words[i] + 2);
		equals = strchr(name, '=');
		if (equals != NULL)
			*equals = '\0';
		if (!option_known(verb->options, name, &takes_value)) {
			ctl_fail("%s: unknown option --%s", verb->verb, name);
			return false;
		}
		if (takes_value && equals == NULL && i + 1 >= count) {
			ctl_fail("%s: --%s needs a value", verb->verb, name);
			return false;
		}
		g_hash_table_insert(ctl->options, g_strdup(name),
				    g_strdup(!takes_value ? "" : equals != NULL ? equals + 1 : words[++i]));
	}
	return true;
}

static bool load_config(struct ctl *ctl)
{
	g_autoptr(GPtrArray) problems = NULL;

	ctl->config = config_read(ctl->config_file, &problems);
	if (ctl->config != NULL)
		return true;
	for (guint i = 0; i < problems->len; i++) {
		const struct config_problem *problem = problems->pdata[i];

		if (problem->is_error)
			ctl_fail("%s", problem->text);
	}
	return false;
}

static enum ctl_status run_verb(struct ctl *ctl, const struct ctl_verb *verb)
{
	g_autofree char *error = NULL;
	enum ctl_status status;

	if (ctl->word_count < verb->min_words || (verb->max_words >= 0 && ctl->word_count > verb->max_words)) {
		fputs("usage:\n", stderr);
		print_usage(stderr, verb);
		return CTL_USAGE;
	}
	if (verb->needs >= CTL_NEEDS_CONFIG && !load_config(ctl))
		return CTL_FAILED;
	if (verb->needs >= CTL_NEEDS_STORE) {
		enum store_result result = store_open(ctl->config, &ctl->store, &error);

		if (result != STORE_OK)
			return ctl_fail("the database cannot be reached: %s",
					error != NULL ? error : store_result_name(result));
	}
	status = verb->run(ctl);
	store_close(&ctl->store);
	return status;
}

/* Options in front of the verb; the index of the verb's first word, or -1. */
static int read_front(struct ctl *ctl, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			ctl->config_file = argv[++i];
		} else if (strcmp(argv[i], "--json") == 0) {
			ctl->json = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help(stdout);
			exit(CTL_DONE);
		} else if (strcmp(argv[i], "--version") == 0) {
			printf("convokectl %s\n", CONVOKE_VERSION);
			exit(CTL_DONE);
		} else {
			ctl_fail("unknown option %s (see --help)", argv[i]);
			return -1;
		}
	}
	return i;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .config_file = "/etc/convoke/convoke.conf" };
	const struct ctl_verb *verb;
	enum ctl_status status = CTL_USAGE;
	int first, used = 0;

	setlocale(LC_CTYPE, "");
	ctl.options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	log_set_level(LOG_LEVEL_WARNING);
	first = read_front(&ctl, argc, argv);
	verb = first > 0 ? find_verb(argv + first, argc - first, &used) : NULL;
	if (first > 0 && first >= argc)
		print_help(stderr);
	else if (first > 0 && verb == NULL)
		ctl_fail("unknown verb \"%s\" (see --help)", argv[first]);
	else if (verb != NULL) {
		/* --json may stand behind the verb too. */
		int count = argc - first - used;
		char **words = argv + first + used;

		for (int i = 0; i < count; i++) {
			if (strcmp(words[i], "--json") == 0) {
				ctl.json = true;
				memmove(words + i, words + i + 1, (size_t)(--count - i) * sizeof(*words));
				i--;
			}
		}
		if (read_options(&ctl, verb, words, count))
			status = run_verb(&ctl, verb);
	}
	config_unref(&ctl.config);
	g_hash_table_unref(ctl.options);
	g_free(ctl.words);
	return (int)status;
}
