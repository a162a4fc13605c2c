/* Two queues under one mutex: to the threads, and back.  The threads are kept once they are started. */
#include "slow.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log_flood.h"
#include "connections.h"
#include "judge.h"
#include "read_limit.h"
#include "request.h"
#include "rules.h"

#define STACK (256u << 10)
#define THREADS_MAX 128 /* with those that stand in for others that wait */
#define SLOW_MS 20	/* a thread whose request takes longer to come has another stand in for it */
#define GIVE_UP_MS 100	/* one that takes longer may be given up for others */

struct reader {
	struct slow *slow;
	struct judge judge;
	struct read_limit limit;
};

struct slow {
	struct rules_book *book;
	int wake;
	/* The loop's own. */
	unsigned threads, started;
	size_t given; /* and not taken back yet */
	struct reader *readers[THREADS_MAX];
	/* Under the mutex. */
	pthread_mutex_t mutex;
	pthread_cond_t more;
	struct request *first, **last; /* to be read, in the order in which they came */
	size_t queued, idle;
	struct request *judged;
};

/* Wait for a request. */
static struct request *
next_request(struct slow *slow)
{
	struct request *request;

	pthread_mutex_lock(&slow->mutex);
	slow->idle++;
	while ((request = slow->first) == NULL)
		pthread_cond_wait(&slow->more, &slow->mutex);
	slow->idle--;
	slow->queued--;
	if ((slow->first = request->next) == NULL)
		slow->last = &slow->first;
	pthread_mutex_unlock(&slow->mutex);
	return request;
}

static void
give_back(struct slow *slow, struct request *request)
{
	pthread_mutex_lock(&slow->mutex);
	request->next = slow->judged;
	slow->judged = request;
	pthread_mutex_unlock(&slow->mutex);
	(void)!write(slow->wake, &(uint64_t){1}, sizeof(uint64_t));
}

/* What holds for a request is the configuration of now. */
static void
follow_rules(struct reader *reader)
{
	if (rules_follow(&reader->judge.rules, reader->slow->book) != 0)
		log_flood(LOG_FLOOD_ERROR, CONF_NO_SOURCE, "a new configuration can't be used yet",
		    "a new configuration can't be used yet: %s", strerror(errno));
}

/*
 * Begin REQUEST's limit, and read its parameters.  Returns 0, and the limit goes on; or -1: its connection is closed.
 */
static int
begin(struct reader *reader, struct request *request)
{
	uint64_t waited = clock_monotonic_ms() - request->since_ms, limit = reader->judge.rules.conf->read_deadline_ms;

	if (request_may_block(request, true) != 0 ||
	    read_limit_begin(&reader->limit, request_connection(request), limit > waited ? limit - waited : 0) != 0) {
		connections_log_cut("no descriptor is left to guard it");
		request_close(request);
		return -1;
	}
	if (request_accept(request) == 0)
		return 0;
	if (read_limit_end(&reader->limit))
		connections_log_cut("a request's parameters not here in time");
	else if (request_begun(request))
		connections_log_cut("it ended within a request's parameters");
	return -1;
}

static enum judged
read_and_judge(struct reader *reader, struct request *request)
{
	bool late;

	follow_rules(reader);
	if (begin(reader, request) != 0)
		return JUDGED_DONE;
	follow_rules(reader); /* its parameters may have taken their time */
	judge_receive(&reader->judge, request);
	late = read_limit_end(&reader->limit);
	request_may_block(request, false); /* no server that does not read holds up whoever replies */
	return judge_decide(&reader->judge, request, late);
}

static void *
read_requests(void *argument)
{
	struct reader *reader = argument;

	for (;;) {
		struct request *request = next_request(reader->slow);

		request->judged = read_and_judge(reader, request);
		give_back(reader->slow, request);
	}
	return NULL;
}

/* Returns 0, or -1 with errno. */
static int
start(struct slow *slow)
{
	struct reader *reader = calloc(1, sizeof *reader);
	pthread_attr_t attributes;
	pthread_t thread;

	if (reader == NULL)
		return -1;
	reader->slow = slow;
	read_limit_init(&reader->limit);
	if (rules_follow(&reader->judge.rules, slow->book) != 0) {
		free(reader);
		return -1;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	errno = pthread_create(&thread, &attributes, read_requests, reader);
	pthread_attr_destroy(&attributes);
	if (errno != 0) {
		log_flood(LOG_FLOOD_ERROR, CONF_NO_SOURCE, "no thread",
		    "no thread for requests that are slow to come: %s", strerror(errno));
		free(reader);
		return -1;
	}
	slow->readers[slow->started++] = reader;
	return 0;
}

struct slow *
slow_new(struct rules_book *book, unsigned threads, int wake)
{
	struct slow *slow = calloc(1, sizeof *slow);

	if (slow == NULL)
		return NULL;
	slow->book = book;
	slow->threads = threads;
	slow->wake = wake;
	slow->last = &slow->first;
	pthread_mutex_init(&slow->mutex, NULL);
	pthread_cond_init(&slow->more, NULL);
	return slow;
}

/* How many wait for a thread, beyond those for which one is idle. */
static size_t
waiting(struct slow *slow)
{
	size_t n;

	pthread_mutex_lock(&slow->mutex);
	n = slow->queued > slow->idle ? slow->queued - slow->idle : 0;
	pthread_mutex_unlock(&slow->mutex);
	return n;
}

void
slow_give(struct slow *slow, struct request *request)
{
	request->next = NULL;
	slow->given++;
	pthread_mutex_lock(&slow->mutex);
	*slow->last = request;
	slow->last = &request->next;
	slow->queued++;
	pthread_cond_signal(&slow->more);
	pthread_mutex_unlock(&slow->mutex);
	if (slow->started < slow->threads && waiting(slow) > 0)
		start(slow); /* if it can't now, slow_look() tries again */
}

struct request *
slow_take(struct slow *slow)
{
	struct request *judged;

	pthread_mutex_lock(&slow->mutex);
	judged = slow->judged;
	slow->judged = NULL;
	pthread_mutex_unlock(&slow->mutex);
	for (const struct request *request = judged; request != NULL; request = request->next)
		slow->given--;
	return judged;
}

/* End what takes too long.  Returns how many threads are held by a request that is slow to come. */
static unsigned
look_at_limits(struct slow *slow)
{
	unsigned n = 0;

	for (unsigned i = 0; i < slow->started; i++)
		n += read_limit_look(&slow->readers[i]->limit) >= SLOW_MS;
	return n;
}

/* Give up the request that has been coming for longest.  Returns whether there was one. */
static bool
give_up_slowest(struct slow *slow)
{
	struct read_limit *slowest = NULL;
	uint64_t most = GIVE_UP_MS;

	for (unsigned i = 0; i < slow->started; i++) {
		struct read_limit *limit = &slow->readers[i]->limit;
		uint64_t taken = read_limit_look(limit);

		if (taken >= most && !read_limit_ended(limit)) {
			most = taken;
			slowest = limit;
		}
	}
	return slowest != NULL && read_limit_expire(slowest);
}

void
slow_look(struct slow *slow)
{
	unsigned held = look_at_limits(slow), most = held + slow->threads;
	size_t n = waiting(slow);

	/* Others may wait behind any number of slow ones: twice as many, if it is all of them. */
	if (held == slow->started && most < held * 2)
		most = held * 2;
	if (most > THREADS_MAX)
		most = THREADS_MAX;
	for (; n > 0 && slow->started < most && start(slow) == 0; n--)
		continue;
	if (slow->started == THREADS_MAX)
		for (; n > 0 && give_up_slowest(slow); n--)
			continue;
}

bool
slow_busy(const struct slow *slow)
{
	return slow->given > 0;
}
