/* The fields that a source's webhooks must have. */
#include "conf_parts.h"

#include <limits.h>
#include <regex.h>
#include <string.h>

#include "../lib/decimal.h"
#include "../lib/glob.h"
#include "../lib/json.h"

#define SCALARS (1u << JSON_NULL | 1u << JSON_BOOLEAN | 1u << JSON_NUMBER | 1u << JSON_STRING)

static const struct conf_choice types[] = {{"string", JSON_STRING}, {"number", JSON_NUMBER}, {"integer", JSON_NUMBER},
    {"boolean", JSON_BOOLEAN}, {"object", JSON_OBJECT}, {"array", JSON_ARRAY}, {"null", JSON_NULL}, {NULL, 0}};

static void
read_types(struct conf_reader *r, cfg_t *section, struct field *field)
{
	const struct setting *setting;
	bool number = false;

	for (size_t i = 0; (setting = conf_setting(section, "type", i)) != NULL; i++) {
		field->types |= 1u << conf_choose(r, setting, types, JSON_STRING);
		field->integer = field->integer || strcmp(setting->text, "integer") == 0;
		number = number || strcmp(setting->text, "number") == 0;
	}
	if (number && field->integer)
		conf_complain(
		    r, conf_setting(section, "type", 0), "option 'type': number and integer: the one or the other");
}

static void
check_pattern(struct conf_reader *r, cfg_t *section, const char *pattern)
{
	char why[128];
	regex_t regex;
	int error;

	if (pattern == NULL)
		return;
	for (const char *p = pattern; (p = strchr(p, '\\')) != NULL && p[1] != '\0'; p += 2)
		if (p[1] >= '1' && p[1] <= '9')
			conf_complain(r, conf_setting(section, "pattern", 0),
			    "option 'pattern': back references cost without bound: '%s'", pattern);
	error = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (error == 0) {
		regfree(&regex);
		return;
	}
	regerror(error, &regex, why, sizeof(why));
	conf_complain(r, conf_setting(section, "pattern", 0), "option 'pattern': '%s': %s", pattern, why);
}

static void
check_limits(struct conf_reader *r, cfg_t *section, const struct field *field)
{
	const char *const texts[] = {field->min, field->max}, *const names[] = {"min", "max"};
	bool valid = true;

	for (size_t i = 0; i < 2; i++)
		if (texts[i] != NULL && !decimal_valid(texts[i])) {
			conf_complain(r, conf_setting(section, names[i], 0),
			    "option '%s' is a number as JSON writes it, not '%s'", names[i], texts[i]);
			valid = false;
		}
	if (valid && field->min != NULL && field->max != NULL &&
	    decimal_compare(field->min, strlen(field->min), field->max, strlen(field->max)) > 0)
		conf_complain(r, conf_setting(section, "min", 0), "option 'min' is above option 'max'");
	if (field->min_length > field->max_length)
		conf_complain(
		    r, conf_setting(section, "min-length", 0), "option 'min-length' is above option 'max-length'");
}

/* The options in NAMES are for values of TYPE; without option 'type' they say it, beside others they need it. */
static void
imply_type(struct conf_reader *r, cfg_t *section, struct field *field, enum json_kind type)
{
	static const char *const of_number[] = {"min", "max", NULL};
	static const char *const of_string[] = {"pattern", "format", "min-length", "max-length", NULL};

	for (const char *const *name = type == JSON_NUMBER ? of_number : of_string; *name != NULL; name++) {
		const struct setting *setting = conf_setting(section, *name, 0);

		if (setting == NULL)
			continue;
		if (conf_settings(section, "type") == 0)
			field->types |= 1u << type;
		else if ((field->types & 1u << type) == 0)
			conf_complain(r, setting, "option '%s' is for a %s, and field '%s' is none", *name,
			    type == JSON_NUMBER ? "number" : "string", section->title);
	}
}

static void
read_rules(struct conf_reader *r, cfg_t *section, struct field *field)
{
	static const struct conf_choice formats[] = {{"rfc3339", FORMAT_RFC3339}, {"uuid", FORMAT_UUID}, {NULL, 0}};
	static const struct conf_option options[] = {
	    {"required", CONF_BOOL, offsetof(struct field, required), "false", NULL, NULL},
	    {"pattern", CONF_TEXT, offsetof(struct field, pattern), NULL, NULL, NULL},
	    {"min", CONF_TEXT, offsetof(struct field, min), NULL, NULL, NULL},
	    {"max", CONF_TEXT, offsetof(struct field, max), NULL, NULL, NULL},
	    {"min-length", CONF_UNSIGNED, offsetof(struct field, min_length), "0", "0", "4096"},
	    {"max-length", CONF_UNSIGNED, offsetof(struct field, max_length), NULL, "0", "4096"},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};

	field->max_length = UINT_MAX;
	read_types(r, section, field);
	conf_options(r, options, field, section, NULL);
	field->format = (enum field_format)conf_choose(r, conf_setting(section, "format", 0), formats, FORMAT_NONE);
	check_pattern(r, section, field->pattern);
	check_limits(r, section, field);
	imply_type(r, section, field, JSON_NUMBER);
	imply_type(r, section, field, JSON_STRING);
}

static void
read_field(struct conf_reader *r, cfg_t *section, struct field *field)
{
	const char *why = "out of memory";

	field->selector = selector_parse_pointer(section->title, &why);
	if (field->selector == NULL)
		conf_complain(r, conf_where(section), "field '%s': %s", section->title, why);
	read_rules(r, section, field);
	field->one_of = conf_list(r, section, "one-of");
	field->when = conf_list(r, section, "when");
	if (field->one_of != NULL && field->types != 0 && (field->types & SCALARS) == 0)
		conf_complain(r, conf_setting(section, "one-of", 0),
		    "option 'one-of' compares texts, and field '%s' is an object or array", section->title);
	for (size_t i = 0; field->when != NULL && field->when[i] != NULL; i++)
		if (!glob_valid(field->when[i]) || field->when[i][0] == '\0')
			conf_complain(
			    r, conf_setting(section, "when", i), "option 'when': '%s' is not a glob", field->when[i]);
}

/* The fields of one layer, without those that OVER has too. */
static void
add_fields(struct conf_reader *r, cfg_t *section, cfg_t *over, struct source *source)
{
	cfg_t *field;

	for (size_t i = 0; (field = conf_section(section, "field", i)) != NULL; i++) {
		if (conf_has_section(over, "field", field->title))
			continue;
		if (source->nfields == CONF_FIELDS_MAX) {
			conf_complain(
			    r, conf_where(field), "source '%s' has more than %d fields", source->name, CONF_FIELDS_MAX);
			return;
		}
		read_field(r, field, &source->fields[source->nfields++]);
	}
}

void
conf_fields_read(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	source->fields = conf_array(r, CONF_FIELDS_MAX, sizeof(source->fields[0]));
	if (source->fields == NULL)
		return;
	add_fields(r, preset, own, source);
	add_fields(r, own, NULL, source);
	if (source->nfields > 0 && source->payload == PAYLOAD_FORM)
		conf_complain(r, conf_where(own), "source '%s' has payload = form: fields are for JSON", source->name);
}
