/*
 * The webhook that the bench sends: the complete verification.completed event of the sender's page, with an id that no run ever used before.
 * Half of an id is random for the run, half a scattered counter, so that ids come in no order, as senders' do.
 */
#ifndef HOOKSPOOL_BENCH_SAMPLE_H
#define HOOKSPOOL_BENCH_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_ID_LEN 36 /* of the form of a UUID */

struct sample {
	char *body; /* owned; what each webhook's body begins as */
	size_t len;
	size_t id_at, result_at; /* where in the body its two ids stand */
	uint64_t prefix;	 /* random for the run */
};

/* BYTES: at least so long, padded in its metadata; 0: as on the sender's page.  Returns 0, or -1 with errno. */
int sample_init(struct sample *, size_t bytes);
/* Give BODY, a copy of the sample's, the ids of the webhook with this number, and return where its id lies in there. */
const char *sample_number(const struct sample *, char *body, uint64_t number);
void sample_free(struct sample *);

#endif
