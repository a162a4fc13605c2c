/*
 * What spooler and runner say to each other: one datagram per message on a SOCK_SEQPACKET socket pair.
 *
 *   START    spooler to runner, with the body's descriptor (SCM_RIGHTS): what to run, how, how long
 *   ENDED    runner to spooler: how it ended, what it printed
 *   FOLLOW   spooler to runner: from now on tell what this run prints, and first what is kept of it already
 *   OUTPUT   runner to spooler: a piece of that
 *   LOG      spooler to runner, with a descriptor: the file that the log goes to from now on
 *
 * Every START is answered by exactly one ENDED, also when the program could not be started.  The runner answers nothing
 * after its end of the pair was closed: it kills what runs and leaves.
 */
#ifndef HOOKSPOOL_PROTOCOL_RUN_H
#define HOOKSPOOL_PROTOCOL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity.h"

#define RUN_ARGUMENTS_MAX 64
#define RUN_VARIABLES_MAX 64
#define RUN_OUTPUT_MAX (16u << 10)   /* bytes kept of one stream, at most */
#define RUN_MESSAGE_MAX (192u << 10) /* below the default socket buffer, so that a datagram always fits */

#define RUN_DURATION_MAX_MS ((uint64_t)7 * 86400000) /* of any of its times */
#define RUN_NICE_MAX 19
#define RUN_RUNS_MAX 1024 /* at a time: the largest max-running */
#define RUN_PATH "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

struct run_request {
	uint64_t token; /* the spooler's name for this run */
	uint64_t timeout_ms, grace_ms;
	uint32_t output_max; /* bytes kept of each stream: the first half and the last half, a note between */
	char *arguments[RUN_ARGUMENTS_MAX + 1]; /* NULL-terminated */
	char *variables[RUN_VARIABLES_MAX + 1]; /* "NAME=value", NULL-terminated: the whole environment */
	char *directory;
	char *label; /* for the log */
	bool keep_orphans, log_output;
	uint32_t umask;
	uint32_t nice;		       /* added to the runner's own */
	uint16_t identity;	       /* whom it runs as: a place in the table */
	const struct run_identity *as; /* the same, as it was decoded; borrows from the table */
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
};

/* A piece of what a run prints; MISSED bytes before it were not told. */
struct run_output {
	uint64_t token, missed;
	bool is_error;	   /* standard error, else standard output */
	const char *bytes; /* borrowed */
	uint32_t len;	   /* up to RUN_OUTPUT_MAX */
};

/* 2 was the process id of a run, which nobody wants to know any more. */
enum run_message { RUN_START = 1, RUN_ENDED = 3, RUN_FOLLOW = 4, RUN_OUTPUT = 5, RUN_LOG = 6 };

/* Encode into OUT (RUN_MESSAGE_MAX bytes).  Return the length, or 0 when it would not fit. */
size_t run_encode_request(const struct run_request *, unsigned char *out);
size_t run_encode_report(const struct run_report *, unsigned char *out);
size_t run_encode_follow(uint64_t token, unsigned char *out);
size_t run_encode_output(const struct run_output *, unsigned char *out);
size_t run_encode_log(unsigned char *out);

/*
 * Decode a message; strings point into MESSAGE.  Return 0, or -1 when it is not one.  A request is looked at as if an attacker had written
 * it: whom it names is in the table, its environment has RUN_PATH, hookspool's own variables and such as a source may map, and what it
 * asks for otherwise is what a configuration can ask for.
 */
int run_decode_request(struct run_request *, unsigned char *message, size_t len, const struct run_identities *);
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
	const struct run_identities *identities;
};

#endif
