/*
 * Secret files: a secret a line.  A file that others may read or write, or exchange, is refused, because a secret that leaked quietly is worse than
 * a program that doesn't start.
 */
#include "conf_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/text.h"
#include "../lib/trust.h"

#define FILE_BYTES_MAX (CONF_SECRETS_MAX * (CONF_SECRET_BYTES + 2) + 64) /* with line ends and some empty lines */

/* A list option of secret files as it is read. */
struct reading {
	struct conf_reader *reader;
	const char *option;
	const struct setting *setting; /* the file */
	struct secret *secrets;
	size_t n;
};

static void complain(struct reading *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "option 'secret-file': 'file' what" */
static void
complain(struct reading *in, const char *format, ...)
{
	char what[TRUST_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	conf_complain(in->reader, in->setting, "option '%s': '%s' %s", in->option, in->setting->text, what);
}

static int
check_file(struct reading *in, int fd)
{
	char why[TRUST_TEXT_MAX];
	struct stat st;

	if (fstat(fd, &st) != 0) {
		complain(in, "can't be read: %s", strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		complain(in, "is not a regular file");
		return -1;
	}
	if ((st.st_mode & S_IRWXO) != 0) {
		complain(in, "is %s by others (mode %04o); chmod 600",
		    (st.st_mode & S_IROTH) != 0 ? "readable" : "usable", (unsigned)(st.st_mode & 07777));
		return -1;
	}
	if (trust_file(in->setting->text, fd, TRUST_SECRET, why, sizeof(why)) == 0)
		return 0;
	if (errno == EPERM)
		complain(in, "%s", why);
	else
		complain(in, "can't be looked at: %s", strerror(errno));
	return -1;
}

/* A line of raw bytes would be cut wherever one of them happens to be a newline, so that they are refused. */
static void
keep_line(struct reading *in, const unsigned char *bytes, size_t len, unsigned line)
{
	struct secret *secret = &in->secrets[in->n];

	if (len > CONF_SECRET_BYTES) {
		complain(in, "has more than %d bytes in line %u", CONF_SECRET_BYTES, line);
	} else if (!text_plain((const char *)bytes, len)) {
		complain(in,
		    "has bytes in line %u that are not text; write such a secret in hex or Base64, and option 'key' of "
		    "the signature says which",
		    line);
	} else if (in->n == CONF_SECRETS_MAX) {
		conf_complain(
		    in->reader, in->setting, "option '%s': more than %d secrets", in->option, CONF_SECRETS_MAX);
	} else if ((secret->bytes = conf_array(in->reader, len, 1)) != NULL) {
		memcpy(secret->bytes, bytes, len);
		secret->len = len;
		secret->file = conf_copy(in->reader, in->setting->text);
		secret->line = in->setting->line;
		secret->file_line = line;
		in->n++;
	}
}

/* Each line, without its end (LF or CR LF); empty ones don't count. */
static void
keep_lines(struct reading *in, const unsigned char *bytes, size_t len)
{
	bool empty = true;
	unsigned line = 1;

	for (size_t at = 0; at < len; line++) {
		const unsigned char *end = memchr(bytes + at, '\n', len - at);
		size_t next = end != NULL ? (size_t)(end - bytes) + 1 : len, n = next - at - (end != NULL);

		if (n > 0 && bytes[at + n - 1] == '\r')
			n--;
		if (n > 0) {
			keep_line(in, bytes + at, n, line);
			empty = false;
		}
		at = next;
	}
	if (empty)
		complain(in, "is empty");
}

static void
read_file(struct reading *in)
{
	unsigned char bytes[FILE_BYTES_MAX + 1];
	ssize_t len;
	int fd;

	conf_stamp(in->reader, in->setting->text);
	fd = open(in->setting->text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		complain(in, "can't be read: %s", strerror(errno));
		return;
	}
	if (check_file(in, fd) == 0) {
		len = conf_fill(fd, bytes, sizeof(bytes));
		if (len == -1)
			complain(in, "can't be read: %s", strerror(errno));
		else if (len > FILE_BYTES_MAX)
			complain(in, "has more than %d bytes", FILE_BYTES_MAX);
		else
			keep_lines(in, bytes, (size_t)len);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	close(fd);
}

/* A file that nobody wants to look into stands for one secret. */
static void
look_at_file(struct reading *in)
{
	struct stat st;

	if ((in->reader->what & CONF_NAMES) == 0 && stat(in->setting->text, &st) != 0 && errno != EACCES)
		complain(in, "can't be read: %s", strerror(errno));
	in->secrets[in->n].file = conf_copy(in->reader, in->setting->text);
	in->secrets[in->n++].line = in->setting->line;
}

struct secret *
conf_secret_files(struct conf_reader *r, cfg_t *section, const char *option, size_t *n)
{
	struct reading in = {.reader = r, .option = option};
	size_t files = conf_settings(section, option);

	*n = 0;
	if (files > CONF_SECRETS_MAX) {
		conf_complain(r, conf_setting(section, option, CONF_SECRETS_MAX), "option '%s': more than %d files",
		    option, CONF_SECRETS_MAX);
		return NULL;
	}
	in.secrets = files == 0 ? NULL : conf_array(r, CONF_SECRETS_MAX + 1, sizeof(in.secrets[0]));
	for (size_t i = 0; in.secrets != NULL && i < files; i++) {
		in.setting = conf_setting(section, option, i);
		if (in.setting->text[0] != '/')
			conf_complain(
			    r, in.setting, "option '%s' is an absolute path, not '%s'", option, in.setting->text);
		else if ((r->what & CONF_SECRETS) != 0)
			read_file(&in);
		else
			look_at_file(&in);
	}
	*n = in.n;
	return in.secrets;
}
