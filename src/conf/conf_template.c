/* Texts with places in braces: "{timestamp}.{body}". */
#include "conf_reader.h"

#include <stdlib.h>
#include <string.h>

/* The text up to the next place into PIECE, "{{" as one brace.  Returns its end, or NULL. */
static const char *
read_literal(struct conf_reader *r, const char *p, struct template_piece *piece)
{
	char *out = conf_copy(r, p);

	piece->text = out;
	if (out == NULL)
		return NULL;
	for (; *p != '\0' && (*p != '{' || p[1] == '{'); p++) {
		if (*p == '{')
			p++;
		*out++ = *p;
	}
	*out = '\0';
	return p;
}

static const char *
read_place(struct conf_reader *r, const char *p, struct template_piece *piece)
{
	size_t len = strcspn(p, "}");

	piece->place = true;
	piece->text = conf_copy(r, p + 1);
	if (piece->text == NULL)
		return NULL;
	piece->text[len - 1] = '\0';
	return p + len + 1;
}

void
conf_template_free(struct template_piece *pieces, size_t n)
{
	for (size_t i = 0; pieces != NULL && i < n; i++)
		free(pieces[i].text);
	free(pieces);
}

struct template_piece *
conf_template(struct conf_reader *r, const struct setting *setting, size_t *n)
{
	struct template_piece *pieces = conf_array(r, CONF_TEMPLATE_MAX, sizeof(pieces[0]));
	const char *p = setting->text;

	for (*n = 0; pieces != NULL && p != NULL && *p != '\0';) {
		if (*n == CONF_TEMPLATE_MAX) {
			conf_complain(
			    r, setting, "option '%s' has more than %d parts", setting->option, CONF_TEMPLATE_MAX);
			break;
		}
		if (*p == '{' && p[1] != '{' && strchr(p, '}') == NULL) {
			conf_complain(r, setting, "option '%s': a '{' is not closed; a brace itself is written {{",
			    setting->option);
			break;
		}
		p = *p == '{' && p[1] != '{' ? read_place(r, p, &pieces[*n]) : read_literal(r, p, &pieces[*n]);
		++*n;
	}
	if (pieces != NULL && p != NULL && *p == '\0')
		return pieces;
	conf_template_free(pieces, *n);
	return NULL;
}
