/* Values from the network, read exactly: numbers, forms, Base64, addresses. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/base64.h"
#include "../../src/lib/decimal.h"
#include "../../src/lib/form.h"
#include "../../src/lib/network.h"

static int
compare(const char *a, const char *b)
{
	int result = decimal_compare(a, strlen(a), b, strlen(b));

	ck_assert_int_eq(decimal_compare(b, strlen(b), a, strlen(a)), -result);
	return result;
}

START_TEST(numbers_are_compared_as_they_are_written)
{
	static const char *const ascending[] = {"-1e400", "-12345678901234567890123", "-10", "-9.5", "-1", "-0.5",
	    "-1e-400", "0", "1e-400", "0.00123", "0.0123", "0.1", "0.10000000000000000000000000000000000001", "0.9",
	    "1", "1.0000001", "9", "10", "99.99", "100", "9007199254740992", "9007199254740993", "1e17", "1e400"};
	size_t n = sizeof ascending / sizeof ascending[0];

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			ck_assert_msg(compare(ascending[i], ascending[j]) == (i > j) - (i < j), "%s and %s",
			    ascending[i], ascending[j]);
}
END_TEST

START_TEST(one_number_has_many_texts)
{
	static const char *const same[][2] = {{"0", "-0.0e7"}, {"1", "1.000"}, {"1", "10e-1"}, {"100", "1E+2"},
	    {"0.001", "1e-3"}, {"120", "0.0012e5"}, {"-5", "-0.5e1"}, {"0", "0e999999999999"},
	    {"1e999999999999", "1e99999999999999"}};

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		ck_assert_msg(compare(same[i][0], same[i][1]) == 0, "%s and %s", same[i][0], same[i][1]);
}
END_TEST

START_TEST(an_integer_has_no_fraction_however_it_is_written)
{
	static const char *const integers[] = {"0", "-0.000", "5", "5.0", "50e-1", "1e30", "1.25e2", "0e-9", "100e-2"};
	static const char *const others[] = {"0.5", "5.01", "1e-1", "1.25e1", "123e-4", "99.99e1"};

	for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
		ck_assert_msg(decimal_is_integer(integers[i], strlen(integers[i])), "%s", integers[i]);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_msg(!decimal_is_integer(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

START_TEST(a_configured_number_is_as_json_writes_it)
{
	static const char *const good[] = {"0", "-1", "10.5", "1e3", "1E-3", "-0.0e+0"};
	static const char *const bad[] = {"", "-", "01", "1.", ".5", "1e", "1e+", "+1", "1 ", "0x1", "1,5", "NaN"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(decimal_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!decimal_valid(bad[i]), "%s", bad[i]);
}
END_TEST

static enum form_result
form(const char *text, const char *name, const char *want)
{
	char out[8] = "";
	size_t len = 0;
	enum form_result result = form_value(text, strlen(text), name, out, sizeof out, &len);

	if (want != NULL) {
		ck_assert_str_eq(out, want);
		ck_assert_uint_eq(len, strlen(want));
	}
	return result;
}

START_TEST(a_form_gives_each_field_decoded)
{
	ck_assert_int_eq(form("a=1&b=2", "b", "2"), FORM_OK);
	ck_assert_int_eq(form("a=%7B+%2b%26", "a", "{ +&"), FORM_OK);
	ck_assert_int_eq(form("%61=1", "a", "1"), FORM_OK);
	ck_assert_int_eq(form("a=", "a", ""), FORM_OK);
	ck_assert_int_eq(form("a", "a", ""), FORM_OK);
	ck_assert_int_eq(form("a=1=2", "a", "1=2"), FORM_OK);
	ck_assert_int_eq(form("&&a=1&", "a", "1"), FORM_OK);
	ck_assert_int_eq(form("ab=1", "a", NULL), FORM_ABSENT);
	ck_assert_int_eq(form("", "a", NULL), FORM_ABSENT);
	ck_assert_int_eq(form("a=1&a=1", "a", NULL), FORM_TWICE);
	ck_assert_int_eq(form("a=1&%61=1", "a", NULL), FORM_TWICE);
	ck_assert_int_eq(form("a=%", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%4", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%4&b=1", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%zz", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%00", "a", NULL), FORM_NUL);
	ck_assert_int_eq(form("a=1234567", "a", "1234567"), FORM_OK);
	ck_assert_int_eq(form("a=12345678", "a", NULL), FORM_LONG);
}
END_TEST

START_TEST(base64_is_canonical)
{
	/* RFC 4648, section 10. */
	static const char *const good[][2] = {{"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"},
	    {"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"}};
	static const char *const bad[] = {"", "=", "====", "Zg=", "Zg", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
	    "Zm9v====", "Zm-_", "Z===", "Zg==Zg==", "Zm9vYmFyYmF6"};
	unsigned char out[6];
	char text[16];

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		size_t len = strlen(good[i][1]);

		ck_assert_int_eq(base64_decode(good[i][0], strlen(good[i][0]), out, sizeof out), len);
		ck_assert_mem_eq(out, good[i][1], len);
		base64_encode(text, out, len);
		ck_assert_str_eq(text, good[i][0]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(base64_decode(bad[i], strlen(bad[i]), out, sizeof out) == -1, "\"%s\"", bad[i]);
}
END_TEST

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
	Suite *suite = suite_create("values");
	TCase *tc = tcase_create("values");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, numbers_are_compared_as_they_are_written);
	tcase_add_test(tc, one_number_has_many_texts);
	tcase_add_test(tc, an_integer_has_no_fraction_however_it_is_written);
	tcase_add_test(tc, a_configured_number_is_as_json_writes_it);
	tcase_add_test(tc, a_form_gives_each_field_decoded);
	tcase_add_test(tc, base64_is_canonical);
	tcase_add_test(tc, networks_have_their_addresses_and_no_others);
	tcase_add_test(tc, what_is_no_address_is_refused);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
