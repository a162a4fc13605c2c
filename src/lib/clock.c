/* Clocks. */
#include "clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t
read_clock(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
clock_wall_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t
clock_monotonic_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t
clock_boot_ms(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

static uint64_t
at_most(uint64_t ms)
{
	return ms < CLOCK_DELAY_MAX ? ms : CLOCK_DELAY_MAX;
}

struct timeval
clock_delay(uint64_t ms)
{
	ms = at_most(ms);
	return (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
}

struct timespec
clock_wait(uint64_t ms)
{
	ms = at_most(ms);
	return (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
}

size_t
clock_text(char *out, uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	size_t n = 0;

	out[0] = '\0';
	if (seconds < 0 || (uint64_t)seconds != wall_ms / 1000)
		return 0;
	if (gmtime_r(&seconds, &tm) == NULL || (n = strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm)) == 0)
		return 0;
	return n + (size_t)snprintf(out + n, CLOCK_TEXT_SIZE - n, ".%03uZ", (unsigned)(wall_ms % 1000));
}
