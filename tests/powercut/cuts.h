/* Where the power goes: at which steps of a recording, and what is wrong with the spooler there, for those of whom it is to be proven that it is seen. */
#ifndef POWERCUT_CUTS_H
#define POWERCUT_CUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"
#include "recording.h"

enum cuts_broken {
	CUTS_WHOLE,	/* the spooler as it is */
	CUTS_ACK,	/* it acknowledges, and has not flushed its log */
	CUTS_DIRECTORY, /* it does not flush its directory */
	CUTS_PAGE	/* it writes a page before the log has what is on it */
};

struct cuts_one {
	struct image_cut image;
	const struct record *early; /* this write has been made already; NULL: none */
};

struct cuts_plan {
	uint64_t seed;
	size_t n;	    /* cuts wanted */
	unsigned units[2];  /* bytes, in turn */
	size_t from, until; /* steps */
	enum cuts_broken broken;
};

/* In the order of their steps.  Owned; *N: how many, fewer where there are not so many places. */
struct cuts_one *cuts_choose(const struct recording *, const struct cuts_plan *, size_t *n);

/* Whether a broken spooler leaves this step out.  To be asked of each step once, in order; OF begins with zeros. */
struct cuts_leaving {
	bool log[DISK_FDS], directory[DISK_FDS];
	uint64_t flushes[DISK_FLUSHES]; /* that are left out, and have not ended */
};
bool cuts_leaves_out(struct cuts_leaving *of, enum cuts_broken, const struct record *);

#endif
