/* What a worker says: an answer that is taken is one for json-c, too, with the event's number. */
#include "../../src/protocol/worker.h"

#include <json-c/json.h>
#include <string.h>

#include "fuzz.h"

const char fuzz_name[] = "answer";
unsigned long fuzz_accepted;

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct answer answer;
	enum fault fault;
	char *line = malloc(len + 1);

	memcpy(line, bytes, len);
	line[len] = '\0';
	fault = answer_read(&answer, line, len, 7);
	FUZZ_HOLDS(fault_text((int)fault) != NULL);
	if (fault == FAULT_NONE) {
		struct json_object *object = json_tokener_parse(line), *number = NULL;

		FUZZ_HOLDS(strlen(line) == len && len <= ANSWER_MAX);
		FUZZ_HOLDS(json_object_object_get_ex(object, "number", &number) && json_object_get_uint64(number) == 7);
		FUZZ_HOLDS(answer.code == 0 || answer.code == 1 || answer.code == 100);
		FUZZ_HOLDS(answer.message_len <= len);
		json_object_put(object);
		answer_free(&answer);
		fuzz_accepted++;
	}
	free(line);
	return 0;
}
