/* A bar for each way, and beside it what its time went for. */
#include <math.h>

#include "compare/text_parts.h"

enum {
    BAR_COLUMNS = 20,
    SENTENCE_PAGE = 74, /* the narrowest page with a sentence beside its bar */
};

static hs_time longest(const hs_comparison *all)
{
    hs_time most = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state == HS_WAY_MEASURED) {
            most = row->ready.p50 > most ? row->ready.p50 : most;
            most = row->first_response.p50 > most ? row->first_response.p50 : most;
        }
    }
    return most;
}

static int cells_of(hs_time time, hs_time whole, int room)
{
    if (time == HS_TIME_NONE || whole <= 0) {
        return 0;
    }
    return (int)lround((double)room * (double)time / (double)whole);
}

static void put_bar(hs_page *page, const hs_compare_row *row, hs_time whole)
{
    bool is_narrow = page->width < HS_COMPARE_TITLE_COLUMNS + BAR_COLUMNS;
    int room = is_narrow ? (int)page->width - HS_COMPARE_TITLE_COLUMNS : BAR_COLUMNS;
    int ready = cells_of(row->ready.p50, whole, room);
    int end = cells_of(row->first_response.p50, whole, room);
    for (int i = 0; i < room; i++) {
        if (i < ready) {
            hs_page_put(page, HS_TONE_ACCENT, "█");
        } else if (i < end) {
            hs_page_put(page, HS_TONE_ACCENT, "░");
        } else {
            hs_page_put(page, HS_TONE_PLAIN, " ");
        }
    }
}

static void put_sentence(hs_page *page, const hs_compare_row *row)
{
    if (page->width < SENTENCE_PAGE && row->sentence[0]) {
        hs_page_end_line(page);
        hs_page_tab(page, (size_t)HS_COMPARE_INDENT + HS_COMPARE_INDENT);
    } else {
        hs_page_put(page, HS_TONE_PLAIN, " ");
    }
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_PLAIN, "%s", row->sentence);
}

void hs_compare_put_chart(hs_page *page, const hs_comparison *all)
{
    hs_time whole = longest(all);
    if (whole == 0) {
        return;
    }
    hs_page_end_line(page);
    hs_page_hang(page);
    hs_page_item(page, HS_TONE_STRONG, "where the time goes");
    hs_page_item(page, HS_TONE_DIM, "█ until ready");
    hs_page_item(page, HS_TONE_DIM, "░ until the first response");
    hs_page_end_line(page);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state != HS_WAY_MEASURED) {
            continue;
        }
        hs_compare_put_title(page, HS_TONE_PLAIN, row->way);
        put_bar(page, row, whole);
        put_sentence(page, row);
        hs_page_end_line(page);
    }
}
