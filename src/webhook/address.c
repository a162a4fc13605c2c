/*
 * Addresses.  A header like X-Forwarded-For grows to the right, a proxy a time; what stands left of the last proxy that we trust was
 * written by who knows whom.
 */
#include "address.h"

#include <string.h>

#include "../conf/conf.h"
#include "asked.h"

static bool
is_trusted(const struct conf *conf, const char *text, size_t len)
{
	struct in6_addr address;

	return network_address(text, len, &address) == 0 &&
	    network_has(conf->trusted_proxies, conf->ntrusted_proxies, &address);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The last of a comma-separated list of *LEN bytes; *LEN is then what is left of the list before it. */
static const char *
last_item(const char *list, size_t *len, size_t *item_len)
{
	size_t end = *len, at;

	while (end > 0 && is_blank(list[end - 1]))
		end--;
	for (at = end; at > 0 && list[at - 1] != ','; at--)
		;
	*len = at > 0 ? at - 1 : 0;
	while (at < end && is_blank(list[at]))
		at++;
	*item_len = end - at;
	return list + at;
}

const char *
address_of(const struct conf *conf, const struct asked *asked, char *out)
{
	const char *best = asked->peer, *list;
	size_t best_len = strlen(best), list_len;

	list = is_trusted(conf, best, best_len) ? asked_header(asked, conf->proxy_header) : NULL;
	list_len = list != NULL ? strlen(list) : 0;
	while (list_len > 0 && is_trusted(conf, best, best_len)) {
		struct in6_addr address;
		size_t len;
		const char *item = last_item(list, &list_len, &len);

		if (network_address(item, len, &address) != 0)
			break;
		best = item;
		best_len = len;
	}
	if (best_len >= ADDRESS_TEXT_SIZE)
		best_len = ADDRESS_TEXT_SIZE - 1;
	memcpy(out, best, best_len);
	out[best_len] = '\0';
	return out;
}

bool
address_allowed(const struct source *source, const char *address)
{
	struct in6_addr parsed;

	return source->nallow == 0 ||
	    (network_address(address, strlen(address), &parsed) == 0 &&
		network_has(source->allow, source->nallow, &parsed));
}
