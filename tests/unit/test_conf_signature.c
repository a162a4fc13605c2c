/* Signature rules, and what they prove. */
#include "conf_fixture.h"

START_TEST(an_unsigned_source_says_so_and_has_no_secret)
{
	struct conf *conf = read_good(HEAD "source a { path = /a unsigned = true preset = plain }\n");

	ck_assert(conf->sources[0].unsigned_allowed);
	ck_assert_uint_eq(conf->sources[0].nsignatures, 0);
	conf_free(conf);
	refused_in_source("unsigned = true", "2: option 'secret-file' beside unsigned = true");
	refused("source a { path = /a unsigned = true event = digest id = digest\n"
		" signature { algorithm = hmac-sha256 from = header:X } }\n",
	    "2: a signature section beside unsigned = true");
	refused(HEAD "source a { path = /a preset = plain }\n", "2: source 'a' has no option 'secret-file'");
}
END_TEST

START_TEST(a_signature_rule_is_complete)
{
	refused_in_source("signature {\n}", "3: the signature of source 'shop' lacks option 'algorithm'");
	said("3: the signature of source 'shop' lacks option 'from'");
	refused_in_source("signature { from = header:X\nalgorithm = md5 }",
	    "4: option 'algorithm' is hmac-sha256, hmac-sha512, hmac-sha1, ed25519, token, bearer or basic, not 'md5'");
	refused_in_source("signature { algorithm = hmac-sha1 from = header:X\nencoding = octal }",
	    "4: option 'encoding' is hex or base64, not 'octal'");
	refused_in_source("signature { algorithm = hmac-sha1\n from = body:/x }",
	    "4: option 'from' can't be 'body:/x': only a header or query selector");
	refused_in_source("signature { algorithm = hmac-sha1\n from = nope }", "4: option 'from': 'nope': ");
	refused_in_source(
	    "signature { algorithm = hmac-sha1 from = header:X\n split = '' }", "4: option 'split' is empty");
	refused_in_source("signature { algorithm = hmac-sha1 from = header:X }\nsignature { }",
	    "4: the signature of source 'shop' lacks option 'algorithm'");
	refused_in_source("signature { algorithm = token from = header:X }\nsignature { algorithm = bearer }\n"
			  "signature { algorithm = bearer }\nsignature { algorithm = bearer }\nsignature { }",
	    "7: source 'shop' has more than 4 signatures");
	refused_in_source("signature { algorithm = ed25519 from = header:X }",
	    "3: algorithm ed25519 needs option 'key': hex or base64");
	refused_secret_in_source("signature { algorithm = hmac-sha1 from = header:X key = hex }",
	    "1: this secret of source 'shop' is not hex");
}
END_TEST

START_TEST(what_is_shown_openly_has_no_options_of_signatures)
{
	struct conf *conf = good_source("signature { algorithm = bearer }");

	ck_assert_str_eq(conf->sources[0].signatures[0].from->name, "HTTP_AUTHORIZATION");
	conf_free(conf);
	refused_in_source("signature { algorithm = token }", "3: the signature of source 'shop' lacks option 'from'");
	refused_in_source("signature { algorithm = token from = header:X\n signed = '{body}' }",
	    "4: option 'signed' is for signatures: ");
	refused_in_source("signature { algorithm = token from = header:X\n timestamp = header:T }",
	    "4: option 'timestamp' is for signatures: ");
	refused_in_source(
	    "signature { algorithm = bearer\n item = 'x' }", "4: option 'item': the value of this algorithm");
	refused_secret_in_source(
	    "signature { algorithm = basic }", "1: this secret of source 'shop' is not user:password");
}
END_TEST

START_TEST(a_timestamp_is_signed_or_refused)
{
	struct conf *conf = good_source("signature { algorithm = hmac-sha256 from = header:X split = ',' item = 'v1='\n"
					"timestamp = 'item:t=' signed = '{timestamp}.{body}' }");
	const struct signature_rule *rule = &conf->sources[0].signatures[0];

	ck_assert_str_eq(rule->timestamp_item, "t=");
	ck_assert_uint_eq(rule->tolerance_ms, 300000);
	ck_assert_uint_eq(rule->timestamp_unit_ms, 1000);
	ck_assert_int_eq(rule->parts[0].kind, SIGNED_TIMESTAMP);
	conf_free(conf);
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n timestamp = header:T }",
	    "4: option 'timestamp' without {timestamp} in option 'signed'");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n signed = '{timestamp}{body}' }",
	    "4: option 'signed' has {timestamp}: option 'timestamp' must say where it is");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n tolerance = 5m }",
	    "4: option 'tolerance' without option");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n timestamp = 'item:t=' }",
	    "4: option 'timestamp': an item has a text and needs option 'split'");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X signed = '{timestamp}{body}'\n"
			  "timestamp = body:/t }",
	    "4: option 'timestamp' can't be 'body:/t'");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X timestamp = header:T\n"
			  "signed = '{timestamp}{body}' timestamp-unit = us }",
	    "4: option 'timestamp-unit' is s or ms, not 'us'");
}
END_TEST

START_TEST(what_proves_the_sender_is_never_kept)
{
	refused_in_source(
	    "env = 'A=header:Authorization'", "3: option 'env': 'header:Authorization' proves who the sender is");
	refused_in_source("event = header:Cookie", "3: option 'event': 'header:Cookie' proves");
	refused_in_source("id = { digest, header:X-Signature }", "3: option 'id': 'header:X-Signature' proves");
	refused_in_source("answer a { when = 'body:/a=b'\n body = '{header:X-Signature}' }",
	    "4: option 'body': 'header:X-Signature' proves");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_signature");

	tcase_add_test(t, an_unsigned_source_says_so_and_has_no_secret);
	tcase_add_test(t, a_signature_rule_is_complete);
	tcase_add_test(t, what_is_shown_openly_has_no_options_of_signatures);
	tcase_add_test(t, a_timestamp_is_signed_or_refused);
	tcase_add_test(t, what_proves_the_sender_is_never_kept);
	return conf_run();
}
