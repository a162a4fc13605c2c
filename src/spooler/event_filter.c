/* An event's texts are not terminated. */
#include "event_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/glob.h"
#include "../protocol/event.h"
#include "../protocol/run.h"
#include "../spool/spool.h"

static bool
text_fits(const char *text, const struct event *event, enum event_text which)
{
	return text == NULL ||
	    (strlen(text) == event->len[which] && memcmp(text, event->text[which], event->len[which]) == 0);
}

static bool
type_fits(const char *glob, const struct event *event)
{
	char type[EVENT_TYPE_MAX + 1];

	if (glob == NULL)
		return true;
	memcpy(type, event->text[EVENT_TYPE], event->len[EVENT_TYPE]);
	type[event->len[EVENT_TYPE]] = '\0';
	return glob_match(glob, type);
}

bool
event_filter_fits(const struct event_filter *filter, const struct event *event)
{
	return text_fits(filter->source, event, EVENT_SOURCE) && text_fits(filter->id, event, EVENT_ID) &&
	    text_fits(filter->lane, event, EVENT_LANE) && (filter->secret == 0 || filter->secret == event->secret) &&
	    type_fits(filter->type, event);
}

void
event_filter_range(const struct event_filter *filter, struct spool *spool, uint64_t *first, uint64_t *end)
{
	*first = filter->since_ms != 0 ? spool_since(spool, filter->since_ms) : 0;
	*end = filter->until_ms != 0 ? spool_since(spool, filter->until_ms) : UINT64_MAX;
}

unsigned
event_filter_counted(enum event_state state)
{
	switch (state) {
	case STATE_DONE:
		return SPOOL_DONE;
	case STATE_DROPPED:
		return SPOOL_DROPPED;
	case STATE_QUEUED:
	case STATE_RUNNING:
		return SPOOL_QUEUED;
	case STATE_UNHANDLED: /* also what waits for a hook that the configuration no longer has */
		return SPOOL_UNHANDLED | SPOOL_QUEUED;
	case STATE_DEAD:
		return SPOOL_DEAD;
	case STATE_REJECTED:
		return SPOOL_REJECTED;
	default:
		return 0;
	}
}

static bool
has_failed(const struct attempt *a)
{
	return (a->end != RUN_EXITED && a->end != RUN_ANSWERED) || a->code != 0;
}

static bool
contains(const char *bytes, size_t len, const char *text)
{
	return memmem(bytes, len, text, strlen(text)) != NULL;
}

/* Attempts come oldest first: the last one decides. */
struct look {
	const struct event_failure *failure;
	bool fits;
};

static int
look_at(void *context, uint32_t which, const struct attempt *a)
{
	struct look *look = context;
	const struct event_failure *f = look->failure;

	(void)which;
	look->fits = has_failed(a) && (f->end == 0 || f->end == (int)a->end) && (f->any_code || f->code == a->code) &&
	    (f->output == NULL || contains(a->out, a->out_len, f->output) || contains(a->err, a->err_len, f->output));
	return 0;
}

static bool
failure_fits(const struct event_failure *failure, struct spool *spool, const struct event_runs *runs)
{
	for (int i = 0; i < runs->n; i++) {
		struct look look = {failure, false};

		if (spool_attempts(spool, runs->number, runs->all[i].hook, &(struct spool_reader){look_at, &look}) ==
			0 &&
		    look.fits)
			return true;
	}
	return false;
}

bool
event_filter_fits_runs(const struct event_filter *filter, struct spool *spool, const struct event_runs *runs)
{
	uint64_t attempts = 0;

	for (int i = 0; i < runs->n; i++)
		attempts += runs->all[i].delivery.attempts_all;
	return attempts >= filter->attempts && (!filter->failed || failure_fits(&filter->failure, spool, runs));
}

int
event_filter_failure(struct event_failure *failure, const char *words)
{
	static const char output[] = "output:";
	const char *colon = strchr(words, ':');
	size_t len = colon != NULL ? (size_t)(colon - words) : strlen(words);
	char *end;

	*failure = (struct event_failure){.any_code = true};
	if (strncmp(words, output, sizeof output - 1) == 0) {
		failure->output = words + sizeof output - 1;
		return 0;
	}
	for (int e = RUN_EXITED; e <= RUN_NONSENSE && failure->end == 0; e++)
		if (strlen(run_end_word(e)) == len && strncmp(words, run_end_word(e), len) == 0)
			failure->end = e;
	if (failure->end == 0 || colon == NULL)
		return failure->end == 0 ? -1 : 0;
	errno = 0;
	failure->any_code = false;
	failure->code = strtol(colon + 1, &end, 10);
	return colon[1] < '0' || colon[1] > '9' || *end != '\0' || errno != 0 ? -1 : 0;
}
