/* Durations and sizes: digits and a unit.  Signs, blanks, fractions and what overflows are refused. */
#include "conf_reader.h"

#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static int
parse(const char *text, const struct unit *units, uint64_t *result)
{
	const char *p = text;
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -1;
	if (p == text)
		return -1;
	for (; units->name != NULL; units++)
		if (strcmp(p, units->name) == 0)
			return __builtin_mul_overflow(value, units->factor, result) ? -1 : 0;
	return -1;
}

int
conf_parse_duration(const char *text, uint64_t *ms)
{
	static const struct unit units[] = {{"ms", 1}, {"s", 1000}, {"m", UINT64_C(60) * 1000},
	    {"h", UINT64_C(60) * 60 * 1000}, {"d", UINT64_C(24) * 60 * 60 * 1000}, {NULL, 0}};

	return parse(text, units, ms);
}

int
conf_parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {{"", 1}, {"k", 1u << 10}, {"M", 1u << 20}, {"G", 1u << 30}, {NULL, 0}};

	return parse(text, units, bytes);
}
