/*
 * What is wrong with a worker's answer.
 */
#ifndef HOOKSPOOL_FAULT_H
#define HOOKSPOOL_FAULT_H

/* In reports and on disk: numbers keep their meaning. */
enum fault {
	FAULT_NONE = 0,
	FAULT_NOT_JSON = 1,
	FAULT_MEMBERS = 2,
	FAULT_NUMBER = 3,
	FAULT_RESULT = 4,
	FAULT_MESSAGE = 5,
	FAULT_LONG = 6,
	FAULT_EARLY = 7,
	FAULT_UNASKED = 8,
	FAULT_CLOSED = 9
};

/* What to tell an operator; also for a number that no fault has. */
const char *fault_text(int fault);

#endif
