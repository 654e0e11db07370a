/* check-config and config show: the settings as the daemon would read them. */
#include "ctl/ctl.h"

#include <stdio.h>

static enum ctl_status check_config(struct ctl *ctl)
{
	g_autoptr(GPtrArray) problems = NULL;
	const struct config *config = config_read(ctl->config_file, &problems);
	enum ctl_status status = config == NULL ? CTL_FAILED : CTL_DONE;

	if (ctl->json) {
		static const char *const columns[] = { "kind", "text", NULL };
		struct ctl_table *table = ctl_table_create(ctl, columns);

		for (guint i = 0; i < problems->len; i++) {
			const struct config_problem *problem = problems->pdata[i];

			ctl_table_row(table, problem->is_error ? "error" : "warning", problem->text, NULL);
		}
		ctl_table_print(&table);
	}
	for (guint i = 0; i < problems->len; i++) {
		const struct config_problem *problem = problems->pdata[i];

		if (!ctl->json)
			fprintf(stderr, "%s%s\n", problem->is_error ? "" : "warning: ", problem->text);
		if (!problem->is_error && status == CTL_DONE)
			status = CTL_WARNINGS;
	}
	if (status == CTL_DONE && !ctl->json)
		printf("%s: no errors\n", ctl->config_file);
	config_unref(&config);
	return status;
}

static enum ctl_status config_show(struct ctl *ctl)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) problems = NULL;
	const struct config *config;

	if (ctl_option(ctl, "defaults") != NULL) {
		config = config_defaults();
	} else {
		config = config_read(ctl->config_file, &problems);
		if (config == NULL)
			return ctl_fail("%s has errors; convokectl check-config tells them", ctl->config_file);
	}
	config_print(config, out);
	fputs(out->str, stdout);
	config_unref(&config);
	return CTL_DONE;
}

static enum ctl_status config_sample(struct ctl *ctl)
{
	g_autoptr(GString) out = g_string_new(NULL);

	(void)ctl;
	config_print_sample(out);
	fputs(out->str, stdout);
	return CTL_DONE;
}

static enum ctl_status config_manual(struct ctl *ctl)
{
	g_autoptr(GString) out = g_string_new(NULL);

	(void)ctl;
	config_print_manual(out);
	fputs(out->str, stdout);
	return CTL_DONE;
}

const struct ctl_verb ctl_config_verbs[] = {
	{ "check-config", "", 0, 0, NULL, CTL_NEEDS_NOTHING, check_config,
	  "Reads the settings as the daemon would; says every error and warning with file and line. "
	  "Exit status 1 with errors, 3 with warnings only." },
	{ "config show", "[--defaults]", 0, 0, "defaults", CTL_NEEDS_NOTHING, config_show,
	  "Prints the settings in force." },
	{ "config sample", "", 0, 0, NULL, CTL_NEEDS_NOTHING, config_sample,
	  "Prints a commented settings file with every setting and its default." },
	{ "config manual", "", 0, 0, NULL, CTL_NEEDS_NOTHING, config_manual,
	  "Prints the settings part of convoke.conf(5)." },
	{ NULL, NULL, 0, 0, NULL, CTL_NEEDS_NOTHING, NULL, NULL },
};
