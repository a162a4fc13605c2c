/* The digest itself is OpenSSL's. */
#include "digest.h"

#include <openssl/evp.h>

#include "text.h"

int
digest_bytes(unsigned char *out, const void *bytes, size_t len)
{
	return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

int
digest_text(char *out, const void *bytes, size_t len)
{
	unsigned char digest[DIGEST_SIZE];

	if (digest_bytes(digest, bytes, len) != 0)
		return -1;
	text_hex(out, digest, sizeof digest);
	return 0;
}
