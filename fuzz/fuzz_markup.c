/* Any bytes as the text of an element, of an attribute and of a cut text: what is written has the
 * program's own elements only, and reads back as printable text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes_text.h"
#include "report/markup.h"
#include "text_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 12 };

static size_t count(const char *text, char what)
{
    size_t found = 0;
    for (; *text != '\0'; text++) {
        found += *text == what;
    }
    return found;
}

/* Length of what stands for one character; the entities are those that the writer knows. */
static size_t character(const char *at, size_t left)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    if (*at == '&') {
        for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
            if (strncmp(at, entities[i], strlen(entities[i])) == 0) {
                return strlen(entities[i]);
            }
        }
        abort();
    }
    size_t len = hs_printable_length((hs_bytes){(const uint8_t *)at, left});
    if (len == 0) {
        abort();
    }
    return len;
}

static size_t characters(const char *text)
{
    size_t found = 0;
    for (const char *end = text + strlen(text); text < end;) {
        text += character(text, (size_t)(end - text));
        found++;
    }
    return found;
}

static char *document(const char *text, bool is_cut)
{
    char *written = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&written, &len);
    if (!out) {
        abort();
    }
    hs_markup markup;
    hs_markup_init(&markup, out);
    if (is_cut) {
        hs_markup_text_cut(&markup, COLUMNS, text);
    } else {
        hs_markup_open(&markup, "p", NULL);
        hs_markup_attribute(&markup, "title", "%s", text);
        hs_markup_text(&markup, "%s", text);
        hs_markup_close(&markup, "p");
    }
    if (hs_markup_finish(&markup) != HS_OK) {
        abort();
    }
    fclose(out);
    return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_input(data, size);
    if (!text) {
        return 0;
    }
    char *whole = document(text, false);
    char *cut = document(text, true);
    if (count(whole, '<') != 2 || count(whole, '>') != 2 || count(whole, '"') != 2 ||
        strpbrk(cut, "<>\"'") || characters(cut) > COLUMNS) {
        abort();
    }
    (void)characters(whole);
    free(text);
    free(whole);
    free(cut);
    return 0;
}
