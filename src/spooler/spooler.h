/*
 * The spooler's parts, as they know each other: one process, one event loop, one spool, one runner.
 */
#ifndef HOOKSPOOL_SPOOLER_H
#define HOOKSPOOL_SPOOLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../protocol/account.h"

struct batch;
struct conf;
struct event_base;
struct followers;
struct news;
struct schedule;
struct space;
struct spool;
struct watchers;

struct spooler {
	struct conf *conf;	  /* another one after a reload: nobody keeps what it has */
	unsigned conf_reads;	  /* how it is read: see conf_read() */
	struct accounts accounts; /* whom the runner lets hooks run as, for good; owned */
	bool runner_reads;	  /* it reads the configuration itself, and so can have other programs after a reload */
	struct event_base *base;
	struct spool *spool;
	struct batch *batch;
	struct space *space;
	struct schedule *schedule;
	struct followers *followers;
	struct news *news; /* NULL: nobody can watch */
	struct watchers *watchers;
	uint64_t started_ms; /* since the epoch */
	bool stopping;
};

#endif
