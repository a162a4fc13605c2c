/*
 * What is wrong with what a worker says.  The runner finds it, and says so in its report (RUN_NONSENSE, the fault is its code); the spooler
 * keeps it with the attempt, and shows the operator its text.
 */
#ifndef HOOKSPOOL_PROTOCOL_FAULT_H
#define HOOKSPOOL_PROTOCOL_FAULT_H

/* In reports and on disk: numbers keep their meaning. */
enum fault {
	FAULT_NONE = 0,
	/* Of an answer's bytes: answer_read(). */
	FAULT_NOT_JSON = 1, /* not one JSON object of plain values, or a name twice in it */
	FAULT_MEMBERS = 2,  /* it has a member that no answer has */
	FAULT_NUMBER = 3,   /* it has no number, or another event's */
	FAULT_RESULT = 4,   /* it has no result, or one that is none of the three */
	FAULT_MESSAGE = 5,  /* its message is not a string */
	/* Of when it comes: runner/worker.c. */
	FAULT_LONG = 6,	   /* no line feed within ANSWER_MAX bytes */
	FAULT_EARLY = 7,   /* before the whole line was read */
	FAULT_UNASKED = 8, /* without an event in hand, or a second one */
	FAULT_CLOSED = 9   /* it has closed its output, and did not end */
};

/* One sentence for an operator, in memory for good; also of a number that is no fault, for it may come from a disk. */
const char *fault_text(int fault);

#endif
