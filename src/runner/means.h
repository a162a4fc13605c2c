/*
 * What every run is started, watched and told about with: the same for the whole runner.
 */
#ifndef HOOKSPOOL_RUNNER_MEANS_H
#define HOOKSPOOL_RUNNER_MEANS_H

struct event_base;
struct reports;
struct keeper_terms;
struct keepers;

/* Borrows everything it points to. */
struct means {
	struct event_base *base;
	struct reports *reports;
	const struct keeper_terms *terms;
	struct keepers *keepers;
};

/*
 * There is no memory left: say so, and end this process.  An event must not be forgotten: without the runner the spooler starts anew, and
 * its events run again.
 */
void means_exhausted(void) __attribute__((noreturn));

#endif
