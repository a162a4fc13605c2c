/*
 * The configuration file, read once and then immutable.  Grammar: hookspool.conf(5).
 */
#ifndef HOOKSPOOL_CONF_H
#define HOOKSPOOL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../lib/network.h"
#include "../protocol/account.h"
#include "page_journal.h"
#include "selector.h"

#define CONF_NAME_MAX 64       /* bytes of a source's name: letters, digits, '-', '_', '.' */
#define CONF_TITLE_MAX 128     /* bytes of a hook's title */
#define CONF_SIGNATURES_MAX 4  /* signature rules of a source */
#define CONF_SECRETS_MAX 8     /* secrets of a source */
#define CONF_SECRET_BYTES 1024 /* of one secret */
#define CONF_TEMPLATE_MAX 32   /* parts of a template */
#define CONF_HANDSHAKES_MAX 8  /* of a source */
#define CONF_CONDITIONS_MAX 8  /* of a handshake */
#define CONF_NETWORKS_MAX 64   /* of one list */
#define CONF_IDS_MAX 4	       /* selectors that make an id */
#define CONF_FIELDS_MAX 32     /* of a source */
#define CONF_ENV_MAX 32	       /* mapped variables of a source */
#define CONF_HOOKS_MAX 64      /* of a source */

#define CONF_NO_SOURCE "(no source)" /* stands for one in the log: no name of a source has a blank */

enum signature_algorithm {
	SIGNATURE_NONE,
	SIGNATURE_HMAC_SHA1, /* RFC 2104 */
	SIGNATURE_HMAC_SHA256,
	SIGNATURE_HMAC_SHA512,
	SIGNATURE_ED25519, /* RFC 8032 */
	/* No signature at all: the sender knows the secret, and shows it with every webhook. */
	SIGNATURE_TOKEN,
	SIGNATURE_BEARER, /* RFC 6750 */
	SIGNATURE_BASIC	  /* RFC 7617; the secret is "user:password" */
};
enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64 };

/* How the text of a secret becomes the key. */
enum key_encoding { KEY_TEXT, KEY_HEX, KEY_BASE64 };

/* A piece of the signed text. */
enum signed_kind { SIGNED_LITERAL, SIGNED_BODY, SIGNED_METHOD, SIGNED_URL, SIGNED_HEADER, SIGNED_TIMESTAMP };
struct signed_part {
	enum signed_kind kind;
	char *text; /* SIGNED_LITERAL: the bytes; SIGNED_HEADER: the CGI variable */
};

/* A secret as this rule uses it. */
struct signature_key {
	size_t secret; /* its place among the source's secrets */
	unsigned char *bytes;
	size_t len;
};

/*
 * One rule for every sender: take the value of FROM, split it at each character of SPLIT (if any), trim, keep the tokens
 * that start with ITEM (if any) without it, decode, compare each with each key's signature of the signed text.
 */
struct signature_rule {
	enum signature_algorithm algorithm; /* SIGNATURE_NONE only with source.unsigned_allowed */
	enum signature_encoding encoding;
	struct selector *from; /* a header or query selector */
	char *split;	       /* NULL: the value is one token */
	char *item;	       /* NULL: every token counts */
	struct signed_part *parts;
	size_t nparts;
	struct selector *timestamp; /* a header or query selector; NULL: none, or a token */
	char *timestamp_item;	    /* the token of FROM's value that starts so has the timestamp; or NULL */
	uint64_t timestamp_unit_ms;
	uint64_t tolerance_ms; /* how far the timestamp may be from now, both ways */
	enum key_encoding key;
	char *key_prefix; /* of a secret's text, not part of the key; or NULL */
	struct signature_key keys[CONF_SECRETS_MAX];
	size_t nkeys;
};

/* The rule's secret is shown, nothing is signed. */
static inline bool
signature_is_credential(const struct signature_rule *rule)
{
	return rule->algorithm >= SIGNATURE_TOKEN;
}
static inline bool
signature_has_timestamp(const struct signature_rule *rule)
{
	return rule->timestamp != NULL || rule->timestamp_item != NULL;
}

/* A line of a secret file.  Without CONF_SECRETS, a file that was not looked into is one secret with no bytes. */
struct secret {
	char *file;
	unsigned line;	      /* of the option in the configuration */
	unsigned file_line;   /* in the file */
	unsigned char *bytes; /* as it stands there */
	size_t len;
};

enum field_format { FORMAT_NONE, FORMAT_RFC3339, FORMAT_UUID };

struct field {
	struct selector *selector; /* a body selector */
	unsigned types;		   /* bits 1 << enum json_kind; 0: any */
	bool integer;		   /* of numbers, only those without a fraction */
	bool required;
	char **one_of;			 /* NULL-terminated texts, or NULL */
	char *pattern;			 /* POSIX extended regular expression, or NULL */
	char *min, *max;		 /* JSON numbers, or NULL */
	unsigned min_length, max_length; /* characters of a string; max_length UINT_MAX: none */
	enum field_format format;
	char **when; /* NULL-terminated globs of event types, or NULL: always */
};

/* What the body is, and where its JSON. */
enum payload {
	PAYLOAD_JSON,
	PAYLOAD_FORM,	   /* a form without JSON */
	PAYLOAD_FORM_FIELD /* JSON, or a form with JSON in a field */
};

/* The reply to a sender's question whether somebody listens; no event.  A section "answer" of the file. */
struct handshake_condition {
	struct selector *selector;
	char *glob;
};
enum handshake_kind { HANDSHAKE_LITERAL, HANDSHAKE_SELECTED, HANDSHAKE_HMAC };
struct handshake_part {
	enum handshake_kind kind;
	char *text;		   /* HANDSHAKE_LITERAL */
	struct selector *selector; /* otherwise */
};
struct handshake {
	char *name;
	bool get;			  /* the method: GET, else POST */
	struct handshake_condition *when; /* all of them */
	size_t nwhen;
	struct selector *token; /* must be one of the source's tokens; or NULL */
	unsigned status;
	bool json; /* of the reply's body; else plain text */
	struct handshake_part *parts;
	size_t nparts;
};

struct env_map {
	char *name; /* see variable_is_free() */
	struct selector *selector;
};

struct backoff {
	uint64_t first_ms;   /* delay after the first failure */
	unsigned factor;     /* each further delay is this many times the last, */
	uint64_t max_ms;     /* up to this */
	uint64_t give_up_ms; /* an event older than this that fails is dead */
	unsigned attempts;   /* and so is one that has failed so often; 0: no bound */
};

struct hook {
	char *title;	 /* a glob of event types; with the source's name the hook's identity */
	char **command;	 /* NULL-terminated argument list; command[0] is an absolute path */
	char *directory; /* working directory; NULL: "/" */
	uint64_t timeout_ms;
	uint64_t grace_ms;	/* between TERM and KILL */
	unsigned max_running;	/* runs side by side; 0: only the whole's limit */
	unsigned suspend_after; /* failures in a row; 0: never */
	bool all;		/* also gets events that another hook is more specific for */
	size_t output_max;	/* bytes kept of standard output and of standard error, each */
	bool worker;		/* one process for many events */
	uint64_t idle_ms;	/* a worker without an event for so long is ended */
	bool keep_orphans;	/* what it leaves behind goes on */
	bool log_output;
	char *user, *group; /* as configured, or NULL */
	struct account as;  /* whom it runs as; UID ACCOUNT_SAME: as those that have no user of their own */
	unsigned umask;
	unsigned nice;
	struct run_limit limits[RUN_LIMITS_MAX];
	size_t nlimits;
	struct backoff backoff;
};

struct source {
	char *name;
	char *path; /* the request path, exactly */
	char *url;  /* the public URL for {url} in a signed text, or NULL */
	bool require_https;
	bool unsigned_allowed;
	size_t max_body;		   /* bytes */
	unsigned max_depth;		   /* of the JSON text */
	struct signature_rule *signatures; /* any of them may be satisfied */
	size_t nsignatures;
	struct secret *secrets;
	size_t nsecrets;
	struct secret *tokens; /* for handshakes: what a sender shows that can't sign them */
	size_t ntokens;
	struct network *allow; /* where webhooks may come from; none: from everywhere */
	size_t nallow;
	enum payload payload;
	char *payload_field;	      /* PAYLOAD_FORM_FIELD */
	bool replay_guard;	      /* a body that is known is a duplicate, whatever its id */
	const struct selector **plan; /* all selectors of the body, borrowed; each knows its place here */
	size_t nplan;
	struct handshake *handshakes;
	size_t nhandshakes;
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
	unsigned max_running; /* runs of all its hooks side by side; 0: only the whole's limit */
	unsigned line;	      /* of the source in the file */
};

struct conf {
	char *file;
	char *spool;	      /* directory */
	char *socket;	      /* responders submit here */
	char *control_socket; /* the operator's command */
	bool autostart;
	char *spooler;		    /* the program that autostart runs; default: the installed hookspoold */
	char *log;		    /* see log_open() */
	char *user;		    /* spooler's user when started as root, or NULL */
	char *hook_user;	    /* runner's user when started as root, or NULL: as the spooler */
	char *submit_group;	    /* group that may use the submit socket (the web server's), or NULL */
	bool sandbox;		    /* responders give up what they do not need */
	unsigned threads;	    /* of a responder, for requests that are long or slow to come */
	uint64_t deadline_ms;	    /* a webhook has its reply by then */
	char *health_path;	    /* asked there, the responder says whether webhooks are taken; or NULL */
	uint64_t read_deadline_ms;  /* a body that takes longer to come is refused */
	unsigned max_running;	    /* hooks side by side */
	uint64_t shutdown_grace_ms; /* running hooks may finish for so long after SIGTERM */
	uint64_t max_queued;	    /* deliveries; beyond it webhooks are refused: 503 */
	uint64_t min_free;	    /* bytes that must stay free on the spool's disk */
	uint64_t keep_ms;	    /* how long what is finished is kept */
	uint64_t dedup_ms;	    /* how long an id is remembered; never less than keep_ms */
	unsigned max_rejected;	    /* rejected webhooks that are kept */
	uint64_t cache;		    /* bytes of the spool's cache */
	enum page_journal page_journal;
	struct network *trusted_proxies;
	size_t ntrusted_proxies;
	char *proxy_header;	 /* CGI variable of the header that they tell the sender's address in */
	struct account hooks_as; /* whom hooks without a user of their own run as, where others have one */
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

/*
 * The files that a configuration was read from, as they were then, so that a change is noticed: the file itself, those it includes,
 * presets, and, with CONF_SECRETS, secrets.  Begins zeroed.
 */
struct conf_stamps {
	struct conf_stamp *all;
	size_t n;
};

/* As conf_read(), and fill STAMPS, also when the configuration is refused; what they had is forgotten first. */
struct conf *conf_read_stamped(const char *file, unsigned what, FILE *errors, struct conf_stamps *stamps);

/* Is any of the files another one, or not as it was? */
bool conf_stamps_changed(const struct conf_stamps *);

/*
 * Has none of them been written to within the last MS?  One that has may be half of what it is going to be: an editor or a shell empties a
 * file before it writes it.  One of the future has.
 */
bool conf_stamps_settled(const struct conf_stamps *, uint64_t ms);

/* The first of them, which is the file itself; NULL: there is none.  Borrowed until they change. */
const char *conf_stamps_file(const struct conf_stamps *);
void conf_stamps_clear(struct conf_stamps *);

/* The source of this name, or of this request path (exact bytes), or NULL.  Borrowed. */
const struct source *conf_source(const struct conf *, const char *name);
const struct source *conf_source_at(const struct conf *, const char *path);

/* Whether bodies of this type, a Content-Type's value of LEN bytes, are what the source takes. */
bool conf_takes(const struct source *, const char *type, size_t len);

/* The source's hook for an event type: the most specific title that matches (glob_rank()) of those that don't take all, or NULL.  Borrowed. */
const struct hook *conf_hook_for(const struct source *, const char *event);

/* The source's hook of this title, or NULL.  Borrowed. */
const struct hook *conf_hook(const struct source *, const char *title);

/*
 * The bytes that RULE means by the text of a key, LEN bytes (at most CONF_SECRET_BYTES), without key-prefix; OUT has CONF_SECRET_BYTES
 * bytes.  Returns how many, or -1: it is not as the rule says.
 */
ssize_t conf_key_decode(const struct signature_rule *, const char *text, size_t len, unsigned char *out);

/* Whether any hook has a user of its own. */
bool conf_has_users(const struct conf *);

#endif
