/*
 * What an operator says to a hook: stop, go on.  The spool remembers it for the next start.
 */
#ifndef HOOKSPOOL_HOOK_STEER_H
#define HOOKSPOOL_HOOK_STEER_H

struct spooler;

/* Suspend the hook (its identity) by hand, or open it however it was suspended.  Return 0, or -1 with errno (ENOENT: no such hook). */
int hook_steer_suspend(struct spooler *, const char *hook);
int hook_steer_resume(struct spooler *, const char *hook);

/* All hooks rest, or go on, those that are suspended aside; webhooks are accepted.  Return 0, or -1 with errno. */
int hook_steer_pause(struct spooler *);
int hook_steer_go_on(struct spooler *);

#endif
