/*
 * What a keeper has told so far, as its pipe says it: which process the hook is, and how it ended.
 */
#ifndef HOOKSPOOL_RUNNER_NOTES_H
#define HOOKSPOOL_RUNNER_NOTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "keeper.h"

struct notes {
	int fd;			/* owned; -1: closed */
	pid_t hook;		/* also its process group; 0: not told yet */
	struct keeper_note end; /* once its word is KEEPER_ENDED */
};

/* FD is a keeper's (struct keeper), and taken. */
void notes_open(struct notes *, int fd);
void notes_close(struct notes *);

/* The hook's process id, or 0: it is not told yet. */
pid_t notes_hook(struct notes *);

/*
 * The keeper is gone, and whatever it had to tell is in the pipe.  Returns true: END says how the hook ended.  Or false: somebody has killed
 * the keeper; the hook went with it (PR_SET_PDEATHSIG), and its group, which may not have, is killed here.
 */
bool notes_conclude(struct notes *);

#endif
