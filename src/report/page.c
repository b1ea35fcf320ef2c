#include "report/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes_text.h"

enum { WIDTH_DEFAULT = 100, WIDTH_MIN = 40 };

static const char *const tone_codes[] = {
    [HS_TONE_PLAIN] = "", [HS_TONE_STRONG] = "1", [HS_TONE_DIM] = "2",     [HS_TONE_GOOD] = "32",
    [HS_TONE_BAD] = "31", [HS_TONE_NOTE] = "33",  [HS_TONE_ACCENT] = "36",
};

hs_tone hs_page_severity_tone(hs_severity severity)
{
    switch (severity) {
    case HS_SEVERITY_INFO:
        return HS_TONE_DIM;
    case HS_SEVERITY_NOTICE:
        return HS_TONE_ACCENT;
    case HS_SEVERITY_WARNING:
        return HS_TONE_NOTE;
    case HS_SEVERITY_ERROR:
        return HS_TONE_BAD;
    }
    return HS_TONE_PLAIN;
}

void hs_page_init(hs_page *page, FILE *out, const hs_report_options *options)
{
    size_t width = options->width > 0 ? (size_t)options->width : WIDTH_DEFAULT;
    *page = (hs_page){
        .out = out, .color = options->color, .width = width < WIDTH_MIN ? WIDTH_MIN : width};
}

hs_result hs_page_finish(hs_page *page)
{
    if (page->no_memory) {
        return HS_NO_MEMORY;
    }
    return ferror(page->out) ? HS_SYSTEM : HS_OK;
}

enum { ESCAPE_COLUMNS = 4 }; /* \\xNN */

static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len;) {
        size_t step = hs_printable_length((hs_bytes){(const uint8_t *)text + i, len - i});
        columns += step > 0 ? 1 : ESCAPE_COLUMNS;
        i += step > 0 ? step : 1;
    }
    return columns;
}

size_t hs_page_columns(const char *text)
{
    return columns_of(text, strlen(text));
}

/* Blanks wait until something follows them, so that no line ends in any. */
static void put_blanks(hs_page *page, size_t count)
{
    page->blanks += count;
    page->column += count;
}

static void put(hs_page *page, hs_tone tone, const char *text, size_t len)
{
    size_t leading = 0;
    while (leading < len && text[leading] == ' ') {
        leading++;
    }
    put_blanks(page, leading);
    text += leading;
    len -= leading;
    if (len == 0) {
        return;
    }
    fprintf(page->out, "%*s", (int)page->blanks, "");
    page->blanks = 0;
    bool colored = page->color && tone != HS_TONE_PLAIN;
    if (colored) {
        fprintf(page->out, "\033[%sm", tone_codes[tone]);
    }
    for (size_t i = 0; i < len;) {
        const uint8_t *at = (const uint8_t *)text + i;
        size_t step = hs_printable_length((hs_bytes){at, len - i});
        if (step > 0) {
            fwrite(at, 1, step, page->out);
        } else {
            fprintf(page->out, "\\x%02x", *at);
        }
        i += step > 0 ? step : 1;
    }
    if (colored) {
        fputs("\033[0m", page->out);
    }
    page->column += columns_of(text, len);
}

static char *format_text(hs_page *page, const char *format, va_list arguments) HS_PRINTF(2, 0);
static char *format_text(hs_page *page, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        page->no_memory = true;
        return NULL;
    }
    return text;
}

void hs_page_put(hs_page *page, hs_tone tone, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(page, format, arguments);
    va_end(arguments);
    if (text) {
        put(page, tone, text, strlen(text));
    }
    free(text);
}

void hs_page_tab(hs_page *page, size_t column)
{
    put_blanks(page, column > page->column ? column - page->column : 1);
}

void hs_page_hang(hs_page *page)
{
    page->indent = page->column;
}

void hs_page_end_line(hs_page *page)
{
    fputc('\n', page->out);
    page->column = 0;
    page->blanks = 0;
}

static void continue_line(hs_page *page)
{
    hs_page_end_line(page);
    put_blanks(page, page->indent);
}

/* Makes room for `columns`, `apart` blanks after what stands before. */
static void make_room(hs_page *page, size_t columns, size_t apart)
{
    if (page->column <= page->indent) {
        return;
    }
    if (page->column + apart + columns > page->width) {
        continue_line(page);
    } else {
        put_blanks(page, apart);
    }
}

static void put_words(hs_page *page, hs_tone tone, const char *text, size_t apart)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        make_room(page, columns_of(text, len), apart);
        put(page, tone, text, len);
        text += len;
        text += strspn(text, " ");
        apart = 1;
    }
}

void hs_page_item(hs_page *page, hs_tone tone, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(page, format, arguments);
    va_end(arguments);
    if (text) {
        size_t columns = hs_page_columns(text);
        if (page->indent + columns > page->width) {
            put_words(page, tone, text, 2);
        } else {
            make_room(page, columns, 2);
            put(page, tone, text, strlen(text));
        }
    }
    free(text);
}

void hs_page_words(hs_page *page, hs_tone tone, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(page, format, arguments);
    va_end(arguments);
    if (text) {
        put_words(page, tone, text, 1);
    }
    free(text);
}

void hs_page_pair(hs_page *page, const char *key, const char *value)
{
    size_t columns = hs_page_columns(key) + 1 + hs_page_columns(value);
    bool fits = page->indent + columns <= page->width;
    make_room(page, fits ? columns : hs_page_columns(key), 2);
    put(page, HS_TONE_DIM, key, strlen(key));
    if (fits) {
        put_blanks(page, 1);
        put(page, HS_TONE_PLAIN, value, strlen(value));
    } else {
        put_words(page, HS_TONE_PLAIN, value, 1);
    }
}
