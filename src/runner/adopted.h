/*
 * Whom this process has adopted (PR_SET_CHILD_SUBREAPER), because the keeper is gone that should have ended them.  They are its children that
 * are not of its own session: keepers are, and stay; each hook has a session of its own, and nobody can enter one that is there.
 */
#ifndef HOOKSPOOL_RUNNER_ADOPTED_H
#define HOOKSPOOL_RUNNER_ADOPTED_H

#include <stdbool.h>

/*
 * Kill them all, and reap who has ended.  Returns false: nobody is left, or only who can't be killed.  Or true: somebody may be, and SIGCHLD
 * will tell when it is time to call this again.
 */
bool adopted_kill(void);

/* Wake those who are of this process's session, and were stopped (SIGCONT).  Returns whether there are any. */
bool adopted_wake_kin(void);

/* Is anybody there?  Who has ended and is not reaped is. */
bool adopted_any(void);

#endif
