/* Who sent a webhook, through proxies, and whether he may. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/webhook/address.h"
#include "../../src/webhook/asked.h"

static struct network
network(const char *text)
{
	struct network network;
	const char *why = network_parse(text, &network);

	ck_assert_msg(why == NULL, "%s %s", text, why);
	return network;
}

static const char *forwarded;

static const char *
param(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "HTTP_X_FORWARDED_FOR") == 0 ? forwarded : NULL;
}

static const char *
sender(const char *from, const char *header)
{
	static char out[ADDRESS_TEXT_SIZE];
	struct network trusted[] = {network("10.0.0.0/8"), network("2001:db8::/32")};
	struct conf conf = {.trusted_proxies = trusted,
	    .ntrusted_proxies = 2,
	    .proxy_header = (char *)(uintptr_t) "HTTP_X_FORWARDED_FOR"};
	const struct asked asked = {.peer = from != NULL ? from : "", .param = param};

	forwarded = header;
	return address_of(&conf, &asked, out);
}

START_TEST(only_trusted_proxies_are_believed)
{
	ck_assert_str_eq(sender("192.0.2.1", NULL), "192.0.2.1");
	ck_assert_str_eq(sender("192.0.2.1", "203.0.113.5"), "192.0.2.1");
	ck_assert_str_eq(sender("10.0.0.1", "203.0.113.5"), "203.0.113.5");
	ck_assert_str_eq(sender("10.0.0.1", " 198.51.100.9 , 203.0.113.5 "), "203.0.113.5");
	ck_assert_str_eq(sender("10.0.0.1", "198.51.100.9, 203.0.113.5,10.0.0.2"), "203.0.113.5");
	ck_assert_str_eq(sender("2001:db8::1", "198.51.100.9"), "198.51.100.9");
	ck_assert_str_eq(sender("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
	ck_assert_str_eq(sender("10.0.0.1", "unknown"), "10.0.0.1");
	ck_assert_str_eq(sender("10.0.0.1", "203.0.113.5, unknown, 10.0.0.2"), "10.0.0.2");
	ck_assert_str_eq(sender("10.0.0.1", ""), "10.0.0.1");
	ck_assert_str_eq(sender("10.0.0.1", ",,"), "10.0.0.1");
	ck_assert_str_eq(sender(NULL, "203.0.113.5"), "");
}
END_TEST

START_TEST(a_text_that_is_too_long_is_cut)
{
	char peer[2 * ADDRESS_TEXT_SIZE];

	memset(peer, 'a', sizeof peer - 1);
	peer[sizeof peer - 1] = '\0';
	ck_assert_uint_eq(strlen(sender(peer, NULL)), ADDRESS_TEXT_SIZE - 1);
}
END_TEST

START_TEST(webhooks_come_from_where_they_may)
{
	struct network allow[] = {network("192.0.2.0/24"), network("2001:db8::/32")};
	struct source source = {.allow = allow, .nallow = 2};

	ck_assert(address_allowed(&source, "192.0.2.255"));
	ck_assert(address_allowed(&source, "2001:db8:ffff::1"));
	ck_assert(!address_allowed(&source, "192.0.3.0"));
	ck_assert(!address_allowed(&source, ""));
	ck_assert(!address_allowed(&source, "192.0.2.1 "));
	source.nallow = 0;
	ck_assert(address_allowed(&source, "203.0.113.9"));
	ck_assert(address_allowed(&source, ""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *tc = tcase_create("address");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, only_trusted_proxies_are_believed);
	tcase_add_test(tc, a_text_that_is_too_long_is_cut);
	tcase_add_test(tc, webhooks_come_from_where_they_may);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
