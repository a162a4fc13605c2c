/* One output of a hook: what is kept, who is told, and when it is closed. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/runner/reports.h"
#include "../../src/runner/stream.h"
#include "spooler_end.h"

static struct stream stream;
static struct audience audience;
static int hook; /* its end of the pipe; -1: closed */

static void
set_up(void)
{
	int ends[2];

	end_set_up();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	hook = ends[1];
	audience = (struct audience){.token = 7};
	stream = (struct stream){.audience = &audience, .is_error = true};
	stream_open(&stream, &means, ends[0], 4096);
}

static void
tear_down(void)
{
	stream_close(&stream);
	close(hook);
	end_tear_down();
}

static void
print(const char *text)
{
	ck_assert_int_eq(write(hook, text, strlen(text)), (ssize_t)strlen(text));
}

/* OUT is what was kept. */
static void
check_kept(const char *out)
{
	char kept[RUN_OUTPUT_MAX];
	uint32_t len = output_kept(&stream.kept, kept);

	ck_assert_uint_eq(len, strlen(out));
	ck_assert_mem_eq(kept, out, len);
}

START_TEST(what_is_printed_is_kept)
{
	struct end_message m;

	print("one ");
	end_turn(NULL);
	check_kept("one ");
	print("two");
	stream_drain(&stream);
	check_kept("one two");
	ck_assert(!end_receive(&m)); /* nobody follows */
}
END_TEST

START_TEST(its_end_closes_it)
{
	print("last words");
	close(hook);
	hook = -1;
	ck_assert_ptr_nonnull(stream.readable);
	end_turn(NULL);
	ck_assert_ptr_null(stream.readable);
	check_kept("last words");
	stream_drain(&stream); /* also of one that is closed */
	stream_close(&stream);
}
END_TEST

START_TEST(who_follows_is_told_what_is_kept_and_what_comes)
{
	struct end_message m;

	print("one");
	stream_drain(&stream);
	audience.listens = true;
	stream_tell_kept(&stream);
	print("two");
	end_turn(NULL);
	ck_assert(end_receive(&m));
	ck_assert(m.output.token == 7 && m.output.is_error && m.output.missed == 0);
	ck_assert(m.output.len == 3 && end_has(m.output.bytes, m.output.len, "one"));
	ck_assert(end_receive(&m));
	ck_assert(m.output.len == 3 && end_has(m.output.bytes, m.output.len, "two"));
	ck_assert(!end_receive(&m));
}
END_TEST

START_TEST(an_output_of_no_run_is_told_to_nobody)
{
	struct end_message m;

	audience.listens = true;
	stream.audience = NULL;
	print("between");
	end_turn(NULL);
	check_kept("between");
	ck_assert(!end_receive(&m));
}
END_TEST

START_TEST(what_followers_have_missed_is_said_with_the_next_piece)
{
	char many[8192];
	uint64_t told = 0, missed = 0, printed = 0;
	struct end_message m;

	memset(many, 'x', sizeof many);
	audience.listens = true;
	while (audience.missed == 0) { /* until the socket is full */
		ck_assert_int_eq(write(hook, many, sizeof many), sizeof many);
		stream_drain(&stream);
		printed += sizeof many;
	}
	while (end_receive(&m))
		told += m.output.len;
	print("again");
	stream_drain(&stream);
	ck_assert(end_receive(&m));
	missed = m.output.missed;
	ck_assert_uint_gt(missed, 0);
	ck_assert_uint_eq(told + missed, printed);
	ck_assert_uint_eq(audience.missed, 0);
	ck_assert_uint_eq(stream.kept.total, printed + 5);
}
END_TEST

START_TEST(who_prints_without_end_is_not_waited_for)
{
	pid_t writer = fork();

	if (writer == 0) {
		fcntl(hook, F_SETFL, 0);
		close(stream.fd);
		for (char many[4096] = {0};;)
			if (write(hook, many, sizeof many) == -1)
				_exit(0);
	}
	while (stream.kept.total == 0)
		stream_drain(&stream);
	stream_drain(&stream); /* comes back */
	stream_close(&stream); /* … and this ends the writer */
	ck_assert_ptr_null(stream.readable);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tc = tcase_create("stream");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_is_printed_is_kept);
	tcase_add_test(tc, its_end_closes_it);
	tcase_add_test(tc, who_follows_is_told_what_is_kept_and_what_comes);
	tcase_add_test(tc, an_output_of_no_run_is_told_to_nobody);
	tcase_add_test(tc, what_followers_have_missed_is_said_with_the_next_piece);
	tcase_add_test(tc, who_prints_without_end_is_not_waited_for);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
