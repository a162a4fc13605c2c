/* From a webhook to an event: what is found, and what is refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/webhook/validate.h"
#include "sent.h"

static struct conf *conf;
static struct validator *validator;
static struct event event;
static struct refused refused;

static void
set_up(void)
{
	conf = sent_conf(
	    "source 's' { path = '/s' unsigned = true max-depth = 4 payload = 'form:payload' replay-guard = true\n"
	    "  event = 'body:/type' id = { 'body:/id', 'header:X-Id' } lane = 'body:/lane'\n"
	    "  env = { 'SUM=body:/sum', 'LIST=body:/list', 'NOTE=body:/note', 'Q=query:q' }\n"
	    "  field '/sum' { type = 'number' min = 0 when = 'paid' } }\n");
	ck_assert_ptr_nonnull(validator = validator_new(&conf->sources[0]));
	sent_set("HTTP_X_ID", "h1");
}

static void
tear_down(void)
{
	validator_free(validator);
	conf_free(conf);
	sent_clean();
}

static enum validate_result
validate(const char *body)
{
	struct parsed *parsed = NULL;
	enum validate_result result = validate_parse(validator, sent(body), &parsed, &refused);

	memset(&event, 0, sizeof event);
	ck_assert_int_eq(result == VALIDATE_OK, parsed != NULL);
	return result == VALIDATE_OK ? validate_event(parsed, &event, &refused) : result;
}

static const char *
text(enum event_text which)
{
	static char out[4096];

	snprintf(out, sizeof out, "%.*s", (int)event.len[which], event.text[which]);
	return out;
}

/* "NAME=value" of the variable at I. */
static const char *
variable(size_t i)
{
	static char out[4096];
	const struct event_variable *v = &event.env[i];

	ck_assert_uint_lt(i, event.nenv);
	snprintf(out, sizeof out, "%.*s=%.*s", (int)v->name_len, v->name, (int)v->value_len, v->value);
	return out;
}

START_TEST(an_event_has_what_the_selectors_name)
{
	sent_set("QUERY_STRING", "q=a%20b");
	ck_assert_int_eq(
	    validate("{\"type\":\"paid\",\"id\":7.0,\"lane\":\"l\",\"sum\":1e2,\"list\":[1, 2],\"note\":null}"),
	    VALIDATE_OK);
	ck_assert_str_eq(text(EVENT_TYPE), "paid");
	ck_assert_str_eq(text(EVENT_ID), "7.0 h1");
	ck_assert_str_eq(text(EVENT_LANE), "l");
	ck_assert_uint_eq(event.nenv, 3);
	ck_assert_str_eq(variable(0), "SUM=1e2");
	ck_assert_str_eq(variable(1), "LIST=[1, 2]");
	ck_assert_str_eq(variable(2), "Q=a b");
}
END_TEST

START_TEST(a_guard_is_of_the_body_alone)
{
	char guard[EVENT_GUARD_MAX];

	ck_assert_int_eq(validate("{\"type\":\"t\",\"id\":1}"), VALIDATE_OK);
	strcpy(guard, text(EVENT_GUARD));
	ck_assert_uint_gt(strlen(guard), 64);
	sent_set("HTTP_X_ID", "h2");
	ck_assert_int_eq(validate("{\"type\":\"t\",\"id\":1}"), VALIDATE_OK);
	ck_assert_str_eq(text(EVENT_GUARD), guard);
	ck_assert_int_eq(validate("{\"type\":\"t\",\"id\":2}"), VALIDATE_OK);
	ck_assert_str_ne(text(EVENT_GUARD), guard);
}
END_TEST

START_TEST(what_is_refused_is_named)
{
	static const struct {
		const char *body, *selector, *text;
	} cases[] = {{"{\"id\":1}", "body:/type", "body:/type is missing: it is the event type"},
	    {"{\"type\":\"\",\"id\":1}", "body:/type", "body:/type is missing: it is the event type"},
	    {"{\"type\":\"a\\nb\",\"id\":1}", "body:/type", "body:/type has control characters"},
	    {"{\"type\":[],\"id\":1}", "body:/type", "body:/type is not a string, number or boolean"},
	    {"{\"type\":\"paid\",\"id\":1,\"sum\":-1}", "/sum", "/sum is below min 0"},
	    {"{\"type\":\"paid\"}", "body:/id", "body:/id is missing: it is part of the id"},
	    {"{\"type\":\"t\",\"id\":\"a\\u0000\"}", "body:/id", "body:/id has a NUL character"},
	    {"{\"type\":\"t\",\"id\":1,\"lane\":{}}", "body:/lane", "body:/lane is not a string, number or boolean"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert_msg(validate(cases[i].body) == VALIDATE_FIELD, "%s", cases[i].body);
		ck_assert_str_eq(refused.selector, cases[i].selector);
		ck_assert_str_eq(refused.text, cases[i].text);
	}
}
END_TEST

START_TEST(a_rule_holds_for_its_events)
{
	ck_assert_int_eq(validate("{\"type\":\"other\",\"id\":1,\"sum\":-1}"), VALIDATE_OK);
}
END_TEST

START_TEST(of_what_is_refused_the_beginning_is_known)
{
	ck_assert_int_eq(validate("{\"type\":\"paid\"}"), VALIDATE_FIELD);
	ck_assert_str_eq(text(EVENT_TYPE), "paid");
	ck_assert_str_eq(text(EVENT_ID), "");
}
END_TEST

START_TEST(what_is_not_json_is_refused_with_its_place)
{
	ck_assert_int_eq(validate("{\"type\":}"), VALIDATE_JSON);
	ck_assert_ptr_null(refused.selector);
	ck_assert_ptr_nonnull(strstr(refused.text, " at byte 8"));
	ck_assert_int_eq(validate("[[[[[]]]]]"), VALIDATE_JSON);
	ck_assert_int_eq(validate("{\"type\":\"t\",\"id\":1}"), VALIDATE_OK);
}
END_TEST

START_TEST(the_json_may_be_in_a_forms_field)
{
	sent_set("CONTENT_TYPE", "application/x-www-form-urlencoded");
	ck_assert_int_eq(validate("payload=%7B%22type%22%3A%22t%22%2C%22id%22%3A1%7D"), VALIDATE_OK);
	ck_assert_str_eq(text(EVENT_TYPE), "t");
	ck_assert_int_eq(validate("other=1"), VALIDATE_FIELD);
	ck_assert_str_eq(refused.selector, "form");
	ck_assert_str_eq(refused.text, "the form's field 'payload' is missing");
	ck_assert_int_eq(validate("payload=1&payload=1"), VALIDATE_FIELD);
	ck_assert_str_eq(refused.text, "the form's field 'payload' is there twice");
	ck_assert_int_eq(validate("payload=%7B"), VALIDATE_JSON);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("validate");
	TCase *tc = tcase_create("validate");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_event_has_what_the_selectors_name);
	tcase_add_test(tc, a_guard_is_of_the_body_alone);
	tcase_add_test(tc, what_is_refused_is_named);
	tcase_add_test(tc, a_rule_holds_for_its_events);
	tcase_add_test(tc, of_what_is_refused_the_beginning_is_known);
	tcase_add_test(tc, what_is_not_json_is_refused_with_its_place);
	tcase_add_test(tc, the_json_may_be_in_a_forms_field);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
