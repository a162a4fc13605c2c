/* Reading a configuration: the global options, then the sources, all complaints at once. */
#include "conf.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "conf_parts.h"
#include "paths.h"

static const struct conf_option options[] = {
    {"spool", CONF_PATH, offsetof(struct conf, spool), HOOKSPOOL_SPOOLDIR, NULL, NULL},
    {"socket", CONF_PATH, offsetof(struct conf, socket), HOOKSPOOL_RUNDIR "/submit.sock", NULL, NULL},
    {"control-socket", CONF_PATH, offsetof(struct conf, control_socket), HOOKSPOOL_RUNDIR "/control.sock", NULL, NULL},
    {"autostart", CONF_BOOL, offsetof(struct conf, autostart), "true", NULL, NULL},
    {"spooler", CONF_PATH, offsetof(struct conf, spooler), HOOKSPOOL_SPOOLER, NULL, NULL},
    {"log", CONF_TEXT, offsetof(struct conf, log), "stderr", NULL, NULL},
    {"user", CONF_TEXT, offsetof(struct conf, user), NULL, NULL, NULL},
    {"hook-user", CONF_TEXT, offsetof(struct conf, hook_user), NULL, NULL, NULL},
    {"submit-group", CONF_TEXT, offsetof(struct conf, submit_group), NULL, NULL, NULL},
    {"sandbox", CONF_BOOL, offsetof(struct conf, sandbox), "true", NULL, NULL},
    {"threads", CONF_UNSIGNED, offsetof(struct conf, threads), "4", "1", "64"},
    {"deadline", CONF_DURATION, offsetof(struct conf, deadline_ms), "4s", "100ms", "60s"},
    {"health-path", CONF_PATH, offsetof(struct conf, health_path), NULL, NULL, NULL},
    {"read-deadline", CONF_DURATION, offsetof(struct conf, read_deadline_ms), "30s", "1s", "10m"},
    {"max-running", CONF_UNSIGNED, offsetof(struct conf, max_running), "16", "1", CONF_RUNNING_MAX},
    {"shutdown-grace", CONF_DURATION, offsetof(struct conf, shutdown_grace_ms), "10s", "0s", "10m"},
    {"max-queued", CONF_NUMBER, offsetof(struct conf, max_queued), "1000000", "1", "1000000000"},
    {"min-free", CONF_BYTES, offsetof(struct conf, min_free), "64M", "0", "65536G"},
    {"keep", CONF_DURATION, offsetof(struct conf, keep_ms), "30d", "1s", "3650d"},
    {"dedup", CONF_DURATION, offsetof(struct conf, dedup_ms), "30d", "1s", "3650d"},
    {"max-rejected", CONF_UNSIGNED, offsetof(struct conf, max_rejected), "1000", "0", "1000000"},
    {"cache", CONF_BYTES, offsetof(struct conf, cache), "16M", "1M", "1G"}, {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};

static const struct conf_option presets[] = {
    {"presets", CONF_PATH, offsetof(struct conf_reader, presets), HOOKSPOOL_PRESETDIR, NULL, NULL},
    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};

const char *
conf_file(const char *argument)
{
	const char *variable = getenv("HOOKSPOOL_CONF");

	if (argument != NULL)
		return argument;
	return variable != NULL && variable[0] != '\0' ? variable : HOOKSPOOL_SYSCONFDIR "/hookspool/hookspool.conf";
}

static void
check_socket(struct conf_reader *r, cfg_t *cfg, const char *name, const char *path)
{
	struct sockaddr_un address;

	if (path != NULL && strlen(path) >= sizeof(address.sun_path))
		conf_complain(r, conf_setting(cfg, name, 0),
		    "option '%s': the path of a socket has at most %zu bytes, this one %zu", name,
		    sizeof(address.sun_path) - 1, strlen(path));
}

static void
check_user(struct conf_reader *r, cfg_t *cfg, const char *name, const char *user)
{
	if (user != NULL && getpwnam(user) == NULL)
		conf_complain(r, conf_setting(cfg, name, 0), "option '%s': there is no user '%s'", name, user);
}

static void
read_page_journal(struct conf_reader *r, cfg_t *cfg, struct conf *conf)
{
	static const struct conf_choice choices[] = {
	    {"auto", PAGE_JOURNAL_AUTO}, {"on", PAGE_JOURNAL_ON}, {"off", PAGE_JOURNAL_OFF}, {NULL, 0}};

	conf->page_journal =
	    (enum page_journal)conf_choose(r, conf_setting(cfg, "page-journal", 0), choices, PAGE_JOURNAL_AUTO);
}

static void
check_global(struct conf_reader *r, cfg_t *cfg, const struct conf *conf)
{
	const struct setting *dedup = conf_setting(cfg, "dedup", 0), *control = conf_setting(cfg, "control-socket", 0);

	check_socket(r, cfg, "socket", conf->socket);
	check_socket(r, cfg, "control-socket", conf->control_socket);
	if (conf->socket != NULL && conf->control_socket != NULL && strcmp(conf->socket, conf->control_socket) == 0)
		conf_complain(r, control != NULL ? control : conf_setting(cfg, "socket", 0),
		    "options 'socket' and 'control-socket' are the same path");
	if (conf->log != NULL && strcmp(conf->log, "stderr") != 0 && strcmp(conf->log, "syslog") != 0 &&
	    conf->log[0] != '/')
		conf_complain(r, conf_setting(cfg, "log", 0),
		    "option 'log' is stderr, syslog or an absolute path, not '%s'", conf->log);
	check_user(r, cfg, "user", conf->user);
	check_user(r, cfg, "hook-user", conf->hook_user);
	if (conf->submit_group != NULL && getgrnam(conf->submit_group) == NULL)
		conf_complain(r, conf_setting(cfg, "submit-group", 0), "option 'submit-group': there is no group '%s'",
		    conf->submit_group);
	if (conf->keep_ms != 0 && conf->dedup_ms != 0 && conf->dedup_ms < conf->keep_ms)
		conf_complain(r, dedup != NULL ? dedup : conf_setting(cfg, "keep", 0),
		    "option 'dedup' (%s) is shorter than option 'keep': ids are kept at least as long as events",
		    dedup != NULL ? dedup->text : "30d by default");
}

/* Whom to believe about the sender's address, and in which header. */
static void
read_proxies(struct conf_reader *r, cfg_t *cfg, struct conf *conf)
{
	const struct setting *setting = conf_setting(cfg, "proxy-header", 0), usual = {.option = "proxy-header"};
	char text[SELECTOR_TEXT_MAX] = "header:X-Forwarded-For";
	struct selector *selector;

	conf->trusted_proxies = conf_networks(r, cfg, "trusted-proxies", &conf->ntrusted_proxies);
	if (setting != NULL)
		snprintf(text, sizeof(text), "header:%s", setting->text);
	selector = conf_selector(r, setting != NULL ? setting : &usual, text, 1u << SELECTOR_HEADER);
	if (selector != NULL)
		conf->proxy_header = conf_copy(r, selector->name);
	selector_free(selector);
	if (setting != NULL && conf->ntrusted_proxies == 0)
		conf_complain(r, setting, "option 'proxy-header' without option 'trusted-proxies'");
}

static void
check_path(struct conf_reader *r, cfg_t *section, const struct conf *conf, const struct source *source)
{
	if (source->path != NULL && conf->health_path != NULL && strcmp(source->path, conf->health_path) == 0)
		conf_complain(r, conf_setting(section, "path", 0), "option 'path': '%s' is option 'health-path', too",
		    source->path);
	for (const struct source *other = conf->sources; other < source; other++)
		if (source->path != NULL && other->path != NULL && strcmp(other->path, source->path) == 0)
			conf_complain(r, conf_setting(section, "path", 0),
			    "option 'path': '%s' is the path of source '%s' too", source->path, other->name);
}

static void
read_sources(struct conf_reader *r, cfg_t *cfg, struct conf *conf)
{
	size_t n = conf_sections(cfg, "source");

	conf->sources = n == 0 ? NULL : conf_array(r, n, sizeof(conf->sources[0]));
	for (size_t i = 0; conf->sources != NULL && i < n; i++) {
		cfg_t *section = conf_section(cfg, "source", i);
		struct source *source = &conf->sources[conf->nsources++];

		conf_source_read(r, section, source);
		check_path(r, section, conf, source);
	}
}

struct conf *
conf_read(const char *file, unsigned what, FILE *errors)
{
	return conf_read_stamped(file, what, errors, NULL);
}

struct conf *
conf_read_stamped(const char *file, unsigned what, FILE *errors, struct conf_stamps *stamps)
{
	struct conf_reader r = {.errors = errors, .what = what, .stamps = stamps};
	struct conf *conf = conf_array(&r, 1, sizeof(*conf));
	cfg_t *cfg = NULL;

	if (stamps != NULL)
		conf_stamps_clear(stamps);
	if (conf == NULL)
		return NULL;
	conf->file = conf_copy(&r, file);
	cfg = conf_parse(&r, CONF_MAIN, file, NULL);
	if (cfg != NULL) {
		conf_options(&r, options, conf, cfg, NULL);
		conf_options(&r, presets, &r, cfg, NULL);
		read_page_journal(&r, cfg, conf);
		check_global(&r, cfg, conf);
		read_proxies(&r, cfg, conf);
		if (r.presets != NULL)
			read_sources(&r, cfg, conf);
		conf_users_complete(&r, cfg, conf);
		cfg_free(cfg);
	}
	free(r.presets);
	if (r.complaints == 0)
		return conf;
	conf_free(conf);
	return NULL;
}
