/* The sections of a comparison's page. */
#ifndef HS_COMPARE_HTML_PARTS_H
#define HS_COMPARE_HTML_PARTS_H

#include "compare/picture.h"
#include "report/html.h"

/* html_chart.c: the bars. */
void hs_html_chart(hs_markup *markup, const hs_comparison *all);
/* html_lines.c: time against round trip, the slopes, and the figures they come from; nothing where
 * no way has a slope. */
void hs_html_lines(hs_markup *markup, const hs_compare_series *series);
/* html_tables.c: every figure of every way; and what was agreed on. */
void hs_html_figures(hs_markup *markup, const hs_comparison *all);
void hs_html_agreed(hs_markup *markup, const hs_comparison *all);
/* html_accounting.c: where the time of each way went. */
void hs_html_accounting(hs_markup *markup, const hs_comparison *all);
/* html_savings.c */
void hs_html_savings(hs_markup *markup, const hs_comparison *all);
/* html_method.c: what each figure is, and where it was read. */
void hs_html_method(hs_markup *markup, const hs_comparison *all, const hs_compare_series *series);

/* The rules of each section's style. */
extern const char hs_html_chart_css[];
extern const char hs_html_lines_css[];
extern const char hs_html_accounting_css[];
extern const char hs_html_savings_css[];

#endif
