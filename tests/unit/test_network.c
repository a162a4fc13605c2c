/* Addresses and networks. */
#include "../../src/lib/network.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct network
network(const char *text)
{
	struct network network;
	const char *why = network_parse(text, &network);

	ck_assert_msg(why == NULL, "%s %s", text, why);
	return network;
}

static bool
has(const char *text, const char *address)
{
	struct network one = network(text);
	struct in6_addr parsed;

	ck_assert_int_eq(network_address(address, strlen(address), &parsed), 0);
	return network_has(&one, 1, &parsed);
}

START_TEST(networks_have_their_addresses_and_no_others)
{
	ck_assert(has("192.0.2.0/24", "192.0.2.255"));
	ck_assert(!has("192.0.2.0/24", "192.0.3.0"));
	ck_assert(has("192.0.2.128/25", "192.0.2.128"));
	ck_assert(!has("192.0.2.128/25", "192.0.2.127"));
	ck_assert(has("192.0.2.1", "192.0.2.1"));
	ck_assert(has("192.0.2.1", "::ffff:192.0.2.1"));
	ck_assert(has("0.0.0.0/0", "203.0.113.9"));
	ck_assert(!has("0.0.0.0/0", "2001:db8::1"));
	ck_assert(has("2001:db8::/33", "2001:db8:7fff::1"));
	ck_assert(!has("2001:db8::/33", "2001:db8:8000::1"));
	ck_assert(has("::/0", "192.0.2.1"));
	ck_assert(has("::1", "::1"));
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
	static const char *const bad[] = {"", "localhost", "1.2.3", "01.2.3.4", "1.2.3.4 ", "::g", "fe80::1%eth0",
	    "1.2.3.4:80", "[::1]", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
	struct in6_addr address;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(network_address(bad[i], strlen(bad[i]), &address) == -1, "%s", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("network");
	TCase *tc = tcase_create("network");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, networks_have_their_addresses_and_no_others);
	tcase_add_test(tc, what_is_no_address_is_refused);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
