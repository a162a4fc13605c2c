/*
 * A fuzz target: hostile bytes, for a part of the program that reads such.  With clang's -fsanitize=fuzzer, or with drive.c.
 */
#ifndef HOOKSPOOL_FUZZ_H
#define HOOKSPOOL_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

extern const char fuzz_name[]; /* the corpus's directory */
extern unsigned long
    fuzz_accepted; /* inputs that were taken for what they should be: a target that refuses all tests nothing */

extern const unsigned long fuzz_runs
    __attribute__((weak)); /* mutations in make check, of a target that takes long; else it is not there */

/* What holds for every input. */
#define FUZZ_HOLDS(condition)                                                                          \
	do {                                                                                           \
		if (!(condition)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                       \
		}                                                                                      \
	} while (0)

/* Returns owned: LEN bytes in a place of their own, so that a byte read beyond them is seen by the sanitizer. */
static inline uint8_t *
fuzz_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	FUZZ_HOLDS(copy != NULL);
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

#endif
