/*
 * The configuration as the programs use it: units, look-ups, the end of it.  Reading: conf_read.c, conf_source.c.
 */
#include "conf.h"

#include <fnmatch.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "conf_private.h"
#include "paths.h"

const char *
conf_file(const char *argument)
{
	const char *environment = getenv("HOOKSPOOL_CONF");

	if (argument != NULL)
		return argument;
	return environment != NULL && *environment != '\0' ? environment : HOOKSPOOL_SYSCONFDIR "/hookspool/hookspool.conf";
}

/* Digits into *VALUE; returns what follows them, or NULL: none, or too many. */
static const char *
digits(const char *text, uint64_t *value)
{
	const char *p = text;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return NULL;
	return p > text ? p : NULL;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static int
parse_with_units(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t value;
	const char *rest = digits(text, &value);

	for (; rest != NULL && units->name != NULL; units++)
		if (strcmp(rest, units->name) == 0)
			return __builtin_mul_overflow(value, units->factor, out) ? -1 : 0;
	return -1;
}

int
conf_parse_duration(const char *text, uint64_t *ms)
{
	static const struct unit units[] = {
	    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

	return parse_with_units(text, units, ms);
}

int
conf_parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {{"", 1}, {"k", 1u << 10}, {"K", 1u << 10}, {"m", 1u << 20}, {"M", 1u << 20},
	    {"g", 1u << 30}, {"G", 1u << 30}, {NULL, 0}};

	return parse_with_units(text, units, bytes);
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

const struct hook *
conf_hook(const struct source *source, const char *title)
{
	for (size_t i = 0; i < source->nhooks; i++)
		if (strcmp(source->hooks[i].title, title) == 0)
			return &source->hooks[i];
	return NULL;
}

/* How specific a glob is: characters before its first wildcard; one without any is beyond all others. */
static size_t
rank(const char *glob)
{
	size_t literal = strcspn(glob, "*?[\\");

	return glob[literal] == '\0' ? CONF_TITLE_MAX + literal : literal;
}

const struct hook *
conf_hook_for(const struct source *source, const char *event)
{
	const struct hook *best = NULL;

	for (size_t i = 0; i < source->nhooks; i++) {
		const struct hook *hook = &source->hooks[i];

		if (fnmatch(hook->title, event, 0) == 0 && (best == NULL || rank(hook->title) > rank(best->title)))
			best = hook;
	}
	return best;
}

static void
free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

static void
signature_free(struct signature_rule *rule)
{
	selector_free(rule->from);
	free(rule->split);
	free(rule->item);
	for (size_t i = 0; i < rule->nparts; i++)
		free(rule->parts[i].text);
	free(rule->parts);
}

static void
hook_free(struct hook *hook)
{
	free(hook->title);
	free_list(hook->command);
	free(hook->directory);
}

void
source_free(struct source *source)
{
	free(source->name);
	free(source->path);
	free(source->url);
	signature_free(&source->signature);
	for (size_t i = 0; i < source->nsecrets; i++) {
		if (source->secrets[i].bytes != NULL)
			OPENSSL_cleanse(source->secrets[i].bytes, source->secrets[i].len);
		free(source->secrets[i].bytes);
		free(source->secrets[i].file);
	}
	free(source->secrets);
	selector_free(source->event);
	for (size_t i = 0; i < source->nids; i++)
		selector_free(source->ids[i]);
	selector_free(source->lane);
	for (size_t i = 0; i < source->nfields; i++) {
		selector_free(source->fields[i].selector);
		free_list(source->fields[i].one_of);
		free_list(source->fields[i].when);
	}
	free(source->fields);
	for (size_t i = 0; i < source->nenv; i++) {
		free(source->env[i].name);
		selector_free(source->env[i].selector);
	}
	free(source->env);
	for (size_t i = 0; i < source->nhooks; i++)
		hook_free(&source->hooks[i]);
	free(source->hooks);
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->nsources; i++)
		source_free(&conf->sources[i]);
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
	free(conf);
}
