/*
 * A source's hooks.  That the program is there is checked for every caller, as far as the caller may see it: a hook
 * that can't run is better found now than with the first webhook.
 */
#include "conf_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/glob.h"
#include "../lib/trust.h"

#define COMMAND_BYTES_MAX (32u << 10) /* all arguments; a run's message also carries the variables */

_Static_assert(RUN_DURATION_MAX_MS >= UINT64_C(24) * 3600 * 1000, "a run has room for the longest times below, 24h");
_Static_assert(RUN_OUTPUT_MAX == 16u << 10, "the largest 'output' is written 16k below and in hookspool.conf(5)");

static void
check_title(struct conf_reader *r, cfg_t *section)
{
	const char *title = section->title;

	for (const char *p = title; *p != '\0'; p++) {
		if (*p >= ' ' && *p < 0x7f && *p != '\\')
			continue;
		conf_complain(
		    r, conf_where(section), "hook '%s': a title has printable ASCII characters without '\\'", title);
		return;
	}
	if (title[0] == '\0')
		conf_complain(r, conf_where(section), "a hook has an empty title");
	else if (title[0] == ' ' || title[strlen(title) - 1] == ' ')
		conf_complain(r, conf_where(section), "hook '%s': the title begins or ends with a blank", title);
	else if (strlen(title) > CONF_TITLE_MAX)
		conf_complain(
		    r, conf_where(section), "hook '%s': the title is longer than %d bytes", title, CONF_TITLE_MAX);
	else if (!glob_valid(title))
		conf_complain(r, conf_where(section), "hook '%s': a '[' in the title is not closed", title);
}

static void
check_program(struct conf_reader *r, const struct setting *setting)
{
	const char *program = setting->text;
	char why[TRUST_TEXT_MAX];
	struct stat st;

	if (program[0] != '/') {
		conf_complain(r, setting, "option 'command': the program is an absolute path, not '%s'", program);
	} else if ((r->what & CONF_NAMES) != 0) {
		return;
	} else if (stat(program, &st) != 0) {
		if (errno != EACCES || (r->what & CONF_HOOKS) != 0)
			conf_complain(r, setting, "option 'command': '%s': %s", program, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		conf_complain(r, setting, "option 'command': '%s' is not a regular file", program);
	} else if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
		conf_complain(r, setting, "option 'command': '%s' is not executable (mode %04o); chmod 755", program,
		    (unsigned)(st.st_mode & 07777));
	} else if ((r->what & CONF_HOOKS) != 0 && faccessat(AT_FDCWD, program, X_OK, AT_EACCESS) != 0) {
		conf_complain(
		    r, setting, "option 'command': '%s' can't be run by this user: %s", program, strerror(errno));
	} else if ((r->what & CONF_HOOKS) != 0 && trust_program(program, why, sizeof(why)) != 0 && errno == EPERM) {
		conf_complain(r, setting, "option 'command': '%s' %s", program, why);
	}
}

static void
read_command(struct conf_reader *r, cfg_t *section, struct hook *hook)
{
	const struct setting *setting = conf_setting(section, "command", 0);
	size_t n = conf_settings(section, "command"), bytes = 0;

	if (setting == NULL) {
		conf_complain(r, conf_where(section), "hook '%s' has no option 'command'", section->title);
		return;
	}
	check_program(r, setting);
	hook->command = conf_list(r, section, "command");
	for (size_t i = 0; i < n; i++)
		bytes += strlen(conf_setting(section, "command", i)->text) + 1;
	if (n > RUN_ARGUMENTS_MAX)
		conf_complain(r, setting, "option 'command' has more than %d arguments", RUN_ARGUMENTS_MAX);
	else if (bytes > COMMAND_BYTES_MAX)
		conf_complain(r, setting, "option 'command' has more than %u bytes", COMMAND_BYTES_MAX);
}

static void
check_directory(struct conf_reader *r, cfg_t *section, const char *directory)
{
	const struct setting *setting = conf_setting(section, "directory", 0);
	struct stat st;

	if ((r->what & CONF_NAMES) != 0)
		return;
	if (stat(directory, &st) != 0) {
		if (errno != EACCES || (r->what & CONF_HOOKS) != 0)
			conf_complain(r, setting, "option 'directory': '%s': %s", directory, strerror(errno));
	} else if (!S_ISDIR(st.st_mode)) {
		conf_complain(r, setting, "option 'directory': '%s' is not a directory", directory);
	}
}

static void
read_retry(struct conf_reader *r, cfg_t *section, struct hook *hook)
{
	static const struct conf_option options[] = {
	    {"first", CONF_DURATION, offsetof(struct backoff, first_ms), "5s", "10ms", "24h"},
	    {"factor", CONF_UNSIGNED, offsetof(struct backoff, factor), "5", "1", "100"},
	    {"max", CONF_DURATION, offsetof(struct backoff, max_ms), "1h", "10ms", "30d"},
	    {"give-up", CONF_DURATION, offsetof(struct backoff, give_up_ms), "24h", "0s", "365d"},
	    {"attempts", CONF_UNSIGNED, offsetof(struct backoff, attempts), "0", "0", "1000000"},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	cfg_t *retry = conf_section(section, "retry", 0);

	if (conf_sections(section, "retry") > 1)
		conf_complain(r, conf_where(conf_section(section, "retry", 1)), "section 'retry' is there twice");
	conf_options(r, options, &hook->backoff, retry, NULL);
	if (hook->backoff.first_ms > hook->backoff.max_ms)
		conf_complain(r, conf_where(retry), "option 'first' of 'retry' is more than option 'max'");
}

static void
read_hook(struct conf_reader *r, cfg_t *section, struct hook *hook)
{
	static const struct conf_option options[] = {
	    {"directory", CONF_PATH, offsetof(struct hook, directory), NULL, NULL, NULL},
	    {"timeout", CONF_DURATION, offsetof(struct hook, timeout_ms), "30s", "100ms", "24h"},
	    {"grace", CONF_DURATION, offsetof(struct hook, grace_ms), "5s", "0s", "10m"},
	    {"max-running", CONF_UNSIGNED, offsetof(struct hook, max_running), "0", "0", CONF_RUNNING_MAX},
	    {"suspend-after", CONF_UNSIGNED, offsetof(struct hook, suspend_after), "10", "0", "1000000"},
	    {"all", CONF_BOOL, offsetof(struct hook, all), "false", NULL, NULL},
	    {"output", CONF_SIZE, offsetof(struct hook, output_max), "4k", "0", "16k"},
	    {"idle-timeout", CONF_DURATION, offsetof(struct hook, idle_ms), "1m", "100ms", "24h"},
	    {"log-output", CONF_BOOL, offsetof(struct hook, log_output), "false", NULL, NULL},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};

	static const struct conf_choice modes[] = {{"process", 0}, {"worker", 1}, {NULL, 0}};

	hook->title = conf_copy(r, section->title);
	check_title(r, section);
	read_command(r, section, hook);
	conf_options(r, options, hook, section, NULL);
	if (hook->directory != NULL)
		check_directory(r, section, hook->directory);
	hook->worker = conf_choose(r, conf_setting(section, "mode", 0), modes, 0) != 0;
	if (!hook->worker && conf_setting(section, "idle-timeout", 0) != NULL)
		conf_complain(
		    r, conf_setting(section, "idle-timeout", 0), "option 'idle-timeout' without mode = \"worker\"");
	conf_process_read(r, section, hook);
	read_retry(r, section, hook);
}

void
conf_hooks_read(struct conf_reader *r, cfg_t *own, struct source *source)
{
	size_t n = conf_sections(own, "hook");

	if (n > CONF_HOOKS_MAX) {
		conf_complain(r, conf_where(conf_section(own, "hook", CONF_HOOKS_MAX)),
		    "source '%s' has more than %d hooks", source->name, CONF_HOOKS_MAX);
		return;
	}
	source->hooks = n == 0 ? NULL : conf_array(r, n, sizeof(source->hooks[0]));
	for (size_t i = 0; source->hooks != NULL && i < n; i++)
		read_hook(r, conf_section(own, "hook", i), &source->hooks[source->nhooks++]);
}
