#include "fastcgi.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PADDING 3
#define BACKLOG 200

static struct sockaddr_un address = {.sun_family = AF_UNIX};

void
fastcgi_record(struct fastcgi *fastcgi, int type, const void *bytes, size_t len)
{
	unsigned char *out = fastcgi->bytes + fastcgi->len;
	size_t padding = type == FASTCGI_BEGIN || len == 0 ? 0 : PADDING;

	ck_assert_uint_le(fastcgi->len + FASTCGI_HEADER + len + padding, FASTCGI_MAX);
	ck_assert_uint_lt(len, 65536);
	memset(out, 0, FASTCGI_HEADER + len + padding);
	out[0] = 1;
	out[1] = (unsigned char)type;
	out[3] = 1;
	out[4] = (unsigned char)(len >> 8);
	out[5] = (unsigned char)len;
	out[6] = (unsigned char)padding;
	if (len > 0)
		memcpy(out + FASTCGI_HEADER, bytes, len);
	fastcgi->len += FASTCGI_HEADER + len + padding;
}

void
fastcgi_begin(struct fastcgi *fastcgi, bool keep)
{
	fastcgi_record(fastcgi, FASTCGI_BEGIN, (unsigned char[8]){0, 1, keep}, 8);
}

void
fastcgi_param(struct fastcgi *fastcgi, const char *name, const char *value)
{
	char pair[256];
	int n = snprintf(pair, sizeof pair, "%c%c%s%s", (int)strlen(name), (int)strlen(value), name, value);

	fastcgi_record(fastcgi, FASTCGI_PARAMS, pair, (size_t)n);
}

void
fastcgi_post(struct fastcgi *fastcgi, bool keep, const char *uri, const void *body, size_t len)
{
	char length[32];

	snprintf(length, sizeof length, "%zu", len);
	fastcgi->len = 0;
	fastcgi_begin(fastcgi, keep);
	fastcgi_param(fastcgi, "REQUEST_METHOD", "POST");
	fastcgi_param(fastcgi, "REQUEST_URI", uri);
	fastcgi_param(fastcgi, "CONTENT_TYPE", "application/json");
	fastcgi_param(fastcgi, "CONTENT_LENGTH", length);
	fastcgi_param(fastcgi, "HTTPS", "on");
	fastcgi_param(fastcgi, "REMOTE_ADDR", "192.0.2.7");
	fastcgi_record(fastcgi, FASTCGI_PARAMS, NULL, 0);
	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < 30000 ? len - at : 30000;
		fastcgi_record(fastcgi, FASTCGI_STDIN, (const char *)body + at, n);
	}
	fastcgi_record(fastcgi, FASTCGI_STDIN, NULL, 0);
}

void
fastcgi_listen(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/hookspool-fastcgi.%d", (int)getpid());
	unlink(address.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, BACKLOG), 0);
	ck_assert_int_eq(dup2(fd, 0), 0);
	close(fd);
}

int
fastcgi_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

void
fastcgi_close(void)
{
	unlink(address.sun_path);
}

void
fastcgi_send(const struct fastcgi *fastcgi, int fd, size_t from, size_t to)
{
	ck_assert_int_eq(send(fd, fastcgi->bytes + from, to - from, MSG_NOSIGNAL), (ssize_t)(to - from));
}

const char *
fastcgi_reply(int fd, bool wait)
{
	static char text[65536];
	ssize_t n = recv(fd, text, sizeof text - 1, wait ? 0 : MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '.';
	text[n > 0 ? n : 0] = '\0';
	return text;
}
