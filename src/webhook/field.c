/*
 * Field rules.  Texts are bounded before they are looked at: what a regular expression costs depends on the sender's text as much as on
 * ours.
 */
#include "field.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/decimal.h"
#include "../lib/glob.h"
#include "../lib/text.h"
#include "../protocol/event.h"

struct field_rule {
	const struct field *field;
	bool has_pattern;
	regex_t pattern;
	char text[EVENT_VALUE_MAX + 1]; /* of the value */
	char why[160];
};

struct field_rule *
field_rule_new(const struct field *field)
{
	struct field_rule *rule = calloc(1, sizeof *rule);

	if (rule == NULL)
		return NULL;
	rule->field = field;
	if (field->pattern == NULL)
		return rule;
	if (regcomp(&rule->pattern, field->pattern, REG_EXTENDED | REG_NOSUB) == 0) {
		rule->has_pattern = true;
		return rule;
	}
	free(rule);
	errno = ENOMEM;
	return NULL;
}

void
field_rule_free(struct field_rule *rule)
{
	if (rule != NULL && rule->has_pattern)
		regfree(&rule->pattern);
	free(rule);
}

bool
field_applies(const struct field *field, const char *type)
{
	if (field->when == NULL)
		return true;
	for (char **glob = field->when; *glob != NULL; glob++)
		if (glob_match(*glob, type))
			return true;
	return false;
}

/* The value of the N digits at TEXT, or -1. */
static int
digits(const char *text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static bool
is_date(const char *text)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 0 && text[4] == '-' && text[7] == '-' && month >= 1 && month <= 12 && day >= 1 &&
	    day <= days[month - 1] + (month == 2 && leap);
}

/* RFC 3339, section 5.6: date-time.  A leap second may be anywhere: time zones move it. */
static bool
is_rfc3339(const char *text, size_t len)
{
	int hour, minute, second;
	const char *p = text + 19;

	if (len < 20 || !is_date(text) || (text[10] != 'T' && text[10] != 't'))
		return false;
	hour = digits(text + 11, 2);
	minute = digits(text + 14, 2);
	second = digits(text + 17, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || text[13] != ':' ||
	    text[16] != ':')
		return false;
	if (*p == '.') {
		if (digits(p + 1, 1) < 0)
			return false;
		for (p++; digits(p, 1) >= 0;)
			p++;
	}
	if (*p == 'Z' || *p == 'z')
		return p[1] == '\0';
	if ((*p != '+' && *p != '-') || text + len != p + 6 || p[3] != ':')
		return false;
	hour = digits(p + 1, 2);
	minute = digits(p + 4, 2);
	return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

/* RFC 9562, section 4. */
static bool
is_uuid(const char *text, size_t len)
{
	if (len != 36)
		return false;
	for (size_t i = 0; i < len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : text_hex_digit(text[i]) < 0)
			return false;
	return true;
}

static bool
is_one_of(char **texts, const char *text)
{
	for (; *texts != NULL; texts++)
		if (strcmp(*texts, text) == 0)
			return true;
	return false;
}

static const char *
broken(struct field_rule *rule, const char *what, const char *limit)
{
	snprintf(rule->why, sizeof rule->why, "%s%.64s", what, limit);
	return rule->why;
}

static const char *
check_number(struct field_rule *rule, const struct json_value *value)
{
	const struct field *field = rule->field;

	if (field->integer && !decimal_is_integer(value->bytes, value->len))
		return "has the wrong type (a number with a fraction)";
	if (field->min != NULL && decimal_compare(value->bytes, value->len, field->min, strlen(field->min)) < 0)
		return broken(rule, "is below min ", field->min);
	if (field->max != NULL && decimal_compare(value->bytes, value->len, field->max, strlen(field->max)) > 0)
		return broken(rule, "is above max ", field->max);
	return NULL;
}

static const char *
check_string(struct field_rule *rule, size_t len)
{
	const struct field *field = rule->field;
	size_t n = text_characters(rule->text, len);
	char limit[16];

	snprintf(limit, sizeof limit, "%u", n < field->min_length ? field->min_length : field->max_length);
	if (n < field->min_length)
		return broken(rule, "is shorter than min-length ", limit);
	if (n > field->max_length)
		return broken(rule, "is longer than max-length ", limit);
	if (field->format == FORMAT_RFC3339 && !is_rfc3339(rule->text, len))
		return "does not have the format rfc3339";
	if (field->format == FORMAT_UUID && !is_uuid(rule->text, len))
		return "does not have the format uuid";
	return NULL;
}

static bool
wants_text(const struct field *field)
{
	return field->one_of != NULL || field->pattern != NULL || field->format != FORMAT_NONE ||
	    field->min_length > 0 || field->max_length != UINT_MAX;
}

const char *
field_check(struct field_rule *rule, const struct json_value *value)
{
	const struct field *field = rule->field;
	const char *why = NULL;
	size_t len;

	if (value->type == JSON_ABSENT)
		return field->required ? "is missing" : NULL;
	if (field->types != 0 && (field->types & 1u << value->type) == 0)
		return "has the wrong type";
	if (value->type == JSON_NUMBER && (why = check_number(rule, value)) != NULL)
		return why;
	if (!wants_text(field))
		return NULL;
	if (value->type == JSON_NULL || value->type == JSON_OBJECT || value->type == JSON_ARRAY)
		return field->one_of != NULL ? "is none of the allowed values (one-of)" : NULL;
	switch (json_text(value, rule->text, sizeof rule->text, &len)) {
	case JSON_TEXT_OK:
		break;
	case JSON_TEXT_LONG:
		return "is too long for its rules";
	default:
		return "is not a text that its rules can be applied to";
	}
	if (field->one_of != NULL && !is_one_of(field->one_of, rule->text))
		return "is none of the allowed values (one-of)";
	if (rule->has_pattern && regexec(&rule->pattern, rule->text, 0, NULL, 0) != 0)
		return "does not match its pattern";
	return value->type == JSON_STRING ? check_string(rule, len) : NULL;
}
