/*
 * Operators who watch what happens: webhooks as they are accepted, runs as they end.  Nothing waits for them: what they do not read in time they
 * miss, and are told so.
 */
#ifndef HOOKSPOOL_WATCHERS_H
#define HOOKSPOOL_WATCHERS_H

struct bufferevent;
struct json_object;
struct spooler;
struct watchers;

#define WATCHERS_MAX 16

/* Takes what SPOOLER's news tell.  Returns owned, or NULL with errno.  All others take NULL: nobody can watch. */
struct watchers *watchers_new(struct spooler *);
void watchers_free(struct watchers *);

/*
 * CLIENT, borrowed until watchers_forget(), gets a line for each event that fits FILTER and STATE of its REQUEST (kept): protocol/control.h.  Returns
 * 0, or -1 with errno (EBUSY: too many; EINVAL: the answer has the error).
 */
struct control_request;
int watchers_add(struct watchers *, const struct control_request *);
void watchers_forget(struct watchers *, const struct bufferevent *client);

#endif
