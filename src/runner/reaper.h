/*
 * The runner's parent, which sees to it that nobody of a hook's lives on when the runner and the keeper that should have ended him were both
 * killed: it adopts whom they leave (PR_SET_CHILD_SUBREAPER).
 */
#ifndef HOOKSPOOL_RUNNER_REAPER_H
#define HOOKSPOOL_RUNNER_REAPER_H

/*
 * Fork.  The child, which is the runner from now on, returns with 0; or -1 with errno, and this process is still the only one.  The parent
 * does not return: it waits until the runner has ended, and the keepers, which end their runs then; kills whoever is left of a hook's, and
 * ends.  It holds LOCK until then, so that no other runner begins meanwhile, and nothing else.  Nobody's TERM, INT or HUP ends it.
 */
int reaper_begin(int lock);

/* Said by the runner: from now on somebody may live on by right, and can't be told from the others, so nobody is killed. */
void reaper_spare(void);

#endif
