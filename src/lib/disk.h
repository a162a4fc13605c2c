/*
 * What is known of the disk under a directory: whether a piece of a file, at a multiple of its size, is ever written by half when the power goes.
 * Linux's /sys tells; nothing is tried.
 */
#ifndef HOOKSPOOL_DISK_H
#define HOOKSPOOL_DISK_H

#include <stdbool.h>

struct disk {
	bool whole;	/* certainly not */
	char what[128]; /* why, or why that isn't known: "vda writes 512 bytes at a time" */
};

/* PIECE bytes, a power of two. */
void disk_look(const char *dir, unsigned piece, struct disk *);

/* The same of a block device, in the place of /sys/dev/block that SYS is: for tests. */
void disk_look_at(const char *sys, unsigned major, unsigned minor, unsigned piece, struct disk *);

#endif
