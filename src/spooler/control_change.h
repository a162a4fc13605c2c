/* The verbs of the control socket that change something.  Each answers into OUT. */
#ifndef HOOKSPOOL_CONTROL_CHANGE_H
#define HOOKSPOOL_CONTROL_CHANGE_H

struct evbuffer;
struct json_object;
struct spooler;

void control_retry(struct spooler *, struct json_object *request, struct evbuffer *out);
void control_drop(struct spooler *, struct json_object *request, struct evbuffer *out);
void control_suspend(struct spooler *, struct json_object *request, struct evbuffer *out);
void control_resume(struct spooler *, struct json_object *request, struct evbuffer *out);
void control_reload(struct spooler *, struct json_object *request, struct evbuffer *out);
void control_check(struct spooler *, struct json_object *request, struct evbuffer *out);

#endif
