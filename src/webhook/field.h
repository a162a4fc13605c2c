/*
 * The rules of a declared field: hookspool.conf(5), "Fields".
 */
#ifndef HOOKSPOOL_FIELD_H
#define HOOKSPOOL_FIELD_H

#include <stdbool.h>

#include "../lib/json.h"

struct field;
struct field_rule;

/* FIELD made ready; borrows it.  Returns owned, or NULL with errno. */
struct field_rule *field_rule_new(const struct field *);
void field_rule_free(struct field_rule *);

/* Whether the field is looked at for events of this type. */
bool field_applies(const struct field *, const char *type);

/* NULL, or which rule VALUE breaks: "is longer than max-length 64".  Valid until the next use of the rule. */
const char *field_check(struct field_rule *, const struct json_value *);

#endif
