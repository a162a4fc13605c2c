/* A claim that is refused is no failure: the transaction goes on without it. */
#include "admit.h"

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../protocol/event.h"
#include "../spool/spool.h"
#include "binding.h"
#include "claim.h"
#include "space.h"
#include "spooler.h"

static int
refuse(struct admitted *admitted, enum submit_ack ack)
{
	admitted->ack = ack;
	return 0;
}

enum submit_ack
admit_readiness(const struct spooler *spooler)
{
	if (!space_enough(spooler->space))
		return SUBMIT_DISK;
	return spool_counters(spooler->spool)->queued >= spooler->conf->max_queued ? SUBMIT_BUSY : SUBMIT_READY;
}

/* The event is for HOOKS of its source; none is no reason to refuse it, and needs no place in the queue. */
static int
put(struct spooler *spooler, const struct source *source, const struct event *event, struct admitted *admitted)
{
	const char *hooks[SPOOL_DELIVERIES_MAX];
	struct spool_submission submission = {event, hooks, 0};
	struct binding binding;
	enum spool_accept accepted;
	enum submit_ack readiness = admit_readiness(spooler);

	binding_hooks(source, event, &binding);
	for (; submission.n < binding.n; submission.n++)
		hooks[submission.n] = binding.identity[submission.n];
	if (readiness == SUBMIT_DISK || (readiness == SUBMIT_BUSY && submission.n > 0))
		return refuse(admitted, readiness);
	accepted = spool_accept(spooler->spool, &submission, event->received_ms, &admitted->number);
	if (accepted == SPOOL_FAILED)
		return -1;
	admitted->ack = event->kind == EVENT_REJECTED ? SUBMIT_KEPT
	    : accepted == SPOOL_STORED		      ? SUBMIT_STORED
						      : SUBMIT_DUPLICATE;
	return 0;
}

int
admit(struct spooler *spooler, const unsigned char *record, size_t len, struct admitted *admitted)
{
	struct claim claim;
	struct claim_verdict verdict;
	struct event event;

	*admitted = (struct admitted){.number = 0};
	if (claim_decode(&claim, record, len) != 0)
		return refuse(admitted, SUBMIT_INVALID);
	verdict = claim_check(&claim, spooler->conf, clock_wall_ms(), &event);
	if (verdict.result == CLAIM_UNKNOWN_SOURCE)
		return refuse(admitted, SUBMIT_UNKNOWN);
	admitted->source = verdict.source->name;
	admitted->why = verdict.why;
	if (verdict.result == CLAIM_UNFIT)
		return refuse(admitted, SUBMIT_UNFIT);
	return put(spooler, verdict.source, &event, admitted);
}
