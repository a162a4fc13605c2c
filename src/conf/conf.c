/*
 * The configuration as a whole: global options, the sources, look-ups.  Reading fails with complaints that name file,
 * line and option; a configuration that was read is complete and in range, and is never changed again.
 */
#include "conf.h"

#include <grp.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "../lib/glob.h"
#include "../lib/log.h"
#include "../lib/media.h"
#include "conf_reader.h"
#include "conf_stamp.h"
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
    {"max-running", CONF_UNSIGNED, offsetof(struct conf, max_running), "16", "1", "1024"},
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

void
conf_complain(struct conf_reader *r, const struct setting *where, const char *format, ...)
{
	char text[LOG_LINE_MAX], visible[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_visible(visible, sizeof(visible), text, strlen(text));
	r->complaints++;
	if (where != NULL && where->file != NULL && where->line != 0)
		fprintf(r->errors, "%s:%u: %s\n", where->file, where->line, visible);
	else if (where != NULL && where->file != NULL)
		fprintf(r->errors, "%s: %s\n", where->file, visible);
	else
		fprintf(r->errors, "hookspool: %s\n", visible);
}

char *
conf_copy(struct conf_reader *r, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		conf_complain(r, NULL, "out of memory");
	return copy;
}

void *
conf_array(struct conf_reader *r, size_t n, size_t size)
{
	void *array = calloc(n, size);

	if (array == NULL)
		conf_complain(r, NULL, "out of memory");
	return array;
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
	const struct setting *setting = conf_setting(cfg, "proxy-header", 0);
	char text[SELECTOR_TEXT_MAX] = "header:X-Forwarded-For";
	struct selector *selector;

	conf->trusted_proxies = conf_networks(r, cfg, "trusted-proxies", &conf->ntrusted_proxies);
	if (setting != NULL)
		snprintf(text, sizeof(text), "header:%s", setting->text);
	selector = conf_selector(r, "proxy-header", setting, text, 1u << SELECTOR_HEADER);
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

void
conf_stamp(struct conf_reader *r, const char *file)
{
	if (r->stamps != NULL)
		conf_stamps_add(r->stamps, file);
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
		check_global(&r, cfg, conf);
		read_proxies(&r, cfg, conf);
		if (r.presets != NULL)
			read_sources(&r, cfg, conf);
		cfg_free(cfg);
	}
	free(r.presets);
	conf_users_complete(&r, conf);
	if (r.complaints == 0)
		return conf;
	conf_free(conf);
	return NULL;
}

static void
free_hook(struct hook *hook)
{
	free(hook->title);
	conf_list_free(hook->command);
	free(hook->directory);
	free(hook->user);
	free(hook->group);
	free(hook->as.groups);
}

static void
free_signature(struct signature_rule *rule)
{
	selector_free(rule->from);
	selector_free(rule->timestamp);
	free(rule->timestamp_item);
	free(rule->split);
	free(rule->item);
	free(rule->key_prefix);
	for (size_t i = 0; i < rule->nkeys; i++) {
		OPENSSL_cleanse(rule->keys[i].bytes, rule->keys[i].len);
		free(rule->keys[i].bytes);
	}
	for (size_t i = 0; i < rule->nparts; i++)
		free(rule->parts[i].text);
	free(rule->parts);
}

static void
free_secret(struct secret *secret)
{
	free(secret->file);
	if (secret->bytes != NULL)
		OPENSSL_cleanse(secret->bytes, secret->len);
	free(secret->bytes);
}

static void
free_handshake(struct handshake *handshake)
{
	for (size_t i = 0; i < handshake->nwhen; i++) {
		selector_free(handshake->when[i].selector);
		free(handshake->when[i].glob);
	}
	free(handshake->when);
	for (size_t i = 0; i < handshake->nparts; i++) {
		selector_free(handshake->parts[i].selector);
		free(handshake->parts[i].text);
	}
	free(handshake->parts);
	selector_free(handshake->token);
	free(handshake->name);
}

static void
free_field(struct field *field)
{
	selector_free(field->selector);
	conf_list_free(field->one_of);
	conf_list_free(field->when);
	free(field->pattern);
	free(field->min);
	free(field->max);
}

static void
free_source(struct source *source)
{
	free(source->name);
	free(source->path);
	free(source->url);
	for (size_t i = 0; i < source->nsignatures; i++)
		free_signature(&source->signatures[i]);
	free(source->signatures);
	for (size_t i = 0; i < source->nsecrets; i++)
		free_secret(&source->secrets[i]);
	free(source->secrets);
	for (size_t i = 0; i < source->ntokens; i++)
		free_secret(&source->tokens[i]);
	free(source->tokens);
	free(source->allow);
	free(source->payload_field);
	free(source->plan);
	for (size_t i = 0; i < source->nhandshakes; i++)
		free_handshake(&source->handshakes[i]);
	free(source->handshakes);
	selector_free(source->event);
	for (size_t i = 0; i < source->nids; i++)
		selector_free(source->ids[i]);
	selector_free(source->lane);
	for (size_t i = 0; i < source->nfields; i++)
		free_field(&source->fields[i]);
	free(source->fields);
	for (size_t i = 0; i < source->nenv; i++) {
		free(source->env[i].name);
		selector_free(source->env[i].selector);
	}
	free(source->env);
	for (size_t i = 0; i < source->nhooks; i++)
		free_hook(&source->hooks[i]);
	free(source->hooks);
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->nsources; i++)
		free_source(&conf->sources[i]);
	free(conf->sources);
	free(conf->file);
	free(conf->spool);
	free(conf->socket);
	free(conf->control_socket);
	free(conf->spooler);
	free(conf->log);
	free(conf->user);
	free(conf->hook_user);
	free(conf->submit_group);
	free(conf->health_path);
	free(conf->trusted_proxies);
	free(conf->proxy_header);
	free(conf->hooks_as.groups);
	free(conf);
}

const struct source *
conf_source(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->nsources; i++)
		if (strcmp(conf->sources[i].name, name) == 0)
			return &conf->sources[i];
	return NULL;
}

const struct source *
conf_source_at(const struct conf *conf, const char *path)
{
	for (size_t i = 0; i < conf->nsources; i++)
		if (strcmp(conf->sources[i].path, path) == 0)
			return &conf->sources[i];
	return NULL;
}

bool
conf_takes(const struct source *source, const char *type, size_t len)
{
	return (source->payload != PAYLOAD_FORM && media_is_json(type, len)) ||
	    (source->payload != PAYLOAD_JSON && media_is_form(type, len));
}

const struct hook *
conf_hook_for(const struct source *source, const char *event)
{
	const struct hook *best = NULL;

	for (size_t i = 0; i < source->nhooks; i++) {
		const struct hook *hook = &source->hooks[i];

		if (!hook->all && glob_match(hook->title, event) &&
		    (best == NULL || glob_rank(hook->title) > glob_rank(best->title)))
			best = hook;
	}
	return best;
}

const struct hook *
conf_hook(const struct source *source, const char *title)
{
	for (size_t i = 0; i < source->nhooks; i++)
		if (strcmp(source->hooks[i].title, title) == 0)
			return &source->hooks[i];
	return NULL;
}
