/*
 * IP addresses and networks.  An IPv4 address that is written inside IPv6 (::ffff:192.0.2.1, RFC 4291, section 2.5.5.2) is the IPv4
 * address: servers differ in which of the two they show.
 */
#ifndef HOOKSPOOL_NETWORK_H
#define HOOKSPOOL_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* All as IPv6; IPv4 as ::ffff:a.b.c.d. */
struct network {
	struct in6_addr address;
	unsigned prefix; /* 0 to 128 */
};

/* "192.0.2.0/24", "2001:db8::/32" or one address.  Returns NULL, or what is wrong (a constant string). */
const char *network_parse(const char *text, struct network *);

/* Returns 0, or -1: LEN bytes that are no address. */
int network_address(const char *text, size_t len, struct in6_addr *);

/* Whether ADDRESS is in one of N networks. */
bool network_has(const struct network *, size_t n, const struct in6_addr *address);

#endif
