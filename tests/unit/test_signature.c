/* Signatures: published vectors, and the one rule for every sender's header. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lib/conf.h"
#include "../../src/responder/signature.h"

static struct secret secrets[2];
static struct signed_part body_part = {.kind = SIGNED_BODY};
static struct selector from = {.kind = SELECTOR_HEADER, .name = (char *)"HTTP_X_SIGNATURE"};
static struct source source;
static const char *header;

static const char *
param(void *context, const char *name)
{
	(void)context;
	return strcmp(name, from.name) == 0 ? header : NULL;
}

static enum signature_result
check_body(const char *body, const char *value, size_t *which)
{
	struct signature_input input = {.body = body, .body_len = strlen(body), .method = "POST", .param = param};
	struct signer *signer = signer_new(&source);
	enum signature_result result;

	ck_assert_ptr_nonnull(signer);
	header = value;
	result = signature_check(signer, &input, which);
	ck_assert_int_eq(
	    signature_check(signer, &input, which), result); /* a context that was used gives the same again */
	signer_free(signer);
	return result;
}

static void
set_up(void)
{
	secrets[0] = (struct secret){.bytes = (unsigned char *)(uintptr_t) "Jefe", .len = 4};
	secrets[1] = (struct secret){.bytes = (unsigned char *)(uintptr_t) "other", .len = 5};
	source = (struct source){.name = (char *)"s", .secrets = secrets, .nsecrets = 1};
	source.signature = (struct signature_rule){.algorithm = SIGNATURE_HMAC_SHA256,
	    .encoding = SIGNATURE_HEX,
	    .from = &from,
	    .parts = &body_part,
	    .nparts = 1};
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
	source.signature.encoding = SIGNATURE_BASE64;
	ck_assert_int_eq(check_body(TEXT, SHA256_BASE64, &which), SIGNATURE_OK);
	source.signature.encoding = SIGNATURE_HEX;
	source.signature.algorithm = SIGNATURE_HMAC_SHA512;
	ck_assert_int_eq(check_body(TEXT, SHA512_HEX, &which), SIGNATURE_OK);
	source.signature.algorithm = SIGNATURE_HMAC_SHA1;
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

	source.signature.split = (char *)",";
	source.signature.item = (char *)"v1=";
	ck_assert_int_eq(check_body(TEXT, "t=1, v0=00,v1=" SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body(TEXT, "v1=00, v1=" SHA256_HEX " ", &which), SIGNATURE_OK);
	ck_assert_int_eq(check_body(TEXT, "v0=" SHA256_HEX, &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body(TEXT, "V1=" SHA256_HEX, &which), SIGNATURE_MISSING);
	ck_assert_int_eq(check_body(TEXT, "v1=,v1=", &which), SIGNATURE_MISSING);
	ck_assert_int_eq(
	    check_body(TEXT,
		"v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=0,v1=" SHA256_HEX,
		&which),
	    SIGNATURE_MALFORMED);
}
END_TEST

START_TEST(any_of_the_secrets_may_match_and_which_is_told)
{
	size_t which = 9;

	source.nsecrets = 2;
	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_uint_eq(which, 0);
	secrets[0] = secrets[1];
	secrets[1] = (struct secret){.bytes = (unsigned char *)(uintptr_t) "Jefe", .len = 4};
	ck_assert_int_eq(check_body(TEXT, SHA256_HEX, &which), SIGNATURE_OK);
	ck_assert_uint_eq(which, 1);
}
END_TEST

START_TEST(base64_has_one_form_only)
{
	size_t which;

	source.signature.encoding = SIGNATURE_BASE64;
	ck_assert_int_eq(check_body(TEXT, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEN=", &which), SIGNATURE_MALFORMED);
	ck_assert_int_eq(check_body(TEXT, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM", &which), SIGNATURE_MALFORMED);
}
END_TEST

START_TEST(what_sign_writes_check_accepts)
{
	struct signature_input input = {.body = "abc", .body_len = 3, .method = "POST", .param = param};
	char value[SIGNATURE_TEXT_MAX];
	size_t which;

	source.signature.item = (char *)"sha256=";
	ck_assert_int_eq(signature_sign(&source, &input, 0, value, sizeof value), 0);
	ck_assert_int_eq(check_body("abc", value, &which), SIGNATURE_OK);
	ck_assert_int_eq(signature_sign(&source, &input, 0, value, 20), -1);
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
	tcase_add_test(tc, base64_has_one_form_only);
	tcase_add_test(tc, what_sign_writes_check_accepts);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
