/*
 * The line that a worker reads for an event (protocol/worker.h), made piece by piece, so that a large body costs no
 * memory.
 */
#ifndef HOOKSPOOL_RUNNER_LINE_H
#define HOOKSPOOL_RUNNER_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct run_start;

#define LINE_PIECE 16384 /* bytes made at once */

struct line {
	char *head; /* everything before the body */
	size_t head_len, head_at;
	const unsigned char *body; /* mapped */
	size_t body_len, body_at;
	bool base64, tail_given;
	char piece[LINE_PIECE];
	size_t piece_len, piece_at;
	size_t written;
};

/*
 * Prepare the line for a run with the file BODY as its body (borrowed).  Returns 0, or -1 with errno.
 */
int line_open(struct line *, const struct run_start *, int body);

/* Write to FD, which does not block, what it takes. */
enum line_progress { LINE_DONE, LINE_AGAIN, LINE_REFUSED };
enum line_progress line_write(struct line *, int fd);

void line_close(struct line *); /* also of one that is all 0, or closed */

#endif
