/*
 * Globs: what matches is what a reading of POSIX 2.14 of our own says, token by token, in a time that grows with pattern and text and no faster;
 * and a glob that is valid is one whose every bracket POSIX finds closed.  The input is the glob, a NUL, the text.
 */
#include "../../src/lib/glob.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

#define TOKENS_MAX 256
#define TEXT_MAX 256

const char fuzz_name[] = "glob";
unsigned long fuzz_accepted;

struct token {
	bool any, star; /* '?', '*'; or one of a set of bytes */
	bool wild;
	unsigned char set[256];
};

static struct token tokens[TOKENS_MAX];
static size_t ntokens;
static bool strange; /* of what the C library and POSIX leave to the locale */

static const struct {
	const char *name;
	int (*has)(int);
} classes[] = {{"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum}, {"upper", isupper}, {"lower", islower},
    {"space", isspace}, {"blank", isblank}, {"punct", ispunct}, {"print", isprint}, {"graph", isgraph},
    {"cntrl", iscntrl}, {"xdigit", isxdigit}};

/* "[:name:]" at P.  Returns what is behind it, or NULL: it is none. */
static const char *
read_class(const char *p, unsigned char *set)
{
	const char *end = p[0] == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;
	size_t len = end != NULL ? (size_t)(end - p - 2) : 0;

	for (size_t i = 0; end != NULL && i < len; i++)
		if (!islower((unsigned char)p[2 + i]))
			end = NULL;
	if (end == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (strlen(classes[i].name) == len && memcmp(classes[i].name, p + 2, len) == 0) {
			for (int c = 1; c < 256; c++)
				set[c] |= classes[i].has(c) != 0;
			return end + 2;
		}
	strange = true;
	return end + 2;
}

/* One byte of a bracket, quoted or not.  Returns what is behind it, or NULL: the text ends. */
static const char *
read_byte(const char *p, unsigned char *c)
{
	if (*p == '\\')
		p++;
	*c = (unsigned char)*p;
	return *p != '\0' ? p + 1 : NULL;
}

/* A byte, or a range of them.  Returns what is behind it, or NULL. */
static const char *
read_range(const char *p, unsigned char *set)
{
	unsigned char low, high;

	if ((p = read_byte(p, &low)) == NULL)
		return NULL;
	high = low;
	if (p[0] == '-' && p[1] != ']' && p[1] != '\0') {
		if (p[1] == '[' && (p[2] == ':' || p[2] == '.' || p[2] == '='))
			strange = true;
		if ((p = read_byte(p + 1, &high)) == NULL)
			return NULL;
	}
	for (unsigned c = low; c <= high; c++)
		set[c] = 1;
	return p;
}

/* Behind a bracket's '['.  Returns what is behind its ']', or NULL: it has none. */
static const char *
read_bracket(const char *p, unsigned char *set)
{
	bool not = *p == '!' || *p == '^', first = true;

	p += not ;
	for (; first || *p != ']'; first = false) {
		const char *behind = read_class(p, set);

		if (behind == NULL) {
			strange |= p[0] == '[' && (p[1] == '.' || p[1] == '=' || p[1] == ':');
			behind = read_range(p, set);
		}
		if ((p = behind) == NULL)
			return NULL;
	}
	for (int c = 0; not &&c < 256; c++)
		set[c] = !set[c];
	return p + 1;
}

/* Returns what is behind the token at P, or NULL: it is none. */
static const char *
read_token(const char *p, struct token *token)
{
	memset(token, 0, sizeof *token);
	token->star = *p == '*';
	token->any = *p == '?';
	token->wild = token->star || token->any || *p == '[';
	if (token->star || token->any)
		return p + 1;
	if (*p == '[')
		return read_bracket(p + 1, token->set);
	if (*p == '\\')
		p++;
	token->set[(unsigned char)*p] = 1;
	return *p != '\0' ? p + 1 : NULL;
}

static bool
read_glob(const char *p)
{
	strange = false;
	for (ntokens = 0; *p != '\0'; ntokens++)
		if (ntokens == TOKENS_MAX || (p = read_token(p, &tokens[ntokens])) == NULL)
			return false;
	return true;
}

/* Which beginnings of the text the tokens so far match, token by token. */
static bool
matches(const char *text)
{
	bool reached[TEXT_MAX + 1] = {true}, next[TEXT_MAX + 1];
	size_t len = strlen(text);

	for (size_t t = 0; t < ntokens; t++) {
		const struct token *token = &tokens[t];

		next[0] = token->star && reached[0];
		for (size_t i = 0; i < len; i++)
			next[i + 1] = token->star ? next[i] || reached[i + 1]
						  : reached[i] && (token->any || token->set[(unsigned char)text[i]]);
		memcpy(reached, next, len + 1);
	}
	return reached[len];
}

static unsigned
rank(void)
{
	for (size_t i = 0; i < ntokens; i++)
		if (tokens[i].wild)
			return (unsigned)i;
	return UINT_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const uint8_t *nul = memchr(bytes, '\0', len);
	char *glob, *text;
	size_t glob_len = nul != NULL ? (size_t)(nul - bytes) : len;
	bool valid;

	if (glob_len > TOKENS_MAX || len - glob_len > TEXT_MAX)
		return 0;
	glob = strndup((const char *)bytes, glob_len);
	text = nul != NULL ? strndup((const char *)nul + 1, len - glob_len - 1) : strdup("");
	valid = read_glob(glob);
	if (!strange)
		FUZZ_HOLDS(glob_valid(glob) == valid);
	if (valid && !strange) {
		FUZZ_HOLDS(glob_match(glob, text) == matches(text));
		FUZZ_HOLDS(glob_rank(glob) == rank());
		fuzz_accepted += matches(text);
	} else {
		(void)glob_match(glob, text);
		(void)glob_rank(glob);
	}
	free(glob);
	free(text);
	return 0;
}
