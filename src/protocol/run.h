/*
 * What spooler and runner say to each other: one datagram per message on a SOCK_SEQPACKET socket pair that the spooler made before it forked
 * the runner.  u8 what (enum run_message), then:
 *
 *   START   spooler to runner, with the body's descriptor (SCM_RIGHTS), a sealed memory file: what to run, how, how long
 *           u64 token, u64 timeout, u64 grace (ms), u32 output_max, list of arguments, list of variables, string directory, string label,
 *           u8 flags (1 keep_orphans, 2 log_output, 4 worker), u32 umask, u32 nice, u16 account, u16 count of limits and as many pairs
 *           (u32 resource, u64 value), u64 idle (ms), u64 number, u16 fixed
 *   ENDED   runner to spooler: how it ended, what it printed
 *           u64 token, u8 enum run_end, u32 code, u64 started, u64 ended (ms since the epoch), u64 cpu (us), u64 memory (KiB),
 *           u64 bytes of standard output, u64 of standard error, u64 missed since the last OUTPUT, text of what is kept of the one output,
 *           text of the other
 *   FOLLOW  spooler to runner: from now on tell what this run prints, and first what is kept of it already
 *           u64 token
 *   OUTPUT  runner to spooler: a piece of that
 *           u64 token, u64 missed, u8 1 for standard error, else 0, text
 *   LOG     spooler to runner, with a descriptor: the file that the log goes to from now on
 *
 * Integers are big-endian.  A text is u32 length and bytes; a string is a text whose last byte is its only NUL; a list is u16 count and
 * strings.
 *
 * Every START is answered by exactly one ENDED, also when the program could not be started.  FOLLOW of a run that has ended is answered by
 * nothing.  The runner says nothing after its end of the pair was closed: it kills what runs and leaves.
 *
 * The runner believes which hook is to run, for which event, with which body and values; not whom it names, what the environment could
 * do to a loader or an interpreter, nor lengths: see run_decode_start(), and runner/programs.h where it has other rights than the spooler.
 * The spooler believes how a run ended and what it printed, if it has started that run; not lengths, nor times later than now.
 */
#ifndef HOOKSPOOL_PROTOCOL_RUN_H
#define HOOKSPOOL_PROTOCOL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"

#define RUN_ARGUMENTS_MAX 64
#define RUN_VARIABLES_MAX 64	     /* PATH, hookspool's own, and those of an event */
#define RUN_OUTPUT_MAX (16u << 10)   /* bytes kept of one stream, at most */
#define RUN_MESSAGE_MAX (192u << 10) /* below the default socket buffer, so that a datagram always fits */

#define RUN_DURATION_MAX_MS ((uint64_t)7 * 86400000) /* of any of its times */
#define RUN_NICE_MAX 19
#define RUN_RUNS_MAX 1024 /* at a time: the largest max-running */
#define RUN_PATH "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

/* What START says: a run that is to be. */
struct run_start {
	uint64_t token; /* the spooler's name for this run */
	uint64_t timeout_ms, grace_ms;
	uint32_t output_max; /* bytes kept of each stream: the first half and the last half, a note between */
	char *arguments[RUN_ARGUMENTS_MAX + 1]; /* NULL-terminated */
	char *variables[RUN_VARIABLES_MAX + 1]; /* "NAME=value", NULL-terminated: the whole environment */
	char *directory;
	char *label; /* for the log */
	bool keep_orphans, log_output;
	uint32_t umask;
	uint32_t nice;		  /* added to the runner's own */
	uint16_t account;	  /* whom it runs as: a place in the table */
	const struct account *as; /* the same, as it was decoded; borrows from the table */
	struct run_limit limits[RUN_LIMITS_MAX];
	size_t nlimits;
	/* For a worker, which stays for many events: */
	bool worker;
	uint64_t idle_ms; /* without an event for so long, it is ended */
	uint64_t number;  /* the event's */
	uint16_t fixed;	  /* so many of the variables, at the front, are the same for each event */
};

enum run_end {
	RUN_EXITED = 1,	  /* code: exit status */
	RUN_SIGNALED = 2, /* code: signal */
	RUN_TIMEOUT = 3,  /* code: signal or exit status it ended with after TERM or KILL */
	RUN_FAILED = 4,	  /* could not be started; code: errno */
	RUN_ANSWERED = 5, /* by a worker; code: as an exit status */
	RUN_QUIT = 6,	  /* a worker ended before it had answered; code: exit status */
	RUN_NONSENSE = 7  /* a worker's answer was none; code: enum fault */
};

/* One word for an operator, also of a value that is none. */
const char *run_end_word(enum run_end);

/* What ENDED says: how it ended. */
struct run_report {
	uint64_t token;
	enum run_end end;
	int code;
	uint64_t started_ms, ended_ms; /* since the epoch */
	uint64_t cpu_us;	       /* user and system, of the process and its waited-for children */
	uint64_t memory_kib;	       /* peak resident set */
	const char *out, *err;	       /* borrowed; not terminated */
	uint32_t out_len, err_len;
	uint64_t out_total, err_total; /* bytes it really printed */
	uint64_t missed; /* bytes of them that no OUTPUT told, after the last one, while somebody followed */
};

/* A piece of what a run prints; MISSED bytes before it were not told. */
struct run_output {
	uint64_t token, missed;
	bool is_error;	   /* standard error, else standard output */
	const char *bytes; /* borrowed */
	uint32_t len;	   /* up to RUN_OUTPUT_MAX */
};

/* 2 is not used: it told a process id once. */
enum run_message { RUN_START = 1, RUN_ENDED = 3, RUN_FOLLOW = 4, RUN_OUTPUT = 5, RUN_LOG = 6 };

/* Encode into OUT (RUN_MESSAGE_MAX bytes).  Return the length, or 0 when it would not fit. */
size_t run_encode_start(const struct run_start *, unsigned char *out);
size_t run_encode_report(const struct run_report *, unsigned char *out);
size_t run_encode_follow(uint64_t token, unsigned char *out);
size_t run_encode_output(const struct run_output *, unsigned char *out);
size_t run_encode_log(unsigned char *out);

/*
 * Decode a message; strings point into MESSAGE.  Return 0, or -1 when it is not one.  A START is looked at as if an attacker had written
 * it: whom it names is in the table, its environment has RUN_PATH, hookspool's own variables and such as a source may map, and what it
 * asks for otherwise is what a configuration can ask for.
 */
int run_decode_start(struct run_start *, unsigned char *message, size_t len, const struct accounts *);
int run_decode_report(struct run_report *, const unsigned char *message, size_t len);
int run_decode_follow(uint64_t *token, const unsigned char *message, size_t len);
int run_decode_output(struct run_output *, const unsigned char *message, size_t len);
int run_decode_log(const unsigned char *message, size_t len);

/* What the runner has from its beginning. */
struct conf;
struct runner_setup {
	int socket;		 /* its end of the pair */
	int lock;		 /* held as long as anything runs, also when the runner itself is killed */
	const struct conf *conf; /* where the runner has other rights than the spooler: see programs.h; else NULL */
	const struct accounts *accounts;
};

#endif
