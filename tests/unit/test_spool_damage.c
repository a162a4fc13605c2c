/* A spool with a damaged row, on a real disk: it is refused, or served without loss of what is whole; nothing goes on for ever. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/wire.h"
#include "../../src/spool/roster.h"
#include "../../src/spool/store.h"
#include "kept.h"

#define RECORD_MAX 128

static struct store *store;
static struct store_table *table;

/* The spool is closed, and a table of it is open, in a transaction. */
static void
begin_damage(enum store_kind kind, uint32_t generation)
{
	spool_close(kept);
	kept = NULL;
	ck_assert_ptr_nonnull(store = store_open(kept_dir, 1u << 20, PAGE_JOURNAL_AUTO));
	ck_assert_ptr_nonnull(table = store_table_open(store, kind, generation));
	ck_assert_int_eq(store_begin(store), 0);
}

static void
end_damage(void)
{
	ck_assert_int_eq(store_commit(store), 0);
	store_table_close(table);
	store_close(store);
}

static struct store_bytes
text_key(const char *name)
{
	return (struct store_bytes){name, strlen(name) + 1};
}

/* N in the place of the number at byte AT of a generation's record. */
static void
set_in_record(const char *name, uint32_t id, size_t at, uint64_t n)
{
	struct spool_key key = roster_key(name, id);
	unsigned char record[RECORD_MAX];
	struct store_bytes value;

	ck_assert_int_eq(store_get(table, spool_key_bytes(&key), &value), 0);
	ck_assert_uint_le(value.len, sizeof record);
	memcpy(record, value.bytes, value.len);
	wire_put_u64(record + at, n);
	ck_assert_int_eq(store_put(table, spool_key_bytes(&key), (struct store_bytes){record, value.len}), 0);
}

static void
refused(void)
{
	errno = 0;
	ck_assert_ptr_null(kept = spool_open(&kept_conf, spool_lock(kept_dir)));
	ck_assert_int_eq(errno, EPROTO);
}

static void
three_generations(void)
{
	for (int i = 0; i < 3; i++) {
		kept_new(i == 0 ? "a" : i == 1 ? "b" : "c", true);
		kept_pass(20000);
	}
	ck_assert_int_ge(kept_files("event.", ""), 5);
}

START_TEST(no_file_goes_because_a_generations_record_is_missing_among_others)
{
	struct spool_key key = roster_key("generation", 2);
	int files;

	three_generations();
	files = kept_files("event.", "");
	begin_damage(STORE_META, STORE_ONE);
	ck_assert_int_eq(store_delete(table, spool_key_bytes(&key)), 0);
	end_damage();
	refused();
	ck_assert_int_eq(kept_files("event.", ""), files);
}
END_TEST

START_TEST(a_generations_record_under_a_key_that_can_not_be_is_no_end_of_the_list)
{
	static const char *const names[] = {"generation", "seen"}, *const begin[] = {"event.", "seen."};
	int files[2];

	three_generations();
	for (int i = 0; i < 2; i++)
		files[i] = kept_files(begin[i], "");
	for (int i = 0; i < 4; i++) {
		struct spool_key key = roster_key(names[i % 2], i < 2 ? 1 : UINT32_MAX), cut = key;

		begin_damage(STORE_META, STORE_ONE);
		cut.len -= i < 2; /* or the greatest number, behind which none can be */
		ck_assert_int_eq(store_put(table, spool_key_bytes(&cut), (struct store_bytes){"", 0}), 0);
		end_damage();
		refused();
		if (i < 2) /* later the spare one of events is gone, which is no generation */
			ck_assert_int_eq(kept_files(begin[i], ""), files[i]);
		begin_damage(STORE_META, STORE_ONE);
		ck_assert_int_eq(store_delete(table, spool_key_bytes(&cut)), 0);
		end_damage();
	}
	kept_open();
}
END_TEST

START_TEST(generations_begin_one_behind_the_other)
{
	static const char *const names[] = {"generation", "seen"};

	three_generations();
	for (int i = 0; i < 2; i++) {
		begin_damage(STORE_META, STORE_ONE);
		set_in_record(names[i], 2, 1, 1);
		end_damage();
		refused();
		begin_damage(STORE_META, STORE_ONE);
		set_in_record(names[i], 2, 1, 2);
		end_damage();
	}
	kept_open();
}
END_TEST

START_TEST(no_number_is_given_again_when_the_counters_are_lost)
{
	kept_new("a", true);
	begin_damage(STORE_META, STORE_ONE);
	ck_assert_int_eq(store_delete(table, text_key("counters")), 0);
	end_damage();
	refused();
}
END_TEST

START_TEST(a_generation_that_counts_what_is_not_there_stays_and_is_no_endless_work)
{
	static const size_t counters[] = {25 + 8, 25 + 6 * 8}; /* queued, rejected */

	for (int i = 0; i < 2; i++) {
		struct spool_ages ages = {0, KEEP_MS, DEDUP_MS, true};
		int more = 1;

		kept_ends(kept_new(i == 0 ? "a" : "b", true), DELIVERY_DONE);
		kept_pass(20000);
		begin_damage(STORE_META, STORE_ONE);
		set_in_record("generation", (uint32_t)i + 1, counters[i], 1);
		end_damage();
		kept_open();
		ages.now_ms = kept_now += 10 * KEEP_MS;
		for (int n = 0; more == 1 && n < 100; n++) {
			more = spool_retain(kept, &ages);
			spool_wait(kept);
		}
		ck_assert_int_eq(more, -1);
		ck_assert_int_eq(errno, EPROTO);
		begin_damage(STORE_META, STORE_ONE);
		set_in_record("generation", (uint32_t)i + 1, counters[i], 0);
		end_damage();
		kept_open();
		kept_pass(20000);
	}
}
END_TEST

START_TEST(a_delivery_of_no_event_is_no_end_of_those_that_must_move)
{
	struct spool_ages ages = {0, KEEP_MS, DEDUP_MS, true};
	unsigned char record[RECORD_DELIVERY_SIZE];
	struct delivery delivery = {.state = DELIVERY_QUEUED};
	struct spool_key key = {.len = 0};
	int more = 1;

	kept_new("a", true);
	kept_pass(20000);
	kept_new("b", true);
	begin_damage(STORE_DELIVERY, 1);
	spool_key_u64(&key, 0);
	spool_key_text(&key, "src/h", 5);
	record_put_delivery(&delivery, record);
	ck_assert_int_eq(store_put(table, spool_key_bytes(&key), (struct store_bytes){record, sizeof record}), 0);
	end_damage();
	kept_open();
	ages.now_ms = kept_now += 10 * KEEP_MS;
	for (int n = 0; more == 1 && n < 100; n++)
		more = spool_retain(kept, &ages);
	ck_assert_int_eq(more, -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert(kept_is_there(1));
}
END_TEST

START_TEST(a_filter_takes_no_memory_for_keys_that_can_not_be)
{
	char path[64];

	three_generations();
	begin_damage(STORE_META, STORE_ONE);
	set_in_record("seen", 1, 25, 8u << 20);
	end_damage();
	snprintf(path, sizeof path, "%s/seen.00000001.filter", kept_dir);
	ck_assert_int_eq(unlink(path), 0);
	kept_open();
	spool_wait(kept);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(kept_put("a", true, &(uint64_t){0}), SPOOL_DUPLICATE);
}
END_TEST

static void
put_due(uint64_t ms, uint64_t number, size_t cut)
{
	struct spool_key key = {.len = 0};

	spool_key_text(&key, "src/h", 5);
	spool_key_u64(&key, ms);
	spool_key_u64(&key, number);
	key.len -= cut;
	ck_assert_int_eq(store_put(table, spool_key_bytes(&key), (struct store_bytes){"", 0}), 0);
}

START_TEST(what_is_due_is_walked_once_whatever_its_number)
{
	uint64_t ms = 0, number = 0;

	begin_damage(STORE_DUE, STORE_ONE);
	put_due(5, UINT64_MAX, 0);
	put_due(7, 3, 0);
	put_due(9, 3, 4);
	put_due(UINT64_MAX, UINT64_MAX, 0);
	end_damage();
	kept_open();
	ck_assert_int_eq(spool_due(kept, "src/h", &ms, &number), 0);
	ck_assert(ms == 5 && number == UINT64_MAX);
	ck_assert_int_eq(spool_due(kept, "src/h", &ms, &number), 0);
	ck_assert(ms == 7 && number == 3);
	ck_assert_int_eq(spool_due(kept, "src/h", &ms, &number), -1);
	ck_assert_int_eq(errno, EPROTO);
	ms = number = UINT64_MAX;
	ck_assert_int_eq(spool_due(kept, "src/h", &ms, &number), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static int
count(void *context, uint32_t which, const struct attempt *attempt)
{
	(void)which;
	(void)attempt;
	return ++*(int *)context > 100;
}

START_TEST(attempts_are_walked_once_whatever_their_number)
{
	struct attempt attempt = {.end = RUN_EXITED, .out = "", .err = ""};
	unsigned char record[RECORD_MAX];
	struct spool_key key = {.len = 0};
	int seen = 0;

	ck_assert_uint_eq(kept_new("a", true), 1);
	begin_damage(STORE_ATTEMPT, 1);
	spool_key_u64(&key, 1);
	spool_key_text(&key, "src/h", 5);
	spool_key_u64(&key, UINT64_MAX);
	record_put_attempt(&attempt, record);
	ck_assert_int_eq(
	    store_put(table, spool_key_bytes(&key), (struct store_bytes){record, record_attempt_size(&attempt)}), 0);
	end_damage();
	kept_open();
	ck_assert_int_eq(spool_attempts(kept, 1, "src/h", &(struct spool_reader){count, &seen}), -1);
	ck_assert_int_eq(errno, EPROTO);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool damage");
	TCase *tc = tcase_create("spool damage");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, kept_set_up, kept_tear_down);
	tcase_add_test(tc, no_file_goes_because_a_generations_record_is_missing_among_others);
	tcase_add_test(tc, a_generations_record_under_a_key_that_can_not_be_is_no_end_of_the_list);
	tcase_add_test(tc, generations_begin_one_behind_the_other);
	tcase_add_test(tc, no_number_is_given_again_when_the_counters_are_lost);
	tcase_add_test(tc, a_generation_that_counts_what_is_not_there_stays_and_is_no_endless_work);
	tcase_add_test(tc, a_delivery_of_no_event_is_no_end_of_those_that_must_move);
	tcase_add_test(tc, a_filter_takes_no_memory_for_keys_that_can_not_be);
	tcase_add_test(tc, what_is_due_is_walked_once_whatever_its_number);
	tcase_add_test(tc, attempts_are_walked_once_whatever_their_number);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
