/*
 * What a worker answers to an event: hookspool-hook(7), worker mode.
 */
#ifndef HOOKSPOOL_PROTOCOL_WORKER_H
#define HOOKSPOOL_PROTOCOL_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

#define ANSWER_MAX (16u << 10) /* bytes of the line, its line feed not counted */

struct answer {
	int code;      /* as an exit status: 0 done, 1 retry, 100 dead */
	char *message; /* owned, or NULL: none */
	size_t message_len;
};

/*
 * Read LINE, LEN bytes without its line feed: one JSON object, with the members number (NUMBER), result ("done", "retry" or "dead") and
 * perhaps message (a string), and no others.  Returns FAULT_NONE, or why it is not one; then nothing is owned.
 */
enum fault answer_read(struct answer *, const char *line, size_t len, uint64_t number);
void answer_free(struct answer *);

#endif
