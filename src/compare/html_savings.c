/* What makes it faster, or would. */
#include "compare/html_parts.h"

const char hs_html_savings_css[] =
    ".saving{display:grid;grid-template-columns:9rem 6rem minmax(0,1fr);gap:0 1.5rem;"
    "align-items:baseline;padding:.6rem 0;border-bottom:1px solid var(--rule);break-inside:avoid}\n"
    ".saving p{margin:.15rem 0 0}\n"
    ".saving .badge{margin-left:.6em}\n"
    ".predicted{border-style:dashed}\n"
    "@media screen and (max-width:44rem){.saving{grid-template-columns:1fr 1fr}"
    ".saving div{grid-column:1/-1}}\n";

static void put_saving(hs_markup *markup, const hs_saving *saving)
{
    char text[HS_FIGURE_MAX];
    hs_figure_round_trips(saving->round_trips, text);
    hs_markup_open(markup, "div", "saving");
    hs_markup_element(markup, "b", "number", "%s%s", text, text[0] ? " round trips" : "");
    hs_figure_ms(saving->time, text);
    hs_markup_element(markup, "span", "number", "%s%s", text, text[0] ? " ms" : "");
    hs_markup_open(markup, "div", NULL);
    hs_markup_element(markup, "b", NULL, "%s", saving->title);
    hs_markup_element(markup, "span", saving->measured ? "badge dim" : "badge predicted dim", "%s",
                      saving->measured ? "measured" : "predicted");
    hs_markup_element(markup, "p", "dim", "%s", saving->advice);
    hs_markup_close(markup, "div");
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}

void hs_html_savings(hs_markup *markup, const hs_comparison *all)
{
    if (all->saving_count == 0) {
        return;
    }
    hs_markup_element(markup, "h2", NULL, "What makes it faster");
    hs_markup_element(markup, "p", "dim",
                      "Measured: both ways were taken here. Predicted: the server does not offer "
                      "it; this is what the protocol promises on this path.");
    for (size_t i = 0; i < all->saving_count; i++) {
        put_saving(markup, &all->savings[i]);
    }
}
