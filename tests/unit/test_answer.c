/* What of a worker's answers is believed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/worker.h"

static enum fault
fault_of(const char *text)
{
	struct answer answer;
	enum fault fault = answer_read(&answer, text, strlen(text), 7);

	if (fault == FAULT_NONE)
		answer_free(&answer);
	return fault;
}

START_TEST(an_answer_has_a_code_and_perhaps_a_message)
{
	const char *text = "{\"result\":\"retry\",\"message\":\"a\\u0000b\",\"number\":7}";
	struct answer answer;

	ck_assert_int_eq(answer_read(&answer, text, strlen(text), 7), FAULT_NONE);
	ck_assert_int_eq(answer.code, 1);
	ck_assert_uint_eq(answer.message_len, 3);
	ck_assert_mem_eq(answer.message, "a\0b", 3);
	answer_free(&answer);
	text = " {\"number\":7,\"result\":\"dead\"}\r";
	ck_assert_int_eq(answer_read(&answer, text, strlen(text), 7), FAULT_NONE);
	ck_assert_int_eq(answer.code, 100);
	ck_assert_ptr_null(answer.message);
}
END_TEST

START_TEST(what_is_not_exactly_an_answer_is_refused)
{
	static const struct {
		const char *text;
		enum fault fault;
	} cases[] = {
	    {"", FAULT_NOT_JSON},
	    {"7", FAULT_NOT_JSON},
	    {"[]", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"done\"", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"done\"} x", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"done\"}{}", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"\xff\"}", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"done\",\"message\":[[[]]]}", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"retry\",\"result\":\"done\"}", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"done\",\"number\":7}", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"retry\",\"r\\u0065sult\":\"done\"}", FAULT_NOT_JSON},
	    {"{\"number\":7,\"result\":\"done\",\"more\":1}", FAULT_MEMBERS},
	    {"{\"number\":8,\"result\":\"done\"}", FAULT_NUMBER},
	    {"{\"number\":\"7\",\"result\":\"done\"}", FAULT_NUMBER},
	    {"{\"number\":7.0,\"result\":\"done\"}", FAULT_NUMBER},
	    {"{\"result\":\"done\"}", FAULT_NUMBER},
	    {"{\"number\":7}", FAULT_RESULT},
	    {"{\"number\":7,\"result\":\"Done\"}", FAULT_RESULT},
	    {"{\"number\":7,\"result\":\"done\\u0000\"}", FAULT_RESULT},
	    {"{\"number\":7,\"result\":true}", FAULT_RESULT},
	    {"{\"number\":7,\"result\":\"done\",\"message\":1}", FAULT_MESSAGE},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(fault_of(cases[i].text) == cases[i].fault, "%s", cases[i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("answer");
	TCase *cases = tcase_create("answer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(cases, an_answer_has_a_code_and_perhaps_a_message);
	tcase_add_test(cases, what_is_not_exactly_an_answer_is_refused);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
