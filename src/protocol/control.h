/*
 * What an operator's command and the spooler say to each other, on the control socket.
 *
 * Lines of JSON, one object a line.  A request is one line of at most CONTROL_LINE_MAX bytes, with a "verb"; its answer is some lines, of
 * which the last has "end" or "error".  A connection may ask several times, one request after the other.  Only root and the spooler's own
 * user may ask; the spooler believes whatever they say that it can read, and what a member has that is not of its type is as if it were
 * missing.  Members that are not named here are passed over, on both sides.
 *
 * An event is named by its number, a hook by its identity, "source/title".  Times are texts in UTC as in hookspool-hook(7), or null.
 * States: "queued", "running", "done", "dead", "dropped", "unhandled" (no hook of the configuration matches), and of an event only,
 * "rejected".  An event has the state of that one of its deliveries that needs attention first.
 *
 * Looking:
 *
 *   {"verb":"list"} with any of "from":N, "limit":N (up to CONTROL_PAGE_MAX), "newest":true, "state":"…", and the members of a filter, below
 *     event rows that fit all of these, in order of acceptance, or with "newest" from the last one, or FROM, down, then
 *     {"end":true,"next":N}, where to go on, null when there are no more.
 *     A page may hold fewer than its limit, also none, and still have a next.
 *     An event row: {"number":N,"source":"…","event":"type","id":"…","state":"…","attempts":N,"received_at":time,"next_at":time,"bytes":N};
 *     attempts of all its deliveries, the next of them, the body's length.
 *   {"verb":"show","number":N}
 *     an event row that has also "address", "content_type", "lane", "env":{"NAME":"value",…} and "deliveries"; "secret":N if that is known,
 *     "reason" of a rejected one; then {"end":true}.
 *     A delivery: {"hook":"…","state":"…","attempts":N,"next_at":time,"ended_at":time,"history":[…]}; the last of its attempts, oldest first:
 *     {"attempt":N,"started_at":time,"ended_at":time,"result":"word of run.h","code":N,"cpu_us":N,"memory_kib":N,"stdout":"…","stderr":"…",
 *     "stdout_bytes":N,"stderr_bytes":N}, and "message" where the result is "failed" or "nonsense"; what is kept of the output, and how
 *     much there was.
 *   {"verb":"body","number":N}
 *     {"end":true,"bytes":N} and then exactly so many bytes as they came.
 *   {"verb":"follow","number":N} with "hook":"…" where several run
 *     what the run prints as it comes, {"stream":"stdout" or "stderr","data":"Base64"}, {"missed":N} before a piece where N bytes were left
 *     out, for the client or the spooler did not read so fast; at its end {"end":true,"result":"…","code":N,"missed":N}, after the last piece.
 *   {"verb":"tail"} with "state" and the members of a filter
 *     from now on, as long as the client stays, an event row that has also "happened" for each event that fits: "stored", "duplicate" (of that one),
 *     "kept" (it was rejected), or "ended", a run of it, when that is on disk; {"missed":N} before one where so many could not be told, for the
 *     client did not read so fast.
 *   {"verb":"status"}
 *     {"pid":N,"version":"…","started_at":time,"configuration":"file","spool":"directory","pages":"what protects them",
 *     "events":N,"queued":N,"running":N,"done":N,"dead":N,"dropped":N,"unhandled":N,"rejected":N,"duplicates":N,"max_queued":N,"max_running":N,"paused_since":time,"hooks":[…]}, then
 *     {"end":true}.  From queued to dropped these are deliveries, the others are events.  A hook: {"hook":"…","state":"open", "suspended",
 *     "suspended by the operator" or "not configured","running":N}, and where it is configured "failures":N (in a row), where it is suspended
 *     "since":time, and "probe_at":time where it is probed.
 *
 * Repairing:
 *
 *   {"verb":"retry" or "drop","number":N} with any of "hook":"…" (also a title alone), "state":"…", the members of a filter, and for
 *   retry "force":true (also what is done)
 *     the event's deliveries that fit: its row as it is afterwards, then {"end":true}.
 *   {"verb":"retry" or "drop","state":"dead", "unhandled", "queued" or "dropped"} with any of "from":N, "hook", "force", the members of a filter
 *     the same of all events from N on, running ones left alone; a bounded number at a time: {"end":true,"changed":N,"next":N or null}.
 *   "dry":true changes nothing, and says what would be.
 *
 * Filters, all of which must fit:
 *
 *   "source":"…", "event":"glob", "id":"…", "lane":"…", "secret":N (which of the source's secrets authenticated it, from 1 on), "attempts":N (or
 *   more, of all deliveries), "since":N and "until":N (received at N ms since the epoch or later, and before N), "error":"…" (the last attempt of a
 *   delivery failed, with this result of run.h, perhaps with ":" and its code, or "output:" and a text that is in what is kept of its output).
 *
 * Steering:
 *
 *   {"verb":"suspend" or "resume","hook":"source/title"}     {"end":true}
 *   {"verb":"pause"}, no hook starts any more, or "continue"   {"end":true}
 *   {"verb":"reload"}              {"end":true}
 *   {"verb":"check","file":"…"}    what "reload" would answer, without doing it; FILE is a real path
 *
 * Anything wrong: {"error":"…","message":"for people"}:
 *   "bad-request"   no request, no such verb, a member is missing or says what can't be; or it can't be done to that event
 *   "not-found"     there is no such event, hook or delivery
 *   "running"       drop: the delivery is running; nothing was changed
 *   "not-running"   follow: nothing runs for the event
 *   "refused"       reload, check: the configuration can't be used; the message has a line for each reason
 *   "other-file"    check: this spooler has another configuration file
 *   "failed"        anything else: the message says what
 */
#ifndef HOOKSPOOL_PROTOCOL_CONTROL_H
#define HOOKSPOOL_PROTOCOL_CONTROL_H

#define CONTROL_LINE_MAX (8u << 10) /* bytes of a request, line feed included */
#define CONTROL_PAGE_MAX 256	    /* events in one answer to "list" */
#define CONTROL_IDLE_SECONDS 60	    /* who sends nothing, or reads nothing, for so long is hung up on */

#endif
