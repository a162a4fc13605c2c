/* What a responder says of a webhook, and what of it is believed. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/spooler/claim.h"

#define NOW 1700000000000u

static struct selector body = {.kind = SELECTOR_BODY}, header = {.kind = SELECTOR_HEADER};
static struct env_map env[] = {{(char *)"CUSTOMER", &body}, {(char *)"PLAN", &header}};
static struct source sources[] = {{.name = (char *)"signed",
				      .max_body = 16,
				      .ids = {&body, &header},
				      .nids = 2,
				      .lane = &body,
				      .env = env,
				      .nenv = 2},
    {.name = (char *)"open",
	.max_body = 16,
	.unsigned_allowed = true,
	.ids = {&body},
	.nids = 1,
	.replay_guard = true}};
static struct conf conf = {.sources = sources, .nsources = 2};

static struct event said, event;
static char key[EVENT_KEY_MAX], guard[EVENT_KEY_MAX];
static struct claim_verdict verdict;

static void
set(enum event_text which, const char *text)
{
	said.text[which] = text;
	said.len[which] = (uint32_t)strlen(text);
}

static void
add_part(enum event_text which, char *text, char origin)
{
	size_t len = said.len[which];

	ck_assert_int_eq(event_key_add(text, EVENT_KEY_MAX, &len, origin, "1", 1), 0);
	said.text[which] = text;
	said.len[which] = (uint32_t)len;
}

/* What a responder says of a webhook of the source "signed". */
static void
set_up(void)
{
	said = (struct event){.kind = EVENT_ACCEPTED, .secret = 1, .received_ms = 5, .body = "{}", .body_len = 2};
	for (int i = 0; i < EVENT_TEXTS; i++)
		set((enum event_text)i, "");
	set(EVENT_SOURCE, "signed");
	set(EVENT_TYPE, "a.b");
	set(EVENT_ID, "1 1");
	set(EVENT_LANE, "lane");
	set(EVENT_CONTENT_TYPE, "application/json");
	add_part(EVENT_KEY, key, 's');
	add_part(EVENT_KEY, key, 'h');
	said.env[0] = (struct event_variable){"PLAN", "gold", 4, 4};
	said.nenv = 1;
}

static void
of_open(void)
{
	set(EVENT_SOURCE, "open");
	set(EVENT_LANE, "");
	said.secret = 0;
	said.nenv = 0;
	said.len[EVENT_KEY] = 0;
	add_part(EVENT_KEY, key, 'n');
	add_part(EVENT_GUARD, guard, EVENT_GUARD_ORIGIN);
}

/* As a record, as it comes. */
static enum claim_result
checked(void)
{
	static unsigned char record[4096];
	struct claim claim;
	size_t head = event_head_size(&said);

	ck_assert_uint_lt(head + said.body_len, sizeof record);
	event_encode_head(&said, record);
	memcpy(record + head, said.body, said.body_len);
	ck_assert_int_eq(claim_decode(&claim, record, head + said.body_len), 0);
	verdict = claim_check(&claim, &conf, NOW, &event);
	return verdict.result;
}

static const char *
unfit(void)
{
	ck_assert_int_eq(checked(), CLAIM_UNFIT);
	ck_assert_ptr_nonnull(verdict.source);
	return verdict.why;
}

START_TEST(what_the_spooler_knows_itself_is_not_taken_from_the_claim)
{
	ck_assert_int_eq(checked(), CLAIM_GOOD);
	ck_assert_ptr_eq(verdict.source, &sources[0]);
	ck_assert_uint_eq(event.received_ms, NOW);
	ck_assert_ptr_eq(event.text[EVENT_SOURCE], sources[0].name);
	ck_assert_ptr_eq(event.env[0].name, env[1].name);
	ck_assert_mem_eq(event.env[0].value, "gold", 4);
	ck_assert_mem_eq(event.text[EVENT_TYPE], "a.b", 3);
	ck_assert_mem_eq(event.body, "{}", 2);
	ck_assert_uint_eq(event.secret, 1);
}
END_TEST

START_TEST(a_source_that_is_not_configured_is_unknown)
{
	set(EVENT_SOURCE, "signe");
	ck_assert_int_eq(checked(), CLAIM_UNKNOWN_SOURCE);
	set(EVENT_SOURCE, "signed2");
	ck_assert_int_eq(checked(), CLAIM_UNKNOWN_SOURCE);
	ck_assert_ptr_null(verdict.source);
}
END_TEST

START_TEST(a_body_that_is_too_long_does_not_fit)
{
	said.body = "12345678901234567";
	said.body_len = 17;
	ck_assert_str_eq(unfit(), "its body is longer than max-body");
}
END_TEST

START_TEST(who_must_sign_has_a_secret_and_nobody_else)
{
	said.secret = 0;
	ck_assert_str_eq(unfit(), "it has no secret of this source");
	said.secret = CONF_SECRETS_MAX + 1;
	ck_assert_str_eq(unfit(), "it has no secret of this source");
	of_open();
	ck_assert_int_eq(checked(), CLAIM_GOOD);
	said.secret = 1;
	ck_assert_str_eq(unfit(), "it has no secret of this source");
}
END_TEST

START_TEST(texts_are_such_as_a_responder_lets_through)
{
	set(EVENT_CONTENT_TYPE, "text/html");
	ck_assert_str_eq(unfit(), "its content type is not the source's");
	set(EVENT_CONTENT_TYPE, "application/json");
	set(EVENT_TYPE, "a\n");
	ck_assert_str_eq(unfit(), "its event type has control characters");
	set(EVENT_TYPE, "");
	ck_assert_str_eq(unfit(), "it has no event type");
	set(EVENT_TYPE, "a");
	set(EVENT_REASON, "because");
	ck_assert_str_eq(unfit(), "it has a reason why it was rejected");
}
END_TEST

START_TEST(an_id_is_made_as_the_source_says)
{
	add_part(EVENT_KEY, key, 's');
	ck_assert_str_eq(unfit(), "its id is not made as the source's option 'id' says");
	said.len[EVENT_KEY] = 0;
	add_part(EVENT_KEY, key, 'h');
	add_part(EVENT_KEY, key, 's');
	ck_assert_str_eq(unfit(), "its id is not made as the source's option 'id' says");
	said.len[EVENT_KEY] = 0;
	ck_assert_str_eq(unfit(), "its id is not made as the source's option 'id' says");
}
END_TEST

START_TEST(a_guard_is_there_where_the_source_has_one)
{
	add_part(EVENT_GUARD, guard, EVENT_GUARD_ORIGIN);
	ck_assert_str_eq(unfit(), "it does not fit the source's option 'replay-guard'");
	said.len[EVENT_GUARD] = 0;
	of_open();
	said.len[EVENT_GUARD] = 0;
	ck_assert_str_eq(unfit(), "it does not fit the source's option 'replay-guard'");
	add_part(EVENT_GUARD, guard, 's');
	ck_assert_str_eq(unfit(), "it does not fit the source's option 'replay-guard'");
}
END_TEST

START_TEST(a_lane_is_there_only_where_the_source_has_one)
{
	of_open();
	set(EVENT_LANE, "lane");
	ck_assert_str_eq(unfit(), "it has a lane, and its source has none");
}
END_TEST

START_TEST(variables_are_the_sources_each_once)
{
	said.env[1] = (struct event_variable){"CUSTOMER", "c", 8, 1};
	said.nenv = 2;
	ck_assert_int_eq(checked(), CLAIM_GOOD);
	said.env[1] = said.env[0];
	ck_assert_str_eq(unfit(), "it has a variable that the source's option 'env' does not name");
	said.env[1] = (struct event_variable){"PATH", "/", 4, 1};
	ck_assert_str_eq(unfit(), "it has a variable that the source's option 'env' does not name");
}
END_TEST

START_TEST(of_a_rejected_one_only_what_helps_to_see_why_is_kept)
{
	said.kind = EVENT_REJECTED;
	set(EVENT_REASON, "no event type");
	set(EVENT_TYPE, "");
	ck_assert_int_eq(checked(), CLAIM_GOOD);
	ck_assert_int_eq(event.kind, EVENT_REJECTED);
	ck_assert_uint_eq(event.len[EVENT_KEY], 0);
	ck_assert_uint_eq(event.len[EVENT_LANE], 0);
	ck_assert_uint_eq(event.len[EVENT_GUARD], 0);
	ck_assert_uint_eq(event.nenv, 0);
	ck_assert_mem_eq(event.text[EVENT_REASON], "no event type", 13);
}
END_TEST

START_TEST(what_is_no_record_is_no_claim)
{
	struct claim claim;

	ck_assert_int_eq(claim_decode(&claim, (const unsigned char *)"nonsense", 8), -1);
	ck_assert_int_eq(claim_decode(&claim, (const unsigned char *)"", 0), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("claim");
	TCase *claims = tcase_create("claims");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(claims, set_up, NULL);
	tcase_add_test(claims, what_the_spooler_knows_itself_is_not_taken_from_the_claim);
	tcase_add_test(claims, a_source_that_is_not_configured_is_unknown);
	tcase_add_test(claims, a_body_that_is_too_long_does_not_fit);
	tcase_add_test(claims, who_must_sign_has_a_secret_and_nobody_else);
	tcase_add_test(claims, texts_are_such_as_a_responder_lets_through);
	tcase_add_test(claims, an_id_is_made_as_the_source_says);
	tcase_add_test(claims, a_guard_is_there_where_the_source_has_one);
	tcase_add_test(claims, a_lane_is_there_only_where_the_source_has_one);
	tcase_add_test(claims, variables_are_the_sources_each_once);
	tcase_add_test(claims, of_a_rejected_one_only_what_helps_to_see_why_is_kept);
	tcase_add_test(claims, what_is_no_record_is_no_claim);
	suite_add_tcase(suite, claims);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
