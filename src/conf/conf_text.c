/*
 * The text of a configuration file, made safe for libconfuse 3.3, which
 *   - counts a line twice after each comment, and knows no comment inside a list,
 *   - puts environment variables into words and double-quoted strings: the three programs would read different files,
 *   - skips characters that it does not know outside quotes: verification.* would become verification.,
 *   - accepts a file that ends inside a section,
 *   - lets a string without its closing quote run on to the next quote.
 * Comments are blanked here; the others are complaints.  The first complaint ends the reading of the file.
 */
#include "conf_reader.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/trust.h"

#define FILE_BYTES_MAX (1u << 20)
#define BRACES_MAX 16 /* the grammar needs 4 */

struct scan {
	struct conf_reader *reader;
	struct setting where;
	char *at, *end;
	unsigned open[BRACES_MAX]; /* the lines of the braces that are open */
	size_t nopen;
};

/* WHAT is wrong with FILE, where it was named. */
static void
complain(struct conf_reader *r, const char *file, const struct setting *from, const char *what)
{
	struct setting self = {.file = file};

	if (from != NULL)
		conf_complain(r, from, "'%s' %s", file, what);
	else
		conf_complain(r, &self, "%s", what);
}

/*
 * What is read decides what programs run, and as whom: nobody else may have written it.  Returns the descriptor, or -1 after a complaint.
 */
static int
open_trusted(struct conf_reader *r, const char *file, const struct setting *from)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char why[TRUST_TEXT_MAX];
	struct stat st;

	if (fd == -1 || fstat(fd, &st) != 0)
		snprintf(why, sizeof(why), "can't be read: %s", strerror(errno));
	else if (S_ISDIR(st.st_mode))
		snprintf(why, sizeof(why), "can't be read: %s", strerror(EISDIR));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, sizeof(why), "is not a regular file");
	else if (trust_file(file, fd, TRUST_READER, why, sizeof(why)) == 0)
		return fd;
	else if (errno != EPERM)
		snprintf(why, sizeof(why), "can't be looked at: %s", strerror(errno));
	complain(r, file, from, why);
	if (fd != -1)
		close(fd);
	return -1;
}

/* Returns owned, with room for two bytes more, or NULL with errno. */
static char *
read_all(int fd, size_t *len)
{
	char *text = malloc(FILE_BYTES_MAX + 2);
	ssize_t n = text != NULL ? conf_fill(fd, text, FILE_BYTES_MAX + 1) : -1;
	int error = errno;

	if (n >= 0 && n <= (ssize_t)FILE_BYTES_MAX) {
		*len = (size_t)n;
		return text;
	}
	free(text);
	errno = n > (ssize_t)FILE_BYTES_MAX ? EFBIG : error;
	return NULL;
}

static int
blank_to(struct scan *s, const char *to)
{
	for (; s->at < to; s->at++) {
		if (*s->at == '\n')
			s->where.line++;
		else
			*s->at = ' ';
	}
	return 0;
}

static int
comment_line(struct scan *s)
{
	char *newline = memchr(s->at, '\n', (size_t)(s->end - s->at));

	return blank_to(s, newline != NULL ? newline : s->end);
}

static int
comment_block(struct scan *s)
{
	char *close = memmem(s->at + 2, (size_t)(s->end - s->at - 2), "*/", 2);

	if (close == NULL) {
		conf_complain(s->reader, &s->where, "this comment has no closing '*/'");
		return -1;
	}
	return blank_to(s, close + 2);
}

/* A quoted string; backslashes quote the next character. */
static int
string(struct scan *s)
{
	char quote = *s->at++;

	for (; s->at < s->end && *s->at != '\n'; s->at++) {
		if (*s->at == quote) {
			s->at++;
			return 0;
		}
		if (iscntrl((unsigned char)*s->at) && *s->at != '\t') {
			conf_complain(s->reader, &s->where, "the byte 0x%02x in a string", (unsigned)*s->at);
			return -1;
		}
		if (quote == '"' && *s->at == '$' && s->at[1] == '{') {
			conf_complain(s->reader, &s->where,
			    "'${' in a string: variables are not expanded here; use single quotes for the text itself");
			return -1;
		}
		if (*s->at != '\\' || iscntrl((unsigned char)s->at[1]))
			continue;
		s->at++;
		if (quote == '"' && strchr("\"\\ntr", *s->at) == NULL) {
			conf_complain(s->reader, &s->where,
			    "a backslash before '%c' in a string: known are "
			    "\\\" \\\\ \\n \\t \\r; use single quotes for the text itself",
			    *s->at);
			return -1;
		}
	}
	conf_complain(s->reader, &s->where, "this string has no closing quote on its line");
	return -1;
}

static int
brace(struct scan *s)
{
	if (*s->at == '{' && s->nopen == BRACES_MAX) {
		conf_complain(s->reader, &s->where, "too many braces inside each other");
		return -1;
	}
	if (*s->at == '{')
		s->open[s->nopen++] = s->where.line;
	else if (s->nopen > 0) /* one too many is libconfuse's to report */
		s->nopen--;
	s->at++;
	return 0;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("_-./:@%", c) != NULL);
}

/* A word without quotes. */
static int
word(struct scan *s)
{
	char *from = s->at;

	while (s->at < s->end && is_word(*s->at)) {
		if (s->at > from && *s->at == '/' && (s->at[1] == '/' || s->at[1] == '*')) {
			conf_complain(s->reader, &s->where, "'/%c' inside a word: put the text in quotes", s->at[1]);
			return -1;
		}
		s->at++;
	}
	if (s->at > from)
		return 0;
	if (*s->at == '+')
		conf_complain(s->reader, &s->where,
		    "'+' outside quotes: lists can't be added to with '+='; write the whole list");
	else if (isgraph((unsigned char)*s->at))
		conf_complain(s->reader, &s->where, "'%c' outside quotes: put the text in quotes", *s->at);
	else
		conf_complain(s->reader, &s->where, "the byte 0x%02x outside quotes", (unsigned)(unsigned char)*s->at);
	return -1;
}

static int
step(struct scan *s)
{
	switch (*s->at) {
	case '\n':
		s->where.line++;
		s->at++;
		return 0;
	case ' ':
	case '\t':
	case '\r':
	case '=':
	case ',':
	case '(':
	case ')':
		s->at++;
		return 0;
	case '{':
	case '}':
		return brace(s);
	case '"':
	case '\'':
		return string(s);
	case '#':
		return comment_line(s);
	case '/':
		if (s->at[1] == '/')
			return comment_line(s);
		if (s->at[1] == '*')
			return comment_block(s);
		return word(s);
	default:
		return word(s);
	}
}

char *
conf_text_read(struct conf_reader *r, const char *file, const struct setting *from, size_t *len)
{
	struct scan s = {.reader = r, .where = {.file = file, .line = 1}};
	char *text, why[128];
	int fd;

	conf_stamp(r, file);
	if ((fd = open_trusted(r, file, from)) == -1)
		return NULL;
	text = read_all(fd, len);
	snprintf(why, sizeof(why), "can't be read: %s", strerror(errno));
	close(fd);
	if (text == NULL) {
		complain(r, file, from, why);
		return NULL;
	}
	/* The last line is always ended, so that looking one character ahead stays inside. */
	if (*len == 0 || text[*len - 1] != '\n')
		text[(*len)++] = '\n';
	text[*len] = '\0';
	s.at = text;
	s.end = text + *len;
	while (s.at < s.end)
		if (step(&s) != 0)
			goto bad;
	if (s.nopen > 0) {
		s.where.line = s.open[s.nopen - 1];
		conf_complain(r, &s.where, "this '{' is never closed");
		goto bad;
	}
	return text;
bad:
	free(text);
	return NULL;
}
