/* Who watches a run: what is printed comes as lines, and who does not read is left behind and told so. */
#include <check.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/protocol/run.h"
#include "../../src/spooler/followers.h"

static struct event_base *base;
static struct followers *followers;
static struct bufferevent *clients[2];
static int ends[2];
static char text[1 << 20];

static void
set_up(void)
{
	ck_assert_ptr_nonnull(base = event_base_new());
	ck_assert_ptr_nonnull(followers = followers_new());
	for (int i = 0; i < 2; i++) {
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
		ck_assert_ptr_nonnull(clients[i] = bufferevent_socket_new(base, pair[0], BEV_OPT_CLOSE_ON_FREE));
		bufferevent_disable(clients[i], EV_WRITE); /* what is said stays here */
		ends[i] = pair[1];
	}
}

static void
tear_down(void)
{
	for (int i = 0; i < 2; i++) {
		followers_forget(followers, clients[i]);
		bufferevent_free(clients[i]);
		close(ends[i]);
	}
	followers_free(followers);
	event_base_free(base);
}

/* What waits for the client, taken. */
static const char *
told(int i)
{
	struct evbuffer *out = bufferevent_get_output(clients[i]);
	size_t len = evbuffer_get_length(out);

	ck_assert_uint_lt(len, sizeof text);
	ck_assert_int_eq(evbuffer_unfreeze(out, 1), 0);
	ck_assert_int_eq(evbuffer_remove(out, text, len), (int)len);
	text[len] = '\0';
	return text;
}

static void
print(uint64_t token, bool is_error, const char *bytes, size_t len)
{
	followers_output(followers,
	    &(struct run_output){.token = token, .is_error = is_error, .bytes = bytes, .len = (uint32_t)len});
}

static void
end(uint64_t token, enum run_end how, int code)
{
	followers_end(followers, &(struct run_report){.token = token, .end = how, .code = code});
}

START_TEST(each_sees_its_own_run)
{
	ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	ck_assert_int_eq(followers_add(followers, clients[1], 2), 0);
	print(1, false, "one", 3);
	print(2, true, "two", 3);
	print(3, false, "three", 5);
	ck_assert_str_eq(told(0), "{\"stream\":\"stdout\",\"data\":\"b25l\"}\n");
	ck_assert_str_eq(told(1), "{\"stream\":\"stderr\",\"data\":\"dHdv\"}\n");
}
END_TEST

START_TEST(the_end_is_told_once)
{
	ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	ck_assert_int_eq(followers_add(followers, clients[1], 1), 0);
	end(2, RUN_EXITED, 0);
	end(1, RUN_SIGNALED, 9);
	ck_assert_str_eq(told(0), "{\"end\":true,\"result\":\"signal\",\"code\":9,\"missed\":0}\n");
	ck_assert_str_eq(told(1), "{\"end\":true,\"result\":\"signal\",\"code\":9,\"missed\":0}\n");
	end(1, RUN_EXITED, 0);
	print(1, false, "x", 1);
	ck_assert_str_eq(told(0), "");
}
END_TEST

START_TEST(who_is_forgotten_hears_nothing)
{
	ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	followers_forget(followers, clients[0]);
	print(1, false, "x", 1);
	ck_assert_str_eq(told(0), "");
}
END_TEST

START_TEST(who_does_not_read_misses_what_is_beyond_its_room)
{
	static char much[RUN_OUTPUT_MAX];
	char expected[128];
	size_t missed = 0;

	ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	for (int i = 0; i < 40; i++) {
		missed += evbuffer_get_length(bufferevent_get_output(clients[0])) > 256 * 1024 ? sizeof much : 0;
		print(1, false, much, sizeof much);
	}
	ck_assert_uint_gt(missed, 0);
	ck_assert_ptr_null(strstr(told(0), "missed"));
	print(1, false, "one", 3);
	snprintf(expected, sizeof expected, "{\"missed\":%zu}\n{\"stream\":\"stdout\",\"data\":\"b25l\"}\n", missed);
	ck_assert_str_eq(told(0), expected);
	end(1, RUN_EXITED, 0);
	ck_assert_ptr_nonnull(strstr(told(0), "\"missed\":0}"));
}
END_TEST

START_TEST(what_the_runner_left_out_is_told_too)
{
	ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	followers_output(followers, &(struct run_output){.token = 1, .missed = 7, .bytes = "one", .len = 3});
	ck_assert_str_eq(told(0), "{\"missed\":7}\n{\"stream\":\"stdout\",\"data\":\"b25l\"}\n");
}
END_TEST

START_TEST(what_was_left_out_at_the_end_is_told_with_it)
{
	ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	print(1, false, "one", 3);
	told(0);
	followers_end(followers, &(struct run_report){.token = 1, .end = RUN_EXITED, .missed = 7});
	ck_assert_str_eq(told(0), "{\"end\":true,\"result\":\"exited\",\"code\":0,\"missed\":7}\n");
}
END_TEST

START_TEST(their_number_is_bounded)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		ck_assert_int_eq(followers_add(followers, clients[0], 1), 0);
	ck_assert_int_eq(followers_add(followers, clients[1], 1), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("followers");
	TCase *lines = tcase_create("lines");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(lines, set_up, tear_down);
	tcase_add_test(lines, each_sees_its_own_run);
	tcase_add_test(lines, the_end_is_told_once);
	tcase_add_test(lines, who_is_forgotten_hears_nothing);
	tcase_add_test(lines, who_does_not_read_misses_what_is_beyond_its_room);
	tcase_add_test(lines, what_the_runner_left_out_is_told_too);
	tcase_add_test(lines, what_was_left_out_at_the_end_is_told_with_it);
	tcase_add_test(lines, their_number_is_bounded);
	suite_add_tcase(suite, lines);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
