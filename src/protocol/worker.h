/*
 * What the runner and a worker say to each other, over the worker's standard input and output: hookspool-hook(7), "Worker mode".
 *
 *   line    runner to worker: an event.  One JSON object and a line feed, with the members, in this order: number, attempt (numbers);
 *           source, hook, event, id, key, received_at, content_type (strings, each only if the hook is told it); env (an object of strings:
 *           what the source maps); body (a string), or body_base64 where the body is not UTF-8 or has NUL bytes.  No other byte
 *           below 0x20 is in it, and it is UTF-8; it may be as long as a body is.  runner/line.h makes it piece by piece.
 *   answer  worker to runner: what became of the event.  One JSON object and a line feed, at most ANSWER_MAX bytes before that, with the
 *           members, each once, in any order: number (the event's), result ("done", "retry" or "dead"), and perhaps message (a string).
 *
 * They take turns: a worker gets the next line after it has answered, and answers after it has read the whole line.  The end of its input
 * tells it to leave.
 *
 * The runner believes the result, for the event that it has given.  Whatever else comes is a fault (fault.h), and the worker is ended:
 * what it says after that could belong to any event.  The message is a hook's output: hostile text.
 */
#ifndef HOOKSPOOL_PROTOCOL_WORKER_H
#define HOOKSPOOL_PROTOCOL_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

#define ANSWER_MAX (16u << 10) /* bytes of an answer, its line feed not counted */

struct answer {
	int code;      /* as an exit status: 0 done, 1 retry, 100 dead */
	char *message; /* owned, or NULL: none */
	size_t message_len;
};

/* Read the answer LINE, LEN bytes without its line feed, to the event NUMBER.  Returns FAULT_NONE, or why it is none; then nothing is owned. */
enum fault answer_read(struct answer *, const char *line, size_t len, uint64_t number);
void answer_free(struct answer *);

#endif
