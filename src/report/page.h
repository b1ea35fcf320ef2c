/* Text on a page of a given width: labelled rows of items that wrap, in colour where wanted.
 *
 * Everything that is printed passes through here, and control characters in it stand as \xNN: no
 * text, wherever it came from, can drive the terminal.
 */
#ifndef HS_REPORT_PAGE_H
#define HS_REPORT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include <handshake/report.h>

typedef enum hs_tone {
    HS_TONE_PLAIN,
    HS_TONE_STRONG,
    HS_TONE_DIM,
    HS_TONE_GOOD,
    HS_TONE_BAD,
    HS_TONE_NOTE,
    HS_TONE_ACCENT,
} hs_tone;

/* Of what has this severity. */
hs_tone hs_page_severity_tone(hs_severity severity);

typedef struct hs_page {
    FILE *out;
    bool color;
    size_t width;
    size_t column; /* where the next character goes */
    size_t indent; /* where wrapped items go on */
    size_t blanks; /* that wait to be written */
    bool no_memory;
} hs_page;

void hs_page_init(hs_page *page, FILE *out, const hs_report_options *options);
/* HS_OK, HS_SYSTEM after a write error, HS_NO_MEMORY. */
HS_CHECKED hs_result hs_page_finish(hs_page *page);

/* Text as it is, without wrapping. */
void hs_page_put(hs_page *page, hs_tone tone, const char *format, ...) HS_PRINTF(3, 4);
/* Blanks up to `column`; at least one if the line is already there. */
void hs_page_tab(hs_page *page, size_t column);
/* Items and words that do not fit go on at the present column. */
void hs_page_hang(hs_page *page);
/* An item: set apart from what stands before it by two blanks, or by a new line. */
void hs_page_item(hs_page *page, hs_tone tone, const char *format, ...) HS_PRINTF(3, 4);
/* An item of two: what it is, and its value. */
void hs_page_pair(hs_page *page, const char *key, const char *value);
/* A sentence, broken between words. */
void hs_page_words(hs_page *page, hs_tone tone, const char *format, ...) HS_PRINTF(3, 4);
void hs_page_end_line(hs_page *page);

/* Columns that the text takes when printed. */
size_t hs_page_columns(const char *text);

#endif
