/* The clocks, in milliseconds, and times as people and programs read them. */
#ifndef HOOKSPOOL_CLOCK_H
#define HOOKSPOOL_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

/* Since the epoch. */
uint64_t clock_wall_ms(void);

/* Since some start; never set back. */
uint64_t clock_monotonic_ms(void);

/* The same, but it goes on while the machine is suspended. */
uint64_t clock_boot_ms(void);

/*
 * A delay as event loops take it, and as calls that wait do: 34 years at most, so that where seconds have 32 bits neither it nor the time
 * when it ends is negative.
 */
#define CLOCK_DELAY_MAX (UINT64_C(1000) << 30)
struct timeval clock_delay(uint64_t ms);
struct timespec clock_wait(uint64_t ms);

/* "2026-01-31T12:00:00.123Z" (RFC 3339, UTC) into OUT, CLOCK_TEXT_SIZE bytes; returns its length, 0 for a time beyond all years. */
#define CLOCK_TEXT_SIZE 48
size_t clock_text(char *out, uint64_t wall_ms);

#endif
