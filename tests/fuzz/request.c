/*
 * A request as the network sends it, for a source of each preset (sources.h).  Nobody knows the secrets here, so that nothing may be authenticated but by luck; then the checks behind that see it anyway.
 */
#include <string.h>

#include "../../src/webhook/address.h"
#include "../../src/webhook/asked.h"
#include "../../src/webhook/verdict.h"
#include "../../src/webhook/webhook.h"
#include "fuzz.h"
#include "sources.h"

const char fuzz_name[] = "request";
unsigned long fuzz_accepted;

static struct sources sources;

static void
check_event(const struct event *event)
{
	unsigned char *record;
	struct event same;
	size_t head = event_head_size(event);

	FUZZ_HOLDS(head <= EVENT_HEAD_MAX && event->len[EVENT_TYPE] > 0 && event->len[EVENT_KEY] > 0);
	record = malloc(head + event->body_len);
	event_encode_head(event, record);
	memcpy(record + head, event->body, event->body_len);
	FUZZ_HOLDS(event_decode(&same, record, head + event->body_len) == 0);
	free(record);
	fuzz_accepted++;
}

/* What follows once a webhook is authenticated. */
static void
judge(size_t index, const struct webhook *webhook, struct verdict *verdict)
{
	verdict->secret = 1;
	verdict_content(sources.rules[index], webhook, verdict);
	if (verdict->step == VERDICT_HANDSHAKE)
		FUZZ_HOLDS(verdict->handshake.len < HANDSHAKE_BODY_MAX);
	else if (verdict->step == VERDICT_EVENT)
		check_event(&verdict->event);
	verdict_get(sources.rules[index], &(struct webhook){.asked = webhook->asked, .body = ""}, verdict);
}

static void
judge_all(size_t index, const struct asked *asked, const char *body, size_t len)
{
	static struct verdict verdict;
	const struct webhook webhook = {.asked = asked, .body = body, .body_len = len, .now_ms = 1700000000000u};

	verdict_asked(&sources.conf->sources[index], asked);
	verdict_reach(sources.rules[index], &webhook, &verdict);
	verdict_signature(sources.rules[index], &webhook, &verdict);
	if (sources.conf->sources[index].nsignatures > 0)
		FUZZ_HOLDS(verdict.signature != SIGNATURE_OK);
	judge(index, &webhook, &verdict);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), *copy, address[ADDRESS_TEXT_SIZE];
	struct sources_request request;
	struct asked asked;

	if (sources.conf == NULL)
		sources_read(&sources);
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (sources_split(&sources, text, len, &request) == 0) {
		copy = (char *)fuzz_copy((uint8_t *)request.body, request.body_len);
		asked_read(&asked, sources_param, &request);
		asked.address = address_of(sources.conf, &asked, address);
		FUZZ_HOLDS(strlen(address) < ADDRESS_TEXT_SIZE && strlen(asked.path) < ASKED_PATH_SIZE);
		judge_all(request.index, &asked, copy, request.body_len);
		free(copy);
	}
	free(text);
	return 0;
}
