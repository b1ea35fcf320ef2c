/* HTML and SVG as they are written: elements, attributes, text.
 *
 * Names of elements and attributes are the program's own. Everything else may come from the
 * network, and passes through one place that escapes it: no text can end an element or an
 * attribute, and no byte can make the document other than well-formed (XML 1.0 2.2, 2.4; HTML
 * 13.2.3.5). Bytes that are not printable UTF-8 stand as \xNN, as in every other report.
 */
#ifndef HS_REPORT_MARKUP_H
#define HS_REPORT_MARKUP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <handshake/api.h>

typedef struct hs_markup {
    FILE *out;
    bool in_tag; /* attributes may still follow */
    bool no_memory;
} hs_markup;

void hs_markup_init(hs_markup *markup, FILE *out);
/* HS_OK, HS_SYSTEM after a write error, HS_NO_MEMORY. */
HS_CHECKED hs_result hs_markup_finish(hs_markup *markup);

/* <element class="cls">, without a class where `cls` is NULL. Attributes may follow. */
void hs_markup_open(hs_markup *markup, const char *element, const char *cls);
void hs_markup_attribute(hs_markup *markup, const char *name, const char *format, ...)
    HS_PRINTF(3, 4);
/* An attribute with at most two digits behind the point, and what stands behind it ("", "%").
 * NAN is left out. */
void hs_markup_number(hs_markup *markup, const char *name, double value, const char *unit);
void hs_markup_close(hs_markup *markup, const char *element);
/* Ends an element that was just opened and has no content. Only for HTML's void elements and for
 * SVG. */
void hs_markup_close_empty(hs_markup *markup);

void hs_markup_text(hs_markup *markup, const char *format, ...) HS_PRINTF(2, 3);
void hs_markup_text_of(hs_markup *markup, const char *format, va_list arguments) HS_PRINTF(2, 0);
/* Of longer text the beginning and an ellipsis, `columns` in all. */
void hs_markup_text_cut(hs_markup *markup, size_t columns, const char *text);
/* An element with nothing but text in it. */
void hs_markup_element(hs_markup *markup, const char *element, const char *cls, const char *format,
                       ...) HS_PRINTF(4, 5);
/* A new line of the source, for those who read it. */
void hs_markup_line(hs_markup *markup);
/* The content of a <style> element: the program's own text, without "<" and "&". */
void hs_markup_css(hs_markup *markup, const char *css);

#endif
