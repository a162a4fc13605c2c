/*
 * The side under test: the real spool, batch, scheduler and operator's changes in a process of their own, one command at a time, with a
 * clock and chance that the model gives.  Killed, it leaves what a crash leaves.
 */
#ifndef HOOKSPOOL_MODEL_SERVED_H
#define HOOKSPOOL_MODEL_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "configured.h"

#define RETAIN_TURNS 3	 /* so many times passes until what was kept long enough goes */
#define PRESENT_MAX 4096 /* events that are there at a time */

enum command { HELLO, TURN, ACCEPT, RETRY, DROP, RETRY_DEAD, SUSPEND, RESUME, RELOAD, RETAIN, LEAVE };

/* The process kills itself at its next commit: before it, or behind it when nobody was told. */
enum death { LIVES, DIES_BEFORE, DIES_BEHIND };

struct order {
	enum command command;
	enum death death;
	uint64_t now_ms;
	uint64_t number; /* RETRY, DROP; ACCEPT: the id */
	int hook, source, type, lane;
	bool force;
	int form;	   /* RELOAD: of the configuration */
	uint64_t asked[8]; /* numbers of events whose deliveries the answer has */
	int nasked;
};

struct told_delivery {
	uint64_t number, next_ms;
	int hook, state;
	uint32_t attempts;
};

struct told_hook {
	bool there, suspended, by_hand;
	unsigned failures;
	uint64_t probe_ms;
};

struct answer {
	int result, why; /* what the command returned; errno */
	uint64_t number; /* ACCEPT */
	bool duplicate;
	unsigned running;
	uint64_t queued, done, dead, dropped, unhandled, events;
	struct told_hook hooks[HOOKS];
	struct told_delivery deliveries[8 * HOOKS];
	int ndeliveries;
	/* RETAIN: the events that are there.  Only so many are sent. */
	size_t npresent;
	uint64_t present[PRESENT_MAX];
};

/* Serve orders from the socket ORDERS with the spool in DIR, whose runner is at the other end of RUNNER.  Never returns. */
void serve_orders(int orders, int runner, const char *dir, uint64_t seed) __attribute__((noreturn));

#endif
