#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9

void
tally_start(struct tally *t, uint64_t now_ns, uint64_t interval_ns)
{
	memset(t, 0, sizeof *t);
	t->start_ns = t->last_ns = now_ns;
	t->interval_ns = interval_ns;
}

static void
intervals_end(struct tally *t, uint64_t now_ns)
{
	while (t->interval_ns != 0 && t->intervals < TALLY_INTERVALS_MAX &&
	    now_ns >= t->start_ns + (t->intervals + 1) * t->interval_ns)
		t->ends[t->intervals++] = t->answers;
}

int
tally_add(struct tally *t, enum tally_answer answer, uint64_t started_ns, uint64_t now_ns)
{
	uint64_t us = (now_ns - started_ns) / 1000;
	uint32_t *grown;
	size_t room = t->room != 0 ? 2 * t->room : 65536;

	intervals_end(t, now_ns);
	if (t->answers == t->room) {
		if ((grown = realloc(t->latency_us, room * sizeof *grown)) == NULL)
			return -1;
		t->latency_us = grown;
		t->room = room;
	}
	t->latency_us[t->answers++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	t->last_ns = now_ns;
	t->ok += answer == TALLY_OK;
	t->unexpected += answer == TALLY_UNEXPECTED;
	t->status_503 += answer == TALLY_503;
	t->refused += answer == TALLY_REFUSED;
	return 0;
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorts N latencies, and prints nearest-rank percentiles of them. */
static void
percentiles_print(uint32_t *us, size_t n)
{
	static const unsigned percent[] = {50, 99, 100};
	static const char *const names[] = {"p50", "p99", "max"};

	if (n > 0)
		qsort(us, n, sizeof *us, by_size);
	for (size_t i = 0; i < sizeof percent / sizeof percent[0]; i++)
		printf(" %s_us=%u", names[i], n > 0 ? us[(n * percent[i] + 99) / 100 - 1] : 0);
}

/* What comes after the last whole interval is in the whole only: those requests were under way when the clock stopped. */
static void
intervals_print(struct tally *t)
{
	double seconds = (double)t->interval_ns / NS_PER_S;

	for (unsigned i = 0; i < t->intervals; i++) {
		size_t from = i > 0 ? t->ends[i - 1] : 0, n = t->ends[i] - from;

		printf("interval=%u seconds=%.3f rate=%.1f", i + 1, seconds, (double)n / seconds);
		percentiles_print(t->latency_us + from, n);
		putchar('\n');
	}
}

void
tally_print(struct tally *t)
{
	double seconds = (double)(t->last_ns - t->start_ns) / NS_PER_S;

	intervals_print(t);
	printf("answers=%zu ok=%" PRIu64 " s503=%" PRIu64 " refused=%" PRIu64, t->answers, t->ok, t->status_503,
	    t->refused);
	printf(
	    " unexpected=%" PRIu64 " errors=%" PRIu64 " reconnects=%" PRIu64, t->unexpected, t->errors, t->reconnects);
	printf(" seconds=%.3f rate=%.1f", seconds, seconds > 0 ? (double)t->ok / seconds : 0);
	percentiles_print(t->latency_us, t->answers);
}

void
tally_free(struct tally *t)
{
	free(t->latency_us);
	t->latency_us = NULL;
}
