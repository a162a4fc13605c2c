/* How a hook's process is made: its user, its limits. */
#include "conf_parts.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define UMASK_MAX 0777

_Static_assert(RUN_NICE_MAX == 19, "the largest 'nice' is written 19 below and in hookspool.conf(5)");

static void
read_umask(struct conf_reader *r, cfg_t *section, struct hook *hook)
{
	const struct setting *setting = conf_setting(section, "umask", 0);
	size_t digits = setting != NULL ? strspn(setting->text, "01234567") : 0;

	hook->umask = 077;
	if (setting == NULL)
		return;
	if (digits == 0 || digits > 4 || setting->text[digits] != '\0' || strtoul(setting->text, NULL, 8) > UMASK_MAX)
		conf_complain(r, setting, "option 'umask' is octal from 0 to 0777, not '%s'", setting->text);
	else
		hook->umask = (unsigned)strtoul(setting->text, NULL, 8);
}

struct limits {
	uint64_t cpu_ms;
	uint64_t memory, file_size, core; /* bytes */
	uint64_t files, processes;
};

static void
add_limit(struct hook *hook, cfg_t *section, const char *name, struct run_limit limit)
{
	if (conf_setting(section, name, 0) != NULL)
		hook->limits[hook->nlimits++] = limit;
}

static void
read_limits(struct conf_reader *r, cfg_t *hook_section, struct hook *hook)
{
	static const struct conf_option options[] = {
	    {"cpu", CONF_DURATION, offsetof(struct limits, cpu_ms), NULL, "1s", "30d"},
	    {"memory", CONF_BYTES, offsetof(struct limits, memory), NULL, "1M", "65536G"},
	    {"files", CONF_NUMBER, offsetof(struct limits, files), NULL, "3", "1048576"},
	    {"processes", CONF_NUMBER, offsetof(struct limits, processes), NULL, "0", "4194304"},
	    {"file-size", CONF_BYTES, offsetof(struct limits, file_size), NULL, "0", "65536G"},
	    {"core", CONF_BYTES, offsetof(struct limits, core), NULL, "0", "65536G"},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	cfg_t *section = conf_section(hook_section, "rlimit", 0);
	struct limits l = {0};

	if (conf_sections(hook_section, "rlimit") > 1)
		conf_complain(
		    r, conf_where(conf_section(hook_section, "rlimit", 1)), "section 'rlimit' is there twice");
	conf_options(r, options, &l, section, NULL);
	add_limit(hook, section, "cpu", (struct run_limit){RLIMIT_CPU, (l.cpu_ms + 999) / 1000});
	add_limit(hook, section, "memory", (struct run_limit){RLIMIT_AS, l.memory});
	add_limit(hook, section, "files", (struct run_limit){RLIMIT_NOFILE, l.files});
	add_limit(hook, section, "processes", (struct run_limit){RLIMIT_NPROC, l.processes});
	add_limit(hook, section, "file-size", (struct run_limit){RLIMIT_FSIZE, l.file_size});
	add_limit(hook, section, "core", (struct run_limit){RLIMIT_CORE, l.core});
}

/* The ids and groups of the user that is named there. */
static void
set_user(struct conf_reader *r, const struct setting *setting, struct account *as)
{
	const char *name = setting->text;
	const struct passwd *entry = getpwnam(name);
	gid_t groups[ACCOUNT_GROUPS_MAX];
	int n = ACCOUNT_GROUPS_MAX;

	if (entry == NULL) {
		conf_complain(r, setting, "option '%s': there is no user '%s'", setting->option, name);
		return;
	}
	as->uid = entry->pw_uid;
	as->gid = entry->pw_gid;
	if (getgrouplist(name, entry->pw_gid, groups, &n) == -1) {
		conf_complain(r, setting, "option '%s': '%s' is in more than %d groups", setting->option, name,
		    ACCOUNT_GROUPS_MAX);
		return;
	}
	as->groups = conf_array(r, (size_t)n, sizeof(as->groups[0]));
	for (int i = 0; as->groups != NULL && i < n; i++)
		as->groups[as->ngroups++] = groups[i];
}

static void
read_user(struct conf_reader *r, cfg_t *section, struct hook *hook)
{
	const struct setting *user = conf_setting(section, "user", 0), *group = conf_setting(section, "group", 0);
	const struct group *entry;

	hook->as.uid = hook->as.gid = ACCOUNT_SAME;
	if (user != NULL)
		set_user(r, user, &hook->as);
	if (group == NULL)
		return;
	if (user == NULL)
		conf_complain(r, group, "option 'group' without option 'user'");
	else if ((entry = getgrnam(group->text)) == NULL)
		conf_complain(r, group, "option 'group': there is no group '%s'", group->text);
	else
		hook->as.gid = entry->gr_gid;
}

void
conf_process_read(struct conf_reader *r, cfg_t *section, struct hook *hook)
{
	static const struct conf_choice orphans[] = {{"kill", 0}, {"keep", 1}, {NULL, 0}};
	static const struct conf_option options[] = {
	    {"nice", CONF_UNSIGNED, offsetof(struct hook, nice), "0", "0", "19"},
	    {"user", CONF_TEXT, offsetof(struct hook, user), NULL, NULL, NULL},
	    {"group", CONF_TEXT, offsetof(struct hook, group), NULL, NULL, NULL},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};

	conf_options(r, options, hook, section, NULL);
	hook->keep_orphans = conf_choose(r, conf_setting(section, "orphans", 0), orphans, 0) != 0;
	read_umask(r, section, hook);
	read_limits(r, section, hook);
	read_user(r, section, hook);
}

/*
 * When the runner stays root for the sake of some hooks, the others still run as they would have without them.  A user that there is not
 * has been complained about.
 */
void
conf_users_complete(struct conf_reader *r, cfg_t *cfg, struct conf *conf)
{
	const struct setting *user = conf_setting(cfg, conf->hook_user != NULL ? "hook-user" : "user", 0);

	conf->hooks_as.uid = conf->hooks_as.gid = ACCOUNT_SAME;
	if (user != NULL && conf_has_users(conf) && getpwnam(user->text) != NULL)
		set_user(r, user, &conf->hooks_as);
}
