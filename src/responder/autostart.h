/*
 * When a spooler that is not there is started, and how often that is tried again.
 */
#ifndef HOOKSPOOL_AUTOSTART_H
#define HOOKSPOOL_AUTOSTART_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct conf;
struct target;

struct autostart {
	int starter; /* see starter.h; -1: there is none */
	char *program;
	uint64_t tried_ms, wait_ms; /* the last time, and how long it is given; 0: none yet */
	unsigned failed;	    /* attempts since there was a spooler */
	atomic_bool over;	    /* the starter has ended */
};

/*
 * Fork the starter for FILE (the configuration's absolute path), if CONF wants autostart.  Only while there is one thread.
 * Returns 0, or -1 with errno.
 */
int autostart_init(struct autostart *, const struct conf *, const char *file);

/* Nobody listens at SOCKET.  NOW: clock_monotonic_ms().  Starts the spooler, unless that was tried a moment ago or another responder does. */
void autostart_try(struct autostart *, const char *socket, uint64_t now);

/* The spooler is there. */
void autostart_rest(struct autostart *);

/* There will be no spooler through this responder any more, for its starter has ended.  Any thread may ask. */
bool autostart_is_over(const struct autostart *);

/* The configuration has changed: perhaps it is worth a try now.  Warns of what can't be followed. */
void autostart_follow(struct autostart *, const struct target *);

#endif
