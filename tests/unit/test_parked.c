/* The webhooks in hand: what goes on the wire, in which order, and what becomes of it when a connection is lost or a deadline passes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "../../src/responder/parked.h"
#include "../../src/responder/request.h"

#define N 5

static struct parked parked;
static struct request requests[PARKED_MAX + 1];
static unsigned char heads[N][4];
static char bodies[N][4];

/* Request I is "hI" and "bI", and came at I × 10 ms. */
static void
park_all(void)
{
	parked_init(&parked);
	for (size_t i = 0; i < N; i++) {
		memcpy(heads[i], (char[]){'h', (char)('0' + i)}, 2);
		memcpy(bodies[i], (char[]){'b', (char)('0' + i)}, 2);
		requests[i] =
		    (struct request){.head = {heads[i], 2, 2}, .body = {bodies[i], 2, 2}, .parked_ms = (i + 1) * 10};
		ck_assert_int_eq(parked_seat(&parked, &requests[i]), 0);
		parked_enqueue(&parked, &requests[i]);
	}
}

/* What would be sent now, in MAX pieces. */
static const char *
wire(int max)
{
	static char text[256];
	struct iovec pieces[64];
	int n = parked_gather(&parked, pieces, max);

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		strncat(text, pieces[i].iov_base, pieces[i].iov_len);
	return text;
}

START_TEST(they_go_in_the_order_in_which_they_came)
{
	ck_assert_str_eq(wire(64), "h0b0h1b1h2b2h3b3h4b4");
	ck_assert_str_eq(wire(4), "h0b0h1b1");
	ck_assert_str_eq(wire(5), "h0b0h1b1");
}
END_TEST

START_TEST(what_was_sent_in_part_goes_on_there)
{
	const char *const rest[] = {"h0b0h1b1", "0b0h1b1", "b0h1b1", "0h1b1", "h1b1h2b2", "1b1h2b2"};

	for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
		ck_assert_msg(strncmp(wire(64), rest[i], strlen(rest[i])) == 0, "after %zu bytes: %s", i, wire(64));
		ck_assert_uint_eq(parked.unacked, i / 4);
		parked_sent(&parked, 1);
	}
}
END_TEST

START_TEST(the_last_one_leaves_an_empty_queue)
{
	parked_sent(&parked, N * 4);
	ck_assert_str_eq(wire(64), "");
	ck_assert_uint_eq(parked.unacked, N);
	ck_assert_uint_eq(parked_count(&parked), N);
}
END_TEST

START_TEST(a_lost_connection_sends_all_again_in_order)
{
	parked_sent(&parked, 10);
	ck_assert_ptr_eq(parked_take(&parked, requests[1].sequence), &requests[1]);
	parked_free(&parked, requests[1].sequence);
	parked_again(&parked);
	ck_assert_str_eq(wire(64), "h0b0h2b2h3b3h4b4");
	ck_assert_uint_eq(parked.unacked, 0);
}
END_TEST

/* Slots are used again: their number says nothing about who came first. */
START_TEST(also_with_seats_that_are_used_again)
{
	parked_sent(&parked, N * 4);
	ck_assert_ptr_eq(parked_take(&parked, requests[0].sequence), &requests[0]);
	parked_free(&parked, requests[0].sequence);
	ck_assert_int_eq(parked_seat(&parked, &requests[0]), 0);
	parked_enqueue(&parked, &requests[0]);
	parked_again(&parked);
	ck_assert_str_eq(wire(64), "h1b1h2b2h3b3h4b4h0b0");
}
END_TEST

START_TEST(an_answer_finds_its_request_once)
{
	uint64_t sequence = requests[3].sequence;

	ck_assert_ptr_eq(parked_take(&parked, sequence), &requests[3]);
	ck_assert_ptr_null(parked_take(&parked, sequence));
	parked_free(&parked, sequence);
	ck_assert_int_eq(parked_seat(&parked, &requests[3]), 0);
	ck_assert_ptr_null(parked_take(&parked, sequence)); /* of another, long ago */
	ck_assert_ptr_eq(parked_take(&parked, requests[3].sequence), &requests[3]);
}
END_TEST

START_TEST(the_old_ones_expire_and_the_others_are_sent)
{
	struct request *out[PARKED_MAX];
	bool cut = false;

	ck_assert_uint_eq(parked_expired(&parked, 20, out, &cut), 2);
	ck_assert(!cut);
	ck_assert_str_eq(wire(64), "h2b2h3b3h4b4");
	ck_assert_uint_eq(parked_expired(&parked, 20, out, &cut), 0);
	ck_assert_uint_eq(parked_count(&parked), N); /* until their senders are answered */
}
END_TEST

START_TEST(one_that_is_half_on_the_wire_cuts_the_connection)
{
	struct request *out[PARKED_MAX];
	bool cut = false;

	parked_sent(&parked, 3);
	ck_assert_uint_eq(parked_expired(&parked, 10, out, &cut), 1);
	ck_assert(cut);
	parked_again(&parked);
	ck_assert_str_eq(wire(64), "h1b1h2b2h3b3h4b4");
}
END_TEST

START_TEST(the_last_of_the_queue_can_expire)
{
	struct request *out[PARKED_MAX];
	bool cut = false;

	requests[4].parked_ms = 1;
	ck_assert_uint_eq(parked_expired(&parked, 5, out, &cut), 1);
	ck_assert_ptr_eq(out[0], &requests[4]);
	parked_enqueue(&parked, &requests[4]);
	ck_assert_str_eq(wire(64), "h0b0h1b1h2b2h3b3h4b4");
}
END_TEST

START_TEST(there_are_no_more_than_there_is_room_for)
{
	for (size_t i = N; i < PARKED_MAX; i++)
		ck_assert_int_eq(parked_seat(&parked, &requests[i]), 0);
	ck_assert_int_eq(parked_seat(&parked, &requests[PARKED_MAX]), -1);
	ck_assert_uint_eq(parked_count(&parked), PARKED_MAX);
	parked_take(&parked, requests[7].sequence);
	parked_free(&parked, requests[7].sequence);
	ck_assert_int_eq(parked_seat(&parked, &requests[PARKED_MAX]), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("parked");
	TCase *tc = tcase_create("parked");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, park_all, NULL);
	tcase_add_test(tc, they_go_in_the_order_in_which_they_came);
	tcase_add_test(tc, what_was_sent_in_part_goes_on_there);
	tcase_add_test(tc, the_last_one_leaves_an_empty_queue);
	tcase_add_test(tc, a_lost_connection_sends_all_again_in_order);
	tcase_add_test(tc, also_with_seats_that_are_used_again);
	tcase_add_test(tc, an_answer_finds_its_request_once);
	tcase_add_test(tc, the_old_ones_expire_and_the_others_are_sent);
	tcase_add_test(tc, one_that_is_half_on_the_wire_cuts_the_connection);
	tcase_add_test(tc, the_last_of_the_queue_can_expire);
	tcase_add_test(tc, there_are_no_more_than_there_is_room_for);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
