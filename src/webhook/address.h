/*
 * Who sent a webhook, and whether he may.
 */
#ifndef HOOKSPOOL_ADDRESS_H
#define HOOKSPOOL_ADDRESS_H

#include <stdbool.h>

struct asked;
struct conf;
struct source;

#define ADDRESS_TEXT_SIZE 64 /* terminated */

/*
 * The sender's address into OUT (ADDRESS_TEXT_SIZE bytes): the peer's, or, where the peer is a trusted proxy, the last address in the
 * proxies' header that is not itself one of them.  A header that can't be read leaves the peer's.  Returns OUT.
 */
const char *address_of(const struct conf *, const struct asked *, char *out);

/* Whether webhooks for the source may come from there. */
bool address_allowed(const struct source *, const char *address);

#endif
