/* The steps of a verdict, in their order. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/webhook/verdict.h"
#include "sent.h"

#define GOOD "{\"type\":\"paid\",\"id\":1,\"sum\":5}"
#define TOKEN "signature { algorithm = 'token' from = 'header:X-Token' }\n"

static struct conf *conf;
static struct verdict_rules *rules[4];
static struct verdict verdict;

enum { PLAIN, GETS, FORM, FIELD };

static void
set_up(void)
{
	conf = sent_conf(
	    "source 'plain' { path = '/s' secret-file = '@/secret' allow-from = '192.0.2.0/24' max-body = 100\n" TOKEN
	    "  event = 'body:/type' id = 'body:/id' env = 'SUM=body:/sum' field '/sum' { type = 'number' max = 9 }\n"
	    "  answer 'ping' { when = 'body:/type=ping' body = '{body:/text}' content-type = 'text/plain' } }\n"
	    "source 'gets' { path = '/gets' secret-file = '@/secret' token-file = '@/token'\n" TOKEN
	    "  event = 'body:/type' id = 'digest'\n"
	    "  answer 'get' { method = 'GET' when = 'query:mode=ask' token = 'query:token' body = '{query:challenge}'\n"
	    "    content-type = 'text/plain' } }\n"
	    "source 'form' { path = '/form' unsigned = true payload = 'form' event = 'form:type' id = 'digest' }\n"
	    "source 'field' { path = '/field' unsigned = true payload = 'form:payload' event = 'body:/type' id = 'digest' }\n");
	ck_assert_uint_eq(conf->nsources, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(rules[i] = verdict_rules_new(&conf->sources[i]));
}

static void
tear_down(void)
{
	for (size_t i = 0; i < 4; i++)
		verdict_rules_free(rules[i]);
	conf_free(conf);
	sent_clean();
}

/* All steps, as the responder takes them. */
static enum verdict_step
reach(size_t source, const char *body)
{
	const struct webhook *webhook = sent(body);
	enum verdict_step step = verdict_asked(&conf->sources[source], webhook->asked);

	memset(&verdict, 0, sizeof verdict);
	if (step != VERDICT_GOES_ON)
		return step;
	verdict_reach(rules[source], webhook, &verdict);
	return verdict.step;
}

/* Everything is wrong with it, and is put right one after the other. */
START_TEST(the_steps_are_taken_in_their_order)
{
	char large[200], cut_type[EVENT_CONTENT_TYPE_MAX + 64];

	snprintf(cut_type, sizeof cut_type, "application/%0*d+json", EVENT_CONTENT_TYPE_MAX, 0);
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	sent_set("REMOTE_ADDR", "203.0.113.1");
	sent_set("HTTPS", NULL);
	sent_set("REQUEST_METHOD", "PUT");
	sent_set("CONTENT_TYPE", cut_type);
	sent_set("HTTP_CONTENT_ENCODING", "gzip");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_ADDRESS);
	sent_set("REMOTE_ADDR", "192.0.2.7");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_HTTPS);
	sent_set("HTTPS", "on");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_METHOD);
	sent_set("REQUEST_METHOD", "POST");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_NOT_JSON);
	sent_set("CONTENT_TYPE", "text/plain");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_NOT_JSON);
	sent_set("CONTENT_TYPE", "application/json");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_CODING);
	sent_set("HTTP_CONTENT_ENCODING", "Identity");
	ck_assert_int_eq(reach(PLAIN, large), VERDICT_LONG);
	ck_assert_int_eq(reach(PLAIN, ""), VERDICT_EMPTY);
	ck_assert_int_eq(reach(PLAIN, "{"), VERDICT_SIGNATURE);
	ck_assert_int_eq(verdict.signature, SIGNATURE_MISSING);
	sent_set("HTTP_X_TOKEN", "nobodys-secret");
	ck_assert_int_eq(reach(PLAIN, "{"), VERDICT_SIGNATURE);
	ck_assert_int_eq(verdict.signature, SIGNATURE_WRONG);
	sent_set("HTTP_X_TOKEN", "Jefe-is-the-secret");
	ck_assert_int_eq(reach(PLAIN, "{"), VERDICT_SYNTAX);
	ck_assert_int_eq(reach(PLAIN, "{\"type\":\"paid\",\"id\":1,\"sum\":10}"), VERDICT_FIELD);
	ck_assert_int_eq(reach(PLAIN, GOOD), VERDICT_EVENT);
}
END_TEST

START_TEST(an_event_is_made_of_all_that_is_known)
{
	const struct event *event = &verdict.event;

	sent_set("HTTP_X_TOKEN", "another-secret");
	ck_assert_int_eq(reach(PLAIN, GOOD), VERDICT_EVENT);
	ck_assert_int_eq(event->kind, EVENT_ACCEPTED);
	ck_assert_uint_eq(verdict.secret, 2);
	ck_assert_uint_eq(event->secret, 2);
	ck_assert_uint_eq(event->received_ms, SENT_NOW_MS);
	ck_assert_str_eq(event->text[EVENT_SOURCE], "plain");
	ck_assert_str_eq(event->text[EVENT_ADDRESS], "192.0.2.7");
	ck_assert_str_eq(event->text[EVENT_CONTENT_TYPE], "application/json");
	ck_assert_uint_eq(event->len[EVENT_TYPE], strlen("paid"));
	ck_assert_uint_eq(event->len[EVENT_REASON], 0);
	ck_assert_uint_eq(event->nenv, 1);
	ck_assert_uint_eq(event->body_len, strlen(GOOD));
}
END_TEST

START_TEST(what_is_invalid_is_an_event_to_be_rejected)
{
	const struct event *event = &verdict.event;

	sent_set("HTTP_X_TOKEN", "Jefe-is-the-secret");
	ck_assert_int_eq(reach(PLAIN, "{\"type\":\"paid\",\"id\":1,\"sum\":10}"), VERDICT_FIELD);
	ck_assert_int_eq(event->kind, EVENT_REJECTED);
	ck_assert_uint_eq(event->nenv, 0);
	ck_assert_str_eq(verdict.refused.selector, "/sum");
	ck_assert_str_eq(event->text[EVENT_REASON], "/sum is above max 9");
	ck_assert_uint_eq(event->len[EVENT_REASON], strlen("/sum is above max 9"));
	ck_assert_int_eq(reach(PLAIN, "nonsense"), VERDICT_SYNTAX);
	ck_assert_int_eq(event->kind, EVENT_REJECTED);
	ck_assert_ptr_null(verdict.refused.selector);
}
END_TEST

START_TEST(a_handshake_is_no_event)
{
	sent_set("HTTP_X_TOKEN", "Jefe-is-the-secret");
	ck_assert_int_eq(reach(PLAIN, "{\"type\":\"ping\",\"text\":\"a\"}"), VERDICT_HANDSHAKE);
	ck_assert_uint_eq(verdict.handshake.len, 1);
	ck_assert_int_eq(reach(PLAIN, "{\"type\":\"ping\",\"text\":\"\\u0007\"}"), VERDICT_NO_REPLY);
	ck_assert_str_eq(verdict.handshake.selector, "body:/text");
	sent_set("HTTP_X_TOKEN", NULL);
	ck_assert_int_eq(reach(PLAIN, "{\"type\":\"ping\",\"text\":\"a\"}"), VERDICT_SIGNATURE);
}
END_TEST

START_TEST(a_get_is_a_handshake_or_nothing)
{
	sent_set("REQUEST_METHOD", "GET");
	ck_assert_int_eq(reach(PLAIN, ""), VERDICT_METHOD);
	ck_assert_int_eq(reach(GETS, ""), VERDICT_GET);
	sent_set("QUERY_STRING", "mode=ask&challenge=1");
	ck_assert_int_eq(reach(GETS, ""), VERDICT_TOKEN);
	sent_set("QUERY_STRING", "mode=ask&challenge=1&token=a-known-token");
	ck_assert_int_eq(reach(GETS, ""), VERDICT_HANDSHAKE);
	sent_set("HTTPS", "off");
	ck_assert_int_eq(reach(GETS, ""), VERDICT_HTTPS);
}
END_TEST

START_TEST(a_form_is_one_by_its_content_type)
{
	ck_assert_int_eq(reach(FORM, "type=t"), VERDICT_NOT_A_FORM);
	sent_set("CONTENT_TYPE", "application/x-www-form-urlencoded");
	ck_assert_int_eq(reach(FORM, "type=t"), VERDICT_EVENT);
	ck_assert_uint_eq(verdict.secret, 0);
	ck_assert_int_eq(reach(FORM, "type="), VERDICT_FIELD);
	ck_assert_int_eq(reach(FIELD, "type=t"), VERDICT_PAYLOAD);
	ck_assert_str_eq(verdict.refused.selector, "form");
	ck_assert_int_eq(verdict.event.kind, EVENT_REJECTED);
	ck_assert_int_eq(reach(FIELD, "payload=%7B%22type%22%3A%22t%22%7D"), VERDICT_EVENT);
}
END_TEST

/* A captured webhook may be without one. */
START_TEST(an_address_that_is_not_known_is_not_looked_at)
{
	struct asked asked = *sent("")->asked;

	asked.address = "203.0.113.1";
	ck_assert_int_eq(verdict_asked(&conf->sources[PLAIN], &asked), VERDICT_ADDRESS);
	asked.address = "";
	ck_assert_int_eq(verdict_asked(&conf->sources[PLAIN], &asked), VERDICT_ADDRESS);
	asked.address = NULL;
	ck_assert_int_eq(verdict_asked(&conf->sources[PLAIN], &asked), VERDICT_GOES_ON);
}
END_TEST

START_TEST(what_refuses_has_a_text)
{
	for (enum verdict_step step = VERDICT_GOES_ON; step <= VERDICT_NO_MEMORY; step++) {
		bool good = step == VERDICT_GOES_ON || step == VERDICT_HANDSHAKE || step == VERDICT_EVENT;

		ck_assert_msg((verdict_step_text(step) == NULL) == good, "step %d", (int)step);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("verdict");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_steps_are_taken_in_their_order);
	tcase_add_test(tc, an_event_is_made_of_all_that_is_known);
	tcase_add_test(tc, what_is_invalid_is_an_event_to_be_rejected);
	tcase_add_test(tc, a_handshake_is_no_event);
	tcase_add_test(tc, a_get_is_a_handshake_or_nothing);
	tcase_add_test(tc, a_form_is_one_by_its_content_type);
	tcase_add_test(tc, an_address_that_is_not_known_is_not_looked_at);
	tcase_add_test(tc, what_refuses_has_a_text);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
