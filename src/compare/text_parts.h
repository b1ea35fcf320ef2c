/* The comparison's sections for people. */
#ifndef HS_COMPARE_TEXT_PARTS_H
#define HS_COMPARE_TEXT_PARTS_H

#include "report/page.h"

#include <handshake/compare.h>

enum { HS_COMPARE_INDENT = 2, HS_COMPARE_TITLE_COLUMNS = 29 };

/* text_table.c: the figures of every way, and why some have none. */
void hs_compare_put_table(hs_page *page, const hs_comparison *all);
/* text_chart.c: bars, beside what each way's time went for; nothing where no way took any. */
void hs_compare_put_chart(hs_page *page, const hs_comparison *all);
/* text_savings.c: what makes it faster. */
void hs_compare_put_savings(hs_page *page, const hs_comparison *all);

/* text.c: a way's title in its column, which the line then stands at the end of. */
void hs_compare_put_title(hs_page *page, hs_tone tone, hs_way way);
bool hs_compare_has_measured(const hs_comparison *all);
/* Most of the time went to what the two ends compute: then it tells nothing in round trips. */
bool hs_compare_is_path_short(const hs_comparison *all);

#endif
