/* The control socket's verbs: each request, and the very lines that answer it. */
#include <check.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/protocol/control.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/control_verb.h"
#include "../../src/spooler/followers.h"
#include "../../src/spooler/news.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/watchers.h"
#include "spooled.h"

static struct bufferevent *client;
static int other_end;
static char answer[1 << 20];

static void
set_up(void)
{
	int pair[2];

	spooled_set_up();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	client = bufferevent_socket_new(spooled.base, pair[0], BEV_OPT_CLOSE_ON_FREE);
	ck_assert_ptr_nonnull(client);
	bufferevent_disable(client, EV_WRITE);
	other_end = pair[1];
}

static void
tear_down(void)
{
	followers_forget(spooled.followers, client);
	bufferevent_free(client);
	close(other_end);
	spooled_tear_down();
}

/* What waits to be sent, taken. */
static const char *
said(void)
{
	struct evbuffer *out = bufferevent_get_output(client);
	size_t len = evbuffer_get_length(out);

	ck_assert_uint_lt(len, sizeof answer);
	ck_assert_int_eq(evbuffer_unfreeze(out, 1), 0);
	ck_assert_int_eq(evbuffer_remove(out, answer, len), (int)len);
	answer[len] = '\0';
	return answer;
}

/* What is answered to a request with ' for ". */
static const char *
asked(const char *text)
{
	char line[256];

	snprintf(line, sizeof line, "%s", text);
	for (char *p = line; (p = strchr(p, '\'')) != NULL;)
		*p = '"';
	control_answer(&spooled, line, client);
	return said();
}

static const char *
error(const char *text)
{
	static char code[64];
	struct json_object *object = json_tokener_parse(asked(text)), *value;

	ck_assert(json_object_object_get_ex(object, "error", &value));
	snprintf(code, sizeof code, "%s", json_object_get_string(value));
	json_object_put(object);
	return code;
}

START_TEST(what_is_no_request_is_refused)
{
	ck_assert_str_eq(asked("nonsense"), "{\"error\":\"bad-request\",\"message\":\"not a request\"}\n");
	ck_assert_str_eq(asked("[]"), "{\"error\":\"bad-request\",\"message\":\"not a request\"}\n");
	ck_assert_str_eq(asked("{'verb':1}"), "{\"error\":\"bad-request\",\"message\":\"not a request\"}\n");
	ck_assert_str_eq(asked("{'verb':'dance'}"), "{\"error\":\"bad-request\",\"message\":\"no such verb\"}\n");
	ck_assert_str_eq(asked("{'verb':'suspend'}"), "{\"error\":\"bad-request\",\"message\":\"which hook?\"}\n");
	ck_assert_str_eq(
	    asked("{'verb':'resume','hook':7}"), "{\"error\":\"bad-request\",\"message\":\"which hook?\"}\n");
}
END_TEST

START_TEST(a_list_has_the_rows_that_fit_and_where_to_go_on)
{
	uint64_t done = spooled_accept("a.x", "");

	spooled_run(done, 0);
	spooled_without_b(true);
	spooled_accept("b", "");
	spooled_reject("no");
	ck_assert_ptr_nonnull(strstr(asked("{'verb':'list'}"), "\"next\":null"));
	ck_assert_ptr_nonnull(strstr(
	    answer, "{\"number\":1,\"source\":\"s\",\"event\":\"a.x\",\"id\":\"\",\"state\":\"done\",\"attempts\":1,"));
	ck_assert_ptr_nonnull(strstr(answer, "\"next_at\":null,\"bytes\":2}\n{\"number\":2,"));
	ck_assert_ptr_nonnull(strstr(answer, "\"event\":\"b\",\"id\":\"\",\"state\":\"unhandled\",\"attempts\":0,"));
	ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"rejected\""));
	asked("{'verb':'list','state':'unhandled'}");
	ck_assert_ptr_eq(strstr(answer, "{\"number\":2"), answer);
	ck_assert_ptr_null(strstr(answer, "{\"number\":3"));
	ck_assert_str_eq(asked("{'verb':'list','state':'no state'}"), "{\"end\":true,\"next\":null}\n");
	ck_assert_str_eq(asked("{'verb':'list','source':'t'}"), "{\"end\":true,\"next\":null}\n");
	ck_assert_ptr_eq(strstr(asked("{'verb':'list','event':'a.*'}"), "{\"number\":1"), answer);
	ck_assert_ptr_null(strstr(answer, "{\"number\":2"));
	ck_assert_ptr_nonnull(strstr(asked("{'verb':'list','limit':1}"), "{\"end\":true,\"next\":2}\n"));
	ck_assert_ptr_eq(strstr(asked("{'verb':'list','from':3}"), "{\"number\":3"), answer);
}
END_TEST

/* The numbers of the rows, in their order, and where the list goes on. */
static const char *
listed(const char *words)
{
	static char numbers[400];
	char request[200];
	size_t n = 0;

	snprintf(request, sizeof request, "{'verb':'list'%s}", words);
	numbers[0] = '\0';
	for (const char *at = asked(request); *at != '\0'; at = strchr(at, '\n') + 1) {
		struct json_object *row = json_tokener_parse(at), *number = NULL;

		if (!json_object_object_get_ex(row, "number", &number))
			json_object_object_get_ex(row, "next", &number);
		n += (size_t)snprintf(
		    numbers + n, sizeof numbers - n, "%s ", number != NULL ? json_object_get_string(number) : "-");
		ck_assert_uint_lt(n, sizeof numbers);
		json_object_put(row);
	}
	return numbers;
}

START_TEST(the_newest_come_first_if_asked_for)
{
	for (int i = 0; i < 5; i++)
		spooled_accept("a.x", "");
	ck_assert_str_eq(listed(",'newest':true"), "5 4 3 2 1 - ");
	ck_assert_str_eq(listed(",'newest':true,'limit':2"), "5 4 3 ");
	ck_assert_str_eq(listed(",'newest':true,'limit':2,'from':3"), "3 2 1 ");
	ck_assert_str_eq(listed(",'newest':true,'limit':2,'from':1"), "1 - ");
	ck_assert_str_eq(listed(",'newest':true,'from':99"), "5 4 3 2 1 - ");
	ck_assert_str_eq(listed(",'newest':true,'from':0"), "- ");
	ck_assert_str_eq(listed(",'limit':2"), "1 2 3 ");
}
END_TEST

START_TEST(events_are_found_by_lane_attempts_and_how_they_failed)
{
	uint64_t second;

	spooled_run(spooled_accept("a.x", "l"), 3);
	second = spooled_accept("b", "m");
	ck_assert_str_eq(listed(",'lane':'l'"), "1 - ");
	ck_assert_str_eq(listed(",'lane':'l','newest':true"), "1 - ");
	ck_assert_str_eq(listed(",'attempts':1"), "1 - ");
	ck_assert_str_eq(listed(",'attempts':2"), "- ");
	ck_assert_str_eq(listed(",'error':'exited'"), "1 - ");
	ck_assert_str_eq(listed(",'error':'exited:3'"), "1 - ");
	ck_assert_str_eq(listed(",'error':'exited:4'"), "- ");
	ck_assert_str_eq(listed(",'error':'signal'"), "- ");
	ck_assert_str_eq(listed(",'error':'output:ai'"), "1 - ");
	ck_assert_str_eq(listed(",'error':'output:nothing'"), "- ");
	spooled_run(second, 0);
	ck_assert_str_eq(listed(",'error':'exited'"), "1 - ");
	ck_assert_str_eq(listed(",'attempts':1"), "1 2 - ");
	ck_assert_str_eq(error("{'verb':'list','error':'exit'}"), "bad-request");
	ck_assert_str_eq(error("{'verb':'retry','state':'dead','error':''}"), "bad-request");
}
END_TEST

START_TEST(events_are_found_by_their_time)
{
	char words[100];
	struct event event;

	for (int i = 0; i < 3; i++) {
		spooled_accept("a.x", "");
		usleep(2000);
	}
	ck_assert_int_eq(spool_event_head(spooled.spool, 2, &event), 0);
	snprintf(words, sizeof words, ",'since':%llu", (unsigned long long)event.received_ms);
	ck_assert_str_eq(listed(words), "2 3 - ");
	snprintf(words, sizeof words, ",'since':%llu,'newest':true", (unsigned long long)event.received_ms);
	ck_assert_str_eq(listed(words), "3 2 - ");
	snprintf(words, sizeof words, ",'until':%llu", (unsigned long long)event.received_ms);
	ck_assert_str_eq(listed(words), "1 - ");
	snprintf(words, sizeof words, ",'until':%llu,'newest':true,'from':99", (unsigned long long)event.received_ms);
	ck_assert_str_eq(listed(words), "1 - ");
	ck_assert_str_eq(listed(",'since':1,'until':1"), "- ");
	ck_assert_str_eq(listed(",'since':1,'until':1,'newest':true"), "- ");
	ck_assert_str_eq(listed(",'since':18446744073709551615"), "- ");
}
END_TEST

START_TEST(repairs_take_the_same_filters_and_can_be_counted_first)
{
	uint64_t one = spooled_accept("a.x", "l"), other = spooled_accept("a.x", "");

	spooled_run(one, 100);
	spooled_run(other, 100);
	ck_assert_str_eq(
	    asked("{'verb':'retry','state':'dead','dry':true}"), "{\"end\":true,\"changed\":2,\"next\":null}\n");
	ck_assert_str_eq(listed(",'state':'dead'"), "1 2 - ");
	ck_assert_str_eq(
	    asked("{'verb':'drop','state':'dead','attempts':2}"), "{\"end\":true,\"changed\":0,\"next\":null}\n");
	ck_assert_str_eq(
	    asked("{'verb':'drop','state':'dead','until':1}"), "{\"end\":true,\"changed\":0,\"next\":null}\n");
	ck_assert_str_eq(asked("{'verb':'drop','state':'dead','lane':'l','error':'exited:100'}"),
	    "{\"end\":true,\"changed\":1,\"next\":null}\n");
	ck_assert_str_eq(listed(",'state':'dead'"), "2 - ");
	ck_assert_str_eq(listed(",'state':'dropped'"), "1 - ");
	ck_assert_ptr_nonnull(strstr(asked("{'verb':'retry','number':2,'dry':true}"), "\"state\":\"dead\""));
}
END_TEST

START_TEST(one_event_is_shown_with_its_deliveries_and_their_attempts)
{
	uint64_t number = spooled_accept("a.x", "lane");

	spooled_run(number, 3);
	asked("{'verb':'show','number':1}");
	ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"queued\",\"attempts\":1,"));
	ck_assert_ptr_nonnull(
	    strstr(answer, "\"lane\":\"lane\",\"env\":{},\"deliveries\":[{\"hook\":\"s/a.*\",\"state\":\"queued\","));
	ck_assert_ptr_nonnull(strstr(answer, "\"result\":\"exited\",\"code\":3,"));
	ck_assert_ptr_nonnull(strstr(answer,
	    "\"stdout\":\"said\",\"stderr\":\"\",\"stdout_bytes\":4,\"stderr_bytes\":0}]}]}\n{\"end\":true}\n"));
	ck_assert_str_eq(asked("{'verb':'body','number':1}"), "{\"end\":true,\"bytes\":2}\n{}");
	ck_assert_str_eq(
	    asked("{'verb':'show','number':2}"), "{\"error\":\"not-found\",\"message\":\"no such event\"}\n");
	ck_assert_str_eq(error("{'verb':'body'}"), "not-found");
}
END_TEST

START_TEST(a_run_is_followed_until_it_ends)
{
	static struct run_start run;

	spooled_accept("a.x", "");
	ck_assert_str_eq(error("{'verb':'follow','number':1}"), "not-running");
	spooled_loop();
	ck_assert(spooled_started(&run));
	ck_assert_str_eq(asked("{'verb':'follow','number':1}"), "");
	spooled_ends(run.token, 0);
	ck_assert_ptr_eq(strstr(said(), "{\"end\":true,\"result\":\"exited\",\"code\":0,\"missed\":0}\n"), answer);
}
END_TEST

static size_t
times_in(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

START_TEST(what_happens_is_told_to_who_watches)
{
	uint64_t number;

	ck_assert_str_eq(error("{'verb':'tail'}"), "failed");
	ck_assert_ptr_nonnull(spooled.watchers = watchers_new(&spooled));
	ck_assert_str_eq(error("{'verb':'tail','error':'nonsense of mine'}"), "bad-request");
	ck_assert_str_eq(asked("{'verb':'tail','event':'a.*'}"), "");
	number = spooled_accept("a.x", "");
	news_tell(spooled.news, number, "stored");
	ck_assert_str_eq(said(), "");
	spooled_loop();
	ck_assert_uint_eq(times_in(said(), "\"happened\":\"stored\"}\n"), 1);
	ck_assert_ptr_eq(strstr(answer, "{\"number\":1,"), answer);
	spooled_run(number, 0);
	spooled_loop();
	ck_assert_uint_eq(times_in(said(), "\"happened\":\"ended\"}\n"), 1);
	ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"done\""));
	news_tell(spooled.news, spooled_accept("b", ""), "stored");
	spooled_loop();
	ck_assert_str_eq(said(), "");
	watchers_free(spooled.watchers);
	spooled.watchers = NULL;
}
END_TEST

START_TEST(who_does_not_read_what_happens_is_told_how_much_he_missed)
{
	uint64_t number = spooled_accept("a.x", "");
	size_t told;

	ck_assert_ptr_nonnull(spooled.watchers = watchers_new(&spooled));
	asked("{'verb':'tail'}");
	for (int i = 0; i < 5000; i++) {
		news_tell(spooled.news, number, "stored");
		if (i % 500 == 0)
			spooled_loop();
	}
	spooled_loop();
	told = times_in(said(), "\"happened\"");
	ck_assert_uint_gt(told, 100);
	ck_assert_uint_lt(strlen(answer), 400 << 10);
	news_tell(spooled.news, number, "stored");
	spooled_loop();
	ck_assert_int_eq(strncmp(said(), "{\"missed\":", 10), 0);
	ck_assert_uint_eq(told + strtoul(answer + 10, NULL, 10), 5000);
	watchers_forget(spooled.watchers, client);
	news_tell(spooled.news, number, "stored");
	spooled_loop();
	ck_assert_str_eq(said(), "");
	for (int i = 0; i < WATCHERS_MAX; i++)
		ck_assert_str_eq(asked("{'verb':'tail'}"), "");
	ck_assert_str_eq(error("{'verb':'tail'}"), "failed");
	watchers_free(spooled.watchers);
	spooled.watchers = NULL;
}
END_TEST

START_TEST(one_event_or_all_in_a_state_are_repaired)
{
	ck_assert_str_eq(asked("{'verb':'suspend','hook':'s/b'}"), "{\"end\":true}\n");
	spooled_accept("b", "");
	spooled_accept("b", "");
	ck_assert_ptr_nonnull(strstr(asked("{'verb':'drop','number':1}"), "\"state\":\"dropped\""));
	ck_assert_ptr_nonnull(strstr(answer, "}\n{\"end\":true}\n"));
	ck_assert_str_eq(error("{'verb':'drop','number':1}"), "bad-request");
	ck_assert_str_eq(error("{'verb':'retry','number':1,'hook':'none'}"), "not-found");
	ck_assert_str_eq(error("{'verb':'retry','number':9}"), "not-found");
	ck_assert_str_eq(error("{'verb':'retry'}"), "bad-request");
	ck_assert_str_eq(error("{'verb':'drop','state':'running'}"), "bad-request");
	ck_assert_str_eq(asked("{'verb':'drop','state':'queued'}"), "{\"end\":true,\"changed\":1,\"next\":null}\n");
	ck_assert_str_eq(
	    asked("{'verb':'retry','state':'dropped','from':2}"), "{\"end\":true,\"changed\":1,\"next\":null}\n");
	ck_assert_ptr_nonnull(strstr(asked("{'verb':'retry','number':1,'hook':'b'}"), "\"state\":\"queued\""));
}
END_TEST

START_TEST(what_runs_can_not_be_dropped)
{
	spooled_accept("a.x", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 1);
	ck_assert_str_eq(error("{'verb':'drop','number':1}"), "running");
	ck_assert_ptr_nonnull(strstr(asked("{'verb':'retry','number':1}"), "\"state\":\"running\""));
	spooled_reject("no");
	ck_assert_str_eq(error("{'verb':'drop','number':2}"), "bad-request");
}
END_TEST

START_TEST(the_status_has_the_counters_and_each_hook)
{
	asked("{'verb':'suspend','hook':'s/b'}");
	spooled_accept("b", "");
	spooled_accept("a.x", "");
	spooled_loop();
	asked("{'verb':'status'}");
	ck_assert_ptr_nonnull(strstr(answer,
	    "\"events\":2,\"queued\":1,\"running\":1,\"done\":0,\"dead\":0,\"dropped\":0,\"unhandled\":0,\"rejected\":0,\"duplicates\":0,"));
	ck_assert_ptr_nonnull(strstr(answer, "{\"hook\":\"s/a.*\",\"state\":\"open\",\"running\":1,\"failures\":0}"));
	ck_assert_ptr_nonnull(strstr(answer,
	    "{\"hook\":\"s/b\",\"state\":\"suspended by the operator\",\"running\":0,\"failures\":0,\"since\":"));
	ck_assert_ptr_nonnull(strstr(answer, "]}\n{\"end\":true}\n"));
	spooled_without_b(true);
	ck_assert_ptr_nonnull(
	    strstr(asked("{'verb':'status'}"), "{\"hook\":\"s/b\",\"state\":\"not configured\",\"running\":0}"));
	ck_assert_str_eq(asked("{'verb':'resume','hook':'s/b'}"), "{\"end\":true}\n");
	ck_assert_str_eq(error("{'verb':'resume','hook':'s/b'}"), "not-found");
}
END_TEST

START_TEST(a_configuration_that_can_not_be_read_is_refused)
{
	ck_assert_str_eq(error("{'verb':'reload'}"), "refused");
	ck_assert_str_eq(error("{'verb':'check','file':'/etc/passwd'}"), "other-file");
	ck_assert_str_eq(error("{'verb':'check'}"), "other-file");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control");
	TCase *verbs = tcase_create("verbs");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(verbs, set_up, tear_down);
	tcase_add_test(verbs, what_is_no_request_is_refused);
	tcase_add_test(verbs, a_list_has_the_rows_that_fit_and_where_to_go_on);
	tcase_add_test(verbs, the_newest_come_first_if_asked_for);
	tcase_add_test(verbs, events_are_found_by_lane_attempts_and_how_they_failed);
	tcase_add_test(verbs, events_are_found_by_their_time);
	tcase_add_test(verbs, repairs_take_the_same_filters_and_can_be_counted_first);
	tcase_add_test(verbs, one_event_is_shown_with_its_deliveries_and_their_attempts);
	tcase_add_test(verbs, a_run_is_followed_until_it_ends);
	tcase_add_test(verbs, what_happens_is_told_to_who_watches);
	tcase_add_test(verbs, who_does_not_read_what_happens_is_told_how_much_he_missed);
	tcase_add_test(verbs, one_event_or_all_in_a_state_are_repaired);
	tcase_add_test(verbs, what_runs_can_not_be_dropped);
	tcase_add_test(verbs, the_status_has_the_counters_and_each_hook);
	tcase_add_test(verbs, a_configuration_that_can_not_be_read_is_refused);
	suite_add_tcase(suite, verbs);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
