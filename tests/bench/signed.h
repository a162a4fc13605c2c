/*
 * Signed requests: a sample (sample.h) as the HTTP POST that its sender would send, hex HMAC-SHA256 of the body in a header.  Each is made
 * when it is needed: that takes the id's bytes and one HMAC with a key that is set up once, 0.7 us, whether the run is short or long.
 */
#ifndef HOOKSPOOL_BENCH_SIGNED_H
#define HOOKSPOOL_BENCH_SIGNED_H

#include <openssl/evp.h>

#include "sample.h"

struct signer {
	struct sample sample;
	char *request; /* owned: the first, with no id and no signature yet */
	size_t size;   /* of each */
	size_t signature_at, body_at;
	uint64_t next; /* the number of the request that comes next */
	EVP_MAC_CTX *mac;
};

/* PATH, HEADER: where to, and where the signature stands.  The key is SECRET_FILE's bytes without the line feed at its end.  BYTES as for
 * sample_init().  Returns NULL, or what is wrong (with errno, or 0). */
const char *signer_init(struct signer *, const char *path, const char *header, const char *secret_file, size_t bytes);
/* Make the next request of REQUEST, size bytes, which was a copy of the signer's first.  Returns 0, or -1. */
int signer_next(struct signer *, char *request);
void signer_free(struct signer *);

#endif
