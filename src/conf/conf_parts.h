/*
 * The parts of a configuration, each read by the reader's core (conf_reader.h) and perhaps by other parts; private to this room.
 *
 *   conf_read.c       the whole: global options, sources
 *   conf_source.c     a source, over its preset
 *   conf_signature.c  its signature rules
 *   conf_signed.c     what they sign
 *   conf_secret.c     its secret files
 *   conf_key.c        what signature rules make of secrets
 *   conf_env.c        its mapped variables
 *   conf_field.c      its fields
 *   conf_handshake.c  its handshakes
 *   conf_hook.c       its hooks
 *   conf_process.c    how their processes are made: user, limits
 *
 * They complain, and leave what they could build for conf_free().
 */
#ifndef HOOKSPOOL_CONF_PARTS_H
#define HOOKSPOOL_CONF_PARTS_H

#include "../protocol/run.h"
#include "conf_reader.h"

#define CONF_RUNNING_MAX "1024" /* the largest 'max-running', as it is written; in hookspool.conf(5), too */
_Static_assert(RUN_RUNS_MAX == 1024, "as many as the runner takes");

void conf_source_read(struct conf_reader *, cfg_t *own, struct source *);

/* What a source has; PRESET may be NULL. */
void conf_signatures_read(struct conf_reader *, cfg_t *own, cfg_t *preset, struct source *); /* after its id */
void conf_keys_make(struct conf_reader *, struct source *); /* of its secrets, for its signature rules */
void conf_handshakes_read(struct conf_reader *, cfg_t *own, cfg_t *preset, struct source *); /* after its tokens */
void conf_fields_read(struct conf_reader *, cfg_t *own, cfg_t *preset, struct source *);
void conf_env_read(struct conf_reader *, cfg_t *own, cfg_t *preset, struct source *);
void conf_hooks_read(struct conf_reader *, cfg_t *own, struct source *);

/* Option 'signed' into RULE's parts, and what must be true of them. */
void conf_signed_read(struct conf_reader *, cfg_t *section, const struct source *, struct signature_rule *rule);

/* A list option of secret files.  Returns owned, or NULL: none. */
struct secret *conf_secret_files(struct conf_reader *, cfg_t *section, const char *option, size_t *n);

/* Complain where a header that carries a secret would be kept as part of an event.  After the source's signatures. */
void conf_refuse_secret(struct conf_reader *, const struct source *, const struct setting *, const struct selector *);

/* The options of a hook's process; and, when all hooks are read, whom those run as that don't say it. */
void conf_process_read(struct conf_reader *, cfg_t *section, struct hook *);
void conf_users_complete(struct conf_reader *, cfg_t *cfg, struct conf *);

#endif
