/*
 * The configuration file, read once and then immutable.  Grammar: hookspool.conf(5).
 */
#ifndef HOOKSPOOL_CONF_H
#define HOOKSPOOL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "selector.h"

#define CONF_NAME_MAX 64	    /* bytes of a source's name: letters, digits, '-', '_', '.' */
#define CONF_TITLE_MAX 128	    /* bytes of a hook's title */
#define CONF_SECRETS_MAX 8	    /* secrets of a source */
#define CONF_SECRET_BYTES 1024	    /* of one secret */
#define CONF_IDS_MAX 4		    /* selectors that make an id */
#define CONF_FIELDS_MAX 32	    /* of a source */
#define CONF_ENV_MAX 32		    /* mapped variables of a source */
#define CONF_HOOKS_MAX 64	    /* of a source */
#define CONF_BODY_LIMIT (64u << 20) /* the largest max-body */

enum signature_algorithm { SIGNATURE_NONE, SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512 };
enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64 };

/* A piece of the signed text. */
enum signed_kind { SIGNED_LITERAL, SIGNED_BODY, SIGNED_METHOD, SIGNED_URL, SIGNED_HEADER };
struct signed_part {
	enum signed_kind kind;
	char *text; /* SIGNED_LITERAL: the bytes; SIGNED_HEADER: the CGI variable */
};

/*
 * One rule for every sender: take the value of FROM, split it at each character of SPLIT (if any), trim, keep the tokens
 * that start with ITEM (if any) without it, decode, compare each with each secret's digest of the signed text.
 */
struct signature_rule {
	enum signature_algorithm algorithm; /* SIGNATURE_NONE only with source.unsigned_allowed */
	enum signature_encoding encoding;
	struct selector *from; /* a header or query selector */
	char *split;	       /* NULL: the value is one token */
	char *item;	       /* NULL: every token counts */
	struct signed_part *parts;
	size_t nparts;
};

struct secret {
	char *file; /* where it came from */
	unsigned line;
	unsigned char *bytes; /* NULL when secrets were not asked for (CONF_SECRETS) */
	size_t len;
};

struct field {
	struct selector *selector; /* a body selector */
	unsigned types;		   /* bits 1 << enum json_kind; 0: any */
	bool required;
	char **one_of; /* NULL-terminated texts, or NULL */
	char **when;   /* NULL-terminated globs of event types, or NULL: always */
};

struct env_map {
	char *name; /* [A-Z_][A-Z0-9_]*, not HOOKSPOOL_*, PATH, IFS, LD_*, … */
	struct selector *selector;
};

struct backoff {
	uint64_t first_ms;   /* delay after the first failure */
	unsigned factor;     /* each further delay is this many times the last, */
	uint64_t max_ms;     /* up to this */
	uint64_t give_up_ms; /* an event older than this that fails is dead */
};

struct hook {
	char *title;	 /* a glob of event types; with the source's name the hook's identity */
	char **command;	 /* NULL-terminated argument list; command[0] is an absolute path */
	char *directory; /* working directory; NULL: "/" */
	uint64_t timeout_ms;
	uint64_t grace_ms;    /* between TERM and KILL */
	unsigned max_running; /* runs side by side; 0: only the whole's limit */
	size_t output_max;    /* bytes kept of standard output and of standard error, each */
	struct backoff backoff;
};

struct source {
	char *name;
	char *path; /* the request path, exactly */
	char *url;  /* the public URL for {url} in a signed text, or NULL */
	bool require_https;
	bool unsigned_allowed;
	size_t max_body;    /* bytes */
	unsigned max_depth; /* of the JSON text */
	struct signature_rule signature;
	struct secret *secrets;
	size_t nsecrets;
	struct selector *event;
	struct selector *ids[CONF_IDS_MAX];
	size_t nids;
	struct selector *lane; /* NULL: no order among the source's events */
	struct field *fields;
	size_t nfields;
	struct env_map *env;
	size_t nenv;
	struct hook *hooks; /* in the order of the file */
	size_t nhooks;
	unsigned line; /* of the source in the file */
};

struct conf {
	char *file;
	char *spool;	      /* directory */
	char *socket;	      /* responders submit here */
	char *control_socket; /* the operator's command */
	bool autostart;
	char *spooler;	       /* the program that autostart runs; default: the installed hookspoold */
	char *log;	       /* see log_open() */
	char *user;	       /* spooler's user when started as root, or NULL */
	char *hook_user;       /* runner's user when started as root, or NULL: as the spooler */
	char *submit_group;    /* group that may use the submit socket (the web server's), or NULL */
	unsigned threads;      /* acceptors of a responder */
	uint64_t deadline_ms;  /* a webhook is answered by then */
	unsigned max_running;  /* hooks side by side */
	uint64_t max_queued;   /* deliveries; beyond it webhooks are answered 503 */
	uint64_t min_free;     /* bytes that must stay free on the spool's disk */
	uint64_t keep_ms;      /* how long what is finished is kept */
	uint64_t dedup_ms;     /* how long an id is remembered; never less than keep_ms */
	unsigned max_rejected; /* rejected webhooks that are kept */
	uint64_t cache;	       /* bytes of the spool's cache */
	struct source *sources;
	size_t nsources;
};

/*
 * The file a program reads: ARGUMENT (its -c) if not NULL, else the environment's HOOKSPOOL_CONF, else the installed one.
 * Borrowed.
 */
const char *conf_file(const char *argument);

/*
 * Read FILE and the presets it names and check everything: options, ranges, selectors, secret files, hook programs.  Each
 * complaint is a line "file:line: what is wrong" on ERRORS.
 * A secret file or hook program that this user may not see (EACCES) is a complaint only with CONF_SECRETS or CONF_HOOKS:
 * the responder's user need not see hooks, nor the spooler's the secrets.
 * Returns owned, or NULL when there was any complaint.
 */
#define CONF_SECRETS 1u /* the caller uses the secrets: read them */
#define CONF_HOOKS 2u	/* the caller runs the hooks */
#define CONF_NAMES 4u	/* the caller only asks a running spooler: hooks and secrets need not be there */
struct conf *conf_read(const char *file, unsigned what, FILE *errors);
void conf_free(struct conf *); /* secrets are cleansed */

/* The source of this name, or of this request path (exact bytes), or NULL.  Borrowed. */
const struct source *conf_source(const struct conf *, const char *name);
const struct source *conf_source_at(const struct conf *, const char *path);

/* The source's hook for an event type: the most specific title that matches (glob_rank()), or NULL.  Borrowed. */
const struct hook *conf_hook_for(const struct source *, const char *event);
const struct hook *conf_hook(const struct source *, const char *title);

/* "500ms", "30s", "5m", "12h", "7d" into milliseconds; "64k", "10M", "1G" or plain bytes.  Return 0, or -1. */
int conf_parse_duration(const char *text, uint64_t *ms);
int conf_parse_size(const char *text, uint64_t *bytes);

#endif
