/* A source's signature rules.  An incomplete or unknown one is a complaint: nothing is guessed about authentication. */
#include "conf_parts.h"

#include <string.h>

#define HEADER_OR_QUERY (1u << SELECTOR_HEADER | 1u << SELECTOR_QUERY)

/* "header:Name", "query:name", or "item:prefix" for a token of the signature's own value. */
static void
read_timestamp(struct conf_reader *r, cfg_t *section, struct signature_rule *rule)
{
	static const struct conf_choice units[] = {{"s", 1000}, {"ms", 1}, {NULL, 0}};
	static const struct conf_option options[] = {
	    {"tolerance", CONF_DURATION, offsetof(struct signature_rule, tolerance_ms), "5m", "1s", "1d"},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	const struct setting *setting = conf_setting(section, "timestamp", 0);
	const struct setting *unit = conf_setting(section, "timestamp-unit", 0);
	const struct setting *tolerance = conf_setting(section, "tolerance", 0);

	if (setting == NULL && (unit != NULL || tolerance != NULL))
		conf_complain(r, unit != NULL ? unit : tolerance, "option '%s' without option 'timestamp'",
		    unit != NULL ? "timestamp-unit" : "tolerance");
	if (setting == NULL)
		return;
	rule->timestamp_unit_ms = (uint64_t)conf_choose(r, unit, units, 1000);
	conf_options(r, options, rule, section, NULL);
	if (strncmp(setting->text, "item:", 5) != 0)
		rule->timestamp = conf_selector(r, setting, setting->text, HEADER_OR_QUERY);
	else if (setting->text[5] == '\0' || rule->split == NULL)
		conf_complain(r, setting, "option 'timestamp': an item has a text and needs option 'split'");
	else
		rule->timestamp_item = conf_copy(r, setting->text + 5);
}

/* What only a signature has. */
static void
refuse_signature_options(struct conf_reader *r, cfg_t *section, const struct signature_rule *rule)
{
	static const char *const names[] = {
	    "signed", "body-unsigned", "timestamp", "timestamp-unit", "tolerance", "encoding", "key", "key-prefix"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (conf_setting(section, names[i], 0) != NULL)
			conf_complain(r, conf_setting(section, names[i], 0),
			    "option '%s' is for signatures: with this algorithm the sender shows the secret itself",
			    names[i]);
	for (size_t i = 0; rule->algorithm != SIGNATURE_TOKEN && i < 2; i++) {
		const char *name = i == 0 ? "split" : "item";

		if (conf_setting(section, name, 0) != NULL)
			conf_complain(r, conf_setting(section, name, 0),
			    "option '%s': the value of this algorithm has a form of its own", name);
	}
}

static void
read_from(struct conf_reader *r, cfg_t *section, const struct source *source, struct signature_rule *rule)
{
	const struct setting usual = {.option = "from", .text = "header:Authorization"};
	const struct setting *from = conf_setting(section, "from", 0);
	bool has_usual = rule->algorithm == SIGNATURE_BEARER || rule->algorithm == SIGNATURE_BASIC;

	if (from == NULL && !has_usual)
		conf_complain(r, conf_where(section), "the signature of source '%s' lacks option 'from'", source->name);
	if (from == NULL && has_usual)
		from = &usual;
	if (from != NULL)
		rule->from = conf_selector(r, from, from->text, HEADER_OR_QUERY);
}

static void
read_rule(struct conf_reader *r, cfg_t *section, const struct source *source, struct signature_rule *rule)
{
	static const struct conf_choice algorithms[] = {{"hmac-sha256", SIGNATURE_HMAC_SHA256},
	    {"hmac-sha512", SIGNATURE_HMAC_SHA512}, {"hmac-sha1", SIGNATURE_HMAC_SHA1}, {"ed25519", SIGNATURE_ED25519},
	    {"token", SIGNATURE_TOKEN}, {"bearer", SIGNATURE_BEARER}, {"basic", SIGNATURE_BASIC}, {NULL, 0}};
	static const struct conf_choice encodings[] = {{"hex", SIGNATURE_HEX}, {"base64", SIGNATURE_BASE64}, {NULL, 0}};
	static const struct conf_choice keys[] = {
	    {"text", KEY_TEXT}, {"hex", KEY_HEX}, {"base64", KEY_BASE64}, {NULL, 0}};
	static const struct conf_option texts[] = {
	    {"split", CONF_TEXT, offsetof(struct signature_rule, split), NULL, NULL, NULL},
	    {"item", CONF_TEXT, offsetof(struct signature_rule, item), NULL, NULL, NULL},
	    {"key-prefix", CONF_TEXT, offsetof(struct signature_rule, key_prefix), NULL, NULL, NULL},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	const struct setting *algorithm = conf_setting(section, "algorithm", 0), *key = conf_setting(section, "key", 0);

	if (algorithm == NULL)
		conf_complain(
		    r, conf_where(section), "the signature of source '%s' lacks option 'algorithm'", source->name);
	rule->algorithm = (enum signature_algorithm)conf_choose(r, algorithm, algorithms, SIGNATURE_NONE);
	read_from(r, section, source, rule);
	conf_options(r, texts, rule, section, NULL);
	if (signature_is_credential(rule)) {
		refuse_signature_options(r, section, rule);
		return;
	}
	rule->encoding =
	    (enum signature_encoding)conf_choose(r, conf_setting(section, "encoding", 0), encodings, SIGNATURE_HEX);
	rule->key = (enum key_encoding)conf_choose(r, key, keys, KEY_TEXT);
	if (rule->algorithm == SIGNATURE_ED25519 && rule->key == KEY_TEXT)
		conf_complain(r, key != NULL ? key : conf_where(section),
		    "algorithm ed25519 needs option 'key': hex or base64, as the sender shows the public key");
	read_timestamp(r, section, rule);
	conf_signed_read(r, section, source, rule);
}

static void
read_rules(struct conf_reader *r, cfg_t *layer, struct source *source)
{
	size_t n = conf_sections(layer, "signature");

	if (n > CONF_SIGNATURES_MAX) {
		conf_complain(r, conf_where(conf_section(layer, "signature", CONF_SIGNATURES_MAX)),
		    "source '%s' has more than %d signatures", source->name, CONF_SIGNATURES_MAX);
		return;
	}
	source->signatures = conf_array(r, n, sizeof(source->signatures[0]));
	for (size_t i = 0; source->signatures != NULL && i < n; i++)
		read_rule(r, conf_section(layer, "signature", i), source, &source->signatures[source->nsignatures++]);
}

void
conf_signatures_read(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	cfg_t *layer = conf_layer(own, preset, "signature");
	const struct setting *secret = conf_setting(own, "secret-file", 0);

	if (source->unsigned_allowed) {
		if (secret != NULL)
			conf_complain(r, secret,
			    "option 'secret-file' beside unsigned = true: source '%s' is the one or the other",
			    source->name);
		if (conf_sections(own, "signature") > 0)
			conf_complain(r, conf_where(conf_section(own, "signature", 0)),
			    "a signature section beside unsigned = true: source '%s' is the one or the other",
			    source->name);
		return;
	}
	if (secret == NULL)
		conf_complain(r, conf_where(own),
		    "source '%s' has no option 'secret-file', and doesn't say unsigned = true", source->name);
	if (conf_sections(layer, "signature") > 0)
		read_rules(r, layer, source);
	else if (conf_setting(own, "preset", 0) == NULL || preset != NULL)
		conf_complain(r, conf_where(own), "source '%s' has no signature: add a preset or a section 'signature'",
		    source->name);
}

/* Headers that prove who a sender is. */
static bool
is_secret(const struct source *source, const struct selector *selector)
{
	static const char *const always[] = {"HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_COOKIE", NULL};

	if (selector->name == NULL)
		return false;
	for (const char *const *name = always; selector->kind == SELECTOR_HEADER && *name != NULL; name++)
		if (strcmp(*name, selector->name) == 0)
			return true;
	for (size_t i = 0; i < source->nsignatures; i++) {
		const struct selector *from = source->signatures[i].from;

		if (from != NULL && from->kind == selector->kind && strcmp(from->name, selector->name) == 0)
			return true;
	}
	return false;
}

void
conf_refuse_secret(
    struct conf_reader *r, const struct source *source, const struct setting *setting, const struct selector *selector)
{
	if (selector != NULL && is_secret(source, selector))
		conf_complain(r, setting, "option '%s': '%s' proves who the sender is, and is never kept",
		    setting->option, selector->text);
}
