/*
 * The stages of a worker, one at a time.
 *
 *              its event  timer        what comes next
 *   NEW        none       none         is given an event: READING
 *   IDLE       none       idle         is given an event: READING; the timer, or its program was replaced: DISMISSED
 *   READING    in hand    the event's  its line is in the pipe to the end: ANSWERING; the timer: LATE
 *   ANSWERING  in hand    the event's  its answer: IDLE; the timer: LATE
 *   CLOSED     perhaps    a moment     who ends closes its output just before; the timer: FAULTY
 *   DISMISSED  none       grace        its input has ended, so it is to leave; the timer: ENDING
 *   ENDING     perhaps    the last     it was told to end, and is not to blame
 *   LATE       in hand    the last     it was told to end, for it had no answer in time
 *   FAULTY     perhaps    the last     it was told to end, for what it wrote
 *
 * The last timer: its keeper should have ended it long ago, and is killed, and it is.
 *
 * In IDLE, READING and ANSWERING it can also close its output: CLOSED; or write what is no answer, too much, or too early: FAULTY.  An
 * event whose line can't be made leaves it IDLE.  From each of the first six the pool can have it end: ENDING.  From DISMISSED on nothing
 * that it says counts.  It can end in any stage; who does so before DISMISSED does it on its own.
 */
#ifndef HOOKSPOOL_RUNNER_STAGE_H
#define HOOKSPOOL_RUNNER_STAGE_H

#include <stdbool.h>

enum stage {
	STAGE_NEW,
	STAGE_IDLE,
	STAGE_READING,
	STAGE_ANSWERING,
	STAGE_CLOSED,
	STAGE_DISMISSED,
	STAGE_ENDING,
	STAGE_LATE,
	STAGE_FAULTY
};

/* Is NEXT one of those that the table has behind STAGE? */
bool stage_may_follow(enum stage, enum stage next);

/* DISMISSED and what is behind it: it gets no more events. */
bool stage_is_last(enum stage);

#endif
