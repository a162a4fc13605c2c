/* What was added is always found; of what was not, few are; and a damaged file is none. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/spool/filter.h"

#define KEYS 100000

static char dir[32], path[64];
static struct filter *filter;

static uint64_t
hash_of(unsigned which)
{
	char key[32];

	return filter_hash(key, (size_t)snprintf(key, sizeof key, "source-s%u", which));
}

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_filter.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/f", dir);
	ck_assert_ptr_nonnull(filter = filter_new(KEYS));
	for (unsigned i = 0; i < KEYS; i++)
		filter_add(filter, hash_of(i));
}

static void
tear_down(void)
{
	filter_free(filter);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static unsigned
found(const struct filter *in, unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = from; i < to; i++)
		n += filter_may_have(in, hash_of(i));
	return n;
}

START_TEST(what_was_added_is_found)
{
	ck_assert_uint_eq(found(filter, 0, KEYS), KEYS);
}
END_TEST

START_TEST(of_what_was_not_added_less_than_one_in_a_hundred_is_found)
{
	unsigned wrong = found(filter, KEYS, 2 * KEYS);

	ck_assert_uint_lt(wrong, KEYS / 100);
	ck_assert_uint_gt(wrong, 0);
}
END_TEST

START_TEST(an_empty_one_has_nothing)
{
	struct filter *none = filter_new(0);

	ck_assert_ptr_nonnull(none);
	ck_assert_uint_eq(found(none, 0, 1000), 0);
	filter_free(none);
}
END_TEST

START_TEST(keys_of_any_length_differ)
{
	static const char same[64];

	for (size_t a = 0; a < sizeof same; a++)
		for (size_t b = 0; b < a; b++)
			ck_assert_uint_ne(filter_hash(same, a), filter_hash(same, b));
	ck_assert_uint_ne(filter_hash("12345678a", 9), filter_hash("12345678b", 9));
	ck_assert_uint_ne(filter_hash("1234567ab", 9), filter_hash("1234568ab", 9));
}
END_TEST

/* Without a writer the open would wait for ever. */
START_TEST(a_fifo_in_the_place_of_its_file_is_none_and_is_replaced)
{
	char new[80];
	struct filter *loaded;

	snprintf(new, sizeof new, "%s.new", path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(mkfifo(new, 0600), 0);
	ck_assert_ptr_null(filter_load(path, KEYS));
	ck_assert_int_eq(filter_save(filter, path), 0);
	ck_assert_ptr_nonnull(loaded = filter_load(path, KEYS));
	filter_free(loaded);
}
END_TEST

START_TEST(it_comes_back_from_its_file)
{
	struct filter *again;

	ck_assert_int_eq(filter_save(filter, path), 0);
	ck_assert_ptr_nonnull(again = filter_load(path, KEYS));
	ck_assert_uint_eq(found(again, 0, KEYS), KEYS);
	ck_assert_uint_eq(found(again, KEYS, 2 * KEYS), found(filter, KEYS, 2 * KEYS));
	filter_free(again);
}
END_TEST

/* The block's checksum stands for all of it. */
START_TEST(its_file_is_the_same_on_any_machine)
{
	static const unsigned char same[40] = {'H', 'S', 'f', 'i', 'l', 't', 'e', 'r', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 1, 0x86, 0xa0, 0, 0, 0, 0, 0, 0, 0x09, 0x28, 0x4a, 0x19, 0x3b, 0xba, 0xa7, 0x65, 0xb6, 0x71};
	unsigned char head[40];
	int fd;

	ck_assert_int_eq(filter_save(filter, path), 0);
	ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
	ck_assert_int_eq(read(fd, head, sizeof head), sizeof head);
	close(fd);
	ck_assert_mem_eq(head, same, sizeof head);
}
END_TEST

/* In 64 bits the length of the first is 64 bytes again, the last one's are more than 32 bits can say. */
START_TEST(more_keys_than_there_is_memory_are_refused)
{
	static const uint64_t many[] = {UINT64_MAX / FILTER_BITS + 2, UINT64_MAX, 1ull << 40};

	for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
		ck_assert_ptr_null(filter_new(many[i]));
		ck_assert_int_eq(errno, ENOMEM);
		ck_assert_ptr_null(filter_load(path, many[i]));
		ck_assert_int_eq(errno, ENOMEM);
	}
}
END_TEST

static void
refused(uint64_t keys, int why)
{
	ck_assert_ptr_null(filter_load(path, keys));
	ck_assert_int_eq(errno, why);
}

START_TEST(one_for_another_number_of_keys_or_none_is_refused)
{
	refused(KEYS, ENOENT);
	ck_assert_int_eq(filter_save(filter, path), 0);
	refused(KEYS + 1, EPROTO);
	refused(1, EPROTO);
}
END_TEST

START_TEST(a_damaged_one_is_refused)
{
	static const off_t places[] = {0, 9, 20, 33, 60, 64, 100000};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		unsigned char byte;
		int fd;

		ck_assert_int_eq(filter_save(filter, path), 0);
		ck_assert_int_ge(fd = open(path, O_RDWR), 0);
		ck_assert_int_eq(pread(fd, &byte, 1, places[i]), 1);
		byte ^= 4;
		ck_assert_int_eq(pwrite(fd, &byte, 1, places[i]), 1);
		close(fd);
		refused(KEYS, EPROTO);
	}
	ck_assert_int_eq(filter_save(filter, path), 0);
	ck_assert_int_eq(truncate(path, 1000), 0);
	refused(KEYS, EPROTO);
}
END_TEST

START_TEST(where_it_cannot_be_written_that_is_told)
{
	char nowhere[96];

	snprintf(nowhere, sizeof nowhere, "%s/none/f", dir);
	ck_assert_int_eq(filter_save(filter, nowhere), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tc = tcase_create("filter");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_was_added_is_found);
	tcase_add_test(tc, of_what_was_not_added_less_than_one_in_a_hundred_is_found);
	tcase_add_test(tc, an_empty_one_has_nothing);
	tcase_add_test(tc, keys_of_any_length_differ);
	tcase_add_test(tc, a_fifo_in_the_place_of_its_file_is_none_and_is_replaced);
	tcase_add_test(tc, it_comes_back_from_its_file);
	tcase_add_test(tc, its_file_is_the_same_on_any_machine);
	tcase_add_test(tc, more_keys_than_there_is_memory_are_refused);
	tcase_add_test(tc, one_for_another_number_of_keys_or_none_is_refused);
	tcase_add_test(tc, a_damaged_one_is_refused);
	tcase_add_test(tc, where_it_cannot_be_written_that_is_told);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
