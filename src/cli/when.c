/* UTC, as all that is printed. */
#include "when.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/clock.h"

#define DIGITS_MAX 12 /* of a number of seconds, or of an age: no product of it is too large */

/* Digits at *TEXT, which goes on behind them.  Returns false: there are none, or too many. */
static bool
take_number(const char **text, unsigned long long *number)
{
	size_t n = strspn(*text, "0123456789");

	if (n == 0 || n > DIGITS_MAX)
		return false;
	*number = strtoull(*text, NULL, 10);
	*text += n;
	return true;
}

static unsigned long long
ago(const char *text)
{
	static const struct {
		char letter;
		unsigned long long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	unsigned long long number, now = clock_wall_ms();

	if (!take_number(&text, &number) || text[0] == '\0' || text[1] != '\0')
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (units[i].letter == text[0])
			return number * units[i].seconds * 1000 < now ? now - number * units[i].seconds * 1000 : 1;
	return 0;
}

/* Behind the seconds: up to three digits are milliseconds, further ones are passed over. */
static unsigned long long
take_fraction(const char **text)
{
	unsigned long long ms = 0;

	for (int i = 0; i < 3; i++)
		ms = 10 * ms + (isdigit((unsigned char)**text) ? (unsigned long long)(*(*text)++ - '0') : 0);
	*text += strspn(*text, "0123456789");
	return ms;
}

static unsigned long long
date(const char *text)
{
	struct tm tm = {.tm_isdst = 0};
	unsigned long long ms = 0;
	const char *rest = strptime(text, "%Y-%m-%d", &tm), *more;
	time_t seconds;

	if (rest != NULL && (*rest == 'T' || *rest == ' ')) {
		if ((rest = strptime(rest + 1, "%H:%M", &tm)) != NULL && (more = strptime(rest, ":%S", &tm)) != NULL)
			rest = more;
		if (rest != NULL && rest[0] == '.' && isdigit((unsigned char)rest[1])) {
			rest++;
			ms = take_fraction(&rest);
		}
	}
	if (rest == NULL || strcmp(*rest == 'Z' ? rest + 1 : rest, "") != 0 || (seconds = timegm(&tm)) <= 0)
		return 0;
	return (unsigned long long)seconds * 1000 + ms;
}

unsigned long long
when_of(const char *text)
{
	unsigned long long number, ms;

	if (text[0] == '@') {
		text++;
		return take_number(&text, &number) && *text == '\0' ? number * 1000 : 0;
	}
	ms = date(text);
	return ms != 0 ? ms : ago(text);
}
