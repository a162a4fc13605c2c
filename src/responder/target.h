/*
 * Where the spooler is and how it is waited for, copied from a configuration that may be replaced.
 */
#ifndef HOOKSPOOL_TARGET_H
#define HOOKSPOOL_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

struct target {
	char *socket, *spooler; /* where it listens; its program */
	bool autostart;
	uint64_t deadline_ms; /* how long a webhook waits for its word */
};

/* Returns owned, or NULL with errno. */
struct target *target_new(const struct conf *);
void target_free(struct target *);

#endif
