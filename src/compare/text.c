/* The comparison for people: a table, a chart beside what each way's time went for, and what would
 * make it faster. */
#include "base/time_text.h"
#include "compare/text_parts.h"
#include "report/facts.h"

bool hs_compare_is_path_short(const hs_comparison *all)
{
    int balance = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state == HS_WAY_MEASURED && row->accounting.present) {
            const hs_accounting *parts = &row->accounting;
            balance += 2 * parts->network < parts->total - parts->dns ? 1 : -1;
        }
    }
    return balance > 0;
}

bool hs_compare_has_measured(const hs_comparison *all)
{
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        if (all->rows[way].state == HS_WAY_MEASURED) {
            return true;
        }
    }
    return false;
}

void hs_compare_put_title(hs_page *page, hs_tone tone, hs_way way)
{
    hs_page_tab(page, HS_COMPARE_INDENT);
    hs_page_put(page, tone, "%s", hs_way_title(way));
    hs_page_tab(page, HS_COMPARE_TITLE_COLUMNS);
}

static void put_head(hs_page *page, const hs_comparison *all)
{
    char time[HS_TIME_TEXT_MAX];
    hs_page_hang(page);
    hs_page_item(page, HS_TONE_STRONG, "%s", all->target);
    if (all->address[0]) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", all->address);
    }
    if (hs_compare_has_measured(all)) {
        hs_page_item(page, HS_TONE_PLAIN, "%d round%s", all->rounds, all->rounds == 1 ? "" : "s");
    }
    if (all->interrupted) {
        hs_page_item(page, HS_TONE_BAD, "interrupted");
    }
    if (all->path_rtt.count > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "path round trip %s ms (%s)",
                     hs_time_ms(all->path_rtt.p50, time), hs_fact_clock(all->path_rtt_source));
    }
    hs_page_end_line(page);
    hs_page_end_line(page);
}

hs_result hs_compare_text(const hs_comparison *comparison, const hs_report_options *options,
                          FILE *out)
{
    hs_page page;
    hs_page_init(&page, out, options);
    put_head(&page, comparison);
    hs_compare_put_table(&page, comparison);
    hs_compare_put_chart(&page, comparison);
    hs_compare_put_savings(&page, comparison);
    return hs_page_finish(&page);
}
