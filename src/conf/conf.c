/*
 * A configuration that was read: look-ups, freeing.  It is complete and in range, and is never changed again.
 */
#include "conf.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/glob.h"
#include "../lib/media.h"

static void
free_list(char **list)
{
	for (char **text = list; text != NULL && *text != NULL; text++)
		free(*text);
	free(list);
}

static void
free_hook(struct hook *hook)
{
	free(hook->title);
	free_list(hook->command);
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
	free_list(field->one_of);
	free_list(field->when);
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

bool
conf_has_users(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks; j++)
			if (conf->sources[i].hooks[j].user != NULL)
				return true;
	return false;
}
