/* Outcomes: a function of the attempt, the hook's backoff and the event's age. */
#include "outcome.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "../protocol/fault.h"
#include "backoff.h"

#define SHORTAGE_MS 2000   /* until a run that this machine had no room for is tried again */
#define EXIT_PERMANENT 100 /* hookspool-hook(7): the hook will never succeed with this event */

/* The machine had no process, memory or descriptor left: that says nothing about the hook. */
static bool
is_shortage(const struct attempt *a)
{
	return a->end == RUN_FAILED &&
	    (a->code == EAGAIN || a->code == ENOMEM || a->code == EMFILE || a->code == ENFILE);
}

/* What a worker answers has the meaning of exit statuses; the exit status of one that ended before it answered has none. */
static bool
says(const struct attempt *a, int code)
{
	return (a->end == RUN_EXITED || a->end == RUN_ANSWERED) && a->code == code;
}

enum outcome_word
outcome_of_hook(const struct attempt *a)
{
	if (is_shortage(a))
		return OUTCOME_NO_WORD;
	return says(a, 0) || says(a, EXIT_PERMANENT) ? OUTCOME_WORKS : OUTCOME_FAILS;
}

struct delivery
outcome_decide(const struct delivery *before, const struct attempt *a, const struct outcome_terms *terms)
{
	uint64_t age = a->ended_ms > terms->received_ms ? a->ended_ms - terms->received_ms : 0;
	struct delivery after = {.attempts = before->attempts + 1, .attempts_all = before->attempts_all + 1};

	if (is_shortage(a)) {
		after.state = DELIVERY_QUEUED;
		after.attempts = before->attempts;
		after.next_ms = a->ended_ms + SHORTAGE_MS;
		return after;
	}
	if (says(a, 0)) {
		after.state = DELIVERY_DONE;
	} else if (says(a, EXIT_PERMANENT) || age >= terms->backoff->give_up_ms ||
	    (terms->backoff->attempts != 0 && after.attempts >= terms->backoff->attempts)) {
		after.state = DELIVERY_DEAD;
	} else {
		after.state = DELIVERY_QUEUED;
		after.next_ms = a->ended_ms + backoff_delay(terms->backoff, after.attempts, terms->jitter);
		return after;
	}
	after.ended_ms = a->ended_ms;
	return after;
}

void
outcome_log(uint64_t number, const char *hook, const struct delivery *after, const struct attempt *a)
{
	static const char *const word[] = {
	    [RUN_EXITED] = "exit status",
	    [RUN_SIGNALED] = "signal",
	    [RUN_TIMEOUT] = "timeout, ended with",
	    [RUN_FAILED] = "errno",
	    [RUN_ANSWERED] = "the worker answered",
	    [RUN_QUIT] = "the worker ended before it answered, exit status",
	    [RUN_NONSENSE] = "fault",
	};
	const char *reason = a->end == RUN_FAILED ? strerror(a->code)
	    : a->end == RUN_NONSENSE		  ? fault_text(a->code)
						  : "";
	const char *colon = reason[0] != '\0' ? ": " : "";
	unsigned long long n = number;

	if (after->state == DELIVERY_DONE)
		log_info("event %llu: %s: done (attempt %u)", n, hook, after->attempts);
	else if (after->state == DELIVERY_DEAD)
		log_error("event %llu: %s: dead after attempt %u (%s %d%s%s)", n, hook, after->attempts, word[a->end],
		    a->code, colon, reason);
	else
		log_warn("event %llu: %s: attempt %u failed (%s %d%s%s), again in %llu ms", n, hook, after->attempts,
		    word[a->end], a->code, colon, reason, (unsigned long long)(after->next_ms - a->ended_ms));
}
