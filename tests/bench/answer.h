/* HTTP answers, as far as the bench's servers give them: a length or chunks, and a body that is text. */
#ifndef HOOKSPOOL_BENCH_ANSWER_H
#define HOOKSPOOL_BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_MAX 16384 /* bytes of an answer with its head; ours have some 200 */

/*
 * The body of ANSWER, of which LEN bytes have come and which has room for one more, when it is complete, or NULL.  *STATUS (0: no answer of
 * HTTP/1.1) and *CLOSES say what its head says; they are set as soon as that is complete.
 */
const char *answer_body(char *answer, size_t len, int *status, bool *closes);

#endif
