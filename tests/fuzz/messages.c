/*
 * Everything that is read from the disk in our own formats: nothing is accepted that would not be written the same way.  The first byte
 * says which.
 */
#include <string.h>

#include "../../src/protocol/event.h"
#include "../../src/spool/record.h"
#include "fuzz.h"

const char fuzz_name[] = "messages";
unsigned long fuzz_accepted;

static unsigned char out[4096];

static void
take_event(const unsigned char *bytes, size_t len)
{
	unsigned char *again;
	struct event event, same;

	if (event_decode(&event, bytes, len) != 0)
		return;
	FUZZ_HOLDS(event_head_size(&event) + event.body_len <= len + 1024);
	again = malloc(event_head_size(&event) + event.body_len);
	event_encode_head(&event, again);
	if (event.body_len > 0)
		memcpy(again + event_head_size(&event), event.body, event.body_len);
	FUZZ_HOLDS(event_decode(&same, again, event_head_size(&event) + event.body_len) == 0);
	FUZZ_HOLDS(same.kind == event.kind && same.secret == event.secret && same.received_ms == event.received_ms &&
	    same.nenv == event.nenv && same.body_len == event.body_len);
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		FUZZ_HOLDS(same.len[i] == event.len[i] &&
		    (event.len[i] == 0 || memcmp(same.text[i], event.text[i], event.len[i]) == 0));
	if (bytes[0] == EVENT_VERSION)
		FUZZ_HOLDS(event_head_size(&event) + event.body_len == len && memcmp(again, bytes, len) == 0);
	free(again);
	fuzz_accepted++;
}

static void
take_records(const unsigned char *bytes, size_t len)
{
	struct delivery delivery;
	struct attempt attempt;
	unsigned char *again;

	if (record_get_delivery(&delivery, bytes, len) == 0) {
		record_put_delivery(&delivery, out);
		FUZZ_HOLDS(len == RECORD_DELIVERY_SIZE && memcmp(out, bytes, len) == 0);
		fuzz_accepted++;
	}
	if (record_get_attempt(&attempt, bytes, len) == 0) {
		FUZZ_HOLDS(record_attempt_size(&attempt) == len);
		again = malloc(len);
		record_put_attempt(&attempt, again);
		FUZZ_HOLDS(memcmp(again, bytes, len) == 0);
		free(again);
		fuzz_accepted++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t *copy;

	if (len == 0)
		return 0;
	copy = fuzz_copy(bytes + 1, len - 1);
	if (bytes[0] % 4 == 0)
		take_event(copy, len - 1);
	else
		take_records(copy, len - 1);
	free(copy);
	return 0;
}
