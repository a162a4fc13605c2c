/* One request of the control socket and its answer: protocol/control.h. */
#ifndef HOOKSPOOL_CONTROL_VERB_H
#define HOOKSPOOL_CONTROL_VERB_H

struct bufferevent;
struct spooler;

/* Answer LINE, whatever it is, to CLIENT. */
void control_answer(struct spooler *, const char *line, struct bufferevent *client);

#endif
