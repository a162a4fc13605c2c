/* Simple options, by tables: text to value with default and range.  A value that doesn't fit is a complaint. */
#include "conf_reader.h"

#include <limits.h>
#include <string.h>

static int
parse_number(const char *text, uint64_t *value)
{
	/* A size without a unit is a plain number. */
	if (text[strspn(text, "0123456789")] != '\0')
		return -1;
	return conf_parse_size(text, value);
}

static int
parse(enum conf_kind kind, const char *text, uint64_t *value)
{
	switch (kind) {
	case CONF_DURATION:
		return conf_parse_duration(text, value);
	case CONF_SIZE:
	case CONF_BYTES:
		return conf_parse_size(text, value);
	default:
		return parse_number(text, value);
	}
}

static const char *
kind_name(enum conf_kind kind)
{
	switch (kind) {
	case CONF_DURATION:
		return "a duration (digits and ms, s, m, h or d)";
	case CONF_SIZE:
	case CONF_BYTES:
		return "a size (digits, and perhaps k, M or G)";
	default:
		return "a number";
	}
}

static void
set_number(struct conf_reader *r, const struct conf_option *option, const struct setting *setting, void *place)
{
	uint64_t value = 0, min = 0, max = 0;

	if (parse(option->kind, option->min, &min) != 0 || parse(option->kind, option->max, &max) != 0 ||
	    parse(option->kind, setting->text, &value) != 0 || value < min || value > max) {
		conf_complain(r, setting, "option '%s' is %s from %s to %s, not '%s'", option->name,
		    kind_name(option->kind), option->min, option->max, setting->text);
		return;
	}
	if (option->kind == CONF_UNSIGNED)
		*(unsigned *)place = (unsigned)value;
	else if (option->kind == CONF_SIZE)
		*(size_t *)place = (size_t)value;
	else
		*(uint64_t *)place = value;
}

static void
set_text(struct conf_reader *r, const struct conf_option *option, const struct setting *setting, void *place)
{
	const char *text = setting->text;

	if (text[0] == '\0')
		conf_complain(r, setting, "option '%s' is empty", option->name);
	else if (option->kind == CONF_PATH && text[0] != '/')
		conf_complain(r, setting, "option '%s' is an absolute path, not '%s'", option->name, text);
	else if (option->kind == CONF_PATH && strlen(text) >= PATH_MAX)
		conf_complain(r, setting, "option '%s' is longer than a path can be", option->name);
	else
		*(char **)place = conf_copy(r, text);
}

static void
set_bool(struct conf_reader *r, const struct conf_option *option, const struct setting *setting, void *place)
{
	int value = cfg_parse_boolean(setting->text);

	if (value == CFG_FAIL)
		conf_complain(r, setting, "option '%s' is true or false, not '%s'", option->name, setting->text);
	else
		*(bool *)place = value != 0;
}

void
conf_options(struct conf_reader *r, const struct conf_option *options, void *into, cfg_t *own, cfg_t *preset)
{
	for (; options->name != NULL; options++) {
		const struct setting *setting = conf_setting(conf_layer(own, preset, options->name), options->name, 0);
		const struct setting usual = {.option = options->name, .text = options->fallback};
		char *place = (char *)into + options->offset;

		if (setting == NULL && options->fallback == NULL)
			continue;
		if (setting == NULL)
			setting = &usual;
		if (options->kind == CONF_BOOL)
			set_bool(r, options, setting, place);
		else if (options->kind == CONF_TEXT || options->kind == CONF_PATH)
			set_text(r, options, setting, place);
		else
			set_number(r, options, setting, place);
	}
}

int
conf_choose(struct conf_reader *r, const struct setting *setting, const struct conf_choice *choices, int fallback)
{
	char names[256] = "";

	if (setting == NULL)
		return fallback;
	for (const struct conf_choice *c = choices; c->name != NULL; c++) {
		if (strcmp(c->name, setting->text) == 0)
			return c->value;
		if (c != choices)
			strncat(names, c[1].name != NULL ? ", " : " or ", sizeof(names) - strlen(names) - 1);
		strncat(names, c->name, sizeof(names) - strlen(names) - 1);
	}
	conf_complain(r, setting, "option '%s' is %s, not '%s'", setting->option, names, setting->text);
	return fallback;
}

char **
conf_list(struct conf_reader *r, cfg_t *section, const char *name)
{
	size_t n = conf_settings(section, name);
	char **list = n == 0 ? NULL : conf_array(r, n + 1, sizeof(*list));

	for (size_t i = 0; list != NULL && i < n; i++) {
		list[i] = conf_copy(r, conf_setting(section, name, i)->text);
		if (list[i] == NULL)
			break;
	}
	return list;
}

struct selector *
conf_selector(struct conf_reader *r, const struct setting *setting, const char *text, unsigned kinds)
{
	const char *why = "is not a selector";
	struct selector *selector = selector_parse(text, &why);

	if (selector == NULL) {
		conf_complain(r, setting, "option '%s': '%s': %s", setting->option, text, why);
	} else if ((kinds & 1u << selector->kind) == 0) {
		conf_complain(
		    r, setting, "option '%s' can't be '%s': only a header or query selector", setting->option, text);
		selector_free(selector);
		selector = NULL;
	}
	return selector;
}
