/* What a power cut leaves of a disk. */
#ifndef POWERCUT_IMAGE_H
#define POWERCUT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

struct image_cut {
	uint64_t seed;
	unsigned unit; /* bytes that a disk writes whole or not at all: 512 or DISK_PAGE */
	size_t step;   /* the first one that was not made any more */
	const char *
	    keep; /* of the file of this name all that waits is kept, and of all others nothing; "*": all of all; NULL: chance */
};

/*
 * Write to DIR, which is made, what is left.  The same cut of the same disk leaves the same, always.  Returns false where not even the spool's
 * directory is left; DIR is not made then.
 */
bool image_write(const struct disk *, const struct image_cut *, const char *dir);

#endif
