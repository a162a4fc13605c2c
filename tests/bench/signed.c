#include "signed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#define SECRET_MAX 4096
#define SIGNATURE_LEN 64
#define NO_SIGNATURE "0000000000000000000000000000000000000000000000000000000000000000"

/* The keyed HMAC, or NULL. */
static EVP_MAC_CTX *
mac_new(const unsigned char *secret, size_t len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[2] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;

	if (mac != NULL && EVP_MAC_init(mac, secret, len, params) != 1) {
		EVP_MAC_CTX_free(mac);
		mac = NULL;
	}
	EVP_MAC_free(hmac);
	return mac;
}

static const char *
key_read(struct signer *s, const char *file)
{
	unsigned char secret[SECRET_MAX];
	FILE *f;
	size_t len;

	if ((f = fopen(file, "re")) == NULL)
		return file;
	len = fread(secret, 1, sizeof secret, f);
	fclose(f);
	if (len > 0 && secret[len - 1] == '\n')
		len--;
	errno = 0;
	if (len == 0)
		return "the secret file is empty";
	s->mac = mac_new(secret, len);
	OPENSSL_cleanse(secret, sizeof secret);
	return s->mac != NULL ? NULL : "no HMAC-SHA256 in libcrypto";
}

const char *
signer_init(struct signer *s, const char *path, const char *header, const char *secret_file, size_t bytes)
{
	const char *wrong;
	int len;

	memset(s, 0, sizeof *s);
	if ((wrong = key_read(s, secret_file)) != NULL)
		return wrong;
	if (sample_init(&s->sample, bytes) != 0)
		return "no sample";
	len = asprintf(&s->request,
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n%s: " NO_SIGNATURE "\r\n\r\n%s",
	    path, s->sample.len, header, s->sample.body);
	if (len < 0) {
		s->request = NULL;
		return "no request";
	}
	s->size = (size_t)len;
	s->body_at = s->size - s->sample.len;
	s->signature_at = s->body_at - strlen("\r\n\r\n") - SIGNATURE_LEN;
	return NULL;
}

int
signer_next(struct signer *s, char *request)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *out = request + s->signature_at;
	size_t len;

	sample_number(&s->sample, request + s->body_at, s->next++);
	if (EVP_MAC_init(s->mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(s->mac, (unsigned char *)request + s->body_at, s->sample.len) != 1 ||
	    EVP_MAC_final(s->mac, digest, &len, sizeof digest) != 1)
		return -1;
	for (size_t i = 0; i < SIGNATURE_LEN / 2; i++) {
		*out++ = digits[digest[i] >> 4];
		*out++ = digits[digest[i] & 15];
	}
	return 0;
}

void
signer_free(struct signer *s)
{
	sample_free(&s->sample);
	free(s->request);
	EVP_MAC_CTX_free(s->mac);
}
