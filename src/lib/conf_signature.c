/* A source's signature rule.  An incomplete or unknown one is a complaint: nothing is guessed about authentication. */
#include "conf_reader.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 32

struct choice {
	const char *name;
	int value;
};

/* The value that TEXT names; without TEXT, FALLBACK. */
static int
choose(struct conf_reader *r, const struct setting *setting, const char *option, const struct choice *choices,
    int fallback)
{
	char names[128] = "";

	if (setting == NULL)
		return fallback;
	for (const struct choice *c = choices; c->name != NULL; c++) {
		if (strcmp(c->name, setting->text) == 0)
			return c->value;
		if (c != choices)
			strncat(names, c[1].name != NULL ? ", " : " or ", sizeof(names) - strlen(names) - 1);
		strncat(names, c->name, sizeof(names) - strlen(names) - 1);
	}
	conf_complain(r, setting, "option '%s' is %s, not '%s'", option, names, setting->text);
	return fallback;
}

static struct signed_part *
add_part(struct signature_rule *rule, enum signed_kind kind, char *text)
{
	struct signed_part *part = &rule->parts[rule->nparts++];

	part->kind = kind;
	part->text = text;
	return part;
}

/* "header:Name" into its CGI variable. */
static char *
header_variable(struct conf_reader *r, const struct setting *setting, const char *text)
{
	struct selector *selector = conf_selector(r, "signed", setting, text, 1u << SELECTOR_HEADER);
	char *name = selector == NULL ? NULL : selector->name;

	if (selector != NULL)
		selector->name = NULL;
	selector_free(selector);
	return name;
}

/* What stands between braces. */
static int
placeholder(struct conf_reader *r, const struct setting *setting, struct source *source, const char *name)
{
	char *variable;

	if (strcmp(name, "body") == 0) {
		add_part(&source->signature, SIGNED_BODY, NULL);
	} else if (strcmp(name, "method") == 0) {
		add_part(&source->signature, SIGNED_METHOD, NULL);
	} else if (strcmp(name, "url") == 0) {
		add_part(&source->signature, SIGNED_URL, NULL);
		if (source->url == NULL)
			conf_complain(
			    r, setting, "option 'signed' has {url}: source '%s' needs option 'url'", source->name);
	} else if (strncmp(name, "header:", 7) == 0) {
		variable = header_variable(r, setting, name);
		if (variable == NULL)
			return -1;
		add_part(&source->signature, SIGNED_HEADER, variable);
	} else {
		conf_complain(r, setting,
		    "option 'signed': '{%s}' is not {body}, {method}, {url} or {header:Name}; "
		    "a brace itself is written {{",
		    name);
		return -1;
	}
	return 0;
}

/* The text up to the next placeholder, "{{" as one brace.  Returns its end. */
static const char *
literal(struct conf_reader *r, struct signature_rule *rule, const char *p)
{
	char *text = conf_copy(r, p), *out = text;

	if (text == NULL)
		return NULL;
	for (; *p != '\0' && (*p != '{' || p[1] == '{'); p++) {
		if (*p == '{')
			p++;
		*out++ = *p;
	}
	*out = '\0';
	add_part(rule, SIGNED_LITERAL, text);
	return p;
}

static void
read_template(struct conf_reader *r, const struct setting *setting, const char *text, struct source *source)
{
	struct signature_rule *rule = &source->signature;
	bool body = false;

	rule->parts = conf_array(r, PARTS_MAX, sizeof(rule->parts[0]));
	if (rule->parts == NULL)
		return;
	for (const char *p = text; p != NULL && *p != '\0';) {
		char name[SELECTOR_TEXT_MAX];
		size_t len = strcspn(p, "}");

		if (rule->nparts == PARTS_MAX) {
			conf_complain(r, setting, "option 'signed' has more than %d parts", PARTS_MAX);
			return;
		}
		if (*p != '{' || p[1] == '{') {
			p = literal(r, rule, p);
			continue;
		}
		if (p[len] == '\0' || len >= sizeof(name)) {
			conf_complain(r, setting, "option 'signed': a '{' is not closed; a brace itself is written {{");
			return;
		}
		memcpy(name, p + 1, len - 1);
		name[len - 1] = '\0';
		if (placeholder(r, setting, source, name) != 0)
			return;
		p += len + 1;
	}
	for (size_t i = 0; i < rule->nparts; i++)
		body = body || rule->parts[i].kind == SIGNED_BODY;
	if (!body)
		conf_complain(r, setting, "option 'signed' lacks {body}: the body would not be authenticated");
}

static void
read_rule(struct conf_reader *r, cfg_t *section, struct source *source)
{
	static const struct choice algorithms[] = {{"hmac-sha256", SIGNATURE_HMAC_SHA256},
	    {"hmac-sha512", SIGNATURE_HMAC_SHA512}, {"hmac-sha1", SIGNATURE_HMAC_SHA1}, {NULL, 0}};
	static const struct choice encodings[] = {{"hex", SIGNATURE_HEX}, {"base64", SIGNATURE_BASE64}, {NULL, 0}};
	static const struct conf_option texts[] = {
	    {"split", CONF_TEXT, offsetof(struct signature_rule, split), NULL, NULL, NULL},
	    {"item", CONF_TEXT, offsetof(struct signature_rule, item), NULL, NULL, NULL},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	struct signature_rule *rule = &source->signature;
	const struct setting *algorithm = conf_setting(section, "algorithm", 0);
	const struct setting *from = conf_setting(section, "from", 0);
	const struct setting *template = conf_setting(section, "signed", 0);

	if (algorithm == NULL)
		conf_complain(
		    r, conf_where(section), "the signature of source '%s' lacks option 'algorithm'", source->name);
	rule->algorithm = (enum signature_algorithm)choose(r, algorithm, "algorithm", algorithms, SIGNATURE_NONE);
	rule->encoding = (enum signature_encoding)choose(
	    r, conf_setting(section, "encoding", 0), "encoding", encodings, SIGNATURE_HEX);
	if (from == NULL)
		conf_complain(r, conf_where(section), "the signature of source '%s' lacks option 'from'", source->name);
	else
		rule->from = conf_selector(r, "from", from, from->text, 1u << SELECTOR_HEADER | 1u << SELECTOR_QUERY);
	conf_options(r, texts, rule, section, NULL);
	if (template != NULL)
		read_template(r, template, template->text, source);
	else
		read_template(r, conf_where(section), "{body}", source);
}

void
conf_signature_read(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	cfg_t *section = conf_section(conf_layer(own, preset, "signature"), "signature", 0);
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
	if (section != NULL)
		read_rule(r, section, source);
	else if (conf_setting(own, "preset", 0) == NULL || preset != NULL)
		conf_complain(r, conf_where(own), "source '%s' has no signature: add a preset or a section 'signature'",
		    source->name);
}
