/*
 * Secret files.  Read whole, without the newline that editors add; a file that others may read or write is refused,
 * because a secret that leaked quietly is worse than a program that doesn't start.
 */
#include "conf_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
check_file(struct conf_reader *r, const struct setting *setting, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		conf_complain(r, setting, "option 'secret-file': '%s': %s", setting->text, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		conf_complain(r, setting, "option 'secret-file': '%s' is not a regular file", setting->text);
		return -1;
	}
	if ((st.st_mode & S_IRWXO) != 0) {
		conf_complain(r, setting, "option 'secret-file': '%s' is %s by others (mode %04o); chmod 600",
		    setting->text, (st.st_mode & S_IROTH) != 0 ? "readable" : "usable", (unsigned)(st.st_mode & 07777));
		return -1;
	}
	return 0;
}

/* Read into BYTES (SIZE), as far as it goes.  Returns the length, or -1 with errno. */
static ssize_t
read_bytes(int fd, unsigned char *bytes, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, bytes + len, size - len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static void
keep_bytes(
    struct conf_reader *r, const struct setting *setting, struct secret *secret, const unsigned char *bytes, size_t len)
{
	if (len > 0 && bytes[len - 1] == '\n')
		len -= len > 1 && bytes[len - 2] == '\r' ? 2 : 1;
	if (len == 0) {
		conf_complain(r, setting, "option 'secret-file': '%s' is empty", setting->text);
	} else if (len > CONF_SECRET_BYTES) {
		conf_complain(
		    r, setting, "option 'secret-file': '%s' has more than %d bytes", setting->text, CONF_SECRET_BYTES);
	} else {
		secret->bytes = conf_array(r, len, 1);
		if (secret->bytes == NULL)
			return;
		memcpy(secret->bytes, bytes, len);
		secret->len = len;
	}
}

static void
read_secret(struct conf_reader *r, const struct setting *setting, struct secret *secret)
{
	unsigned char bytes[CONF_SECRET_BYTES + 3]; /* one more than the longest with its newline */
	int fd = open(setting->text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t len;

	if (fd == -1) {
		conf_complain(
		    r, setting, "option 'secret-file': '%s' can't be read: %s", setting->text, strerror(errno));
		return;
	}
	if (check_file(r, setting, fd) == 0) {
		len = read_bytes(fd, bytes, sizeof(bytes));
		if (len == -1)
			conf_complain(
			    r, setting, "option 'secret-file': '%s' can't be read: %s", setting->text, strerror(errno));
		else
			keep_bytes(r, setting, secret, bytes, (size_t)len);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	close(fd);
}

void
conf_secrets_read(struct conf_reader *r, cfg_t *own, struct source *source)
{
	size_t n = conf_settings(own, "secret-file");
	struct stat st;

	if (n > CONF_SECRETS_MAX) {
		conf_complain(r, conf_setting(own, "secret-file", CONF_SECRETS_MAX),
		    "option 'secret-file': more than %d secrets", CONF_SECRETS_MAX);
		return;
	}
	source->secrets = n == 0 ? NULL : conf_array(r, n, sizeof(source->secrets[0]));
	for (size_t i = 0; source->secrets != NULL && i < n; i++) {
		const struct setting *setting = conf_setting(own, "secret-file", i);
		struct secret *secret = &source->secrets[source->nsecrets++];

		secret->line = setting->line;
		secret->file = conf_copy(r, setting->text);
		if (setting->text[0] != '/')
			conf_complain(r, setting, "option 'secret-file' is an absolute path, not '%s'", setting->text);
		else if ((r->what & CONF_SECRETS) != 0)
			read_secret(r, setting, secret);
		else if ((r->what & CONF_NAMES) == 0 && stat(setting->text, &st) != 0 && errno != EACCES)
			conf_complain(r, setting, "option 'secret-file': '%s': %s", setting->text, strerror(errno));
	}
}
