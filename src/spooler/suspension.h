/*
 * A hook that fails again and again is suspended, so that it neither takes places nor wears its events' retries out: then one event at a
 * time probes it, with backoff, and its first success opens it again.  An operator can suspend a hook too; that is not probed.
 */
#ifndef HOOKSPOOL_SUSPENSION_H
#define HOOKSPOOL_SUSPENSION_H

#include <stdbool.h>
#include <stdint.h>

struct hook;

struct suspension {
	unsigned failures, probes; /* in a row; those of them since it was suspended */
	bool suspended, by_hand;   /* each alone or both */
	uint64_t since_ms, by_hand_ms, probe_ms;
};

#define SUSPENSION_PROBE_MAX_MS 300000 /* a hook that works again is found within about five minutes */

/* How a run ended. */
struct suspension_run {
	bool worked; /* it said done, or that it will never be: the program did its part */
	bool probe;  /* it began while the hook was suspended */
	uint64_t now_ms;
	uint32_t jitter; /* any random number */
};

enum suspension_change { SUSPENSION_SAME, SUSPENSION_CLOSED, SUSPENSION_OPENED };

/* What a run's end changes, by the HOOK's suspend-after and retry. */
enum suspension_change suspension_ended(struct suspension *, const struct hook *, const struct suspension_run *);

/* An operator's word: open, and start counting anew. */
void suspension_open(struct suspension *);

/* When the hook, of which RUNNING run, may start another run: 0: any time; UINT64_MAX: not before something else happens. */
uint64_t suspension_until(const struct suspension *, unsigned running);

#endif
