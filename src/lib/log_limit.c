/* Two leaky buckets a line: each is the one time at which it will have run empty. */
#include "log_limit.h"

#include <stdio.h>
#include <string.h>

static bool
has_room(uint64_t due_ms, uint64_t now_ms, unsigned burst, unsigned each_ms)
{
	return due_ms <= now_ms + (uint64_t)(burst - 1) * each_ms;
}

static void
fill(uint64_t *due_ms, uint64_t now_ms, unsigned each_ms)
{
	*due_ms = (*due_ms > now_ms ? *due_ms : now_ms) + each_ms;
}

/* What it would remember is what a new one begins with. */
static bool
is_free(const struct log_limit_kind *kind, uint64_t now_ms)
{
	return kind->left_out == 0 && kind->due_ms <= now_ms;
}

static struct log_limit_kind *
find(struct log_limit *limit, const char *subject, const char *reason, uint64_t now_ms)
{
	struct log_limit_kind *found = &limit->kinds[LOG_LIMIT_KINDS];

	for (size_t i = LOG_LIMIT_KINDS; i-- > 0;) {
		struct log_limit_kind *kind = &limit->kinds[i];

		if (strncmp(kind->subject, subject, sizeof kind->subject - 1) == 0 &&
		    strncmp(kind->reason, reason, sizeof kind->reason - 1) == 0)
			return kind;
		if (is_free(kind, now_ms))
			found = kind;
	}
	if (found == &limit->kinds[LOG_LIMIT_KINDS]) {
		subject = "others";
		reason = "of many kinds";
	}
	snprintf(found->subject, sizeof found->subject, "%s", subject);
	snprintf(found->reason, sizeof found->reason, "%s", reason);
	return found;
}

static bool
may(const struct log_limit *limit, const struct log_limit_kind *kind, uint64_t now_ms)
{
	return has_room(kind->due_ms, now_ms, LOG_LIMIT_BURST, LOG_LIMIT_EACH_MS) &&
	    has_room(limit->due_ms, now_ms, LOG_LIMIT_ALL_BURST, LOG_LIMIT_ALL_EACH_MS);
}

static uint64_t
take(struct log_limit *limit, struct log_limit_kind *kind, uint64_t now_ms)
{
	uint64_t left_out = kind->left_out;

	kind->left_out = 0;
	fill(&kind->due_ms, now_ms, LOG_LIMIT_EACH_MS);
	fill(&limit->due_ms, now_ms, LOG_LIMIT_ALL_EACH_MS);
	return left_out;
}

bool
log_limit_take(struct log_limit *limit, const char *subject, const char *reason, uint64_t now_ms, uint64_t *left_out)
{
	struct log_limit_kind *kind = find(limit, subject, reason, now_ms);

	if (may(limit, kind, now_ms)) {
		*left_out = take(limit, kind, now_ms);
		return true;
	}
	kind->left_out++;
	kind->last_ms = now_ms;
	return false;
}

const struct log_limit_kind *
log_limit_tell(struct log_limit *limit, uint64_t now_ms, bool all, uint64_t *left_out)
{
	for (size_t i = 0; i <= LOG_LIMIT_KINDS; i++) {
		struct log_limit_kind *kind = &limit->kinds[i];

		/* While more come, they tell it: with an address, say. */
		if (kind->left_out == 0 ||
		    (!all && (now_ms - kind->last_ms < LOG_LIMIT_EACH_MS || !may(limit, kind, now_ms))))
			continue;
		*left_out = take(limit, kind, now_ms);
		return kind;
	}
	return NULL;
}
