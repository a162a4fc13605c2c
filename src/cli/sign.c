/* hookspool sign SOURCE: the header lines that authenticate the body on standard input, for curl -H @-. */
#include <getopt.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/text.h"
#include "../webhook/asked.h"
#include "../webhook/signature_sign.h"
#include "../webhook/webhook.h"
#include "body.h"
#include "headers.h"
#include "usage.h"
#include "verbs.h"

#define RANDOM_BYTES 12

struct options {
	const char *key, *id, *event, *timestamp, *method;
	unsigned long long secret; /* position */
	struct headers headers;
};

static const char *
name_of(const struct selector *selector)
{
	return selector->text + strlen("header:");
}

/* Print and remember the header that SELECTOR names, unless it was given by --header. */
static int
add_header(struct options *o, const struct selector *selector, const char *value)
{
	if (headers_param(&o->headers, selector->name) != NULL)
		return 0;
	if (value == NULL)
		return -1;
	printf("%s: %s\n", name_of(selector), value);
	return headers_set(&o->headers, selector->name, value);
}

static const char *
random_id(char *out)
{
	unsigned char bytes[RANDOM_BYTES];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return NULL;
	memcpy(out, "msg_", 4);
	text_hex(out + 4, bytes, sizeof bytes);
	return out;
}

/* The headers that a webhook of this source has besides its signature: event type and id. */
static int
add_identity(struct options *o, const struct source *source)
{
	char id[4 + 2 * RANDOM_BYTES + 1];
	bool event_is_header = source->event->kind == SELECTOR_HEADER;

	if (event_is_header && o->event != NULL && add_header(o, source->event, o->event) != 0)
		return -1;
	if (event_is_header && headers_param(&o->headers, source->event->name) == NULL)
		fprintf(stderr, "hookspool: note: the event type is header %s: give --event\n", name_of(source->event));
	if (!event_is_header && o->event != NULL)
		fprintf(
		    stderr, "hookspool: note: the event type is %s; --event does nothing here\n", source->event->text);
	for (size_t i = 0; i < source->nids; i++)
		if (source->ids[i]->kind == SELECTOR_HEADER &&
		    !(event_is_header && strcmp(source->ids[i]->name, source->event->name) == 0) &&
		    add_header(o, source->ids[i], o->id != NULL ? o->id : random_id(id)) != 0)
			return -1;
	return 0;
}

/* The rule that a sender with this key would follow, and the place of the key among the rule's. */
static const struct signature_rule *
choose_rule(const struct source *source, const struct options *o, size_t *key)
{
	*key = 0;
	for (size_t i = 0; i < source->nsignatures; i++) {
		const struct signature_rule *rule = &source->signatures[i];

		if (o->key != NULL) {
			if (rule->algorithm == SIGNATURE_ED25519)
				return rule;
			continue;
		}
		for (size_t j = 0; j < rule->nkeys; j++)
			if (rule->keys[j].secret + 1 == o->secret) {
				*key = j;
				return rule;
			}
	}
	return NULL;
}

static int
take_option(struct options *o, int option)
{
	switch (option) {
	case 'k':
		o->key = optarg;
		return 0;
	case 'i':
		o->id = optarg;
		return 0;
	case 'e':
		o->event = optarg;
		return 0;
	case 't':
		o->timestamp = optarg;
		return number_of(optarg) != 0 ? 0 : usage_error("--timestamp takes a number");
	case 'm':
		o->method = optarg;
		return 0;
	case 's':
		o->secret = number_of(optarg);
		return o->secret != 0 ? 0 : usage_error("--secret takes a position from 1 on");
	case 'h':
		if (headers_add(&o->headers, optarg) != 0)
			return usage_error("--header takes \"Name: value\"");
		puts(optarg);
		return 0;
	default:
		return EXIT_USAGE;
	}
}

static const char *
sign(const struct source *source, struct options *o, const struct webhook *webhook)
{
	char value[SIGNATURE_TEXT_MAX], timestamp[32];
	struct signature_signing signing = {.source = source, .private_key = o->key};
	const char *why;

	if ((signing.rule = choose_rule(source, o, &signing.key)) == NULL)
		return o->key != NULL ? "the source has no signature by ed25519"
				      : "there is no secret at that position";
	if (signing.rule->from->kind != SELECTOR_HEADER ||
	    (signing.rule->timestamp != NULL && signing.rule->timestamp->kind != SELECTOR_HEADER))
		return "the signature is in the query, not in a header";
	snprintf(timestamp, sizeof timestamp, "%" PRIu64,
	    signature_has_timestamp(signing.rule) ? webhook->now_ms / signing.rule->timestamp_unit_ms : 0);
	signing.timestamp = o->timestamp != NULL ? o->timestamp : timestamp;
	if (signing.rule->timestamp != NULL && add_header(o, signing.rule->timestamp, signing.timestamp) != 0)
		return "out of memory";
	if (signing.rule->timestamp != NULL)
		signing.timestamp = headers_param(&o->headers, signing.rule->timestamp->name);
	why = signature_sign(&signing, webhook, value, sizeof value);
	if (why == NULL)
		printf("%s: %s\n", name_of(signing.rule->from), value);
	return why;
}

static int
run(const struct source *source, struct options *o)
{
	struct asked asked;
	struct webhook webhook = {.asked = &asked, .now_ms = clock_wall_ms()};
	char *body = body_read(&webhook.body_len);
	const char *why = NULL;

	if (body == NULL)
		return EXIT_FAILURE;
	asked_read(&asked, headers_param, &o->headers);
	asked.method = o->method;
	webhook.body = body;
	if (add_identity(o, source) != 0)
		why = "out of memory";
	else if (!source->unsigned_allowed)
		why = sign(source, o, &webhook);
	free(body);
	if (why != NULL)
		fprintf(stderr, "hookspool: can't sign: %s\n", why);
	return why == NULL && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
sign_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = {{"key", required_argument, NULL, 'k'},
	    {"id", required_argument, NULL, 'i'}, {"event", required_argument, NULL, 'e'},
	    {"timestamp", required_argument, NULL, 't'}, {"method", required_argument, NULL, 'm'},
	    {"secret", required_argument, NULL, 's'}, {"header", required_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct options o = {.method = "POST", .secret = 1};
	const struct source *source;
	int option, status = 0;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		status = take_option(&o, option);
	if (status == 0 && optind + 1 != argc)
		status = usage_error("sign takes a source's name, and the body on standard input");
	if (status == 0 && (source = conf_source(conf, argv[optind])) != NULL)
		status = run(source, &o);
	else if (status == 0)
		status = no_source(conf, argv[optind]);
	headers_free(&o.headers);
	return status;
}
