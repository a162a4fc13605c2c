/*
 * A number is taken as 0.DIGITS * 10^POINT, where the first digit is not zero.  Then the comparison is one of the signs, the points, and
 * the digits as text; digits that are not there are zeroes.
 */
#include "decimal.h"

#include <string.h>

#define EXPONENT_MAX 1000000000L /* what is beyond it counts as this: no text of ours has so many digits */

struct decimal {
	bool negative, zero;
	const char *at, *end; /* digits from the first that is not zero on, and perhaps the point */
	long point;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static long
exponent(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	long value = 0;

	for (p += p < end && !is_digit(*p); p < end; p++)
		if (value < EXPONENT_MAX)
			value = value * 10 + (*p - '0');
	return negative ? -value : value;
}

static struct decimal
decimal_of(const char *text, size_t len)
{
	struct decimal d = {.negative = len > 0 && *text == '-'};
	const char *end = text + len, *e = text + d.negative, *point;

	d.at = e;
	while (e < end && *e != 'e' && *e != 'E')
		e++;
	d.end = e;
	point = memchr(d.at, '.', (size_t)(e - d.at));
	if (point == NULL)
		point = e;
	while (d.at < e && (*d.at == '0' || *d.at == '.'))
		d.at++;
	d.zero = d.at == e;
	/* Behind the point its distance counts the zeroes between, and the point itself. */
	d.point = d.at < point ? (long)(point - d.at) : (long)(point - d.at) + 1;
	d.point += e < end ? exponent(e + 1, end) : 0;
	return d;
}

/* The next digit's value, 0 behind the last; *MORE says whether there was one. */
static int
next_digit(struct decimal *d, bool *more)
{
	if (d->at < d->end && *d->at == '.')
		d->at++;
	*more = d->at < d->end;
	return *more ? *d->at++ - '0' : 0;
}

/* Of two that are not zero, without their signs. */
static int
compare_magnitude(struct decimal a, struct decimal b)
{
	bool more_a = true, more_b = true;

	if (a.point != b.point)
		return a.point < b.point ? -1 : 1;
	while (more_a || more_b) {
		int x = next_digit(&a, &more_a), y = next_digit(&b, &more_b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int
decimal_compare(const char *a_text, size_t a_len, const char *b_text, size_t b_len)
{
	struct decimal a = decimal_of(a_text, a_len), b = decimal_of(b_text, b_len);

	if (a.zero || b.zero)
		return a.zero && b.zero ? 0 : a.zero ? (b.negative ? 1 : -1) : a.negative ? -1 : 1;
	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	return a.negative ? compare_magnitude(b, a) : compare_magnitude(a, b);
}

bool
decimal_is_integer(const char *number, size_t len)
{
	struct decimal d = decimal_of(number, len);
	bool more = true;

	for (long place = 0; !d.zero && more; place++)
		if (next_digit(&d, &more) != 0 && place >= d.point)
			return false;
	return true;
}

static const char *
skip_digits(const char *p)
{
	while (is_digit(*p))
		p++;
	return p;
}

bool
decimal_valid(const char *text)
{
	const char *p = text + (*text == '-');

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return false;
	p = skip_digits(p);
	if (*p == '.') {
		if (!is_digit(p[1]))
			return false;
		p = skip_digits(p + 1);
	}
	if (*p == 'e' || *p == 'E') {
		p += p[1] == '+' || p[1] == '-' ? 2 : 1;
		if (!is_digit(*p))
			return false;
		p = skip_digits(p);
	}
	return *p == '\0';
}
