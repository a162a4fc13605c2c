/*
 * A keeper is a process between the runner and one hook.  It starts the hook, ends it in time, and, because what a hook leaves behind
 * becomes the keeper's child (PR_SET_CHILD_SUBREAPER), ends that, too, wherever it has hidden: another process group or session does
 * not matter.  When the runner dies, however it dies, its keepers do all this at once (PR_SET_PDEATHSIG).
 */
#ifndef HOOKSPOOL_RUNNER_KEEPER_H
#define HOOKSPOOL_RUNNER_KEEPER_H

#include <stdint.h>
#include <sys/types.h>

#include "../protocol/run.h"

/* What a keeper tells, by write(2) in one piece: at most two of these. */
enum keeper_word { KEEPER_STARTED = 1, KEEPER_ENDED = 2 };
struct keeper_note {
	enum keeper_word word;
	pid_t pid; /* KEEPER_STARTED: the hook's, also its process group and session */
	enum run_end end;
	int code;
	uint64_t started_ms, ended_ms, cpu_us, memory_kib;
};

struct keeper {
	pid_t pid;
	int notes, out, err; /* read ends, non-blocking */
};

/*
 * Start a keeper for RUN with BODY as standard input.  LOCK, unless it is -1, is a descriptor that the keeper holds as long as
 * anything of the hook's may run.  Returns 0 with the descriptors owned by the caller, or -1 with errno.  On SIGTERM the keeper ends
 * its hook: TERM, and after the grace period KILL.
 */
int keeper_start(const struct run_start *, int body, int lock, struct keeper *);

#endif
