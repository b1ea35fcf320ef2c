#include "report/markup.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes_text.h"
#include "base/decimal_text.h"

void hs_markup_init(hs_markup *markup, FILE *out)
{
    *markup = (hs_markup){.out = out};
}

hs_result hs_markup_finish(hs_markup *markup)
{
    if (markup->no_memory) {
        return HS_NO_MEMORY;
    }
    return ferror(markup->out) ? HS_SYSTEM : HS_OK;
}

static void end_tag(hs_markup *markup)
{
    if (markup->in_tag) {
        fputc('>', markup->out);
        markup->in_tag = false;
    }
}

/* Code points that are no characters: U+FDD0 to U+FDEF, and the last two of each plane. */
static bool is_noncharacter(const uint8_t *b, size_t len)
{
    if (len == 3) {
        bool is_last = b[0] == 0xef && b[1] == 0xbf && b[2] >= 0xbe;
        return is_last || (b[0] == 0xef && b[1] == 0xb7 && b[2] >= 0x90 && b[2] <= 0xaf);
    }
    return len == 4 && (b[1] & 0x0f) == 0x0f && b[2] == 0xbf && b[3] >= 0xbe;
}

/* Length of what may stand as it is; 0 where the first byte may not. */
static size_t printable(const uint8_t *at, size_t left)
{
    size_t len = hs_printable_length((hs_bytes){at, left});
    return is_noncharacter(at, len) ? 0 : len;
}

static void put_character(FILE *out, const uint8_t *at, size_t len)
{
    switch (*at) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    case '\'':
        fputs("&#39;", out);
        break;
    default:
        fwrite(at, 1, len, out);
        break;
    }
}

static void put_escaped(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        const uint8_t *at = (const uint8_t *)text + i;
        size_t step = printable(at, len - i);
        if (step > 0) {
            put_character(out, at, step);
        } else {
            fprintf(out, "\\x%02x", *at);
        }
        i += step > 0 ? step : 1;
    }
}

static void put_format(hs_markup *markup, const char *format, va_list arguments) HS_PRINTF(2, 0);
static void put_format(hs_markup *markup, const char *format, va_list arguments)
{
    char *text = NULL;
    int len = vasprintf(&text, format, arguments);
    if (len < 0) {
        markup->no_memory = true;
        return;
    }
    put_escaped(markup->out, text, (size_t)len);
    free(text);
}

void hs_markup_open(hs_markup *markup, const char *element, const char *cls)
{
    end_tag(markup);
    fprintf(markup->out, "<%s", element);
    markup->in_tag = true;
    if (cls) {
        hs_markup_attribute(markup, "class", "%s", cls);
    }
}

void hs_markup_attribute(hs_markup *markup, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(markup->out, " %s=\"", name);
    put_format(markup, format, arguments);
    fputc('"', markup->out);
    va_end(arguments);
}

void hs_markup_number(hs_markup *markup, const char *name, double value, const char *unit)
{
    char text[HS_DECIMAL_TEXT_MAX];
    if (isnan(value)) {
        return;
    }
    hs_decimal_text(value, 2, text);
    char *end = text + strlen(text);
    while (end[-1] == '0') {
        *--end = '\0';
    }
    if (end[-1] == '.') {
        end[-1] = '\0';
    }
    fprintf(markup->out, " %s=\"%s%s\"", name, text, unit);
}

void hs_markup_close(hs_markup *markup, const char *element)
{
    end_tag(markup);
    fprintf(markup->out, "</%s>", element);
}

void hs_markup_close_empty(hs_markup *markup)
{
    fputs("/>", markup->out);
    markup->in_tag = false;
}

void hs_markup_text(hs_markup *markup, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hs_markup_text_of(markup, format, arguments);
    va_end(arguments);
}

void hs_markup_text_of(hs_markup *markup, const char *format, va_list arguments)
{
    end_tag(markup);
    put_format(markup, format, arguments);
}

void hs_markup_text_cut(hs_markup *markup, size_t columns, const char *text)
{
    enum { ESCAPED = 4 }; /* \xNN */
    size_t len = strlen(text);
    size_t used = 0;
    size_t cut = 0; /* where there is still room for the ellipsis */
    size_t i = 0;
    while (i < len && used <= columns) {
        size_t step = printable((const uint8_t *)text + i, len - i);
        cut = used + 1 <= columns ? i : cut;
        used += step > 0 ? 1 : ESCAPED;
        i += step > 0 ? step : 1;
    }
    end_tag(markup);
    bool fits = i == len && used <= columns;
    put_escaped(markup->out, text, fits ? len : cut);
    if (!fits) {
        fputs("…", markup->out);
    }
}

void hs_markup_element(hs_markup *markup, const char *element, const char *cls, const char *format,
                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    hs_markup_open(markup, element, cls);
    hs_markup_text_of(markup, format, arguments);
    hs_markup_close(markup, element);
    va_end(arguments);
}

void hs_markup_line(hs_markup *markup)
{
    end_tag(markup);
    fputc('\n', markup->out);
}

void hs_markup_css(hs_markup *markup, const char *css)
{
    end_tag(markup);
    fputs(css, markup->out);
}
