/* A recording, mapped; the steps of which it consists are its records. */
#ifndef POWERCUT_RECORDING_H
#define POWERCUT_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct recording {
	const unsigned char *bytes;
	size_t size;
	const struct record **steps; /* in order */
	size_t n;
};

/* A rest that is shorter than its record says, as a killed process may leave, is left out.  Ends the program where there is nothing to read. */
void recording_open(struct recording *, const char *path);
void recording_close(struct recording *);

/* What follows the record's head. */
const unsigned char *recording_data(const struct record *);

/* The first name in it, and the second, where it has two. */
const char *recording_name(const struct record *);
const char *recording_second_name(const struct record *);

/* For people: what a step does. */
void recording_say(const struct record *, char *out, size_t size);

#endif
