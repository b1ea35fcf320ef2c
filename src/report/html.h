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

#endif
