/* Where a body has what it is about, and what a hook reads of it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/webhook/payload.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static struct source
source_of(enum payload payload)
{
	return (struct source){.payload = payload, .payload_field = (char *)(uintptr_t) "payload"};
}

/* What a hook reads, with what content type. */
static void
reads(enum payload payload, const char *type, const char *body, const char *want, const char *want_type)
{
	struct source source = source_of(payload);
	struct event event = {.body = body, .body_len = strlen(body)};
	struct payload_bytes bytes;

	event.text[EVENT_CONTENT_TYPE] = type;
	event.len[EVENT_CONTENT_TYPE] = (uint32_t)strlen(type);
	ck_assert_int_eq(payload_of(&bytes, &source, &event), 0);
	ck_assert_uint_eq(bytes.len, strlen(want));
	ck_assert_mem_eq(bytes.bytes, want, bytes.len);
	ck_assert_uint_eq(bytes.content_type_len, strlen(want_type));
	ck_assert_mem_eq(bytes.content_type, want_type, bytes.content_type_len);
	payload_free(&bytes);
	payload_free(&bytes);
}

START_TEST(a_hook_reads_the_body_as_it_was_sent)
{
	reads(PAYLOAD_JSON, JSON, "{\"payload\":1}", "{\"payload\":1}", JSON);
	reads(PAYLOAD_FORM, FORM, "payload=%7B%7D", "payload=%7B%7D", FORM);
	reads(PAYLOAD_FORM_FIELD, JSON, "payload=%7B%7D", "payload=%7B%7D", JSON);
}
END_TEST

START_TEST(or_the_json_of_a_forms_field)
{
	reads(PAYLOAD_FORM_FIELD, FORM, "a=b&payload=%7B%22a%22%3A+1%7D", "{\"a\": 1}", JSON);
	reads(PAYLOAD_FORM_FIELD, FORM "; charset=utf-8", "payload=", "", JSON);
}
END_TEST

/* The configuration may have another field by now. */
START_TEST(or_all_where_the_field_can_not_be_read)
{
	reads(PAYLOAD_FORM_FIELD, FORM, "other=1", "other=1", FORM);
	reads(PAYLOAD_FORM_FIELD, FORM, "payload=1&payload=2", "payload=1&payload=2", FORM);
	reads(PAYLOAD_FORM_FIELD, FORM, "payload=%zz", "payload=%zz", FORM);
}
END_TEST

START_TEST(a_form_is_one_where_the_source_takes_it)
{
	static const struct {
		enum payload payload;
		const char *type;
		bool form, field;
	} cases[] = {{PAYLOAD_JSON, FORM, false, false}, {PAYLOAD_JSON, JSON, false, false},
	    {PAYLOAD_FORM, FORM, true, false}, {PAYLOAD_FORM, JSON, false, false}, {PAYLOAD_FORM, "", false, false},
	    {PAYLOAD_FORM_FIELD, FORM, true, true}, {PAYLOAD_FORM_FIELD, JSON, false, false}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct source source = source_of(cases[i].payload);
		size_t len = strlen(cases[i].type);

		ck_assert_msg(payload_is_form(&source, cases[i].type, len) == cases[i].form, "%zu", i);
		ck_assert_msg(payload_in_field(&source, cases[i].type, len) == cases[i].field, "%zu", i);
	}
}
END_TEST

START_TEST(json_needs_no_more_room_than_its_form)
{
	struct source source = source_of(PAYLOAD_FORM_FIELD);
	char out[sizeof "payload=abc"];
	size_t len;

	ck_assert_int_eq(payload_decode(&source, "payload=abc", strlen("payload=abc"), out, &len), FORM_OK);
	ck_assert_str_eq(out, "abc");
	ck_assert_uint_eq(len, 3);
	ck_assert_int_eq(payload_decode(&source, "a=b", 3, out, &len), FORM_ABSENT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("payload");
	TCase *tc = tcase_create("payload");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_hook_reads_the_body_as_it_was_sent);
	tcase_add_test(tc, or_the_json_of_a_forms_field);
	tcase_add_test(tc, or_all_where_the_field_can_not_be_read);
	tcase_add_test(tc, a_form_is_one_where_the_source_takes_it);
	tcase_add_test(tc, json_needs_no_more_room_than_its_form);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
