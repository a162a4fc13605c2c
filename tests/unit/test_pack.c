/* Packs on a real disk: many events in few values, each of which is found. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/pack.h"
#include "stored.h"

#define RECORD_MAX 40000

static struct store_table *table;
static struct pack pack;

static void
set_up(void)
{
	stored_set_up();
	ck_assert_ptr_nonnull(table = store_table_make(stored, STORE_EVENT, 7));
	ck_assert_int_eq(pack_init(&pack, RECORD_MAX), 0);
	ck_assert_int_eq(store_begin(stored), 0);
}

static void
tear_down(void)
{
	ck_assert_int_eq(store_commit(stored), 0);
	pack_free(&pack);
	store_table_close(table);
	stored_tear_down();
}

/* An event whose record is LEN bytes that tell it from others; as its caller would, a new pack is begun where there is no room. */
static void
add(uint64_t number, size_t len)
{
	if (!pack_fits(&pack, number, len))
		ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert(pack_fits(&pack, number, len));
	memset(pack_add(&pack, number, len), 'a' + (int)(number % 26), len);
}

static bool
has(uint64_t number, size_t len)
{
	struct store_bytes record;

	if (pack_find(table, number, &record) != 0) {
		ck_assert_int_eq(errno, ENOENT);
		return false;
	}
	ck_assert_uint_eq(record.len, len);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(((const char *)record.bytes)[i], 'a' + (int)(number % 26));
	return true;
}

static uint64_t
next(uint64_t from)
{
	uint64_t number;

	if (pack_next(table, from, &number) == 0)
		return number;
	ck_assert_int_eq(errno, ENOENT);
	return 0;
}

static unsigned
packs(void)
{
	struct store_entry entry;
	unsigned char from[11] = {0};
	unsigned n = 0;

	for (; store_seek(table, (struct store_bytes){from, sizeof from}, &entry) == 0; n++)
		memcpy(from, entry.key.bytes, entry.key.len);
	return n;
}

START_TEST(each_event_of_a_pack_is_found_and_no_other)
{
	for (unsigned i = 0; i < 10; i++)
		add(100 + i, i);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert_uint_eq(packs(), 1);
	for (unsigned i = 0; i < 10; i++)
		ck_assert(has(100 + i, i));
	ck_assert(!has(99, 0) && !has(110, 0));
	ck_assert_uint_eq(next(0), 100);
	ck_assert_uint_eq(next(104), 104);
	ck_assert_uint_eq(next(109), 109);
	ck_assert_uint_eq(next(110), 0);
}
END_TEST

START_TEST(a_pack_has_numbers_without_a_gap)
{
	add(1, 5);
	add(2, 5);
	add(4, 5);
	add(5, 5);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert_uint_eq(packs(), 2);
	ck_assert(has(2, 5) && !has(3, 5) && has(4, 5));
	ck_assert_uint_eq(next(3), 4);
}
END_TEST

START_TEST(a_pack_is_no_longer_than_it_may_be)
{
	const size_t half = PACK_BYTES / 2 - 4;

	add(1, half);
	add(2, half);
	ck_assert(!pack_fits(&pack, 3, 1));
	add(3, half);
	add(4, half + 2);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert_uint_eq(packs(), 3);
	ck_assert(has(1, half) && has(2, half) && has(3, half) && has(4, half + 2));
}
END_TEST

START_TEST(a_long_record_has_a_pack_of_its_own)
{
	ck_assert(!pack_fits(&pack, 1, RECORD_MAX + 1));
	add(1, RECORD_MAX);
	add(2, 1);
	add(3, RECORD_MAX);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert_uint_eq(packs(), 3);
	ck_assert(has(1, RECORD_MAX) && has(2, 1) && has(3, RECORD_MAX));
}
END_TEST

START_TEST(nothing_is_put_of_what_was_cleared)
{
	add(1, 5);
	pack_clear(&pack);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert(!has(1, 5));
	add(1, 9);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert(has(1, 9));
}
END_TEST

START_TEST(a_single_one_can_be_deleted)
{
	add(1, 5);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	add(2, 5);
	add(3, 5);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert_int_eq(pack_has_single(table, 1), 1);
	ck_assert_int_eq(pack_has_single(table, 3), 0);
	ck_assert_int_eq(pack_delete_single(table, 1), 0);
	ck_assert_int_eq(pack_delete_single(table, 3), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert(!has(1, 5) && has(3, 5));
	ck_assert_uint_eq(next(1), 2);
}
END_TEST

/* An entry that no program of ours has put. */
static void
is_refused(struct store_bytes key, struct store_bytes value, int why)
{
	struct store_bytes record;

	ck_assert_int_eq(store_put(table, key, value), 0);
	ck_assert_int_eq(pack_find(table, 2, &record), -1);
	ck_assert_int_eq(errno, why);
	ck_assert_int_eq(store_delete(table, key), 0);
}

START_TEST(a_single_one_can_be_cut)
{
	add(7, 50);
	ck_assert_uint_eq(pack_single(&pack).len, 50);
	pack_cut_single(&pack, 20);
	ck_assert_int_eq(pack_put(&pack, table), 0);
	ck_assert(has(7, 20));
}
END_TEST

START_TEST(what_is_no_pack_is_refused)
{
	const struct store_bytes two = {"\0\0\0\0\0\0\0\2\0\2", 10};

	is_refused(two, (struct store_bytes){"\2\0\0\0\0\0\0\0\0", 9}, ENOTSUP);
	is_refused(two, (struct store_bytes){"\1\0\0\0\0", 5}, EPROTO);
	is_refused(two, (struct store_bytes){"\1\0\0\0\0\0\0\0\1", 9}, EPROTO);
	is_refused(two, (struct store_bytes){"\1\377\377\377\377\0\0\0\0", 9}, EPROTO);
	is_refused(two, (struct store_bytes){"", 0}, EPROTO);
	is_refused((struct store_bytes){"\0\0\0\0\0\0\0\2\0\0", 10}, (struct store_bytes){"\1\0\0\0\0", 5}, EPROTO);
	is_refused((struct store_bytes){"\0\0\0\0\0\0\0\2\0\3", 10}, (struct store_bytes){"\1\0\0\0\0", 5}, EPROTO);
	is_refused((struct store_bytes){"\0\0\0\0\0\0\0\2", 8}, (struct store_bytes){"\1\0\0\0\0", 5}, EPROTO);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pack");
	TCase *tc = tcase_create("pack");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, each_event_of_a_pack_is_found_and_no_other);
	tcase_add_test(tc, a_pack_has_numbers_without_a_gap);
	tcase_add_test(tc, a_pack_is_no_longer_than_it_may_be);
	tcase_add_test(tc, a_long_record_has_a_pack_of_its_own);
	tcase_add_test(tc, nothing_is_put_of_what_was_cleared);
	tcase_add_test(tc, a_single_one_can_be_deleted);
	tcase_add_test(tc, a_single_one_can_be_cut);
	tcase_add_test(tc, what_is_no_pack_is_refused);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
