/*
 * The main thread: it starts the loop, and looks for signals and for changes of the configuration, which takes time to
 * be read.  Or it is a CGI process, which has nothing else to do than to wait.
 */
#include "responder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "handover.h"
#include "judge.h"
#include "loop.h"
#include "request.h"
#include "reread.h"
#include "rules.h"
#include "sandbox.h"

#define CHANGE_LOOK_SECONDS 1
#define SETTLED_MS 1000 /* a file of the configuration that was written to more lately may be half written */

struct responder {
	struct rules_book book;
	struct handover *handover;
	struct loop *loop;   /* NULL: of a CGI process, which has none */
	const char *sandbox; /* what it has given up */
};

static void
free_nothing(void *context, struct request *request)
{
	(void)context;
	(void)request; /* the process ends */
}

/* A CGI process and its one request. */
static int
serve_one(struct responder *responder)
{
	struct judge judge = {0};
	struct request *request = request_new(true);

	if (request == NULL || rules_follow(&judge.rules, &responder->book) != 0)
		return EXIT_FAILURE;
	request_accept_cgi(request, judge.rules.conf->read_deadline_ms);
	judge_receive(&judge, request);
	handover_take(
	    responder->handover, request, judge_decide(&judge, request, request_late(request)), clock_monotonic_ms());
	while (handover_parked(responder->handover) > 0)
		handover_wait(responder->handover);
	return EXIT_SUCCESS;
}

static void
read_again(struct responder *responder, struct conf_stamps *stamps)
{
	reread(stamps, &responder->book, responder->handover);
	loop_wake(responder->loop);
}

/* Until a signal comes, whose number is returned, or there is nothing more to do than to end, as for SIGTERM. */
static int
wait_for_signal(struct responder *responder, struct conf_stamps *stamps, const sigset_t *signals)
{
	const struct timespec look = {CHANGE_LOOK_SECONDS, 0};
	int number;

	while ((number = sigtimedwait(signals, NULL, &look)) == -1) {
		if (errno != EAGAIN)
			continue;
		if (handover_orphaned(responder->handover))
			return SIGTERM;
		log_follow();
		log_flood_tell(false);
		if (conf_stamps_changed(stamps) && conf_stamps_settled(stamps, SETTLED_MS))
			read_again(responder, stamps);
	}
	return number;
}

static int
serve(struct responder *responder, struct conf_stamps *stamps, const sigset_t *signals)
{
	const struct conf *conf = atomic_load(&responder->book.current)->conf; /* replaced by this thread only */
	int number;

	log_info("ready: %zu sources, sandbox: %s", conf->nsources, responder->sandbox);
	if (loop_begin(responder->loop, responder->handover) != 0)
		fatal("can't start the loop: %s", strerror(errno));
	number = wait_for_signal(responder, stamps, signals);
	loop_end(responder->loop);
	log_flood_tell(true);
	log_info("signal %d: stopped", number);
	return EXIT_SUCCESS;
}

/* What the main thread alone takes. */
static void
block_signals(sigset_t *signals)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
}

int
responder_main(struct conf *conf, struct conf_stamps *stamps, bool cgi)
{
	static struct responder responder;
	struct handover_owner owner = {.done = free_nothing};
	sigset_t signals;

	block_signals(&signals);
	if (!cgi) {
		if (FCGX_Init() != 0)
			fatal("libfcgi: FCGX_Init failed");
		if ((responder.loop = loop_new(&responder.book, conf->threads)) == NULL)
			fatal("can't start: %s", strerror(errno));
		owner = (struct handover_owner){loop_done, loop_watch, responder.loop};
	}
	if ((responder.handover = handover_new(conf, &owner)) == NULL)
		fatal("can't start: %s", strerror(errno));
	responder.sandbox =
	    conf->sandbox ? sandbox_enter(strcmp(conf->log, "stderr") != 0 && strcmp(conf->log, "syslog") != 0) : "off";
	if (rules_book_init(&responder.book, conf) != 0)
		fatal("can't start: %s", strerror(errno));
	return cgi ? serve_one(&responder) : serve(&responder, stamps, &signals);
}
