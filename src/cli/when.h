/* Times as people write them. */
#ifndef HOOKSPOOL_WHEN_H
#define HOOKSPOOL_WHEN_H

/*
 * Milliseconds since the epoch from "2026-11-29", "2026-11-29T06:30", "2026-11-29T06:30:15", "2026-11-29T06:30:15.123Z" (UTC, with a blank or
 * a T between, Z or not), "@1796000000" (seconds since the epoch), or how long ago it is: "90s", "15m", "2h", "3d", "1w".  0: it is none.
 */
unsigned long long when_of(const char *text);

#endif
