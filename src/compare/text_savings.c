/* What makes it faster, by how much, and what to do. */
#include <math.h>

#include "base/time_text.h"
#include "compare/text_parts.h"

enum { SAVING_COLUMN = 13 };

static void put_saving(hs_page *page, const hs_saving *saving, bool is_short)
{
    char time[HS_TIME_TEXT_MAX];
    hs_page_tab(page, HS_COMPARE_INDENT);
    hs_page_put(page, saving->measured ? HS_TONE_GOOD : HS_TONE_NOTE, "%s",
                saving->measured ? "measured" : "predicted");
    hs_page_tab(page, SAVING_COLUMN);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_STRONG, "%s", saving->title);
    if (saving->measured && saving->time <= 0) {
        hs_page_item(page, HS_TONE_PLAIN, "saves nothing on this path: %s ms more",
                     hs_time_ms(-saving->time, time));
        hs_page_end_line(page);
        return;
    }
    bool has_trips = !isnan(saving->round_trips) && !(saving->measured && is_short);
    if (has_trips) {
        hs_page_item(page, HS_TONE_PLAIN, "saves %.2f round trips", saving->round_trips);
    }
    if (saving->time != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "%s%s ms", has_trips ? "" : "saves ",
                     hs_time_ms(saving->time, time));
    }
    hs_page_end_line(page);
    hs_page_tab(page, SAVING_COLUMN);
    hs_page_put(page, HS_TONE_DIM, "→ ");
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", saving->advice);
    hs_page_end_line(page);
}

void hs_compare_put_savings(hs_page *page, const hs_comparison *all)
{
    if (all->saving_count == 0) {
        return;
    }
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "what makes it faster");
    hs_page_end_line(page);
    for (size_t i = 0; i < all->saving_count; i++) {
        put_saving(page, &all->savings[i], hs_compare_is_path_short(all));
    }
}
