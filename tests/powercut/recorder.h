/*
 * The library that hookspoold is started with (LD_PRELOAD): its files (recorder.c), names (recorder_names.c) and clock (recorder_clock.c).
 */
#ifndef POWERCUT_RECORDER_H
#define POWERCUT_RECORDER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

/* The next definition of a function behind this library. */
void *recorder_next(const char *name);
#define NEXT(type, name) ((type)recorder_next(name))

/* POWERCUT_SPEED times as fast as the machine's; POWERCUT_WALL_MS: what the wall clock says at the start. */
uint64_t recorder_wall_ms(void);
/* The machine's. */
uint64_t recorder_real_ns(void);

/* Whether this process is the one that is recorded. */
bool recorder_records(void);

/* Held around a call and its note. */
extern pthread_mutex_t recorder_lock;

/* Under the lock, behind the call; errno stays the call's. */
void recorder_note(struct record *, const void *data, size_t len);
void recorder_note_names(enum record_kind, const char *one, const char *two);

/* Without the lock: a call that the model does not know. */
void recorder_strange(const char *call);

/* The name in the spool's directory that PATH from AT is, or NULL: it is none, or nothing is recorded. */
const char *recorder_name_in(int at, const char *path);
bool recorder_is_directory(const char *path);

#endif
