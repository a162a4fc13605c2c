/* Signatures: published vectors, and the one rule for every sender's header. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/text.h"
#include "../../src/webhook/asked.h"
#include "../../src/webhook/signature_sign.h"
#include "../../src/webhook/webhook.h"

static struct signed_part body_part = {.kind = SIGNED_BODY};
static struct selector from = {.kind = SELECTOR_HEADER, .name = (char *)"HTTP_X_SIGNATURE"};
static struct signature_rule rule;
static struct source source;
static const char *header, *timestamp;

static const char *
param(void *context, const char *name)
{
	(void)context;
	if (strcmp(name, "HTTP_X_TIME") == 0)
		return timestamp;
	return strcmp(name, from.name) == 0 ? header : NULL;
}

#define NOW 1700000000u /* seconds */

static enum signature_result
check_body(const char *body, const char *value, size_t *which)
{
	const struct asked asked = {.method = "POST", .query = "", .param = param};
	const struct webhook webhook = {&asked, body, strlen(body), NOW * 1000ull};
	struct signer *signer = signer_new(&source);
	enum signature_result result;

	ck_assert_ptr_nonnull(signer);
	header = value;
	result = signature_check(signer, &webhook, which);
	ck_assert_int_eq(
	    signature_check(signer, &webhook, which), result); /* a context that was used gives the same again */
	signer_free(signer);
	return result;
}

static void
set_up(void)
{
	rule = (struct signature_rule){.algorithm = SIGNATURE_HMAC_SHA256,
	    .encoding = SIGNATURE_HEX,
	    .from = &from,
	    .parts = &body_part,
	    .nparts = 1,
	    .keys = {{0, (unsigned char *)(uintptr_t) "Jefe", 4}},
	    .nkeys = 1};
	source = (struct source){.name = (char *)"s", .signatures = &rule, .nsignatures = 1};
}

/* RFC 4231, test case 2; RFC 2202 (SHA-1), test case 2. */
#define TEXT "what do ya want for nothing?"
#define SHA256_HEX "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
#define SHA512_HEX \
	"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
#define SHA1_HEX "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
#define SHA256_BASE64 "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="

START_TEST(published_vectors_are_accepted)
{
	size_t which;

	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_OK);
	rule.encoding = SIGNATURE_BASE64;
	ck_assert_int_eq(check_body(TEXT, SHA256_BASE64, &which), SIGNATURE_OK);
	rule.encoding = SIGNATURE_HEX;
	rule.algorithm = SIGNATURE_HMAC_SHA512;
	ck_assert_int_eq(check_body(TEXT, SHA512_HEX, &which), SIGNATURE_OK);
	rule.algorithm = SIGNATURE_HMAC_SHA1;
	ck_assert_int_eq(check_body(TEXT, SHA1_HEX, &which), SIGNATURE_OK);
}
END_TEST

START_TEST(what_is_wrong_is_told_apart_for_the_log)
{
	size_t which;
	char text[] = SHA256_HEX;

	ck_assert_int_eq(check_body(TEXT, NULL, &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body(TEXT, "", &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body(TEXT "!", SHA256_HEX, &which), SIGNATURE_WRONG);
	text[63] = '0';
	ck_assert_int_eq(check_body(TEXT, text, &which), SIGNATURE_WRONG);
	text[63] = '\0';
	ck_assert_int_eq(check_body(TEXT, text, &which), SIGNATURE_MALFORMED);
	ck_assert_int_eq(check_body(TEXT, "zz" SHA256_HEX, &which), SIGNATURE_MALFORMED);
}
END_TEST

START_TEST(an_overlong_header_is_refused)
{
	static char value[SIGNATURE_HEADER_MAX + 2];
	size_t which;

	memset(value, 'a', sizeof value - 1);
	ck_assert_int_eq(check_body(TEXT, value, &which), SIGNATURE_MALFORMED);
}
END_TEST

START_TEST(items_are_picked_from_a_list_and_others_ignored)
{
	size_t which;

	rule.split = (char *)",";
	rule.item = (char *)"v1=";
	ck_assert_int_eq(check_body(TEXT, "t=1, v0=00,v1=" SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body(TEXT, "v1=00, v1=" SHA256_HEX " ", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body(TEXT, "v0=" SHA256_HEX, &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body(TEXT, "V1=" SHA256_HEX, &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body(TEXT, "v1=,v1=", &which), SIGNATURE_MISSING);
	ck_assert_int_eq(
	    check_body(TEXT,
		"v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,"
		"v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=" SHA256_HEX,
		&which),
	    SIGNATURE_MALFORMED);
}
END_TEST

START_TEST(any_of_the_secrets_may_match_and_which_is_told)
{
	size_t which = 9;

	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_uint_eq(which, 1);
	rule.keys[0] = (struct signature_key){0, (unsigned char *)(uintptr_t) "other", 5};
	rule.keys[1] = (struct signature_key){4, (unsigned char *)(uintptr_t) "Jefe", 4};
	rule.nkeys = 2;
	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_uint_eq(which, 5);
	rule.nkeys = 1;
	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_WRONG);
	ck_assert_uint_eq(which, 0);
}
END_TEST

START_TEST(signatures_times_keys_are_bounded)
{
	char value[9 * 65 + 1] = "";
	size_t which;

	for (int i = 0; i < 8; i++)
		strcat(value, "0000000000000000000000000000000000000000000000000000000000000000,");
	rule.split = (char *)",";
	for (size_t i = 0; i < 8; i++)
		rule.keys[i] = rule.keys[0];
	rule.nkeys = 8;
	ck_assert_int_eq(check_body(TEXT, value, &which), SIGNATURE_WRONG);
	strcat(value, SHA256_HEX);
	ck_assert_int_eq(check_body(TEXT, value, &which), SIGNATURE_MALFORMED);
	rule.nkeys = 7;
	ck_assert_int_eq(check_body(TEXT, value, &which), SIGNATURE_OK);
}
END_TEST

/* The digest of "{timestamp}.{body}" for the timestamp NOW and the body "x" under "Jefe", by openssl dgst -hmac. */
#define TIMED_HEX "95ba1fddc0743288472f74290fa59971211ab763d047813f6649e08e49308276"

static struct selector time_header = {.kind = SELECTOR_HEADER, .name = (char *)"HTTP_X_TIME"};
static struct signed_part timed[] = {
    {SIGNED_TIMESTAMP, NULL}, {SIGNED_LITERAL, (char *)(uintptr_t) "."}, {SIGNED_BODY, NULL}};

static enum signature_result
check_time(const char *text)
{
	size_t which;

	timestamp = text;
	return check_body("x", TIMED_HEX, &which);
}

START_TEST(a_timestamp_is_near_and_signed)
{
	rule.timestamp = &time_header;
	rule.timestamp_unit_ms = 1000;
	rule.tolerance_ms = 300000;
	rule.parts = timed;
	rule.nparts = 3;
	ck_assert_int_eq(check_time("1700000000"), SIGNATURE_OK);
	ck_assert_int_eq(check_time("1700000001"), SIGNATURE_WRONG);
	ck_assert_int_eq(check_time("01700000000"), SIGNATURE_WRONG); /* the text is what is signed */
	ck_assert_int_eq(check_time("1699999700"), SIGNATURE_WRONG);
	ck_assert_int_eq(check_time("1700000300"), SIGNATURE_WRONG);
	ck_assert_int_eq(check_time("1699999699"), SIGNATURE_STALE);
	ck_assert_int_eq(check_time("1700000301"), SIGNATURE_FUTURE);
	ck_assert_int_eq(check_time("0"), SIGNATURE_STALE);
	ck_assert_int_eq(check_time("999999999999999"), SIGNATURE_FUTURE);
	ck_assert_int_eq(check_time(NULL), SIGNATURE_NO_TIMESTAMP);
	ck_assert_int_eq(check_time(""), SIGNATURE_NO_TIMESTAMP);
	ck_assert_int_eq(check_time("1700000000.0"), SIGNATURE_BAD_TIMESTAMP);
	ck_assert_int_eq(check_time("-1"), SIGNATURE_BAD_TIMESTAMP);
	ck_assert_int_eq(check_time(" 1700000000"), SIGNATURE_BAD_TIMESTAMP);
	ck_assert_int_eq(check_time("18446744073709551616"), SIGNATURE_BAD_TIMESTAMP);
	rule.timestamp_unit_ms = 1;
	ck_assert_int_eq(check_time("1700000000"), SIGNATURE_STALE);
}
END_TEST

START_TEST(a_timestamp_in_the_value_is_there_once)
{
	size_t which;

	rule.timestamp_item = (char *)"t=";
	rule.timestamp_unit_ms = 1000;
	rule.tolerance_ms = 300000;
	rule.parts = timed;
	rule.nparts = 3;
	rule.split = (char *)",";
	rule.item = (char *)"v1=";
	ck_assert_int_eq(check_body("x", "t=1700000000,v1=" TIMED_HEX, &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body("x", "v1=" TIMED_HEX ", t=1700000000", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body("x", "t=1700000000,v0=" TIMED_HEX, &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body("x", "v1=" TIMED_HEX, &which), SIGNATURE_NO_TIMESTAMP);
	ck_assert_int_eq(check_body("x", "t=1,t=1700000000,v1=" TIMED_HEX, &which), SIGNATURE_MALFORMED);
	ck_assert_int_eq(check_body("x", "t=1600000000,v1=" TIMED_HEX, &which), SIGNATURE_STALE);
}
END_TEST

START_TEST(a_signed_header_must_be_there)
{
	struct signed_part parts[] = {{SIGNED_HEADER, (char *)(uintptr_t) "HTTP_X_TIME"}, {SIGNED_BODY, NULL}};
	size_t which;

	rule.parts = parts;
	rule.nparts = 2;
	timestamp = NULL;
	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_NO_HEADER);
	timestamp = "";
	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_OK);
	timestamp = "what ";
	ck_assert_int_eq(check_body(TEXT + 5, SHA256_HEX, &which), SIGNATURE_OK);
}
END_TEST

/* RFC 8032, section 7.1: tests 1 (the empty message), 2 and 3. */
static const struct {
	const char *seed, *public_key, *message, *signature;
} ed25519[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a1"
	"00b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0"
	"c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
	"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec"
	"40a"},
};

static unsigned char public_key[32];

static void
use_ed25519(size_t i)
{
	ck_assert_int_eq(text_hex_decode(ed25519[i].public_key, 64, public_key), 0);
	rule.algorithm = SIGNATURE_ED25519;
	rule.key = KEY_HEX;
	rule.keys[0] = (struct signature_key){0, public_key, sizeof public_key};
}

START_TEST(ed25519_is_checked_by_the_published_vectors)
{
	size_t which;
	char changed[129];

	for (size_t i = 0; i < sizeof ed25519 / sizeof ed25519[0]; i++) {
		use_ed25519(i);
		ck_assert_int_eq(check_body(ed25519[i].message, ed25519[i].signature, &which), SIGNATURE_OK);
		ck_assert_uint_eq(which, 1);
		strcpy(changed, ed25519[i].signature);
		changed[0] = changed[0] == '0' ? '1' : '0';
		ck_assert_int_eq(check_body(ed25519[i].message, changed, &which), SIGNATURE_WRONG);
		ck_assert_int_eq(check_body("other", ed25519[i].signature, &which), SIGNATURE_WRONG);
		changed[127] = '\0';
		ck_assert_int_eq(check_body(ed25519[i].message, changed, &which), SIGNATURE_MALFORMED);
	}
}
END_TEST

static const char *
sign(const struct signature_signing *signing, const char *body, char *value, size_t size)
{
	const struct asked asked = {.method = "POST", .query = "", .param = param};
	const struct webhook webhook = {.asked = &asked, .body = body, .body_len = strlen(body)};

	return signature_sign(signing, &webhook, value, size);
}

START_TEST(ed25519_is_signed_by_the_published_vectors)
{
	char file[] = "/tmp/hookspool-key-XXXXXX", value[SIGNATURE_TEXT_MAX];
	struct signature_signing signing = {&source, &rule, 0, file, ""};

	for (size_t i = 0; i < sizeof ed25519 / sizeof ed25519[0]; i++) {
		FILE *stream;

		strcpy(strrchr(file, '-') + 1, "XXXXXX");
		ck_assert_int_ge(close(mkstemp(file)), 0);
		stream = fopen(file, "w");
		fprintf(stream, "whsk_%s\n", ed25519[i].seed);
		fclose(stream);
		use_ed25519(i);
		ck_assert_ptr_null(sign(&signing, ed25519[i].message, value, sizeof value));
		ck_assert_str_eq(value, ed25519[i].signature);
		unlink(file);
	}
}
END_TEST

START_TEST(what_is_shown_openly_is_compared_whole)
{
	size_t which;

	rule.algorithm = SIGNATURE_TOKEN;
	ck_assert_int_eq(check_body("", "Jefe", &which), SIGNATURE_OK);
	ck_assert_uint_eq(which, 1);
	ck_assert_int_eq(check_body("", "Jef", &which), SIGNATURE_WRONG);
	ck_assert_int_eq(check_body("", "Jefe2", &which), SIGNATURE_WRONG);
	ck_assert_int_eq(check_body("", "jefe", &which), SIGNATURE_WRONG);
	ck_assert_int_eq(check_body("", "", &which), SIGNATURE_MISSING);
	rule.algorithm = SIGNATURE_BEARER;
	ck_assert_int_eq(check_body("", "Bearer Jefe", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body("", "bearer  Jefe", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body("", "Jefe", &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body("", "Bearer", &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body("", "Bearer ", &which), SIGNATURE_MALFORMED);
	ck_assert_int_eq(check_body("", "BearerJefe", &which), SIGNATURE_MISSING);
	/* RFC 7617, section 2: Aladdin, "open sesame". */
	rule.algorithm = SIGNATURE_BASIC;
	rule.keys[0] = (struct signature_key){0, (unsigned char *)(uintptr_t) "Aladdin:open sesame", 19};
	ck_assert_int_eq(check_body("", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body("", "BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body("", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==", &which), SIGNATURE_MALFORMED);
	ck_assert_int_eq(check_body("", "Basic QWxhZGRpbjpvcGVuIHNlc2Ft", &which), SIGNATURE_WRONG);
	ck_assert_int_eq(check_body("", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &which), SIGNATURE_MISSING);
}
END_TEST

START_TEST(of_several_rules_any_may_be_satisfied_and_the_farthest_says_why_not)
{
	struct signature_rule rules[2];
	size_t which;

	rules[0] = rules[1] = rule;
	rules[0].item = (char *)"v1=";
	rules[1].item = (char *)"v2=";
	rules[1].keys[0].secret = 6;
	source.signatures = rules;
	source.nsignatures = 2;
	ck_assert_int_eq(check_body(TEXT, "v2=" SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_uint_eq(which, 7);
	ck_assert_int_eq(check_body("x", "v1=" SHA256_HEX, &which), SIGNATURE_WRONG);
	ck_assert_int_eq(check_body("x", "v3=" SHA256_HEX, &which), SIGNATURE_MISSING);
	rules[1].nkeys = 0;
	ck_assert_int_eq(check_body(TEXT, "v2=" SHA256_HEX, &which), SIGNATURE_MISSING);
}
END_TEST

START_TEST(base64_has_one_form_only)
{
	size_t which;

	rule.encoding = SIGNATURE_BASE64;
	ck_assert_int_eq(check_body(TEXT, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEN=", &which), SIGNATURE_MALFORMED);
	ck_assert_int_eq(check_body(TEXT, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM", &which), SIGNATURE_MALFORMED);
}
END_TEST

START_TEST(what_sign_writes_check_accepts)
{
	struct signature_signing signing = {&source, &rule, 0, NULL, "1700000000"};
	char value[SIGNATURE_TEXT_MAX];
	size_t which;

	rule.item = (char *)"sha256=";
	ck_assert_ptr_null(sign(&signing, "abc", value, sizeof value));
	ck_assert_int_eq(check_body("abc", value, &which), SIGNATURE_OK);
	ck_assert_ptr_nonnull(sign(&signing, "abc", value, 20));
	rule.split = (char *)",";
	rule.timestamp_item = (char *)"t=";
	rule.timestamp_unit_ms = 1000;
	rule.tolerance_ms = 300000;
	rule.parts = timed;
	rule.nparts = 3;
	ck_assert_ptr_null(sign(&signing, "x", value, sizeof value));
	ck_assert_str_eq(value, "t=1700000000,sha256=" TIMED_HEX);
	ck_assert_int_eq(check_body("x", value, &which), SIGNATURE_OK);
	rule.algorithm = SIGNATURE_BASIC;
	rule.keys[0] = (struct signature_key){0, (unsigned char *)(uintptr_t) "Aladdin:open sesame", 19};
	ck_assert_ptr_null(sign(&signing, "x", value, sizeof value));
	ck_assert_str_eq(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signature");
	TCase *tc = tcase_create("signature");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, published_vectors_are_accepted);
	tcase_add_test(tc, what_is_wrong_is_told_apart_for_the_log);
	tcase_add_test(tc, an_overlong_header_is_refused);
	tcase_add_test(tc, items_are_picked_from_a_list_and_others_ignored);
	tcase_add_test(tc, any_of_the_secrets_may_match_and_which_is_told);
	tcase_add_test(tc, signatures_times_keys_are_bounded);
	tcase_add_test(tc, a_timestamp_is_near_and_signed);
	tcase_add_test(tc, a_timestamp_in_the_value_is_there_once);
	tcase_add_test(tc, a_signed_header_must_be_there);
	tcase_add_test(tc, ed25519_is_checked_by_the_published_vectors);
	tcase_add_test(tc, ed25519_is_signed_by_the_published_vectors);
	tcase_add_test(tc, what_is_shown_openly_is_compared_whole);
	tcase_add_test(tc, of_several_rules_any_may_be_satisfied_and_the_farthest_says_why_not);
	tcase_add_test(tc, base64_has_one_form_only);
	tcase_add_test(tc, what_sign_writes_check_accepts);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
