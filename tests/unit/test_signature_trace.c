/* Why a signature is refused, in full. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/webhook/signature_sign.h"
#include "../../src/webhook/signature_trace.h"
#include "sent.h"

#define BODY "{\"a\":1}"

static struct conf *conf;
static const struct source *source;
static struct signature_trace trace;
static char value[SIGNATURE_TEXT_MAX];

static void
set_up(void)
{
	conf = sent_conf(
	    "source 's' { path = '/s' secret-file = '@/secret' event = 'body:/a' id = 'digest'\n"
	    "  signature { algorithm = 'hmac-sha256' from = 'header:X-Signature' encoding = 'hex' tolerance = '5m'\n"
	    "    timestamp = 'header:X-Time' signed = '{timestamp}.{header:X-Id}.{body}' } }\n");
	source = &conf->sources[0];
	sent_set("HTTP_X_TIME", "1700000000");
	sent_set("HTTP_X_ID", "i");
}

static void
tear_down(void)
{
	conf_free(conf);
	sent_clean();
}

/* Signed with the source's second secret, as RULE uses it. */
static void
sign(const struct signature_rule *rule, const char *body)
{
	const struct signature_signing signing = {source, rule, 1, NULL, sent_param(NULL, "HTTP_X_TIME")};

	ck_assert_ptr_null(signature_sign(&signing, sent(body), value, sizeof value));
	sent_set("HTTP_X_SIGNATURE", value);
}

static const struct signature_trace *
look(const char *body)
{
	signature_trace(&trace, source, &source->signatures[0], sent(body));
	return &trace;
}

START_TEST(each_key_is_tried)
{
	sign(&source->signatures[0], BODY);
	ck_assert_int_eq(look(BODY)->seen, SIGNATURE_OK);
	ck_assert_int_eq(trace.keys[0], SIGNATURE_WRONG);
	ck_assert_int_eq(trace.keys[1], SIGNATURE_OK);
	ck_assert(trace.matches);
	ck_assert_uint_eq(trace.secret, 2);
	ck_assert(!trace.hints.with_newline && !trace.hints.without_newline);
}
END_TEST

START_TEST(one_that_is_late_may_be_right)
{
	sent_set("HTTP_X_TIME", "1600000000");
	sign(&source->signatures[0], BODY);
	ck_assert_int_eq(look(BODY)->seen, SIGNATURE_STALE);
	ck_assert_int_eq(trace.then, SIGNATURE_OK);
	ck_assert(trace.matches);
	sent_set("HTTP_X_TIME", "1800000000");
	ck_assert_int_eq(look(BODY)->seen, SIGNATURE_FUTURE);
	ck_assert_int_eq(trace.then, SIGNATURE_OK);
	ck_assert(!trace.matches);
	ck_assert_uint_eq(trace.secret, 0);
}
END_TEST

START_TEST(a_newline_is_seen)
{
	sign(&source->signatures[0], BODY);
	ck_assert(!look(BODY "\n")->matches);
	ck_assert(trace.hints.without_newline && !trace.hints.with_newline);
	sign(&source->signatures[0], BODY "\n");
	ck_assert(!look(BODY)->matches);
	ck_assert(trace.hints.with_newline && !trace.hints.without_newline);
	ck_assert(!look("{}")->matches);
	ck_assert(!trace.hints.with_newline && !trace.hints.without_newline);
}
END_TEST

/* "abcdefab" are bytes in hex, too. */
START_TEST(a_key_that_was_meant_otherwise_is_seen)
{
	unsigned char bytes[] = {0xab, 0xcd, 0xef, 0xab};
	struct signature_rule hex = source->signatures[0];

	hex.keys[1] = (struct signature_key){1, bytes, sizeof bytes};
	memcpy(conf->sources[0].secrets[1].bytes, "abcdefab", 8);
	conf->sources[0].secrets[1].len = 8;
	sign(&hex, BODY);
	ck_assert(!look(BODY)->matches);
	ck_assert(trace.hints.key_as[1][KEY_HEX]);
	ck_assert(
	    !trace.hints.key_as[1][KEY_TEXT] && !trace.hints.key_as[1][KEY_BASE64] && !trace.hints.key_as[0][KEY_HEX]);
}
END_TEST

START_TEST(what_can_not_be_compared_has_no_more_to_it)
{
	ck_assert_int_eq(look(BODY)->seen, SIGNATURE_MISSING);
	ck_assert_ptr_null(trace.view.value);
	sign(&source->signatures[0], BODY);
	sent_set("HTTP_X_ID", NULL);
	ck_assert_int_eq(look(BODY)->then, SIGNATURE_NO_HEADER);
	ck_assert_str_eq(trace.view.absent, "HTTP_X_ID");
	ck_assert(!trace.matches);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signature_trace");
	TCase *tc = tcase_create("signature_trace");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, each_key_is_tried);
	tcase_add_test(tc, one_that_is_late_may_be_right);
	tcase_add_test(tc, a_newline_is_seen);
	tcase_add_test(tc, a_key_that_was_meant_otherwise_is_seen);
	tcase_add_test(tc, what_can_not_be_compared_has_no_more_to_it);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
