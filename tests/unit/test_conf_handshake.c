/* Handshakes. */
#include "conf_fixture.h"

START_TEST(an_answer_says_when_and_to_whom)
{
	struct conf *conf = good_source("answer a { when = { 'body:/type=url_*', 'header:X=1' } status = 201\n"
					"content-type = text/plain body = '{body:/c} {{ {hmac:body:/t}' }");
	const struct handshake *h = &conf->sources[0].handshakes[0];

	ck_assert_uint_eq(h->nwhen, 2);
	ck_assert_str_eq(h->when[0].glob, "url_*");
	ck_assert_uint_eq(h->status, 201);
	ck_assert(!h->json && !h->get);
	ck_assert_uint_eq(h->nparts, 3);
	ck_assert_str_eq(h->parts[1].text, " { ");
	ck_assert_int_eq(h->parts[2].kind, HANDSHAKE_HMAC);
	conf_free(conf);
	refused_in_source("answer a {\n}", "3: answer 'a' lacks option 'when'");
	refused_in_source("answer a { when = 'body:/x' }", "3: option 'when' has selector=text, not 'body:/x'");
	refused_in_source(
	    "answer a { method = GET\n when = 'body:/x=1' }", "4: option 'when': 'body:/x': a GET has no body");
	refused_in_source("answer a { method = GET when = 'query:x=1' }",
	    "3: answer 'a' to a GET, which nobody signs, needs option 'token'; or say unsigned = true");
	refused_in_source("answer a { method = GET when = 'query:x=1' token = query:t }",
	    "3: answer 'a' wants a token: source 'shop' needs option 'token-file'");
	refused_in_source(
	    "answer a { method = PUT when = 'query:x=1' }", "3: option 'method' is POST or GET, not 'PUT'");
	refused_in_source(
	    "answer a { when = 'query:x=1' status = 302 }", "3: option 'status' is a number from 200 to 299");
	refused_in_source(
	    "answer a { when = 'query:x=1'\n body = '{hmac:query:x' }", "4: option 'body': a '{' is not closed");
	refused_in_source("signature { algorithm = token from = header:X }\n"
			  "answer a { when = 'query:x=1' body = '{hmac:query:x}' }",
	    "4: option 'body': {hmac:…} is for signed webhooks");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_handshake");

	tcase_add_test(t, an_answer_says_when_and_to_whom);
	return conf_run();
}
