/* What OpenSSL's decoder lets pass (blanks, bits behind the end, padding for nothing) is found by encoding again. */
#include "base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

ssize_t
base64_decode(const char *text, size_t len, unsigned char *out, size_t size)
{
	unsigned char bytes[BASE64_BYTES_MAX + 3];
	char again[BASE64_TEXT_SIZE(BASE64_BYTES_MAX)];
	size_t n = len / 4 * 3;
	ssize_t result = -1;

	if (len == 0 || len % 4 != 0 || len >= sizeof(again))
		return -1;
	n -= (text[len - 1] == '=') + (size_t)(text[len - 1] == '=' && text[len - 2] == '=');
	if (n > size || EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) < 0)
		return -1;
	base64_encode(again, bytes, n);
	if (memcmp(again, text, len) == 0) {
		memcpy(out, bytes, n);
		result = (ssize_t)n;
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(again, sizeof(again));
	return result;
}

void
base64_encode(char *out, const unsigned char *bytes, size_t len)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
}
