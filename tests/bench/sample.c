#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NO_ID "00000000-0000-0000-0000-000000000000"
#define PADDING_AT "ref-789"

static const char event[] = "{\n"
			    "  \"event\": \"verification.completed\",\n"
			    "  \"verification_id\": \"" NO_ID "\",\n"
			    "  \"result_id\": \"" NO_ID "\",\n"
			    "  \"status\": \"COMPLETED\",\n"
			    "  \"service\": {\n"
			    "    \"id\": \"service-uuid\",\n"
			    "    \"name\": \"KTP Verification\"\n"
			    "  },\n"
			    "  \"output\": {\n"
			    "    \"verified\": true,\n"
			    "    \"match_score\": 0.95,\n"
			    "    \"data\": {\n"
			    "      \"nik\": \"1234567890123456\",\n"
			    "      \"name\": \"JOHN DOE\",\n"
			    "      \"birth_date\": \"1990-01-01\"\n"
			    "    }\n"
			    "  },\n"
			    "  \"metadata\": {\n"
			    "    \"customer_id\": \"cust-123\",\n"
			    "    \"order_id\": \"order-456\",\n"
			    "    \"internal_ref\": \"" PADDING_AT "\"\n"
			    "  },\n"
			    "  \"execution_time\": 5.2,\n"
			    "  \"completed_at\": \"2024-01-15T10:05:30Z\",\n"
			    "  \"credit_used\": 1\n"
			    "}\n";

int
sample_init(struct sample *s, size_t bytes)
{
	size_t len = sizeof event - 1, padding = bytes > len ? bytes - len : 0;
	size_t at = (size_t)(strstr(event, PADDING_AT) - event);

	if (getrandom(&s->prefix, sizeof s->prefix, 0) != (ssize_t)sizeof s->prefix)
		return -1;
	s->len = len + padding;
	if ((s->body = malloc(s->len + 1)) == NULL)
		return -1;
	memcpy(s->body, event, at);
	memset(s->body + at, 'x', padding);
	memcpy(s->body + at + padding, event + at, len - at + 1);
	s->id_at = (size_t)(strstr(s->body, NO_ID) - s->body);
	s->result_at = (size_t)(strstr(s->body + s->id_at + SAMPLE_ID_LEN, NO_ID) - s->body);
	return 0;
}

/* One to one, and scattered: the last step of splitmix64. */
static uint64_t
scatter(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

const char *
sample_number(const struct sample *s, char *body, uint64_t number)
{
	static const char digits[] = "0123456789abcdef", form[] = NO_ID;
	uint64_t half[2] = {scatter(s->prefix + number), s->prefix};
	char *id = body + s->id_at;

	for (unsigned i = 0, digit = 0; i < SAMPLE_ID_LEN; i++) {
		if (form[i] == '-')
			continue;
		id[i] = digits[half[digit / 16] >> (60 - digit % 16 * 4) & 15];
		digit++;
	}
	memcpy(body + s->result_at, id, SAMPLE_ID_LEN);
	return id;
}

void
sample_free(struct sample *s)
{
	free(s->body);
	s->body = NULL;
}
