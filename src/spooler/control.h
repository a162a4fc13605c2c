/*
 * The control socket: the operator's command asks, the spooler answers.  Lines of JSON (one object a line); a request is one
 * line of at most CONTROL_LINE_MAX bytes.  A connection may ask several times.
 *
 *   {"verb":"list","from":1,"limit":100,"source":"…","event":"glob","state":"dead"}
 *       event objects in order of acceptance, then {"end":true,"next":N} (next: null when there are no more; a page may
 *       hold fewer than limit, also none, and still have a next)
 *   {"verb":"show","number":N}     one event object with "deliveries", then {"end":true}
 *   {"verb":"body","number":N}     {"end":true,"bytes":N} and then exactly so many raw bytes
 *   {"verb":"retry","number":N,"hook":"…","force":true}
 *   {"verb":"drop","number":N,"hook":"…"}
 *       an event object as it is afterwards, then {"end":true}; hook (also a title alone) and force are optional
 *   {"verb":"retry" | "drop","state":"dead","from":1,"source":"…","event":"glob","hook":"…"}
 *       all deliveries in that state, a bounded number of events at a time: {"end":true,"changed":N,"next":N or null}
 *   {"verb":"suspend" | "resume","hook":"source/title"}   {"end":true}
 *   {"verb":"reload"}              {"end":true}
 *   {"verb":"check","file":"…"}    what "reload" would answer, without doing it; "other-file" where it is not this spooler's
 *   {"verb":"status"}              one status object, then {"end":true}
 * Anything wrong: {"error":"not-found" | "bad-request" | "running" | "refused" | "failed","message":"…"}.
 */
#ifndef HOOKSPOOL_CONTROL_H
#define HOOKSPOOL_CONTROL_H

#include "../protocol/control.h"

struct spooler;
struct control;

/*
 * Serve the control socket LISTENER (takes it) on the spooler's event loop.  Returns owned, or NULL with errno.
 */
struct control *control_new(struct spooler *, int listener);
void control_free(struct control *);

#endif
