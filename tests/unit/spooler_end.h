/*
 * For tests of the runner's modules: what they are given, and the spooler's end of the socket that their reports go to.
 */
#ifndef HOOKSPOOL_TEST_SPOOLER_END_H
#define HOOKSPOOL_TEST_SPOOLER_END_H

#include <stdbool.h>
#include <sys/types.h>

#include "../../src/protocol/run.h"
#include "../../src/runner/means.h"

extern struct means means;

/* Fixtures: MEANS, with a log that goes nowhere. */
void end_set_up(void);
void end_tear_down(void);

/* A run of SCRIPT by /bin/sh for event NUMBER, its token, with bounds that no test reaches; of the last call only. */
struct run_start *end_run(const char *script, uint64_t number);

/* A sealed file with TEXT; its owner closes it. */
int end_body(const char *text, size_t len);

/* Turn the loop once, for a moment; then give a process that has ended to REAPED. */
void end_turn(void (*reaped)(pid_t, int status));

/* The next message, if one is here: into REPORT (its token is not 0) or OUTPUT (its bytes are not NULL), until the next call. */
struct end_message {
	struct run_report report;
	struct run_output output;
};
bool end_receive(struct end_message *);

/* Turn the loop until a report has come, and leave all else; a test's time bounds it. */
struct run_report end_report(void (*reaped)(pid_t, int status));

/* The same, of an event that a worker has answered with its process id, which is returned. */
int end_answered(void (*reaped)(pid_t, int status));

/* Does what was kept of standard output, or error, begin with TEXT? */
bool end_has(const char *bytes, uint32_t len, const char *text);

#endif
