/* Lists of networks. */
#include "conf_fixture.h"

START_TEST(networks_are_written_exactly)
{
	struct conf *conf = good_source("allow-from = { 192.0.2.0/24, '2001:db8::/32', 10.1.2.3, 0.0.0.0/0 }");

	ck_assert_uint_eq(conf->sources[0].nallow, 4);
	ck_assert_uint_eq(conf->sources[0].allow[0].prefix, 120);
	ck_assert_uint_eq(conf->sources[0].allow[1].prefix, 32);
	ck_assert_uint_eq(conf->sources[0].allow[2].prefix, 128);
	conf_free(conf);
	refused_in_source(
	    "allow-from = example.org", "3: option 'allow-from': 'example.org' is not an IPv4 or IPv6 address");
	refused_in_source("allow-from = 10.1.2.3/8", "3: option 'allow-from': '10.1.2.3/8' has bits behind its prefix");
	refused_in_source(
	    "allow-from = 10.0.0.0/33", "3: option 'allow-from': '10.0.0.0/33' has a bad length behind '/'");
	refused("proxy-header = X-Real-IP\n", "1: option 'proxy-header' without option 'trusted-proxies'");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_network");

	tcase_add_test(t, networks_are_written_exactly);
	return conf_run();
}
