/*
 * What became of a run's requests: how many, and how long each took.  Every latency is kept, four bytes each, in the order of the answers,
 * so that percentiles are exact, of the whole run and of each interval of it.
 */
#ifndef HOOKSPOOL_BENCH_TALLY_H
#define HOOKSPOOL_BENCH_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_INTERVALS_MAX 4096

struct tally {
	uint64_t ok;	     /* 200, with the expected text */
	uint64_t unexpected; /* 200, without it */
	uint64_t status_503;
	uint64_t refused; /* any other status */
	uint64_t errors;  /* no answer */
	uint64_t reconnects;
	uint32_t *latency_us; /* of each answer; owned */
	size_t answers, room;
	uint64_t start_ns, last_ns;	  /* the last answer's time */
	uint64_t interval_ns;		  /* or 0 */
	unsigned intervals;		  /* those that are over */
	size_t ends[TALLY_INTERVALS_MAX]; /* answers until then */
};

enum tally_answer { TALLY_OK, TALLY_UNEXPECTED, TALLY_503, TALLY_REFUSED };

/* INTERVAL_NS: report each, too; 0: only the whole. */
void tally_start(struct tally *, uint64_t now_ns, uint64_t interval_ns);
/* An answer, now, to a request of STARTED_NS.  Returns 0, or -1 with errno. */
int tally_add(struct tally *, enum tally_answer, uint64_t started_ns, uint64_t now_ns);
/*
 * A line "interval=N seconds=… rate=… p50_us=… p99_us=… max_us=…" for each interval, then, without its end, one for the whole.  The rate of
 * an interval counts all answers, that of the whole those that were as expected.
 */
void tally_print(struct tally *);
void tally_free(struct tally *);

#endif
