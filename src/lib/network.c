/* Addresses are parsed by inet_pton(), which takes no names, no octal and no short forms. */
#include "network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

int
network_address(const char *text, size_t len, struct in6_addr *address)
{
	char copy[INET6_ADDRSTRLEN];

	if (len == 0 || len >= sizeof copy)
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, address) == 1)
		return 0;
	memcpy(address->s6_addr, mapped, sizeof mapped);
	return inet_pton(AF_INET, copy, address->s6_addr + sizeof mapped) == 1 ? 0 : -1;
}

static bool
equal(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	return memcmp(a->s6_addr, b->s6_addr, bytes) == 0 &&
	    (rest == 0 || ((a->s6_addr[bytes] ^ b->s6_addr[bytes]) & mask) == 0);
}

const char *
network_parse(const char *text, struct network *network)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	bool v4 = memchr(text, ':', len) == NULL;
	unsigned most = v4 ? 32 : 128;
	unsigned long prefix = most;
	struct in6_addr zero = {0}, kept;
	char *end;

	if (network_address(text, len, &network->address) != 0)
		return "is not an IPv4 or IPv6 address, or address/prefix";
	if (slash != NULL) {
		prefix = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || prefix > most)
			return "has a bad length behind '/'";
	}
	network->prefix = (unsigned)prefix + (v4 ? 96 : 0);
	/* 10.1.2.3/8 is more likely a slip than 10.0.0.0/8. */
	kept = network->address;
	for (unsigned bit = 0; bit < network->prefix; bit++)
		kept.s6_addr[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
	return equal(&kept, &zero, 128) ? NULL : "has bits behind its prefix";
}

bool
network_has(const struct network *networks, size_t n, const struct in6_addr *address)
{
	for (size_t i = 0; i < n; i++)
		if (equal(&networks[i].address, address, networks[i].prefix))
			return true;
	return false;
}
