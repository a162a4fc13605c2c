/* The limit for lines that a peer can cause as often as it likes. */
#include "../../src/lib/log_limit.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/lib/log_flood.h"

#define THREADS 8
#define EACH 2000

static struct log_limit limit;
static uint64_t now;

static void
clear(void)
{
	memset(&limit, 0, sizeof limit);
	now = 1000000;
}

/* How many of N lines of a kind, STEP_MS apart, are written; *LEFT_OUT grows by what they tell. */
static unsigned
written(unsigned n, unsigned step_ms, const char *subject, const char *reason, uint64_t *left_out)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < n; i++, now += step_ms) {
		uint64_t before = 0;

		if (!log_limit_take(&limit, subject, reason, now, &before))
			continue;
		*left_out += before;
		lines++;
	}
	return lines;
}

START_TEST(a_few_are_all_written)
{
	uint64_t left_out = 0;

	ck_assert_uint_eq(written(LOG_LIMIT_BURST, 0, "a", "r", &left_out), LOG_LIMIT_BURST);
	ck_assert_uint_eq(left_out, 0);
	ck_assert_ptr_null(log_limit_tell(&limit, now + 60000, false, &left_out));
}
END_TEST

START_TEST(a_flood_of_an_hour_is_a_line_a_second)
{
	uint64_t left_out = 0, last = 0;
	unsigned n = 3600 * 100, lines = written(n, 10, "a", "r", &left_out);

	ck_assert_uint_ge(lines, 3600);
	ck_assert_uint_le(lines, 3600 + LOG_LIMIT_BURST);
	now += LOG_LIMIT_EACH_MS;
	ck_assert_ptr_nonnull(log_limit_tell(&limit, now, false, &last));
	ck_assert_uint_eq(lines + left_out + last, n);
}
END_TEST

START_TEST(the_next_line_tells_what_was_left_out)
{
	uint64_t left_out = 0;

	written(LOG_LIMIT_BURST + 5, 0, "a", "r", &left_out);
	now += LOG_LIMIT_EACH_MS;
	ck_assert(log_limit_take(&limit, "a", "r", now, &left_out));
	ck_assert_uint_eq(left_out, 5);
	now += LOG_LIMIT_EACH_MS;
	ck_assert(log_limit_take(&limit, "a", "r", now, &left_out));
	ck_assert_uint_eq(left_out, 0);
}
END_TEST

START_TEST(a_flood_that_has_stopped_is_told)
{
	const struct log_limit_kind *kind;
	uint64_t left_out = 0;

	written(LOG_LIMIT_BURST + 5, 0, "a", "r", &left_out);
	ck_assert_ptr_null(log_limit_tell(&limit, now + 1, false, &left_out));
	kind = log_limit_tell(&limit, now + LOG_LIMIT_EACH_MS, false, &left_out);
	ck_assert_ptr_nonnull(kind);
	ck_assert_str_eq(kind->subject, "a");
	ck_assert_str_eq(kind->reason, "r");
	ck_assert_uint_eq(left_out, 5);
	ck_assert_ptr_null(log_limit_tell(&limit, now + LOG_LIMIT_EACH_MS, false, &left_out));
}
END_TEST

START_TEST(at_the_end_everything_is_told_at_once)
{
	uint64_t left_out = 0;

	written(LOG_LIMIT_BURST + 5, 0, "a", "r", &left_out);
	written(LOG_LIMIT_BURST + 6, 0, "b", "r", &left_out);
	ck_assert_ptr_nonnull(log_limit_tell(&limit, now, true, &left_out));
	ck_assert_uint_eq(left_out, 5);
	ck_assert_ptr_nonnull(log_limit_tell(&limit, now, true, &left_out));
	ck_assert_uint_eq(left_out, 6);
	ck_assert_ptr_null(log_limit_tell(&limit, now, true, &left_out));
}
END_TEST

START_TEST(another_source_and_another_reason_have_lines_of_their_own)
{
	uint64_t left_out = 0;

	written(1000, 0, "a", "r", &left_out);
	ck_assert_uint_eq(written(5, 0, "b", "r", &left_out), 5);
	ck_assert_uint_eq(written(5, 0, "a", "s", &left_out), 5);
	ck_assert_uint_eq(left_out, 0);
}
END_TEST

/* N lines, each of a kind of its own. */
static unsigned
written_of_many(unsigned n, unsigned step_ms, uint64_t *left_out)
{
	char subject[16];
	unsigned lines = 0;

	for (unsigned i = 0; i < n; i++) {
		snprintf(subject, sizeof subject, "s%u", i);
		lines += written(1, step_ms, subject, "r", left_out);
	}
	return lines;
}

START_TEST(many_kinds_have_a_limit_together)
{
	uint64_t left_out = 0, more;
	unsigned lines = written_of_many(100000, 0, &left_out);

	ck_assert_uint_le(lines, LOG_LIMIT_ALL_BURST);
	while (log_limit_tell(&limit, now, true, &more) != NULL)
		left_out += more;
	ck_assert_uint_eq(lines + left_out, 100000);
}
END_TEST

START_TEST(many_kinds_for_an_hour_are_five_lines_a_second)
{
	uint64_t left_out = 0;

	ck_assert_uint_le(
	    written_of_many(360000, 10, &left_out), LOG_LIMIT_ALL_BURST + 3600 * (1000 / LOG_LIMIT_ALL_EACH_MS));
}
END_TEST

START_TEST(what_was_quiet_for_long_makes_room)
{
	uint64_t left_out = 0;

	for (unsigned i = 0; i < 10; i++, now += (uint64_t)LOG_LIMIT_KINDS * LOG_LIMIT_ALL_EACH_MS * 2)
		ck_assert_uint_eq(written_of_many(LOG_LIMIT_KINDS, 0, &left_out), LOG_LIMIT_KINDS);
	written(1000, 0, "s1", "r", &left_out);
	ck_assert_uint_eq(left_out, 0);
	ck_assert_ptr_nonnull(log_limit_tell(&limit, now, true, &left_out));
	ck_assert_uint_eq(left_out, 1000 - LOG_LIMIT_BURST);
}
END_TEST

START_TEST(long_texts_are_compared_as_far_as_they_are_kept)
{
	char text[3 * LOG_LIMIT_TEXT_SIZE];
	uint64_t left_out = 0;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	ck_assert_uint_eq(written(100, 0, text, text, &left_out), LOG_LIMIT_BURST);
	ck_assert_ptr_nonnull(log_limit_tell(&limit, now, true, &left_out));
	ck_assert_uint_eq(left_out, 100 - LOG_LIMIT_BURST);
}
END_TEST

static void *
flood(void *argument)
{
	(void)argument;
	for (unsigned i = 0; i < EACH; i++)
		log_flood(LOG_FLOOD_WARN, "shop", "signature wrong", "shop: refused: signature wrong");
	return NULL;
}

START_TEST(threads_lose_no_line_and_no_count)
{
	char path[] = "/tmp/hookspool-flood-XXXXXX", line[LOG_LINE_MAX + 1];
	unsigned long long told = 0, lines = 0, more;
	pthread_t threads[THREADS];
	FILE *file;

	close(mkstemp(path));
	ck_assert_int_eq(log_open("test", path), 0);
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, flood, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	log_flood_tell(true);
	ck_assert_ptr_nonnull(file = fopen(path, "r"));
	while (fgets(line, sizeof line, file) != NULL) {
		const char *at = strstr(line, "signature wrong");

		ck_assert_ptr_nonnull(at);
		if (sscanf(at, "signature wrong; %llu more like this", &more) == 1)
			told += more;
		if (sscanf(at, "signature wrong: %llu more like this", &more) == 1)
			told += more;
		else
			lines++;
	}
	fclose(file);
	unlink(path);
	ck_assert_uint_le(lines, 100);
	ck_assert_uint_eq(lines + told, THREADS * EACH);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_limit");
	TCase *tc = tcase_create("log_limit");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, clear, NULL);
	tcase_add_test(tc, a_few_are_all_written);
	tcase_add_test(tc, a_flood_of_an_hour_is_a_line_a_second);
	tcase_add_test(tc, the_next_line_tells_what_was_left_out);
	tcase_add_test(tc, a_flood_that_has_stopped_is_told);
	tcase_add_test(tc, at_the_end_everything_is_told_at_once);
	tcase_add_test(tc, another_source_and_another_reason_have_lines_of_their_own);
	tcase_add_test(tc, many_kinds_have_a_limit_together);
	tcase_add_test(tc, many_kinds_for_an_hour_are_five_lines_a_second);
	tcase_add_test(tc, what_was_quiet_for_long_makes_room);
	tcase_add_test(tc, long_texts_are_compared_as_far_as_they_are_kept);
	tcase_add_test(tc, threads_lose_no_line_and_no_count);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
