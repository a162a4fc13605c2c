/* A source: its own options over those of its preset. */
#include "conf_parts.h"

#include <limits.h>
#include <string.h>

#include "../lib/json.h"
#include "../lib/log_limit.h"
#include "../protocol/event.h"

#define ANY_SELECTOR (~0u)
#define PATH_BYTES_MAX 255
#define URL_BYTES_MAX 1024

_Static_assert(EVENT_BODY_MAX == 64u << 20, "the largest 'max-body' is written 64M below and in hookspool.conf(5)");
_Static_assert(CONF_NAME_MAX <= EVENT_SOURCE_MAX && CONF_IDS_MAX <= EVENT_ID_PARTS_MAX && CONF_ENV_MAX <= EVENT_ENV_MAX,
    "a source's events have room for its name, its ids and its variables");
_Static_assert(CONF_NAME_MAX < LOG_LIMIT_TEXT_SIZE, "the log's limit tells all names of sources apart");
_Static_assert(JSON_DEPTH_MAX == 512, "the largest 'max-depth' is written 512 below and in hookspool.conf(5)");

static const struct conf_option options[] = {{"path", CONF_PATH, offsetof(struct source, path), NULL, NULL, NULL},
    {"url", CONF_TEXT, offsetof(struct source, url), NULL, NULL, NULL},
    {"require-https", CONF_BOOL, offsetof(struct source, require_https), "true", NULL, NULL},
    {"unsigned", CONF_BOOL, offsetof(struct source, unsigned_allowed), "false", NULL, NULL},
    {"max-body", CONF_SIZE, offsetof(struct source, max_body), "1M", "1", "64M"},
    {"replay-guard", CONF_BOOL, offsetof(struct source, replay_guard), "false", NULL, NULL},
    {"max-depth", CONF_UNSIGNED, offsetof(struct source, max_depth), "64", "1", "512"},
    {"max-running", CONF_UNSIGNED, offsetof(struct source, max_running), "0", "0", CONF_RUNNING_MAX},
    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};

/* Printable ASCII without blanks and without any of WITHOUT. */
static bool
is_plain(const char *text, const char *without)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f || strchr(without, *text) != NULL)
			return false;
	return true;
}

static void
check_name(struct conf_reader *r, cfg_t *own)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t len = strlen(own->title);

	if (len == 0 || len > CONF_NAME_MAX || own->title[strspn(own->title, known)] != '\0')
		conf_complain(r, conf_where(own), "source '%s': a name has 1 to %d letters, digits, '-', '_' or '.'",
		    own->title, CONF_NAME_MAX);
}

static void
check_place(struct conf_reader *r, cfg_t *own, const struct source *source)
{
	if (conf_setting(own, "path", 0) == NULL)
		conf_complain(r, conf_where(own), "source '%s' has no option 'path'", source->name);
	else if (source->path != NULL && (!is_plain(source->path, "?#%") || strlen(source->path) > PATH_BYTES_MAX))
		conf_complain(r, conf_setting(own, "path", 0),
		    "option 'path' has at most %d printable characters without blanks, '?', '#' and '%%'",
		    PATH_BYTES_MAX);
	if (source->url != NULL &&
	    ((strncmp(source->url, "https://", 8) != 0 && strncmp(source->url, "http://", 7) != 0) ||
		!is_plain(source->url, "#") || strlen(source->url) > URL_BYTES_MAX))
		conf_complain(r, conf_setting(own, "url", 0),
		    "option 'url' is a whole https:// or http:// URL, not '%s'", source->url);
}

/* The parsed preset, or NULL: there is none, or a complaint was made. */
static cfg_t *
read_preset(struct conf_reader *r, cfg_t *own)
{
	const struct setting *setting = conf_setting(own, "preset", 0);
	char path[PATH_MAX];
	size_t name;

	if (setting == NULL)
		return NULL;
	if (setting->text[0] == '/')
		return conf_parse(r, CONF_PRESET, setting->text, setting);
	name = strspn(setting->text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (name == 0 || setting->text[name] != '\0') {
		conf_complain(r, setting,
		    "option 'preset' is a name of a-z, 0-9 and '-', or an absolute path, not '%s'", setting->text);
		return NULL;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/%s.conf", r->presets, setting->text) >= sizeof(path)) {
		conf_complain(r, setting, "option 'preset': the path of '%s' is too long", setting->text);
		return NULL;
	}
	return conf_parse(r, CONF_PRESET, path, setting);
}

static void
read_ids(struct conf_reader *r, cfg_t *section, struct source *source)
{
	size_t n = conf_settings(section, "id");

	if (n > CONF_IDS_MAX) {
		conf_complain(r, conf_setting(section, "id", CONF_IDS_MAX), "option 'id' has more than %d selectors",
		    CONF_IDS_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct setting *setting = conf_setting(section, "id", i);

		source->ids[source->nids] = conf_selector(r, setting, setting->text, ANY_SELECTOR);
		if (source->ids[source->nids] != NULL)
			source->nids++;
	}
}

static struct selector *
read_one(struct conf_reader *r, cfg_t *section, const char *name)
{
	const struct setting *setting = conf_setting(section, name, 0);

	return setting == NULL ? NULL : conf_selector(r, setting, setting->text, ANY_SELECTOR);
}

/* A source can switch off the order that its preset asks for. */
static bool
is_none(cfg_t *section)
{
	const struct setting *setting = conf_setting(section, "lane", 0);

	return setting != NULL && strcmp(setting->text, "none") == 0;
}

static void
read_selectors(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	/* A preset that couldn't be read has been complained about; what it would have said isn't missing. */
	bool complete = conf_setting(own, "preset", 0) == NULL || preset != NULL;
	cfg_t *event = conf_layer(own, preset, "event"), *id = conf_layer(own, preset, "id"),
	      *lane = conf_layer(own, preset, "lane");

	if (complete && conf_settings(event, "event") == 0)
		conf_complain(r, conf_where(own),
		    "source '%s' has no option 'event': add a preset or event = \"body:/…\"", source->name);
	if (complete && conf_settings(id, "id") == 0)
		conf_complain(r, conf_where(own),
		    "source '%s' has no option 'id': add a preset or id = { \"body:/…\" }", source->name);
	source->event = read_one(r, event, "event");
	read_ids(r, id, source);
	if (!is_none(lane))
		source->lane = read_one(r, lane, "lane");
}

/* "json", "form", or "form:name". */
static void
read_payload(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	const struct setting *setting = conf_setting(conf_layer(own, preset, "payload"), "payload", 0);
	struct selector *selector;

	if (setting == NULL || strcmp(setting->text, "json") == 0)
		return;
	source->payload = PAYLOAD_FORM;
	if (strcmp(setting->text, "form") == 0)
		return;
	if (strncmp(setting->text, "form:", 5) != 0) {
		conf_complain(r, setting, "option 'payload' is json, form or form:name, not '%s'", setting->text);
		return;
	}
	source->payload = PAYLOAD_FORM_FIELD;
	selector = conf_selector(r, setting, setting->text, 1u << SELECTOR_FORM);
	if (selector != NULL)
		source->payload_field = conf_copy(r, selector->name);
	selector_free(selector);
}

/* All values of the body are found in one scan, which has room for so many. */
static void
plan(struct conf_reader *r, cfg_t *own, struct source *source, struct selector *selector)
{
	if (selector == NULL)
		return;
	if (selector->kind == SELECTOR_FORM && source->payload == PAYLOAD_JSON)
		conf_complain(
		    r, conf_where(own), "source '%s': '%s' needs option 'payload'", source->name, selector->text);
	if (selector->kind != SELECTOR_BODY)
		return;
	if (source->payload == PAYLOAD_FORM)
		conf_complain(r, conf_where(own), "source '%s': '%s': its payload is a form without JSON", source->name,
		    selector->text);
	selector->place = source->nplan;
	if (source->nplan < JSON_PLAN_MAX)
		source->plan[source->nplan] = selector;
	source->nplan++;
}

static void
make_plan(struct conf_reader *r, cfg_t *own, struct source *source)
{
	source->plan = conf_array(r, JSON_PLAN_MAX, sizeof(source->plan[0]));
	if (source->plan == NULL)
		return;
	plan(r, own, source, source->event);
	plan(r, own, source, source->lane);
	for (size_t i = 0; i < source->nids; i++)
		plan(r, own, source, source->ids[i]);
	for (size_t i = 0; i < source->nfields; i++)
		plan(r, own, source, source->fields[i].selector);
	for (size_t i = 0; i < source->nenv; i++)
		plan(r, own, source, source->env[i].selector);
	for (size_t i = 0; i < source->nhandshakes; i++) {
		struct handshake *h = &source->handshakes[i];

		plan(r, own, source, h->token);
		for (size_t j = 0; j < h->nwhen; j++)
			plan(r, own, source, h->when[j].selector);
		for (size_t j = 0; j < h->nparts; j++)
			plan(r, own, source, h->parts[j].selector);
	}
	if (source->nplan > JSON_PLAN_MAX)
		conf_complain(r, conf_where(own), "source '%s' selects %zu values of the body; %d is the most",
		    source->name, source->nplan, JSON_PLAN_MAX);
}

static void
refuse_secrets(struct conf_reader *r, cfg_t *own, cfg_t *preset, const struct source *source)
{
	const struct selector *const one[] = {source->event, source->lane};
	const char *const names[] = {"event", "lane"};

	for (size_t i = 0; i < 2; i++)
		conf_refuse_secret(r, source, conf_setting(conf_layer(own, preset, names[i]), names[i], 0), one[i]);
	for (size_t i = 0; i < source->nids; i++)
		conf_refuse_secret(r, source, conf_setting(conf_layer(own, preset, "id"), "id", i), source->ids[i]);
}

void
conf_source_read(struct conf_reader *r, cfg_t *own, struct source *source)
{
	cfg_t *preset = read_preset(r, own);

	source->name = conf_copy(r, own->title);
	source->line = conf_where(own)->line;
	if (source->name == NULL)
		goto out;
	check_name(r, own);
	conf_options(r, options, source, own, preset);
	check_place(r, own, source);
	read_payload(r, own, preset, source);
	read_selectors(r, own, preset, source);
	conf_signatures_read(r, own, preset, source);
	source->secrets = conf_secret_files(r, own, "secret-file", &source->nsecrets);
	source->tokens = conf_secret_files(r, own, "token-file", &source->ntokens);
	conf_keys_make(r, source);
	refuse_secrets(r, own, preset, source);
	source->allow = conf_networks(r, own, "allow-from", &source->nallow);
	conf_handshakes_read(r, own, preset, source);
	conf_fields_read(r, own, preset, source);
	conf_env_read(r, own, preset, source);
	conf_hooks_read(r, own, source);
	make_plan(r, own, source);
out:
	if (preset != NULL)
		cfg_free(preset);
}
