/* Events that one transaction accepts together: each is found, and what may go of them goes by itself. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../src/protocol/event.h"
#include "kept.h"

/* In a transaction: a webhook with a body of LEN bytes, for hook "src/h" or for none.  Returns its number. */
static uint64_t
add(enum event_kind kind, size_t len, bool hook)
{
	static char body[20000];
	static unsigned ids;
	struct event event = {.kind = kind, .received_ms = kept_now, .body = body, .body_len = len};
	const char *hooks[] = {"src/h"};
	char id[16], key[64];
	size_t key_len = 0;
	uint64_t number;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	snprintf(id, sizeof id, "%u", ids++);
	ck_assert_int_eq(event_key_add(key, sizeof key, &key_len, 's', id, strlen(id)), 0);
	event.text[EVENT_SOURCE] = "src";
	event.len[EVENT_SOURCE] = 3;
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = (uint32_t)key_len;
	memset(body, 'a' + (int)(len % 26), len);
	ck_assert_int_eq(
	    spool_accept(kept, &(struct spool_submission){&event, hooks, hook}, kept_now, &number), SPOOL_STORED);
	return number;
}

static void
has(uint64_t number, size_t len)
{
	static struct event event;
	size_t wrong = 0;
	uint64_t next;

	ck_assert_int_eq(spool_event_head(kept, number, &event), 0);
	ck_assert_uint_eq(event.body_len, len);
	ck_assert_int_eq(spool_event(kept, number, &event), 0);
	ck_assert_uint_eq(event.body_len, len);
	for (size_t i = 0; i < len; i++) /* an assertion for each would take seconds */
		wrong += event.body[i] != 'a' + (int)(len % 26);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_int_eq(spool_next(kept, number, &next), 0);
	ck_assert_uint_eq(next, number);
}

static const size_t sizes[] = {10, 600, 0, 7900, 8100, 300, 20000, 4096, 1, 5000};
#define SIZES (sizeof sizes / sizeof sizes[0])
#define MANY 100

START_TEST(each_one_of_a_transaction_is_found_in_it_and_after_it)
{
	ck_assert_int_eq(spool_begin(kept), 0);
	for (size_t i = 1; i <= MANY; i++) {
		ck_assert_uint_eq(add(EVENT_ACCEPTED, sizes[i % SIZES], i % 2 == 0), i);
		if (i % 37 == 0)
			has(i - 3, sizes[(i - 3) % SIZES]);
	}
	ck_assert_int_eq(spool_commit(kept), 0);
	for (int pass = 0; pass < 2; pass++, kept_again()) {
		for (size_t i = 1; i <= MANY; i++)
			has(i, sizes[i % SIZES]);
		ck_assert(!kept_is_there(MANY + 1));
	}
}
END_TEST

/* How much of the disk N webhooks of LEN bytes take that come one by one. */
static long
disk_of(unsigned n, size_t len)
{
	char path[64];
	struct stat st;
	long bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		ck_assert_int_eq(spool_begin(kept), 0);
		add(EVENT_ACCEPTED, len, false);
		ck_assert_int_eq(spool_commit(kept), 0);
	}
	kept_again();
	for (int body = 0; body < 2; body++) {
		snprintf(path, sizeof path, "%s/%s.00000001", kept_dir, body ? "body" : "event");
		ck_assert_int_eq(stat(path, &st), 0);
		bytes += st.st_size;
	}
	return bytes;
}

START_TEST(those_that_come_alone_share_pages)
{
	ck_assert_int_lt(disk_of(100, 990), 200000);
	for (uint64_t i = 1; i <= 100; i++)
		has(i, 990);
}
END_TEST

START_TEST(what_is_rejected_between_others_goes_without_them)
{
	spool_set_max_rejected(kept, 2);
	ck_assert_int_eq(spool_begin(kept), 0);
	for (size_t i = 1; i <= 30; i++)
		add(i % 5 == 0 ? EVENT_REJECTED : EVENT_ACCEPTED, sizes[i % SIZES], false);
	ck_assert_int_eq(spool_commit(kept), 0);
	for (size_t i = 1; i <= 30; i++)
		if (i % 5 != 0 || i > 20)
			has(i, sizes[i % SIZES]);
		else
			ck_assert(!kept_is_there(i));
	spool_set_max_rejected(kept, 0);
	ck_assert_int_eq(spool_begin(kept), 0);
	add(EVENT_REJECTED, 100, false);
	ck_assert_int_eq(spool_commit(kept), 0);
	ck_assert(kept_is_there(24) && !kept_is_there(25) && !kept_is_there(30) && !kept_is_there(31));
}
END_TEST

START_TEST(nothing_is_left_of_those_of_an_aborted_transaction)
{
	ck_assert_int_eq(spool_begin(kept), 0);
	add(EVENT_ACCEPTED, 10, true);
	add(EVENT_ACCEPTED, 20, true);
	spool_abort(kept);
	ck_assert(!kept_is_there(1) && !kept_is_there(2));
	ck_assert_int_eq(spool_begin(kept), 0);
	ck_assert_uint_eq(add(EVENT_ACCEPTED, 30, true), 1);
	ck_assert_int_eq(spool_commit(kept), 0);
	has(1, 30);
	ck_assert(!kept_is_there(2));
}
END_TEST

START_TEST(a_late_one_leaves_the_others_and_is_not_forgotten_before_them)
{
	const struct spool_ages *ages;
	struct delivery d;

	ck_assert_int_eq(spool_begin(kept), 0);
	for (size_t i = 1; i <= 700; i++)
		add(EVENT_ACCEPTED, sizes[i % SIZES], true);
	ck_assert_int_eq(spool_commit(kept), 0);
	kept_pass(20000);
	kept_new("young", true);
	kept_now += 10 * DEDUP_MS;
	ages = &(struct spool_ages){kept_now, KEEP_MS, DEDUP_MS, true};
	ck_assert_int_eq(spool_retain(kept, ages), 1); /* some are late now, others are not yet */
	kept_ends(1, DELIVERY_DONE);
	kept_now += 2 * KEEP_MS;
	ages = &(struct spool_ages){kept_now, KEEP_MS, DEDUP_MS, true};
	ck_assert_int_eq(spool_retain(kept, ages), 1);
	ck_assert_int_eq(spool_delivery(kept, 1, "src/h", &d), 0);
	for (size_t i = 1; i <= 700; i++)
		has(i, sizes[i % SIZES]);
	ck_assert_uint_eq(spool_counters(kept)->events, 701);
	kept_pass(0);
	ck_assert(!kept_is_there(1));
	for (size_t i = 2; i <= 700; i++)
		has(i, sizes[i % SIZES]);
	ck_assert_uint_eq(spool_counters(kept)->events, 700);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool_event");
	TCase *tc = tcase_create("spool_event");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, kept_set_up, kept_tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, each_one_of_a_transaction_is_found_in_it_and_after_it);
	tcase_add_test(tc, those_that_come_alone_share_pages);
	tcase_add_test(tc, what_is_rejected_between_others_goes_without_them);
	tcase_add_test(tc, nothing_is_left_of_those_of_an_aborted_transaction);
	tcase_add_test(tc, a_late_one_leaves_the_others_and_is_not_forgotten_before_them);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
