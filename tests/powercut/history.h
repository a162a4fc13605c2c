/*
 * The ledger: what others were told, and which hooks ran to their end, before a cut.  It has pieces, one for each life of the spooler: what an earlier
 * one has promised binds those that come after it.
 */
#ifndef POWERCUT_HISTORY_H
#define POWERCUT_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "ran.h"
#include "recording.h"

struct history_ack {
	size_t step;
	uint32_t serial;
	int ack; /* enum submit_ack */
	uint64_t number, wall_ms;
};

/* An operator was told that an event is in this state. */
struct history_told {
	size_t step;
	uint64_t number;
	char state[12];
};

/* All in the order in which it happened. */
struct history {
	struct history_ack *acks;
	size_t nacks, acks_room;
	struct history_told *told;
	size_t ntold, told_room;
	struct ran *runs;
	size_t nruns, runs_room;
};

/* What step LAST and those after it did belongs to a future that never was.  RAN: the file where hooks note their runs. */
struct history_piece {
	const struct recording *recording;
	size_t end; /* the first step that does not count */
	const char *ran;
};

/* What has happened; the last piece's steps alone count from 0 on, those of pieces before it are as old as can be. */
void history_add(struct history *, const struct history_piece *, int is_last);
void history_free(struct history *);

#endif
