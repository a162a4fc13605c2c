/*
 * What the recorder writes and the cutter reads: of one process, each call that changes what is on its disk, and what it told whom, in the order in
 * which they happened.  A record is this head, then DATA bytes, then zeros up to a multiple of 8.  Numbers are the machine's own: both run on one.
 *
 * A descriptor means what the last OPEN of its number says until CLOSE.  Of a flush there are two records: it covers what was done before
 * SYNC_BEGIN, and does so from SYNC_END on.
 */
#ifndef POWERCUT_RECORD_H
#define POWERCUT_RECORD_H

#include <stdint.h>

enum record_kind {
	RECORD_OPEN = 1,   /* fd, name; what: enum record_open */
	RECORD_CLOSE,	   /* fd */
	RECORD_WRITE,	   /* fd, offset, len; data, unless it is all zeros */
	RECORD_TRUNCATE,   /* fd, offset: the new size */
	RECORD_SYNC_BEGIN, /* fd, offset: a number that only its end has, too */
	RECORD_SYNC_END,   /* offset */
	RECORD_LINK,	   /* two names, each with its NUL: the second one is new */
	RECORD_RENAME,	   /* two names */
	RECORD_UNLINK,	   /* name */
	RECORD_MKDIR,	   /* the spool's directory itself */
	RECORD_ACCEPT,	   /* fd: a client's, from now on */
	RECORD_SEND,	   /* fd; data: what went to the client */
	RECORD_STRANGE	   /* a call, by its name, that the model does not know: the recording is of no use */
};

enum record_open { OPEN_FOUND, OPEN_MADE, OPEN_DIRECTORY, OPEN_PARENT };

struct record {
	uint32_t kind;
	int32_t fd;
	uint32_t what;
	uint32_t data; /* bytes that follow */
	uint64_t offset, len;
	uint64_t wall_ms; /* the process's clock */
	uint64_t real_ns; /* the machine's */
};

#endif
