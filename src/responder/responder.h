/*
 * The responder: a loop that has webhooks judged and hands them over.
 */
#ifndef HOOKSPOOL_RESPONDER_H
#define HOOKSPOOL_RESPONDER_H

#include <stdbool.h>

struct conf;
struct conf_stamps;

/*
 * Serve until SIGTERM, SIGINT or SIGUSR1, then finish what is in hand; or, as CGI, the one request.  Takes the configuration; when a file of
 * the STAMPS, which it borrows, changes it is read again.  Returns the exit status.
 */
int responder_main(struct conf *, struct conf_stamps *, bool cgi);

#endif
