/* A question to the spooler over its control socket. */
#ifndef HOOKSPOOL_ASK_H
#define HOOKSPOOL_ASK_H

#include <stdio.h>

struct conf;
struct json_object;

/* Connect.  Returns a stream for both directions, or NULL after a message on standard error. */
FILE *ask_open(const struct conf *);

/* The same without a message: NULL with errno. */
FILE *ask_quietly(const struct conf *);

/* Print what came from there, with whatever a terminal might act on made visible; lines stay lines. */
void ask_print(FILE *to, const char *text);

/* A request with this verb, to be filled; a text that is NULL is left out.  Returns owned. */
struct json_object *ask_about(const char *verb);
void ask_add(struct json_object *request, const char *name, const char *text);

/* Send REQUEST (takes it) as one line.  Returns 0, or -1 after a message. */
int ask_send(FILE *, struct json_object *request);

/* The next line of the answer.  Returns owned, or NULL after a message: also when the spooler refused. */
struct json_object *ask_receive(FILE *);

/* The same, where being refused is an answer, too. */
struct json_object *ask_receive_any(FILE *);

/* The text of what the answer has of this name; "" when there is none.  Borrowed. */
const char *ask_text(struct json_object *answer, const char *name);

/* Print the answer as it is, as one line on standard output: for --json. */
void ask_print_json(struct json_object *answer);

/* Connect and ask REQUEST (takes it): the first object of the answer.  Returns owned, or NULL after a message. */
struct json_object *ask_one(const struct conf *, struct json_object *request);

#endif
