/* What signature rules make of secrets. */
#include "conf_fixture.h"

START_TEST(a_secret_goes_to_the_rules_of_its_prefix)
{
	struct conf *conf;
	const struct source *shop;

	put_bytes("secret", "whsec_YWJj\nZGVm\nwhpk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n", 66, 0600);
	conf = good_source("signature { algorithm = hmac-sha256 from = header:X key = base64 key-prefix = whsec_ }\n"
			   "signature { algorithm = ed25519 from = header:X key = base64 key-prefix = whpk_ }");
	shop = conf_source(conf, "shop");
	ck_assert_uint_eq(shop->nsecrets, 3);
	ck_assert_uint_eq(shop->signatures[0].nkeys, 2);
	ck_assert_uint_eq(shop->signatures[1].nkeys, 1);
	ck_assert_mem_eq(shop->signatures[0].keys[0].bytes, "abc", 3);
	ck_assert_mem_eq(shop->signatures[0].keys[1].bytes, "def", 3);
	ck_assert_uint_eq(shop->signatures[0].keys[1].secret, 1);
	ck_assert_uint_eq(shop->signatures[1].keys[0].secret, 2);
	ck_assert_uint_eq(shop->signatures[1].keys[0].bytes[31], 32);
	conf_free(conf);
	put_bytes("secret", "whpk_AQID\n", 10, 0600);
	refused_secret_in_source("signature { algorithm = ed25519 from = header:X key = base64 key-prefix = whpk_ }",
	    "1: this secret of source 'shop' is not a public key of 32 bytes");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_key");

	tcase_add_test(t, a_secret_goes_to_the_rules_of_its_prefix);
	return conf_run();
}
