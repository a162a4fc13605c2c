/* What becomes of a request: over a real one of CGI, with a file as standard input, another as standard output, and the log in a third. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/lib/log_flood.h"
#include "../../src/responder/judge.h"
#include "../../src/responder/request.h"
#include "sent.h"

#define GOOD "{\"type\":\"paid\",\"id\":1}"

static struct rules_book book;
static struct judge judge;
static struct request *request;
static enum judged judged;
static bool late;
static char replied[4096], logged[4096];

/* The memory for a body's many names is there, or it is not: see tests/local.mk. */
static bool no_memory;
void *__real_calloc(size_t, size_t);
void *__wrap_calloc(size_t, size_t);

void *
__wrap_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : __real_calloc(n, size);
}

static void
set_up(void)
{
	struct conf *conf = sent_conf(
	    "autostart = false\nhealth-path = '/health'\n"
	    "source 's' { path = '/s' secret-file = '@/secret' token-file = '@/token' allow-from = '192.0.2.0/24' max-body = 100\n"
	    "  signature { algorithm = 'token' from = 'header:X-Token' } event = 'body:/type' id = 'body:/id'\n"
	    "  answer 'ping' { when = 'body:/type=ping' body = '{body:/text}' content-type = 'text/plain' }\n"
	    "  answer 'get' { method = 'GET' when = 'query:mode=ask' token = 'query:token' body = 'hello'\n"
	    "    content-type = 'text/plain' } }\n"
	    "source 'posts' { path = '/posts' unsigned = true event = 'body:/type' id = 'body:/id' }\n");

	clearenv();
	setenv("REQUEST_METHOD", "POST", 1);
	setenv("REQUEST_URI", "/s?x=y", 1);
	setenv("HTTPS", "on", 1);
	setenv("CONTENT_TYPE", "application/json", 1);
	setenv("REMOTE_ADDR", "192.0.2.7", 1);
	setenv("HTTP_X_TOKEN", "Jefe-is-the-secret", 1);
	ck_assert_ptr_nonnull(request = request_new(true));
	ck_assert_int_eq(rules_book_init(&book, conf), 0);
	ck_assert_int_eq(rules_follow(&judge.rules, &book), 0);
}

/* Have a file of no name at the descriptor FD; TEXT is in it. */
static void
put_at(int fd, const char *text)
{
	char path[] = "/tmp/hookspool-judge-XXXXXX";
	int file = mkstemp(path);

	ck_assert_int_ne(file, -1);
	unlink(path);
	ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	lseek(file, 0, SEEK_SET);
	ck_assert_int_eq(dup2(file, fd), fd);
	close(file);
}

static void
read_from(int fd, char *out, size_t size)
{
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	n = read(fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
}

/* Judge the request with this body, of which LENGTH is said; NULL: its own. */
static void
judge_body(const char *body, const char *length)
{
	int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
	char own[32];

	snprintf(own, sizeof own, "%zu", strlen(body));
	setenv("CONTENT_LENGTH", length != NULL ? length : own, 1);
	put_at(STDIN_FILENO, body);
	put_at(STDOUT_FILENO, "");
	put_at(STDERR_FILENO, "");
	request_accept_cgi(request, 5000);
	judge_receive(&judge, request);
	judged = judge_decide(&judge, request, late || request_late(request));
	log_flood_tell(true);
	read_from(STDOUT_FILENO, replied, sizeof replied);
	read_from(STDERR_FILENO, logged, sizeof logged);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	close(out);
	close(errors);
}

/* It had a reply with STATUS and, in it, CODE, and that was all; the log has WHY. */
static void
refused(const char *status, const char *code, const char *why)
{
	ck_assert_msg(
	    strncmp(replied, "Status: ", 8) == 0 && strncmp(replied + 8, status, strlen(status)) == 0, "%s", replied);
	ck_assert_msg(strstr(replied, code) != NULL, "%s: %s", code, replied);
	ck_assert_msg(strstr(logged, why) != NULL, "%s: %s", why, logged);
	ck_assert_int_eq(judged, JUDGED_DONE);
}

/* The event that is to be handed over. */
static struct event
encoded(void)
{
	const unsigned char *head = request->head.bytes;
	struct event event;

	ck_assert_int_eq(event_decode_head(&event, head + REQUEST_HEAD_ROOM, request->head.len - REQUEST_HEAD_ROOM), 0);
	ck_assert_uint_eq(event.body_len, request->body.len);
	return event;
}

START_TEST(a_good_one_is_handed_over_and_waits)
{
	struct event event;

	judge_body(GOOD, NULL);
	ck_assert_int_eq(judged, JUDGED_STORE);
	event = encoded();
	ck_assert_int_eq(event.kind, EVENT_ACCEPTED);
	ck_assert_uint_eq(event.secret, 1);
	ck_assert_uint_eq(event.len[EVENT_TYPE], 4);
	ck_assert_mem_eq(event.text[EVENT_TYPE], "paid", 4);
	ck_assert_mem_eq(event.text[EVENT_ADDRESS], "192.0.2.7", event.len[EVENT_ADDRESS]);
	ck_assert_mem_eq(request->body.bytes, GOOD, request->body.len);
	ck_assert_str_eq(request->source, "s");
	ck_assert_str_eq(replied, "");
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(an_invalid_one_has_its_reply_and_is_handed_over_too)
{
	struct event event;

	judge_body("{\"type\":\"paid\"}", NULL);
	ck_assert_int_eq(judged, JUDGED_NOTE);
	event = encoded();
	ck_assert_int_eq(event.kind, EVENT_REJECTED);
	ck_assert_mem_eq(event.text[EVENT_REASON], "body:/id is missing", 19);
	ck_assert_ptr_nonnull(strstr(replied, "Status: 400 Bad Request"));
	ck_assert_ptr_nonnull(strstr(replied, "invalid-field"));
	ck_assert_ptr_nonnull(strstr(replied, "body:/id"));
	ck_assert_ptr_nonnull(
	    strstr(logged, "s: refused from 192.0.2.7: body:/id is missing: it is part of the id (15 bytes)\n"));
}
END_TEST

START_TEST(what_is_not_json_is_kept_too)
{
	judge_body("{\"type\":", NULL);
	ck_assert_int_eq(encoded().kind, EVENT_REJECTED);
	ck_assert_ptr_nonnull(strstr(replied, "invalid-json"));
}
END_TEST

START_TEST(a_path_is_a_sources_or_not_found)
{
	setenv("REQUEST_URI", "/a\x1b/b?s", 1);
	judge_body(GOOD, NULL);
	refused("404", "not-found", "/a\\x1b/b: refused from 192.0.2.7: no source at this path (22 bytes)\n");
}
END_TEST

START_TEST(what_was_asked_is_looked_at_before_the_body)
{
	setenv("HTTP_CONTENT_ENCODING", "gzip", 1);
	judge_body("", "7");
	refused("415", "unsupported-encoding", "s: refused from 192.0.2.7: content coding (7 bytes)\n");
	setenv("CONTENT_TYPE", "text/plain", 1);
	judge_body("", "7");
	refused("415", "unsupported-media-type", ": content type is not JSON (");
	setenv("REQUEST_METHOD", "PUT", 1);
	judge_body("", "7");
	refused("405", "method-not-allowed", ": method is not POST (");
	setenv("HTTPS", "off", 1);
	judge_body("", "7");
	refused("403", "https-required", ": not over HTTPS (");
	setenv("REMOTE_ADDR", "203.0.113.1", 1);
	judge_body("", "");
	refused("403", "address-not-allowed", "s: refused from 203.0.113.1: address not allowed (no length)\n");
}
END_TEST

START_TEST(a_body_is_as_long_as_is_said_and_allowed)
{
	char large[102];

	memset(large, ' ', 101);
	large[101] = '\0';
	judge_body(large, NULL);
	refused("413", "body-too-large", ": longer than max-body (101 bytes)");
	judge_body(GOOD, "23");
	refused("400", "truncated-body", ": body shorter than its length (23 bytes)");
	judge_body(GOOD, "-1");
	refused("400", "bad-length", ": bad content length (-1 bytes)");
	judge_body("", NULL);
	refused("400", "empty-body", ": empty body (0 bytes)");
}
END_TEST

START_TEST(what_was_cut_off_for_its_time_is_told_so_and_nothing_else)
{
	late = true;
	judge_body(GOOD, NULL);
	refused("408", "body-too-slow", ": body not here within read-deadline (22 bytes)");
	setenv("REQUEST_URI", "/health", 1);
	judge_body("", NULL);
	refused("408", "body-too-slow", "");
	late = false;
}
END_TEST

START_TEST(a_signature_is_looked_at_before_the_content)
{
	setenv("HTTP_X_TOKEN", "nobodys-secret", 1);
	judge_body("nonsense", NULL);
	refused("401", "unauthorized", "s: refused from 192.0.2.7: signature wrong (8 bytes)\n");
	unsetenv("HTTP_X_TOKEN");
	judge_body("nonsense", NULL);
	refused("401", "unauthorized", ": signature missing (8 bytes)\n");
}
END_TEST

START_TEST(want_of_memory_is_told_too)
{
	char body[8192] = "{", *at = body + 1;

	for (int i = 0; i < 500; i++)
		at += sprintf(at, "\"%d\":0,", i);
	strcpy(at, "\"type\":\"paid\",\"id\":1}");
	setenv("REQUEST_URI", "/posts", 1);
	no_memory = true;
	judge_body(body, NULL);
	no_memory = false;
	refused("503", "internal", "posts: refused from 192.0.2.7: out of memory (");
	judge_body(body, NULL);
	ck_assert_int_eq(encoded().kind, EVENT_ACCEPTED);
}
END_TEST

START_TEST(a_handshake_has_its_reply_at_once)
{
	judge_body("{\"type\":\"ping\",\"text\":\"abc\"}", NULL);
	refused("200 OK", "\r\n\r\nabc", "s: answered \"ping\" to 192.0.2.7\n");
	judge_body("{\"type\":\"ping\"}", NULL);
	refused("400", "body:/text", "s: refused from 192.0.2.7: answer \"ping\": body:/text is missing (15 bytes)\n");
}
END_TEST

START_TEST(a_get_is_a_handshake_or_refused)
{
	setenv("REQUEST_METHOD", "GET", 1);
	setenv("QUERY_STRING", "mode=ask&token=a-known-token", 1);
	judge_body("", "");
	refused("200 OK", "\r\n\r\nhello", "s: answered \"get\" to 192.0.2.7\n");
	setenv("QUERY_STRING", "mode=ask&token=unknown", 1);
	judge_body("", "");
	refused("401", "unauthorized", ": token of the handshake missing or wrong (no length)\n");
	unsetenv("QUERY_STRING");
	judge_body("", "");
	refused("405", "method-not-allowed", ": method is not POST, and no answer is for this GET (no length)\n");
	setenv("REQUEST_URI", "/posts", 1);
	judge_body("", "");
	refused("405", "method-not-allowed", "posts: refused from 192.0.2.7: method is not POST (no length)\n");
}
END_TEST

START_TEST(health_is_asked_of_the_spooler)
{
	setenv("REQUEST_URI", "/health", 1);
	judge_body("", NULL);
	refused("405", "method-not-allowed", "");
	ck_assert_ptr_nonnull(strstr(replied, "Allow: GET, HEAD"));
	ck_assert_str_eq(logged, "");
	setenv("REQUEST_METHOD", "HEAD", 1);
	judge_body("", NULL);
	ck_assert_int_eq(judged, JUDGED_ASK);
	ck_assert_uint_eq(request->head.len, REQUEST_HEAD_ROOM);
	ck_assert_str_eq(replied, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tc = tcase_create("judge");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, sent_clean);
	tcase_add_test(tc, a_good_one_is_handed_over_and_waits);
	tcase_add_test(tc, an_invalid_one_has_its_reply_and_is_handed_over_too);
	tcase_add_test(tc, what_is_not_json_is_kept_too);
	tcase_add_test(tc, a_path_is_a_sources_or_not_found);
	tcase_add_test(tc, what_was_asked_is_looked_at_before_the_body);
	tcase_add_test(tc, a_body_is_as_long_as_is_said_and_allowed);
	tcase_add_test(tc, what_was_cut_off_for_its_time_is_told_so_and_nothing_else);
	tcase_add_test(tc, a_signature_is_looked_at_before_the_content);
	tcase_add_test(tc, want_of_memory_is_told_too);
	tcase_add_test(tc, a_handshake_has_its_reply_at_once);
	tcase_add_test(tc, a_get_is_a_handshake_or_refused);
	tcase_add_test(tc, health_is_asked_of_the_spooler);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
