/*
 * Handshakes: what a sender asks before, or between, its events.  The reply has what the sender itself sent, so that
 * somebody must have proved that he is the sender, or the configuration must say that this doesn't matter.
 */
#include "conf_parts.h"

#include <stdlib.h>
#include <string.h>

#include "../lib/glob.h"

#define OF_THE_BODY (1u << SELECTOR_BODY | 1u << SELECTOR_FORM | 1u << SELECTOR_DIGEST)

struct reading {
	struct conf_reader *reader;
	cfg_t *section;
	const struct source *source;
	struct handshake *handshake;
};

/* A GET has no body. */
static struct selector *
read_selector(struct reading *h, const struct setting *setting, const char *text)
{
	struct selector *selector = conf_selector(h->reader, setting, text, ~0u);

	if (selector != NULL && h->handshake->get && (OF_THE_BODY & 1u << selector->kind) != 0) {
		conf_complain(h->reader, setting, "option '%s': '%s': a GET has no body", setting->option, text);
		selector_free(selector);
		return NULL;
	}
	return selector;
}

/* "selector=glob"; the selector ends at the first '=', which no selector has inside unless it is a pointer's. */
static void
read_condition(struct reading *h, const struct setting *setting)
{
	struct handshake_condition *condition = &h->handshake->when[h->handshake->nwhen++];
	const char *equals = strchr(setting->text, '=');
	char *name;

	if (equals == NULL) {
		conf_complain(h->reader, setting, "option 'when' has selector=text, not '%s'", setting->text);
		return;
	}
	if (!glob_valid(equals + 1))
		conf_complain(h->reader, setting, "option 'when': '%s' is not a glob", equals + 1);
	condition->glob = conf_copy(h->reader, equals + 1);
	name = conf_copy(h->reader, setting->text);
	if (name != NULL) {
		name[equals - setting->text] = '\0';
		condition->selector = read_selector(h, setting, name);
	}
	free(name);
}

static void
read_conditions(struct reading *h)
{
	size_t n = conf_settings(h->section, "when");

	if (n > CONF_CONDITIONS_MAX) {
		conf_complain(h->reader, conf_setting(h->section, "when", CONF_CONDITIONS_MAX),
		    "option 'when' has more than %d conditions", CONF_CONDITIONS_MAX);
		return;
	}
	if (n == 0)
		conf_complain(h->reader, conf_where(h->section), "answer '%s' lacks option 'when'", h->section->title);
	h->handshake->when = conf_array(h->reader, n + 1, sizeof(h->handshake->when[0]));
	for (size_t i = 0; h->handshake->when != NULL && i < n; i++)
		read_condition(h, conf_setting(h->section, "when", i));
}

static struct handshake_part *
add_part(struct handshake *handshake, enum handshake_kind kind)
{
	struct handshake_part *part = &handshake->parts[handshake->nparts++];

	part->kind = kind;
	return part;
}

/* "{selector}" or "{hmac:selector}", without its braces. */
static void
read_place(struct reading *h, const struct setting *setting, const char *name)
{
	bool hmac = strncmp(name, "hmac:", 5) == 0;
	struct handshake_part *part = add_part(h->handshake, hmac ? HANDSHAKE_HMAC : HANDSHAKE_SELECTED);
	enum signature_algorithm algorithm =
	    h->source->nsignatures > 0 ? h->source->signatures[0].algorithm : SIGNATURE_NONE;

	part->selector = read_selector(h, setting, hmac ? name + 5 : name);
	conf_refuse_secret(h->reader, h->source, setting, part->selector);
	if (hmac && (h->handshake->get || algorithm < SIGNATURE_HMAC_SHA1 || algorithm > SIGNATURE_HMAC_SHA512))
		conf_complain(
		    h->reader, setting, "option 'body': {hmac:…} is for signed webhooks, by the HMAC that signs them");
}

static void
read_body(struct reading *h)
{
	const struct setting *setting = conf_setting(h->section, "body", 0);
	struct template_piece *pieces;
	size_t n = 0;

	if (setting == NULL)
		return;
	h->handshake->parts = conf_array(h->reader, CONF_TEMPLATE_MAX, sizeof(h->handshake->parts[0]));
	pieces = conf_template(h->reader, setting, &n);
	for (size_t i = 0; h->handshake->parts != NULL && pieces != NULL && i < n; i++) {
		if (pieces[i].place) {
			read_place(h, setting, pieces[i].text);
		} else {
			add_part(h->handshake, HANDSHAKE_LITERAL)->text = pieces[i].text;
			pieces[i].text = NULL;
		}
	}
	conf_template_free(pieces, n);
}

/* Who may have this reply. */
static void
read_token(struct reading *h)
{
	static const struct conf_option options[] = {
	    {"unsigned", CONF_BOOL, 0, "false", NULL, NULL}, {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	const struct setting *setting = conf_setting(h->section, "token", 0);
	bool unsigned_allowed = false;

	conf_options(h->reader, options, &unsigned_allowed, h->section, NULL);
	if (setting != NULL) {
		h->handshake->token = read_selector(h, setting, setting->text);
		if ((h->reader->what & CONF_SECRETS) != 0 && h->source->ntokens == 0)
			conf_complain(h->reader, setting,
			    "answer '%s' wants a token: source '%s' needs option 'token-file'", h->section->title,
			    h->source->name);
	} else if (h->handshake->get && !unsigned_allowed) {
		conf_complain(h->reader, conf_where(h->section),
		    "answer '%s' to a GET, which nobody signs, needs option 'token'; or say unsigned = true",
		    h->section->title);
	}
}

static void
read_handshake(struct conf_reader *r, cfg_t *section, const struct source *source, struct handshake *handshake)
{
	static const struct conf_choice methods[] = {{"POST", 0}, {"GET", 1}, {NULL, 0}};
	static const struct conf_choice content_types[] = {{"application/json", 1}, {"text/plain", 0}, {NULL, 0}};
	static const struct conf_option options[] = {
	    {"status", CONF_UNSIGNED, offsetof(struct handshake, status), "200", "200", "299"},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	struct reading h = {r, section, source, handshake};

	handshake->name = conf_copy(r, section->title);
	handshake->get = conf_choose(r, conf_setting(section, "method", 0), methods, 0) != 0;
	handshake->json = conf_choose(r, conf_setting(section, "content-type", 0), content_types, 1) != 0;
	conf_options(r, options, handshake, section, NULL);
	read_conditions(&h);
	read_token(&h);
	read_body(&h);
}

/* The handshakes of one layer, without those that OVER has too. */
static void
add_handshakes(struct conf_reader *r, cfg_t *section, cfg_t *over, struct source *source)
{
	cfg_t *handshake;

	for (size_t i = 0; (handshake = conf_section(section, "answer", i)) != NULL; i++) {
		if (conf_has_section(over, "answer", handshake->title))
			continue;
		if (source->nhandshakes == CONF_HANDSHAKES_MAX) {
			conf_complain(r, conf_where(handshake), "source '%s' has more than %d answers", source->name,
			    CONF_HANDSHAKES_MAX);
			return;
		}
		read_handshake(r, handshake, source, &source->handshakes[source->nhandshakes++]);
	}
}

void
conf_handshakes_read(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	source->handshakes = conf_array(r, CONF_HANDSHAKES_MAX, sizeof(source->handshakes[0]));
	if (source->handshakes == NULL)
		return;
	add_handshakes(r, own, NULL, source);
	add_handshakes(r, preset, own, source);
}
