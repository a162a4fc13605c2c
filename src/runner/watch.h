/*
 * One run in its keeper: the hook is started, ended in time, and, because what it leaves behind becomes the keeper's child
 * (PR_SET_CHILD_SUBREAPER), that is ended, too, wherever it has hidden: another process group or session does not matter.
 */
#ifndef HOOKSPOOL_RUNNER_WATCH_H
#define HOOKSPOOL_RUNNER_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../protocol/run.h"
#include "hook.h"

/* How a run ended, as a keeper tells it. */
struct keeper_note {
	bool alone; /* nothing of the run lives: its keeper can be given another one */
	enum run_end end;
	int code;
	uint64_t started_ms, ended_ms, cpu_us, memory_kib;
};

/* Block the signals that watch_run() waits for, into *SIGNALS, and those that mean nothing to a keeper; none is ignored (hook_prepare()). */
void watch_signals(sigset_t *signals);

struct watch_terms {
	sigset_t signals; /* of watch_signals() */
	pid_t *hook;	  /* is the hook's process id, which is also that of its session and group, while it runs */
	bool outputs_end; /* with the hook's processes; else they are left open, and tell nobody that it ends */
};

/*
 * Run it to its end in this process, which has no other child.  The body, and the outputs unless they are left open, are closed when it has
 * begun.  SIGTERM, blocked, means: end it, TERM and after the grace period KILL.
 */
struct keeper_note watch_run(const struct run_start *, const struct hook_files *, const struct watch_terms *);

#endif
