/*
 * The member names of the objects that are open during a scan, to find duplicates in linear time whatever the text.
 */
#ifndef HOOKSPOOL_JSON_NAMES_H
#define HOOKSPOOL_JSON_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct json_names;

enum json_names_result { JSON_NAMES_NEW, JSON_NAMES_KNOWN, JSON_NAMES_NO_MEMORY };

struct json_names *json_names_new(void);
void json_names_free(struct json_names *);

/* Forget everything; give back memory that a large text took. */
void json_names_reset(struct json_names *);

/*
 * The raw name (between its quotes, LEN bytes, valid) of a member of object number OBJECT.  Escapes are resolved for
 * the comparison.  Borrows NAME until the reset.
 */
enum json_names_result json_names_add(struct json_names *, uint32_t object, const char *name, size_t len);

#endif
