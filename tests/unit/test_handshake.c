/* Handshakes: which question is one, and what is said to it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/webhook/handshake.h"
#include "../../src/webhook/signature.h"
#include "../../src/webhook/validate.h"
#include "sent.h"

#define SIGNED \
	"signature { algorithm = 'hmac-sha256' from = 'header:X-Signature' encoding = 'hex' signed = '{body}' }\n"

static struct conf *conf;
static struct signer *signer;
static struct validator *validator;
static struct handshake_reply reply;

static void
set_up(void)
{
	conf = sent_conf(
	    "source 's' { path = '/s' secret-file = '@/secret' token-file = '@/token' event = 'body:/type' id = 'digest'\n" SIGNED
	    "  answer 'both' { when = { 'body:/type=ping*', 'header:X-Ask=yes' } body = '{{\"said\":\"{body:/text}\"}' }\n"
	    "  answer 'plain' { when = 'body:/type=plain' content-type = 'text/plain' body = '<{body:/text}>' }\n"
	    "  answer 'hmac' { when = 'body:/type=hmac' body = '{hmac:body:/text}' }\n"
	    "  answer 'get' { method = 'GET' when = 'query:mode=ask' token = 'query:token' content-type = 'text/plain'\n"
	    "    body = '{query:challenge}' }\n"
	    "  answer 'none' { when = 'body:/type=none' status = 204 body = '' } }\n");
	ck_assert_ptr_nonnull(signer = signer_new(&conf->sources[0]));
	ck_assert_ptr_nonnull(validator = validator_new(&conf->sources[0]));
}

static void
tear_down(void)
{
	validator_free(validator);
	signer_free(signer);
	conf_free(conf);
	sent_clean();
}

static enum handshake_result
post(const char *body, size_t secret)
{
	const struct handshake_rules by = {&conf->sources[0], signer, secret, false};
	struct refused refused;
	struct parsed *parsed;

	ck_assert_int_eq(validate_parse(validator, sent(body), &parsed, &refused), VALIDATE_OK);
	return handshake_find(&by, parsed, &reply);
}

static enum handshake_result
get(const char *query)
{
	const struct handshake_rules by = {&conf->sources[0], signer, 0, true};

	sent_set("REQUEST_METHOD", "GET");
	sent_set("QUERY_STRING", query);
	return handshake_find(&by, validate_get(validator, sent("")), &reply);
}

static const char *
said(void)
{
	static char out[HANDSHAKE_BODY_MAX + 1];

	memcpy(out, reply.body, reply.len);
	out[reply.len] = '\0';
	return out;
}

START_TEST(all_conditions_hold_or_it_is_none)
{
	ck_assert_int_eq(post("{\"type\":\"ping.1\",\"text\":\"a\"}", 1), HANDSHAKE_NONE);
	sent_set("HTTP_X_ASK", "yes");
	ck_assert_int_eq(post("{\"type\":\"ping.1\",\"text\":\"a\"}", 1), HANDSHAKE_REPLY);
	ck_assert_str_eq(reply.handshake->name, "both");
	ck_assert_str_eq(said(), "{\"said\":\"a\"}");
	ck_assert_int_eq(post("{\"type\":\"pin\",\"text\":\"a\"}", 1), HANDSHAKE_NONE);
	ck_assert_ptr_null(reply.handshake);
}
END_TEST

START_TEST(a_value_is_escaped_in_json)
{
	sent_set("HTTP_X_ASK", "yes");
	ck_assert_int_eq(post("{\"type\":\"ping\",\"text\":\"a\\\"b\\\\c\\u00e4\"}", 1), HANDSHAKE_REPLY);
	ck_assert_str_eq(said(), "{\"said\":\"a\\\"b\\\\c\xc3\xa4\"}");
}
END_TEST

START_TEST(what_is_said_back_is_plain_text)
{
	ck_assert_int_eq(post("{\"type\":\"plain\",\"text\":\"<b>\"}", 1), HANDSHAKE_REPLY);
	ck_assert_str_eq(said(), "<<b>>");
	ck_assert_int_eq(post("{\"type\":\"plain\",\"text\":\"a\\r\\nb\"}", 1), HANDSHAKE_INVALID);
	ck_assert_str_eq(reply.selector, "body:/text");
	ck_assert_str_eq(reply.why, "is not plain text");
	ck_assert_int_eq(post("{\"type\":\"plain\"}", 1), HANDSHAKE_INVALID);
	ck_assert_str_eq(reply.why, "is missing");
	ck_assert_str_eq(reply.handshake->name, "plain");
}
END_TEST

/* printf %s abc | openssl dgst -sha256 -hmac Jefe-is-the-secret (another-secret) */
START_TEST(an_hmac_is_by_the_secret_that_authenticated)
{
	ck_assert_int_eq(post("{\"type\":\"hmac\",\"text\":\"abc\"}", 1), HANDSHAKE_REPLY);
	ck_assert_str_eq(said(), "f5acf8ec1c02b0a76367b851e1911b88d16ee284b0bc8e86c32a32c62c523c0f");
	ck_assert_int_eq(post("{\"type\":\"hmac\",\"text\":\"abc\"}", 2), HANDSHAKE_REPLY);
	ck_assert_str_eq(said(), "09b5bc223cadc9e297283413ca31143411ead736accdb3a5b82613e706773a50");
	ck_assert_int_eq(post("{\"type\":\"hmac\",\"text\":\"abc\"}", 0), HANDSHAKE_INVALID);
	ck_assert_str_eq(reply.why, "could not be signed");
}
END_TEST

START_TEST(a_get_shows_a_token)
{
	ck_assert_int_eq(get("mode=ask&token=a-known-token&challenge=12"), HANDSHAKE_REPLY);
	ck_assert_str_eq(said(), "12");
	ck_assert_int_eq(get("mode=ask&token=a-known-tokem&challenge=12"), HANDSHAKE_UNAUTHORIZED);
	ck_assert_int_eq(get("mode=ask&token=&challenge=12"), HANDSHAKE_UNAUTHORIZED);
	ck_assert_int_eq(get("mode=ask&challenge=12"), HANDSHAKE_UNAUTHORIZED);
	ck_assert_int_eq(get("mode=tell&token=a-known-token&challenge=12"), HANDSHAKE_NONE);
	ck_assert_int_eq(get(NULL), HANDSHAKE_NONE);
}
END_TEST

START_TEST(a_post_is_no_get)
{
	sent_set("QUERY_STRING", "mode=ask&token=a-known-token&challenge=12");
	ck_assert_int_eq(post("{}", 1), HANDSHAKE_NONE);
}
END_TEST

START_TEST(a_reply_may_be_empty)
{
	ck_assert_int_eq(post("{\"type\":\"none\"}", 1), HANDSHAKE_REPLY);
	ck_assert_uint_eq(reply.len, 0);
	ck_assert_uint_eq(reply.handshake->status, 204);
}
END_TEST

START_TEST(a_value_that_is_too_long_is_not_said)
{
	char body[4096];

	snprintf(body, sizeof body, "{\"type\":\"plain\",\"text\":\"%03000d\"}", 0);
	ck_assert_int_eq(post(body, 1), HANDSHAKE_INVALID);
	ck_assert_str_eq(reply.why, "is too long");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handshake");
	TCase *tc = tcase_create("handshake");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_conditions_hold_or_it_is_none);
	tcase_add_test(tc, a_value_is_escaped_in_json);
	tcase_add_test(tc, what_is_said_back_is_plain_text);
	tcase_add_test(tc, an_hmac_is_by_the_secret_that_authenticated);
	tcase_add_test(tc, a_get_shows_a_token);
	tcase_add_test(tc, a_post_is_no_get);
	tcase_add_test(tc, a_reply_may_be_empty);
	tcase_add_test(tc, a_value_that_is_too_long_is_not_said);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
