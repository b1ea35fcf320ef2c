/* Pages that are whole in themselves: nothing is loaded, no script runs, nothing is sent. A policy
 * in the page's head holds the browser to that (CSP Level 3), whatever a page says.
 *
 * They follow the reader's light or dark scheme, and can be read on a phone and on paper.
 */
#ifndef HS_REPORT_HTML_H
#define HS_REPORT_HTML_H

#include "report/markup.h"

/* Up to the open <main>. `css` is what this kind of page has beyond the style of all pages, in
 * pieces as hs_markup_css has them. */
void hs_html_begin(hs_markup *markup, FILE *out, const char *title, const char *const *css,
                   size_t css_count);
/* Ends the page; as hs_markup_finish. */
HS_CHECKED hs_result hs_html_end(hs_markup *markup);

/* A table, opened up to the first row of its head. `scrolls`: in a box that scrolls where the page
 * is narrower. */
void hs_html_table_begin(hs_markup *markup, const char *cls, bool scrolls);
/* The heading of a column. */
void hs_html_table_heading(hs_markup *markup, const char *cls, const char *text);
/* From the last row of its head to its body. */
void hs_html_table_body(hs_markup *markup);
void hs_html_table_end(hs_markup *markup, bool scrolls);

#endif
