/*
 * Memory that runs out while a part of a program is made: it is not made, says so, and leaves nothing.  Each allocation of each in turn.
 * What it can't do without the runner ends for.
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/submit.h"
#include "../../src/responder/autostart.h"
#include "../../src/responder/connections.h"
#include "../../src/responder/request.h"
#include "../../src/responder/rules.h"
#include "../../src/responder/slow.h"
#include "../../src/responder/target.h"
#include "../../src/runner/crew.h"
#include "../../src/runner/keepers.h"
#include "../../src/runner/line.h"
#include "../../src/runner/means.h"
#include "../../src/runner/pool.h"
#include "../../src/runner/programs.h"
#include "../../src/runner/reports.h"
#include "../../src/runner/task.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/client.h"
#include "../../src/spooler/control.h"
#include "../../src/spooler/door.h"
#include "../../src/spooler/followers.h"
#include "../../src/spooler/hook_users.h"
#include "../../src/spooler/listener.h"
#include "../../src/spooler/reload.h"
#include "../../src/spooler/runner_link.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/space.h"
#include "../../src/spooler/upkeep.h"
#include "scarce.h"
#include "sent.h"
#include "spooled.h"

#define TIMES \
	3 /* that a descriptor is left before it is the part's: the spool's thread may have opened one meanwhile that stays open */

static unsigned nth; /* of the allocations, that fails */

/* A connected socket, for whoever takes it; nobody is at the other end, and it does not matter. */
static int
a_socket(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	close(pair[1]);
	return pair[0];
}

static void *
make_batch(void)
{
	scarce_once(nth);
	return batch_new(spooled.base, spooled.spool);
}

static void
free_batch(void *made)
{
	batch_free(made);
}

static void *
make_door(void)
{
	static const struct door_owner owner = {"test", NULL, NULL};
	int socket = a_socket();

	scarce_once(nth);
	return door_new(spooled.base, socket, &owner);
}

static void
free_door(void *made)
{
	door_free(made);
}

static void *
make_control(void)
{
	int socket = a_socket();

	scarce_once(nth);
	return control_new(&spooled, socket);
}

static void
free_control(void *made)
{
	control_free(made);
}

static void *
make_listener(void)
{
	int socket = a_socket();

	scarce_once(nth);
	return listener_new(&spooled, socket);
}

static void
free_listener(void *made)
{
	listener_free(made);
}

static bool
has_room(void *context, ptrdiff_t more)
{
	(void)context;
	(void)more;
	return true;
}

static int peer; /* of the client */

static void *
make_client(void)
{
	static const struct client_owner owner = {.room = has_room};
	int pair[2];

	if (peer != 0)
		close(peer);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	peer = pair[1];
	scarce_once(nth);
	return client_new(&spooled, pair[0], &owner);
}

static void
free_client(void *made)
{
	client_free(made);
}

static void *
make_space(void)
{
	scarce_once(nth);
	return space_new(&spooled);
}

static void
free_space(void *made)
{
	space_free(made);
}

static void *
make_upkeep(void)
{
	scarce_once(nth);
	return upkeep_new(&spooled);
}

static void
free_upkeep(void *made)
{
	upkeep_free(made);
}

static void *
make_followers(void)
{
	scarce_once(nth);
	return followers_new();
}

static void
free_followers(void *made)
{
	followers_free(made);
}

static void *
make_runner_link(void)
{
	static const struct runner_link_owner owner = {NULL, NULL, NULL};
	int socket = a_socket();

	scarce_once(nth);
	return runner_link_new(spooled.base, socket, &owner);
}

static void
free_runner_link(void *made)
{
	runner_link_free(made);
}

static void *
make_schedule(void)
{
	int socket = a_socket();

	scarce_once(nth);
	return schedule_new(&spooled, socket);
}

static void
free_schedule(void *made)
{
	schedule_free(made);
}

static struct accounts accounts;

static void *
make_hook_users(void)
{
	static gid_t groups[] = {30, 40};
	static struct hook hooks[] = {{.as = {.uid = 10, .gid = 20, .groups = groups, .ngroups = 2}}};
	static struct source sources[] = {{.hooks = hooks, .nhooks = 1}};
	static const struct conf conf = {.sources = sources, .nsources = 1, .hooks_as = {.uid = 5, .gid = 6}};
	int saved;

	scarce_once(nth);
	if (hook_users_make(&accounts, &conf) == 0)
		return &accounts;
	saved = errno;
	hook_users_clear(&accounts);
	errno = saved;
	return NULL;
}

static void
free_hook_users(void *made)
{
	hook_users_clear(made);
}

static const struct keeper_terms terms = {NULL, -1, 1000, 1000};

static void *
make_keepers(void)
{
	scarce_once(nth);
	return keepers_new(spooled.base, &terms);
}

static void
free_keepers(void *made)
{
	keepers_free(made);
}

static void *
make_reports(void)
{
	scarce_once(nth);
	return reports_new(spooled.base, spooled_runner);
}

static void
free_reports(void *made)
{
	reports_free(made);
}

static void *
make_pool(void)
{
	scarce_once(nth);
	return pool_new(NULL);
}

static void
free_pool(void *made)
{
	pool_free(made);
}

static void *
make_line(void)
{
	static struct line line;
	struct run_start run = {.variables = {(char *)(uintptr_t)RUN_PATH}, .fixed = 1};

	scarce_once(nth);
	return line_open(&line, &run, spooled_runner) == 0 ? &line : NULL;
}

static void
free_line(void *made)
{
	line_close(made);
}

static void *
make_programs(void)
{
	scarce_once(nth);
	return programs_new(spooled.conf);
}

static void
free_programs(void *made)
{
	programs_free(made);
}

static struct conf *
a_conf(void)
{
	struct conf *conf =
	    sent_conf("source 's' { path = '/s' secret-file = '@/secret' event = 'body:/type' id = 'body:/id'\n"
		      "  signature { algorithm = 'hmac-sha256' from = 'header:X-S' } }\n");

	sent_clean();
	return conf;
}

static void *
make_target(void)
{
	static const struct conf conf = {.socket = (char *)(uintptr_t) "/s", .spooler = (char *)(uintptr_t) "/p"};

	scarce_once(nth);
	return target_new(&conf);
}

static void
free_target(void *made)
{
	target_free(made);
}

static void *
make_request(void)
{
	scarce_once(nth);
	return request_new(false);
}

static void
free_request(void *made)
{
	request_close(made);
	free(made);
}

static void *
make_connections(void)
{
	ck_assert_int_eq(dup2(spooled_runner, STDIN_FILENO), STDIN_FILENO);
	scarce_once(nth);
	return connections_new();
}

static void
free_connections(void *made)
{
	close(((struct connections *)made)->epoll);
	free(made);
}

static void *
make_slow(void)
{
	scarce_once(nth);
	return slow_new(NULL, 1, -1);
}

static void *
make_autostart(void)
{
	static const struct conf conf = {.autostart = false};
	static struct autostart autostart;

	scarce_once(nth);
	return autostart_init(&autostart, &conf, "/f") == 0 ? &autostart : NULL;
}

static struct rules_book book;

static void *
make_rules(void)
{
	static struct rules rules[64]; /* once they follow they don't begin again */
	static unsigned n;

	if (book.current == NULL)
		ck_assert_int_eq(rules_book_init(&book, a_conf()), 0);
	scarce_once(nth);
	return rules_follow(&rules[++n], &book) == 0 ? &rules[n] : NULL;
}

static void *
make_rules_book(void)
{
	static struct rules_book books[8]; /* there is no end for one */
	static unsigned n;
	struct conf *conf = a_conf();

	scarce_once(nth);
	return rules_book_init(&books[++n], conf) == 0 ? &books[n] : NULL;
}

static void *
make_rules_turn(void)
{
	struct conf *conf;

	if (book.current == NULL)
		ck_assert_int_eq(rules_book_init(&book, a_conf()), 0);
	conf = a_conf();
	scarce_once(nth);
	return rules_book_turn(&book, conf) == 0 ? &book : NULL;
}

static void
leave(void *made)
{
	(void)made;
}

static const struct {
	const char *name;
	void *(*make)(void);
	void (*unmake)(void *);
	unsigned least; /* allocations that it has */
} parts[] = {{"batch", make_batch, free_batch, 3}, {"door", make_door, free_door, 3},
    {"control", make_control, free_control, 4}, {"listener", make_listener, free_listener, 5},
    {"client", make_client, free_client, 4}, {"space", make_space, free_space, 2},
    {"upkeep", make_upkeep, free_upkeep, 3}, {"followers", make_followers, free_followers, 1},
    {"runner_link", make_runner_link, free_runner_link, 2}, {"schedule", make_schedule, free_schedule, 7},
    {"hook_users", make_hook_users, free_hook_users, 3}, {"keepers", make_keepers, free_keepers, 3},
    {"reports", make_reports, free_reports, 2}, {"pool", make_pool, free_pool, 1}, {"line", make_line, free_line, 1},
    {"programs", make_programs, free_programs, 1}, {"target", make_target, free_target, 3},
    {"request", make_request, free_request, 1}, {"connections", make_connections, free_connections, 1},
    {"slow", make_slow, free, 1}, {"autostart", make_autostart, leave, 0}, {"rules", make_rules, leave, 3},
    {"rules_book", make_rules_book, leave, 1}, {"rules_turn", make_rules_turn, leave, 1}};

/* The spool's thread opens some for a moment. */
static bool
falls_to(unsigned before)
{
	for (int i = 0; i < 3000 && scarce_descriptors() > before; i++)
		usleep(1000);
	return scarce_descriptors() <= before;
}

/* With the Nth allocation that fails, if there are as many: then *MADE is NULL.  Returns whether there is a descriptor more behind that. */
static bool
makes_and_leaves_one(int part, void **made)
{
	unsigned before = scarce_descriptors();
	int why;

	*made = parts[part].make();
	why = errno;
	if (!scarce_over()) {
		ck_assert_msg(*made != NULL, "%s", parts[part].name);
		return false;
	}
	ck_assert_msg(*made == NULL, "%s: made without allocation %u", parts[part].name, nth);
	ck_assert_msg(why == ENOMEM, "%s: allocation %u: %s", parts[part].name, nth, strerror(why));
	return !falls_to(before);
}

START_TEST(a_part_that_can_not_be_made_says_so_and_leaves_nothing)
{
	void *made;

	nth = UINT_MAX; /* what libraries keep open is open after that */
	ck_assert(!makes_and_leaves_one(_i, &made));
	parts[_i].unmake(made);
	made = NULL;
	for (nth = 0; made == NULL; nth++) {
		int left = 0;

		while (left < TIMES && makes_and_leaves_one(_i, &made))
			left++;
		ck_assert_msg(left < TIMES, "%s: allocation %u: a descriptor is left", parts[_i].name, nth);
	}
	ck_assert_msg(nth > parts[_i].least, "%s: only %u allocations", parts[_i].name, nth - 1);
	parts[_i].unmake(made);
}
END_TEST

/* What the runner can't do without. */
static void
need_a_crew(void)
{
	scarce_once(nth);
	crew_new(&(struct means){.base = spooled.base}, "/bin/sh");
}

static void
need_a_report(void)
{
	static char bytes[RUN_OUTPUT_MAX];
	struct reports *reports;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	scarce_once(nth);
	reports = reports_new(spooled.base, pair[0]);
	for (;;) /* until its socket takes no more */
		reports_ended(reports,
		    &(struct run_report){
			.token = 1, .end = RUN_EXITED, .out = bytes, .out_len = sizeof bytes, .err = ""});
}

static const struct {
	void (*need)(void);
	unsigned nth;
} needs[] = {{need_a_crew, 0}, {need_a_crew, 1}, {need_a_crew, 2}, {need_a_report, 2}};

START_TEST(a_runner_that_can_not_keep_its_word_ends)
{
	nth = needs[_i].nth;
	needs[_i].need();
	_exit(EXIT_SUCCESS);
}
END_TEST

/* No spool: nobody could remove it. */
static void
set_up_a_loop(void)
{
	scarce_everywhere();
	log_open("test", "/dev/null");
	ck_assert_ptr_nonnull(spooled.base = event_base_new());
}

static void
set_up(void)
{
	scarce_everywhere();
	spooled_set_up();
}

int
main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("memory"), *ends = tcase_create("the runner ends");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, ends);
	tcase_add_checked_fixture(ends, set_up_a_loop, NULL);
	tcase_add_checked_fixture(tc, set_up, spooled_tear_down);
	tcase_add_loop_test(
	    tc, a_part_that_can_not_be_made_says_so_and_leaves_nothing, 0, sizeof parts / sizeof parts[0]);
	tcase_add_loop_exit_test(
	    ends, a_runner_that_can_not_keep_its_word_ends, EXIT_FAILURE, 0, sizeof needs / sizeof needs[0]);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
