/* What is left after a power cut, looked at by the program that must live with it. */
#ifndef POWERCUT_CHECK_H
#define POWERCUT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "census.h"
#include "history.h"

struct check {
	const char *dir; /* the image; it is changed */
	const struct history *history;
	size_t step;	  /* what was told before this one binds */
	uint64_t wall_ms; /* when the power went, by the spooler's clock, and by the machine's: */
	uint64_t real_ns;
	uint64_t keep_ms, dedup_ms;
	struct census_load load;
	uint64_t seed; /* of what is looked at beside all that always is */
};

/*
 * Open it with the spool's own code, and compare it with the ledger: what was acknowledged is there once, byte for byte; who repeats it hears
 * "duplicate"; what ended has ended; nothing is there that nobody sent; the tables agree.  Then new webhooks come, it is closed and opened again.
 * Ends with wrong() where that is not so.
 */
void check_image(const struct check *);

/* The same where no directory was left: then nobody was told anything. */
void check_nothing(const struct check *);

#endif
