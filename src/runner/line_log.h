/*
 * A hook's output in the log, line by line, bounded.
 */
#ifndef HOOKSPOOL_RUNNER_LINE_LOG_H
#define HOOKSPOOL_RUNNER_LINE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_LOG_BYTES 1000 /* of a line; longer ones are cut into such pieces */
#define LINE_LOG_LINES 1000 /* of a stream; then one line says that no more follow */

struct line_log {
	const char *label, *stream; /* NULL: nothing is logged; borrowed */
	size_t len, lines;
	char line[LINE_LOG_BYTES];
};

void line_log_add(struct line_log *, const char *bytes, size_t len);

/* The stream has ended: what is left is a line, too. */
void line_log_end(struct line_log *);

#endif
