/* The signed text's template.  What it leaves out is not authenticated, so that a doubtful one is a complaint. */
#include "conf_parts.h"

#include <string.h>

struct template
{
	struct conf_reader *reader;
	const struct setting *setting;
	const struct source *source;
	struct signature_rule *rule;
};

static void
add_part(struct template *t, enum signed_kind kind, char *text)
{
	struct signed_part *part = &t->rule->parts[t->rule->nparts++];

	part->kind = kind;
	part->text = text;
}

static int
add_header(struct template *t, const char *selector_text)
{
	struct selector *selector = conf_selector(t->reader, t->setting, selector_text, 1u << SELECTOR_HEADER);

	if (selector == NULL)
		return -1;
	add_part(t, SIGNED_HEADER, selector->name);
	selector->name = NULL;
	selector_free(selector);
	return 0;
}

/* {id} stands for the header that is the source's id. */
static int
add_id(struct template *t)
{
	if (t->source->nids == 1 && t->source->ids[0]->kind == SELECTOR_HEADER)
		return add_header(t, t->source->ids[0]->text);
	conf_complain(t->reader, t->setting,
	    "option 'signed' has {id}: option 'id' of source '%s' must be one header then", t->source->name);
	return -1;
}

/* What stands between braces. */
static int
placeholder(struct template *t, const char *name)
{
	if (strcmp(name, "body") == 0) {
		add_part(t, SIGNED_BODY, NULL);
	} else if (strcmp(name, "method") == 0) {
		add_part(t, SIGNED_METHOD, NULL);
	} else if (strcmp(name, "timestamp") == 0) {
		add_part(t, SIGNED_TIMESTAMP, NULL);
		if (!signature_has_timestamp(t->rule))
			conf_complain(t->reader, t->setting,
			    "option 'signed' has {timestamp}: option 'timestamp' must say where it is");
	} else if (strcmp(name, "url") == 0) {
		add_part(t, SIGNED_URL, NULL);
		if (t->source->url == NULL)
			conf_complain(t->reader, t->setting,
			    "option 'signed' has {url}: source '%s' needs option 'url'", t->source->name);
	} else if (strcmp(name, "id") == 0) {
		return add_id(t);
	} else if (strncmp(name, "header:", 7) == 0) {
		return add_header(t, name);
	} else {
		conf_complain(t->reader, t->setting,
		    "option 'signed': '{%s}' is not {body}, {timestamp}, {id}, {method}, {url} or {header:Name}; "
		    "a brace itself is written {{",
		    name);
		return -1;
	}
	return 0;
}

/* Returns -1 after a complaint. */
static int
read_parts(struct template *t)
{
	size_t n;
	struct template_piece *pieces = conf_template(t->reader, t->setting, &n);
	int result = pieces == NULL ? -1 : 0;

	for (size_t i = 0; result == 0 && i < n; i++) {
		if (pieces[i].place) {
			result = placeholder(t, pieces[i].text);
		} else {
			add_part(t, SIGNED_LITERAL, pieces[i].text);
			pieces[i].text = NULL;
		}
	}
	conf_template_free(pieces, n);
	return result;
}

static bool
has_part(const struct signature_rule *rule, enum signed_kind kind)
{
	for (size_t i = 0; i < rule->nparts; i++)
		if (rule->parts[i].kind == kind)
			return true;
	return false;
}

void
conf_signed_read(struct conf_reader *r, cfg_t *section, const struct source *source, struct signature_rule *rule)
{
	static const struct conf_option options[] = {
	    {"body-unsigned", CONF_BOOL, 0, "false", NULL, NULL}, {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	const struct setting usual = {.option = "signed", .text = "{body}"},
			     *setting = conf_setting(section, "signed", 0);
	struct template t = {r, setting != NULL ? setting : &usual, source, rule};
	bool body_unsigned = false;

	conf_options(r, options, &body_unsigned, section, NULL);
	rule->parts = conf_array(r, CONF_TEMPLATE_MAX, sizeof(rule->parts[0]));
	if (rule->parts == NULL || read_parts(&t) != 0)
		return;
	if (!has_part(rule, SIGNED_BODY) && !body_unsigned)
		conf_complain(r, t.setting,
		    "option 'signed' lacks {body}: the body would not be authenticated; "
		    "if the sender really does so, say body-unsigned = true");
	if (signature_has_timestamp(rule) && !has_part(rule, SIGNED_TIMESTAMP))
		conf_complain(r, conf_setting(section, "timestamp", 0),
		    "option 'timestamp' without {timestamp} in option 'signed': a timestamp that is not signed proves "
		    "nothing");
}
