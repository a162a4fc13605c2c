/* --field SELECTOR=VALUE: a value inside of bodies, which only who reads each of them can look for. */
#ifndef HOOKSPOOL_FIELD_WORDS_H
#define HOOKSPOOL_FIELD_WORDS_H

struct conf;
struct field_words;

/* From WORDS, borrowed.  Returns owned, or NULL after a message: exit with EXIT_USAGE. */
struct field_words *field_words_new(const char *words);
void field_words_free(struct field_words *);

/* Connect for the bodies.  Returns 0, or -1 after a message. */
int field_words_open(struct field_words *, const struct conf *);

/* Whether the body of event NUMBER has that value: 1, 0 (also where it is no JSON, or has gone meanwhile), or -1 after a message. */
int field_words_fits(struct field_words *, unsigned long long number);

#endif
