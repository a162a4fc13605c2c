/* One responder's connection: real frames over a socket pair, a real spool behind it. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/lib/clock.h"
#include "../../src/lib/wire.h"
#include "../../src/protocol/event.h"
#include "../../src/protocol/submit.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/client.h"
#include "scarce.h"
#include "spooled.h"

struct ack {
	uint64_t sequence, number;
	enum submit_ack word;
};

#define FRAME_COST 512 /* as in client.c */

static struct client *client;
static int responder, socket_of_client; /* the two ends */
static bool ended, has_room = true;
static ptrdiff_t large;
static size_t share = 1u << 20;
static int waits;

static void
on_ended(void *context, struct client *of)
{
	(void)context;
	ck_assert_ptr_eq(of, client);
	ended = true;
}

static bool
on_room(void *context, ptrdiff_t more)
{
	(void)context;
	if (more > 0 && !has_room)
		return false;
	large += more;
	return true;
}

static size_t
on_share(void *context)
{
	(void)context;
	return share;
}

static void
on_wait(void *context, struct client *of)
{
	(void)context;
	ck_assert_ptr_eq(of, client);
	waits++;
}

static void
set_up(void)
{
	const struct client_owner owner = {NULL, on_ended, on_room, on_share, on_wait};
	unsigned char hello[SUBMIT_HELLO_SIZE], expected[SUBMIT_HELLO_SIZE];
	int pair[2];

	spooled_set_up();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	responder = pair[1];
	socket_of_client = pair[0];
	ck_assert_ptr_nonnull(client = client_new(&spooled, pair[0], &owner));
	ck_assert_int_eq(recv(responder, hello, sizeof hello, 0), sizeof hello);
	submit_put_hello(expected);
	ck_assert_mem_eq(hello, expected, sizeof hello);
}

static void
tear_down(void)
{
	if (!ended)
		client_free(client);
	ck_assert(ended);
	ck_assert_int_eq(large, 0);
	if (responder != -1)
		close(responder);
	spooled_tear_down();
}

static void
say(const void *bytes, size_t len)
{
	ck_assert_int_eq(send(responder, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
greet(void)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	submit_put_hello(hello);
	say(hello, sizeof hello);
}

/* A WEBHOOK frame of source "s" into OUT; returns its length. */
static size_t
frame(unsigned char *out, uint64_t sequence, const char *id, size_t body_len)
{
	struct event event = {.kind = EVENT_ACCEPTED, .body_len = body_len};
	char key[64];
	size_t key_len = 0, head;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	ck_assert_int_eq(event_key_add(key, sizeof key, &key_len, 's', id, strlen(id)), 0);
	event.text[EVENT_SOURCE] = "s";
	event.len[EVENT_SOURCE] = 1;
	event.text[EVENT_TYPE] = "a.x";
	event.len[EVENT_TYPE] = 3;
	event.text[EVENT_CONTENT_TYPE] = "application/json";
	event.len[EVENT_CONTENT_TYPE] = 16;
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = (uint32_t)key_len;
	head = event_head_size(&event);
	submit_put_webhook(out, sequence, head + body_len);
	event_encode_head(&event, out + SUBMIT_WEBHOOK_SIZE);
	memset(out + SUBMIT_WEBHOOK_SIZE + head, 'x', body_len);
	return SUBMIT_WEBHOOK_SIZE + head + body_len;
}

static void
hand_over(uint64_t sequence, const char *id)
{
	unsigned char bytes[512];

	say(bytes, frame(bytes, sequence, id, 10));
}

static bool
acked(struct ack *ack)
{
	unsigned char bytes[SUBMIT_ACK_SIZE];
	struct wire_reader r;

	if (recv(responder, bytes, sizeof bytes, 0) != sizeof bytes)
		return false;
	wire_reader_init(&r, bytes, sizeof bytes);
	ck_assert_uint_eq(wire_get_u32(&r), SUBMIT_ACK_SIZE - 4);
	ck_assert_uint_eq(wire_get_u8(&r), SUBMIT_ACK);
	ack->sequence = wire_get_u64(&r);
	ack->word = wire_get_u8(&r);
	ack->number = wire_get_u64(&r);
	return true;
}

static void
is_acked(uint64_t sequence, enum submit_ack word, uint64_t number)
{
	struct ack ack;

	ck_assert(acked(&ack));
	ck_assert_uint_eq(ack.sequence, sequence);
	ck_assert_int_eq(ack.word, word);
	ck_assert_uint_eq(ack.number, number);
}

static enum client_state
state(void)
{
	uint64_t for_ms;

	return client_state(client, clock_monotonic_ms(), &for_ms);
}

START_TEST(a_webhook_is_on_disk_when_it_is_acknowledged_and_its_like_is_a_duplicate)
{
	struct event event;

	greet();
	hand_over(7, "one");
	spooled_loop();
	is_acked(7, SUBMIT_STORED, 1);
	ck_assert_int_eq(spool_event(spooled.spool, 1, &event), 0);
	ck_assert_uint_eq(event.body_len, 10);
	hand_over(8, "one");
	spooled_loop();
	is_acked(8, SUBMIT_DUPLICATE, 1);
	ck_assert_int_eq(state(), CLIENT_IDLE);
}
END_TEST

START_TEST(many_at_once_are_acknowledged_in_their_order)
{
	struct ack ack;

	greet();
	for (uint64_t i = 1; i <= 40; i++) {
		char id[] = {(char)('0' + i), 0};

		hand_over(i, id);
	}
	spooled_loop();
	for (uint64_t i = 1; i <= 40; i++)
		is_acked(i, SUBMIT_STORED, i);
	ck_assert(!acked(&ack));
}
END_TEST

START_TEST(what_was_stored_starts_its_hook)
{
	greet();
	hand_over(1, "one");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 1);
}
END_TEST

START_TEST(whether_one_would_be_taken_is_said_at_once)
{
	unsigned char question[SUBMIT_WEBHOOK_SIZE];

	greet();
	submit_put_webhook(question, 9, 0);
	say(question, sizeof question);
	spooled_loop();
	is_acked(9, SUBMIT_READY, 0);
}
END_TEST

START_TEST(what_is_no_record_is_refused_and_the_next_is_taken)
{
	unsigned char nonsense[SUBMIT_WEBHOOK_SIZE + 5];

	greet();
	submit_put_webhook(nonsense, 3, 5);
	memcpy(nonsense + SUBMIT_WEBHOOK_SIZE, "hello", 5);
	say(nonsense, sizeof nonsense);
	hand_over(4, "one");
	spooled_loop();
	is_acked(3, SUBMIT_INVALID, 0);
	is_acked(4, SUBMIT_STORED, 1);
}
END_TEST

START_TEST(who_has_not_greeted_is_cut_off)
{
	ck_assert_int_eq(state(), CLIENT_STRANGER);
	hand_over(1, "one");
	spooled_loop();
	ck_assert(ended);
	ck_assert_uint_eq(spool_counters(spooled.spool)->events, 0);
}
END_TEST

START_TEST(a_frame_that_is_none_ends_the_connection)
{
	static const unsigned char too_short[] = {0, 0, 0, 0, 2}, too_long[] = {0xff, 0xff, 0xff, 0xff, 2};

	greet();
	spooled_loop();
	ck_assert(!ended);
	say(_i == 0 ? too_short : too_long, sizeof too_short);
	spooled_loop();
	ck_assert(ended);
}
END_TEST

START_TEST(a_frame_comes_in_pieces)
{
	unsigned char bytes[512];
	size_t len = frame(bytes, 1, "one", 10);

	greet();
	say(bytes, 1);
	spooled_loop();
	ck_assert_int_eq(state(), CLIENT_HALF);
	say(bytes + 1, len - 2);
	spooled_loop();
	ck_assert_int_eq(state(), CLIENT_HALF);
	say(bytes + len - 1, 1);
	spooled_loop();
	is_acked(1, SUBMIT_STORED, 1);
}
END_TEST

/* The spooler reads as the socket takes more. */
static void
say_much(const unsigned char *bytes, size_t len)
{
	for (int tries = 0; len > 0 && tries < 1000; tries++) {
		ssize_t n = send(responder, bytes, len, MSG_NOSIGNAL);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
		spooled_loop();
	}
	ck_assert_uint_eq(len, 0);
}

START_TEST(a_large_one_takes_room_and_gives_it_back)
{
	static unsigned char bytes[1u << 20];

	greet();
	say_much(bytes, frame(bytes, 1, "large", 900000));
	is_acked(1, SUBMIT_STORED, 1);
	ck_assert_int_eq(large, 0);
	ck_assert_uint_eq(client_large(client), 0);
}
END_TEST

START_TEST(a_large_one_waits_for_room)
{
	static unsigned char bytes[1u << 20];
	size_t len = frame(bytes, 1, "large", 900000), sent = 0;
	ssize_t n;

	has_room = false;
	greet();
	while ((n = send(responder, bytes + sent, len - sent, MSG_NOSIGNAL)) > 0) {
		sent += (size_t)n;
		spooled_loop();
	}
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_lt(sent, len);
	ck_assert_int_eq(state(), CLIENT_STARVED);
	has_room = true;
	client_go_on(client);
	say_much(bytes + sent, len - sent);
	is_acked(1, SUBMIT_STORED, 1);
}
END_TEST

START_TEST(what_is_beyond_its_share_waits_for_the_next_groups)
{
	unsigned char bytes[512];
	struct ack ack;

	share = frame(bytes, 1, "1", 10) + FRAME_COST;
	greet();
	spooled_loop();
	for (uint64_t i = 1; i <= 3; i++) {
		char id[] = {(char)('0' + i), 0};

		hand_over(i, id);
	}
	for (uint64_t i = 1; i <= 3; i++) {
		for (int turns = 0; turns < 4 && spool_counters(spooled.spool)->events < i; turns++)
			event_base_loop(spooled.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		is_acked(i, SUBMIT_STORED, i);
		ck_assert(!acked(&ack));
	}
	spooled_loop();
	ck_assert_int_eq(state(), CLIENT_IDLE);
}
END_TEST

START_TEST(what_is_more_than_its_share_waits_for_its_turn)
{
	unsigned char bytes[512];
	struct ack ack;
	size_t cost = frame(bytes, 1, "one", 10) + FRAME_COST;

	greet();
	spooled_loop();
	share = cost - 1;
	hand_over(1, "one");
	hand_over(2, "two");
	spooled_loop();
	ck_assert_int_eq(state(), CLIENT_TURN);
	ck_assert_int_eq(waits, 1);
	ck_assert(!acked(&ack));
	ck_assert_uint_eq(client_turn(client), cost);
	spooled_loop();
	is_acked(1, SUBMIT_STORED, 1);
	ck_assert(!acked(&ack));
	ck_assert_int_eq(waits, 2);
	client_turn(client);
	spooled_loop();
	is_acked(2, SUBMIT_STORED, 2);
	ck_assert_int_eq(state(), CLIENT_IDLE);
}
END_TEST

START_TEST(questions_have_no_more_than_their_share_either)
{
	unsigned char question[SUBMIT_WEBHOOK_SIZE];
	struct ack ack;

	greet();
	spooled_loop();
	share = sizeof question + FRAME_COST;
	for (uint64_t i = 1; i <= 4; i++) {
		submit_put_webhook(question, i, 0);
		say(question, sizeof question);
	}
	spooled_loop();
	for (uint64_t i = 1; i <= 4; i++) {
		is_acked(i, SUBMIT_READY, 0);
		ck_assert(!acked(&ack));
		ck_assert_int_eq(state(), i < 4 ? CLIENT_TURN : CLIENT_IDLE);
		client_turn(client);
	}
}
END_TEST

START_TEST(one_that_waits_for_its_turn_can_be_spared)
{
	greet();
	spooled_loop();
	share = 100;
	hand_over(1, "one");
	spooled_loop();
	ck_assert_int_eq(state(), CLIENT_TURN);
	client_free(client);
	spooled_loop();
	ck_assert_uint_eq(spool_counters(spooled.spool)->events, 0);
}
END_TEST

START_TEST(a_stopped_one_reads_nothing_more)
{
	struct ack ack;

	greet();
	spooled_loop();
	client_stop(client);
	hand_over(1, "one");
	spooled_loop();
	ck_assert(!acked(&ack));
	ck_assert(!ended);
}
END_TEST

START_TEST(one_that_is_gone_is_told_its_owner)
{
	greet();
	hand_over(1, "one");
	spooled_loop();
	shutdown(responder, SHUT_RDWR);
	spooled_loop();
	ck_assert(ended);
	ck_assert_uint_eq(spool_counters(spooled.spool)->events, 1);
}
END_TEST

static bool disk_full;

int __real_spool_commit(struct spool *);
int __wrap_spool_commit(struct spool *);

int
__wrap_spool_commit(struct spool *spool)
{
	if (!disk_full)
		return __real_spool_commit(spool);
	spool_abort(spool);
	errno = ENOSPC;
	return -1;
}

START_TEST(what_can_not_be_committed_is_not_acknowledged_and_may_come_again)
{
	greet();
	disk_full = true;
	hand_over(1, "one");
	hand_over(2, "two");
	spooled_loop();
	is_acked(1, SUBMIT_DISK, 0);
	is_acked(2, SUBMIT_DISK, 0);
	disk_full = false;
	hand_over(3, "two");
	spooled_loop();
	is_acked(3, SUBMIT_STORED, 1);
	ck_assert_uint_eq(spool_counters(spooled.spool)->events, 1);
}
END_TEST

START_TEST(who_does_not_read_its_acks_is_waited_for)
{
	unsigned char question[SUBMIT_WEBHOOK_SIZE];
	uint64_t asked = 0, read = 0;
	unsigned char acks[SUBMIT_ACK_SIZE], expected[SUBMIT_ACK_SIZE];
	size_t len = 0;

	ck_assert_int_eq(setsockopt(socket_of_client, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)), 0);
	greet();
	do {
		submit_put_webhook(question, ++asked, 0);
		spooled_loop();
	} while (send(responder, question, sizeof question, MSG_NOSIGNAL) == (ssize_t)sizeof question);
	ck_assert_int_eq(errno, EAGAIN); /* it reads no more */
	ck_assert(!ended);
	while (read < asked - 1) { /* the last could not be asked */
		ssize_t n = recv(responder, acks + len, SUBMIT_ACK_SIZE - len, 0);

		len += n > 0 ? (size_t)n : 0;
		spooled_loop();
		if (len < SUBMIT_ACK_SIZE)
			continue;
		submit_put_ack(expected, ++read, SUBMIT_READY, 0);
		ck_assert_mem_eq(acks, expected, sizeof expected);
		len = 0;
	}
	hand_over(asked, "one");
	spooled_loop();
	is_acked(asked, SUBMIT_STORED, 1);
}
END_TEST

START_TEST(who_goes_without_having_read_its_acks_is_let_go)
{
	unsigned char question[SUBMIT_WEBHOOK_SIZE];

	ck_assert_int_eq(setsockopt(socket_of_client, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)), 0);
	greet();
	submit_put_webhook(question, 1, 0);
	while (send(responder, question, sizeof question, MSG_NOSIGNAL) == (ssize_t)sizeof question)
		spooled_loop();
	close(responder);
	responder = -1;
	spooled_loop();
	ck_assert(ended);
}
END_TEST

START_TEST(without_memory_for_its_buffer_it_is_cut_off)
{
	greet();
	scarce_once(0);
	spooled_loop();
	ck_assert(scarce_over());
	ck_assert(ended);
}
END_TEST

START_TEST(without_memory_for_a_large_one_it_is_cut_off)
{
	static unsigned char bytes[1u << 20];
	size_t len = frame(bytes, 1, "large", 900000), sent = 0;

	greet();
	spooled_loop();
	scarce_once(0);
	while (!ended && sent < len) {
		ssize_t n = send(responder, bytes + sent, len - sent, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		spooled_loop();
	}
	ck_assert(scarce_over());
	ck_assert(ended);
	ck_assert_uint_eq(spool_counters(spooled.spool)->events, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client");
	TCase *frames = tcase_create("frames");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(frames, set_up, tear_down);
	tcase_add_test(frames, a_webhook_is_on_disk_when_it_is_acknowledged_and_its_like_is_a_duplicate);
	tcase_add_test(frames, many_at_once_are_acknowledged_in_their_order);
	tcase_add_test(frames, what_was_stored_starts_its_hook);
	tcase_add_test(frames, whether_one_would_be_taken_is_said_at_once);
	tcase_add_test(frames, what_is_no_record_is_refused_and_the_next_is_taken);
	tcase_add_test(frames, who_has_not_greeted_is_cut_off);
	tcase_add_loop_test(frames, a_frame_that_is_none_ends_the_connection, 0, 2);
	tcase_add_test(frames, a_frame_comes_in_pieces);
	tcase_add_test(frames, a_large_one_takes_room_and_gives_it_back);
	tcase_add_test(frames, a_large_one_waits_for_room);
	tcase_add_test(frames, what_is_beyond_its_share_waits_for_the_next_groups);
	tcase_add_test(frames, what_is_more_than_its_share_waits_for_its_turn);
	tcase_add_test(frames, questions_have_no_more_than_their_share_either);
	tcase_add_test(frames, one_that_waits_for_its_turn_can_be_spared);
	tcase_add_test(frames, a_stopped_one_reads_nothing_more);
	tcase_add_test(frames, one_that_is_gone_is_told_its_owner);
	tcase_add_test(frames, what_can_not_be_committed_is_not_acknowledged_and_may_come_again);
	tcase_add_test(frames, who_does_not_read_its_acks_is_waited_for);
	tcase_add_test(frames, who_goes_without_having_read_its_acks_is_let_go);
	tcase_add_test(frames, without_memory_for_its_buffer_it_is_cut_off);
	tcase_add_test(frames, without_memory_for_a_large_one_it_is_cut_off);
	suite_add_tcase(suite, frames);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
