/*
 * What a worker answers to an event: hookspool-hook(7), worker mode.
 */
#ifndef HOOKSPOOL_ANSWER_H
#define HOOKSPOOL_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#define ANSWER_MAX (16u << 10) /* bytes of the line, its line feed not counted */

/* In reports and on disk: numbers keep their meaning. */
enum answer_fault {
	ANSWER_FINE = 0,
	ANSWER_NOT_JSON = 1,
	ANSWER_MEMBERS = 2,
	ANSWER_NUMBER = 3,
	ANSWER_RESULT = 4,
	ANSWER_MESSAGE = 5,
	ANSWER_LONG = 6,
	ANSWER_EARLY = 7,
	ANSWER_UNASKED = 8,
	ANSWER_CLOSED = 9
};

/* What to tell an operator; also for a number that no fault has. */
const char *answer_fault_text(int fault);

struct answer {
	int code;      /* as an exit status: 0 done, 1 retry, 100 dead */
	char *message; /* owned, or NULL: none */
	size_t message_len;
};

/*
 * Read LINE, LEN bytes without its line feed: one JSON object, with the members number (NUMBER), result ("done", "retry" or "dead") and
 * perhaps message (a string), and no others.  Returns ANSWER_FINE, or why it is not one; then nothing is owned.
 */
enum answer_fault answer_read(struct answer *, const char *line, size_t len, uint64_t number);
void answer_free(struct answer *);

#endif
