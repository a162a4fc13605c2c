/*
 * One output of a hook's program, while it runs: its pipe, what is kept of it, its lines in the log, and who is told at once.
 */
#ifndef HOOKSPOOL_RUNNER_STREAM_H
#define HOOKSPOOL_RUNNER_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "line_log.h"
#include "means.h"
#include "output.h"

struct event;

/* Those who follow a run, over both of its outputs. */
struct audience {
	uint64_t token;	 /* the run's */
	uint64_t missed; /* bytes since the last piece that they were not told, for the socket had no room */
	bool listens;	 /* there are some */
};

/* All 0, or of stream_init(): closed.  What of it is set before stream_open() stays. */
struct stream {
	const struct means *means;
	int fd;
	struct event *readable;	   /* NULL: it is closed */
	bool is_error;		   /* standard error, else standard output */
	struct audience *audience; /* borrowed; NULL: of no run now */
	struct output kept;
	struct line_log log; /* without a label nothing is logged */
};

/* The same without a look at the room for what is kept, which is large. */
void stream_init(struct stream *);

/* Read from FD, which does not block and is taken, whenever there is something; of it MAX bytes are kept.  MEANS is borrowed. */
void stream_open(struct stream *, const struct means *, int fd, uint32_t max);
void stream_close(struct stream *); /* also of one that is closed */

/* Read what is there now, up to a bound: whoever else holds the pipe is not waited for. */
void stream_drain(struct stream *);

/* Tell the audience what is kept. */
void stream_tell_kept(struct stream *);

#endif
