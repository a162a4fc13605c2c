/*
 * What the keeper of one run, and no other, has told so far.
 */
#ifndef HOOKSPOOL_RUNNER_NOTES_H
#define HOOKSPOOL_RUNNER_NOTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "keeper.h"

struct notes {
	struct keeper keeper; /* owned */
	bool open;
	bool told; /* END is there */
	struct keeper_note end;
};

/* KEEPER is taken. */
void notes_open(struct notes *, const struct keeper *);
void notes_close(struct notes *); /* also of one that was never opened and is all 0 */

/* The hook's process id, or 0: it has not begun, or has ended. */
pid_t notes_hook(const struct notes *);

/* keeper_kill(), unless it is gone. */
void notes_kill(const struct notes *);

/*
 * The keeper is gone, and whatever it had to tell is here.  Returns true: END says how the hook ended.  Or false: somebody has killed the
 * keeper; the hook went with it (PR_SET_PDEATHSIG), and its group, which may not have, is killed here.
 */
bool notes_conclude(struct notes *);

#endif
