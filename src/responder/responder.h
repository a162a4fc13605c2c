/*
 * The responder: acceptors that judge webhooks and hand them over.
 */
#ifndef HOOKSPOOL_RESPONDER_H
#define HOOKSPOOL_RESPONDER_H

#include <stdbool.h>

struct conf;

/* Serve until SIGTERM, SIGINT or SIGUSR1, then finish what is in hand; or, as CGI, the one request.  Returns the exit status. */
int responder_main(const struct conf *, bool cgi);

#endif
