/* Event records and the binary formats under them. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lib/wire.h"
#include "../../src/protocol/event.h"

static unsigned char record[8192];

static struct event
sample(void)
{
	struct event event = {.kind = EVENT_ACCEPTED, .received_ms = 1700000000123, .body = "{\"a\":1}", .body_len = 7};

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	event.text[EVENT_SOURCE] = "anycheck";
	event.len[EVENT_SOURCE] = 8;
	event.text[EVENT_KEY] = "sabc\1";
	event.len[EVENT_KEY] = 5;
	event.env[0] = (struct event_variable){"CUSTOMER_ID", "c-1", 11, 3};
	event.nenv = 1;
	return event;
}

static size_t
encode(const struct event *event)
{
	size_t head = event_head_size(event);

	ck_assert_uint_lt(head + event->body_len, sizeof record);
	event_encode_head(event, record);
	memcpy(record + head, event->body, event->body_len);
	return head + event->body_len;
}

START_TEST(a_record_comes_back_as_it_was)
{
	struct event event = sample(), back;
	size_t len = encode(&event);

	ck_assert_int_eq(event_decode(&back, record, len), 0);
	ck_assert_int_eq(back.kind, EVENT_ACCEPTED);
	ck_assert_uint_eq(back.received_ms, 1700000000123);
	ck_assert_uint_eq(back.len[EVENT_SOURCE], 8);
	ck_assert_mem_eq(back.text[EVENT_SOURCE], "anycheck", 8);
	ck_assert_mem_eq(back.text[EVENT_KEY], "sabc\1", 5);
	ck_assert_uint_eq(back.nenv, 1);
	ck_assert_mem_eq(back.env[0].value, "c-1", 3);
	ck_assert_uint_eq(back.body_len, 7);
	ck_assert_mem_eq(back.body, "{\"a\":1}", 7);
}
END_TEST

START_TEST(a_record_says_where_its_body_begins)
{
	struct event event = sample();
	size_t len = encode(&event), head = event_head_size(&event);

	ck_assert_uint_eq(event_head_len(record, len), head);
	ck_assert_uint_eq(event_head_len(record, head), head);
	ck_assert_uint_eq(event_head_len(record, head - 1), 0);
	ck_assert_uint_eq(event_head_len(record, 7), 0);
	ck_assert_uint_eq(event_head_len(NULL, 0), 0);
}
END_TEST

START_TEST(a_record_of_the_first_version_is_still_read)
{
	struct event event = sample(), back;
	size_t head, size;

	encode(&event);
	/* It ended its texts before the guard: four bytes less, which are an empty guard's length. */
	head = event_head_size(&event);
	size = head - 2 - 8 - 11 - 3; /* up to the count of variables */
	memmove(record + size - 4, record + size, head - size + event.body_len);
	record[0] = 1;
	record[7] = (unsigned char)(record[7] - 4);
	ck_assert_int_eq(event_decode(&back, record, head - 4 + event.body_len), 0);
	ck_assert_uint_eq(back.secret, 0);
	ck_assert_uint_eq(back.len[EVENT_GUARD], 0);
	ck_assert_mem_eq(back.env[0].value, "c-1", 3);
	ck_assert_mem_eq(back.body, "{\"a\":1}", 7);
}
END_TEST

START_TEST(secret_and_guard_come_back)
{
	struct event event = sample(), back;
	size_t len;

	event.secret = 3;
	event.text[EVENT_GUARD] = "gabc\1";
	event.len[EVENT_GUARD] = 5;
	len = encode(&event);
	ck_assert_int_eq(event_decode(&back, record, len), 0);
	ck_assert_uint_eq(back.secret, 3);
	ck_assert_mem_eq(back.text[EVENT_GUARD], "gabc\1", 5);
}
END_TEST

START_TEST(a_head_is_read_alone)
{
	struct event event = sample(), back;

	encode(&event);
	ck_assert_int_eq(event_decode_head(&back, record, event_head_size(&event)), 0);
	ck_assert_ptr_null(back.body);
	ck_assert_uint_eq(back.body_len, 7);
}
END_TEST

START_TEST(a_body_that_is_longer_than_any_is_refused_by_the_head_alone)
{
	struct event event = sample(), back;
	size_t head = event_head_size(&event);

	event.body_len = EVENT_BODY_MAX;
	event_encode_head(&event, record);
	ck_assert_int_eq(event_decode_head(&back, record, head), 0);
	event.body_len++;
	event_encode_head(&event, record);
	ck_assert_int_eq(event_decode_head(&back, record, head), -1);
	ck_assert_int_eq(errno, EPROTO);
}
END_TEST

START_TEST(every_truncated_record_is_refused)
{
	struct event event = sample(), back;
	size_t len = encode(&event);

	for (size_t i = 0; i < len; i++) {
		unsigned char *copy = malloc(i + 1);

		memcpy(copy, record, i);
		ck_assert_int_eq(event_decode(&back, copy, i), -1);
		free(copy);
	}
}
END_TEST

START_TEST(an_unknown_version_is_refused_not_guessed)
{
	struct event event = sample(), back;
	size_t len = encode(&event);

	record[0] = EVENT_VERSION + 1;
	ck_assert_int_eq(event_decode(&back, record, len), -1);
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

START_TEST(a_nul_in_a_text_is_refused)
{
	struct event event = sample(), back;
	size_t len;

	event.text[EVENT_SOURCE] = "any\0heck";
	len = encode(&event);
	ck_assert_int_eq(event_decode(&back, record, len), -1);
	ck_assert_int_eq(errno, EPROTO);
}
END_TEST

START_TEST(a_variables_name_from_the_wire_is_checked)
{
	struct event event = sample(), back;
	size_t len;

	event.env[0].name = "customer_id";
	len = encode(&event);
	ck_assert_int_eq(event_decode(&back, record, len), -1);
}
END_TEST

START_TEST(no_changed_byte_makes_decoding_read_outside)
{
	struct event event = sample(), back;
	size_t len = encode(&event);

	for (size_t i = 0; i < len; i++)
		for (int bit = 0; bit < 8; bit++) {
			unsigned char *copy = malloc(len);

			memcpy(copy, record, len);
			copy[i] ^= (unsigned char)(1 << bit);
			if (event_decode(&back, copy, len) == 0)
				ck_assert_ptr_eq(back.body + back.body_len, (char *)copy + len);
			free(copy);
		}
}
END_TEST

static size_t
key_of(char *out, char origin, const char *a, const char *b)
{
	size_t len = 0;

	ck_assert_int_eq(event_key_add(out, 64, &len, origin, a, strlen(a)), 0);
	if (b != NULL)
		ck_assert_int_eq(event_key_add(out, 64, &len, origin, b, strlen(b)), 0);
	return len;
}

START_TEST(different_ids_never_make_one_key)
{
	static const char *const parts[][2] = {{"a", "b"}, {"ab", ""}, {"", "ab"}, {"ab", NULL}, {"a\1sb", NULL},
	    {"a\2\1sb", NULL}, {"a\2", "b"}, {"a", "\2b"}, {"a\1", "b"}, {"a", "\1b"}};
	char one[64], two[64];
	size_t n = sizeof parts / sizeof parts[0];

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			size_t l = key_of(one, 's', parts[i][0], parts[i][1]);
			size_t m = key_of(two, 's', parts[j][0], parts[j][1]);

			ck_assert_int_eq(l == m && memcmp(one, two, l) == 0, i == j);
		}
	key_of(one, 's', "12", NULL);
	key_of(two, 'n', "12", NULL);
	ck_assert_int_ne(one[0], two[0]);
}
END_TEST

START_TEST(a_key_that_is_too_long_is_refused)
{
	char key[8];
	size_t len = 0;

	ck_assert_int_eq(event_key_add(key, sizeof key, &len, 's', "1234567", 7), -1);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(event_key_add(key, sizeof key, &len, 's', "12345", 5), 0);
}
END_TEST

START_TEST(a_bad_reader_stays_bad_and_gives_zeros)
{
	struct wire_reader r;
	uint32_t len;

	wire_reader_init(&r, "\0\0\0\5abc", 7);
	ck_assert_ptr_null(wire_get_text(&r, 100, &len));
	ck_assert(r.bad);
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(wire_get_u8(&r), 0);
	wire_reader_init(&r, "\0\0\0\3abc", 7);
	ck_assert_ptr_null(wire_get_text(&r, 2, &len));
	ck_assert(r.bad);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("event");
	TCase *tc = tcase_create("event");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_record_comes_back_as_it_was);
	tcase_add_test(tc, a_record_says_where_its_body_begins);
	tcase_add_test(tc, a_record_of_the_first_version_is_still_read);
	tcase_add_test(tc, secret_and_guard_come_back);
	tcase_add_test(tc, a_head_is_read_alone);
	tcase_add_test(tc, a_body_that_is_longer_than_any_is_refused_by_the_head_alone);
	tcase_add_test(tc, every_truncated_record_is_refused);
	tcase_add_test(tc, an_unknown_version_is_refused_not_guessed);
	tcase_add_test(tc, a_nul_in_a_text_is_refused);
	tcase_add_test(tc, a_variables_name_from_the_wire_is_checked);
	tcase_add_test(tc, no_changed_byte_makes_decoding_read_outside);
	tcase_add_test(tc, different_ids_never_make_one_key);
	tcase_add_test(tc, a_key_that_is_too_long_is_refused);
	tcase_add_test(tc, a_bad_reader_stays_bad_and_gives_zeros);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
