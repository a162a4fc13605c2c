/* Checks in the order of what they cost; the first that fails is the reason. */
#include "claim.h"

#include <stdbool.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/media.h"
#include "../lib/text.h"
#include "binding.h"

int
claim_decode(struct claim *claim, const unsigned char *record, size_t len)
{
	return event_decode(&claim->said, record, len);
}

/* The origins of the parts that the source's ids select, see event_key_add(). */
static bool
key_fits(const struct source *source, const struct event *said)
{
	char origins[CONF_IDS_MAX + 1];
	int n = event_key_origins(said->text[EVENT_KEY], said->len[EVENT_KEY], origins, sizeof origins);

	if (n < 0 || (size_t)n != source->nids)
		return false;
	for (size_t i = 0; i < source->nids; i++)
		if (strchr(selector_origins(source->ids[i]), origins[i]) == NULL)
			return false;
	return true;
}

static bool
guard_fits(const struct source *source, const struct event *said)
{
	char origin;

	if (!source->replay_guard || said->len[EVENT_GUARD] == 0)
		return source->replay_guard == (said->len[EVENT_GUARD] > 0);
	return event_key_origins(said->text[EVENT_GUARD], said->len[EVENT_GUARD], &origin, 1) == 1 &&
	    origin == EVENT_GUARD_ORIGIN;
}

/* What holds of accepted and of rejected ones. */
static const char *
check_all(const struct source *source, const struct event *said)
{
	if (said->body_len > source->max_body)
		return "its body is longer than max-body";
	if (said->secret > CONF_SECRETS_MAX || (said->secret == 0) != source->unsigned_allowed)
		return "it has no secret of this source";
	if (!conf_takes(source, said->text[EVENT_CONTENT_TYPE], said->len[EVENT_CONTENT_TYPE]))
		return "its content type is not the source's";
	if (!text_printable(said->text[EVENT_TYPE], said->len[EVENT_TYPE]))
		return "its event type has control characters";
	return NULL;
}

static const char *
check_accepted(const struct source *source, const struct event *said)
{
	if (said->len[EVENT_TYPE] == 0)
		return "it has no event type";
	if (!key_fits(source, said))
		return "its id is not made as the source's option 'id' says";
	if (!guard_fits(source, said))
		return "it does not fit the source's option 'replay-guard'";
	if (source->lane == NULL && said->len[EVENT_LANE] > 0)
		return "it has a lane, and its source has none";
	return said->len[EVENT_REASON] > 0 ? "it has a reason why it was rejected" : NULL;
}

/* The names are the configuration's own, each at most once. */
static const char *
take_variables(const struct source *source, const struct event *said, struct event *event)
{
	bool taken[CONF_ENV_MAX] = {false};

	for (event->nenv = 0; event->nenv < said->nenv; event->nenv++) {
		const struct event_variable *v = &said->env[event->nenv];
		size_t i = 0;

		while (i < source->nenv &&
		    (strlen(source->env[i].name) != v->name_len ||
			memcmp(source->env[i].name, v->name, v->name_len) != 0))
			i++;
		if (i == source->nenv || taken[i])
			return "it has a variable that the source's option 'env' does not name";
		taken[i] = true;
		event->env[event->nenv] =
		    (struct event_variable){source->env[i].name, v->value, v->name_len, v->value_len};
	}
	return NULL;
}

static void
take_text(struct event *event, enum event_text which, const char *text, size_t len)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)len;
}

/* Of a rejected one only what helps to see why: it is in no lane, and nothing is a duplicate of it. */
static void
take_texts(const struct source *source, const struct event *said, struct event *event)
{
	static const enum event_text of_accepted[] = {EVENT_KEY, EVENT_LANE, EVENT_GUARD};

	memcpy(event->text, said->text, sizeof event->text);
	memcpy(event->len, said->len, sizeof event->len);
	take_text(event, EVENT_SOURCE, source->name, strlen(source->name));
	for (size_t i = 0; said->kind == EVENT_REJECTED && i < sizeof of_accepted / sizeof of_accepted[0]; i++)
		take_text(event, of_accepted[i], "", 0);
}

struct claim_verdict
claim_check(const struct claim *claim, const struct conf *conf, uint64_t now_ms, struct event *event)
{
	const struct event *said = &claim->said;
	struct claim_verdict verdict = {CLAIM_GOOD, binding_source(conf, said), NULL};

	if (verdict.source == NULL) {
		verdict.result = CLAIM_UNKNOWN_SOURCE;
		return verdict;
	}
	event->nenv = 0;
	if ((verdict.why = check_all(verdict.source, said)) == NULL && said->kind == EVENT_ACCEPTED &&
	    (verdict.why = check_accepted(verdict.source, said)) == NULL)
		verdict.why = take_variables(verdict.source, said, event);
	if (verdict.why != NULL) {
		verdict.result = CLAIM_UNFIT;
		return verdict;
	}
	event->kind = said->kind;
	event->secret = said->secret;
	event->received_ms = now_ms;
	event->body = said->body;
	event->body_len = said->body_len;
	take_texts(verdict.source, said, event);
	return verdict;
}
