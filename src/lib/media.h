/*
 * Media types (RFC 6838).
 */
#ifndef HOOKSPOOL_MEDIA_H
#define HOOKSPOOL_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

/* TYPE, LEN bytes, is a Content-Type's value; parameters don't matter. */

/* application/json, or any type that ends in +json (RFC 6839). */
bool media_is_json(const char *type, size_t len);

/* application/x-www-form-urlencoded. */
bool media_is_form(const char *type, size_t len);

#endif
