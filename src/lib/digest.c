#include "digest.h"

#include <openssl/evp.h>

#include "text.h"

int
digest_text(char *out, const void *bytes, size_t len)
{
	unsigned char digest[DIGEST_TEXT_SIZE / 2];

	if (EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return -1;
	text_hex(out, digest, sizeof digest);
	return 0;
}
