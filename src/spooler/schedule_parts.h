/*
 * What the files of the schedule share, and nobody else sees.
 */
#ifndef HOOKSPOOL_SCHEDULE_PARTS_H
#define HOOKSPOOL_SCHEDULE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "runs.h"
#include "slot.h"

struct event;
struct run_report;
struct runner_link;
struct spooler;

struct schedule {
	struct spooler *spooler;
	struct runner_link *link;
	struct event *turn, *store; /* outcomes wait for company until then */
	uint64_t turn_at_ms;	    /* monotonic: when it comes; 0: it does not */
	struct slots slots;
	struct runs runs;
	unsigned waiting; /* of the runs that have ended: those that have not joined a group */
	bool stopped;
	uint64_t paused_ms; /* since when nothing starts, by an operator's word; 0: it does */
};

/* Look for what to start within MS; a turn that comes sooner stays, and looks at all there is. */
void schedule_turn_in(struct schedule *, uint64_t ms);

enum schedule_start { SCHEDULE_STARTED, SCHEDULE_SKIPPED, SCHEDULE_RUNNER_BUSY };

/* Start the first of the slot's deliveries that may run NOW (since the epoch).  SKIPPED: there is none. */
enum schedule_start schedule_start_first(struct schedule *, struct slot *, uint64_t now_ms);

/*
 * RUN's process has ended, as REPORT says: its place is free.  Its outcome joins a group, at the latest when others have had a moment to end,
 * too; once that is on disk, the run is forgotten, and its lane's next is due.
 */
void schedule_ended(struct run *, const struct run_report *);

#endif
