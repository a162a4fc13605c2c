/* From a request's members to a filter, and from an id as people read it to the events that have it. */
#include "control_filter.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../protocol/event.h"
#include "../spool/spool.h"
#include "control_line.h"
#include "event_filter.h"
#include "spooler.h"

int
control_filter(const struct control_request *r, struct event_filter *filter)
{
	const char *error = control_string(r->json, "error");

	*filter = (struct event_filter){
	    .source = control_string(r->json, "source"),
	    .type = control_string(r->json, "event"),
	    .secret = control_number(r->json, "secret", 0),
	    .id = control_string(r->json, "id"),
	    .lane = control_string(r->json, "lane"),
	    .since_ms = control_number(r->json, "since", 0),
	    .until_ms = control_number(r->json, "until", 0),
	    .attempts = control_number(r->json, "attempts", 0),
	    .failed = error != NULL,
	};
	if (error == NULL || event_filter_failure(&filter->failure, error) == 0)
		return 0;
	control_put_error(r->out, "bad-request",
	    "an error is exited, signal, timeout, failed, answered, quit or nonsense, perhaps with :code, or output:text");
	return -1;
}

/* An id that is being tried. */
struct trial {
	struct spool *spool;
	const struct source *source;
	const char *part[CONF_IDS_MAX];
	size_t len[CONF_IDS_MAX];
	uint64_t *numbers;
	size_t n, max;
};

static void
try_key(struct trial *trial, const char *key, size_t len)
{
	struct event like = {.kind = EVENT_ACCEPTED};
	uint64_t number;

	like.text[EVENT_SOURCE] = trial->source->name;
	like.len[EVENT_SOURCE] = (uint32_t)strlen(trial->source->name);
	like.text[EVENT_KEY] = key;
	like.len[EVENT_KEY] = (uint32_t)len;
	if (trial->n < trial->max && spool_find(trial->spool, &like, &number) == 0)
		trial->numbers[trial->n++] = number;
}

/* Each place where part I can have come from, behind the LEN bytes of the parts before it. */
static void
try_from(struct trial *trial, size_t i, const char *key, size_t len)
{
	const char *origins;

	if (i == trial->source->nids) {
		try_key(trial, key, len);
		return;
	}
	for (origins = selector_origins(trial->source->ids[i]); *origins != '\0'; origins++) {
		char longer[EVENT_KEY_MAX];
		size_t n = len;

		memcpy(longer, key, len);
		if (event_key_add(longer, sizeof longer, &n, *origins, trial->part[i], trial->len[i]) == 0)
			try_from(trial, i + 1, longer, n);
	}
}

/* Parts have a blank between them; where one has blanks itself nothing is found here. */
static bool
split(struct trial *trial, const char *id)
{
	size_t n = 0;

	for (const char *part = id; part != NULL; n++) {
		const char *blank = strchr(part, ' ');

		if (n == trial->source->nids)
			return false;
		trial->part[n] = part;
		trial->len[n] = blank != NULL ? (size_t)(blank - part) : strlen(part);
		part = blank != NULL ? blank + 1 : NULL;
	}
	return n == trial->source->nids;
}

/* A single part is the whole id, blanks and all. */
static bool
take_parts(struct trial *trial, const char *id)
{
	if (trial->source->nids != 1)
		return split(trial, id);
	trial->part[0] = id;
	trial->len[0] = strlen(id);
	return true;
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

size_t
control_filter_find(struct spooler *spooler, const struct event_filter *filter, uint64_t *numbers, size_t max)
{
	struct trial trial = {.spool = spooler->spool, .numbers = numbers, .max = max};

	for (size_t i = 0; i < spooler->conf->nsources; i++) {
		trial.source = &spooler->conf->sources[i];
		if ((filter->source == NULL || strcmp(filter->source, trial.source->name) == 0) &&
		    take_parts(&trial, filter->id))
			try_from(&trial, 0, "", 0);
	}
	qsort(numbers, trial.n, sizeof numbers[0], by_number);
	return trial.n;
}
