/* The bars of a page. They are as wide as the page, and their figures are text. */
#include <math.h>

#include "compare/html_parts.h"

enum { ROW_HEIGHT = 26 };

const char hs_html_chart_css[] =
    ".way{display:grid;grid-template-columns:15.5rem minmax(0,1fr) 4.25rem 4.5rem 4.75rem;"
    "align-items:center;font-size:.9rem;line-height:1.2}\n"
    ".way>:first-child{padding-left:.9rem}\n"
    ".way .why{grid-column:2/-1;padding:.2rem 0 .2rem .5rem;font-size:.82rem}\n"
    ".chart h3{font-size:.9rem;margin:.4rem 0 0}\n"
    ".headings{font-size:.78rem;color:var(--dim);align-items:end}\n"
    ".headings .number{white-space:normal}\n"
    ".bars{overflow:visible}\n"
    "@media screen and (max-width:44rem){.way{grid-template-columns:minmax(0,1fr) 3rem 4rem 4.2rem}"
    ".way>:first-child{padding-left:0}.way svg{grid-row:2;grid-column:1/-1}"
    ".way:not(.headings) svg{margin-bottom:.3rem}"
    ".way .why{grid-column:1/-1;padding-left:0}}\n";

static const hs_svg_plot plot = {0};

static void put_legend(hs_markup *markup)
{
    hs_markup_open(markup, "ul", "legend");
    for (int i = 0; i < HS_BARS_LEGEND_COUNT; i++) {
        hs_markup_open(markup, "li", NULL);
        hs_svg_begin_fixed(markup, NULL, HS_BARS_LEGEND_SIGN, HS_BAR_HEIGHT, NULL);
        hs_bars_legend_sign(markup, i, 0, 0);
        hs_svg_end(markup);
        hs_markup_text(markup, "%s", hs_bars_legend_texts[i]);
        hs_markup_close(markup, "li");
    }
    hs_markup_close(markup, "ul");
    hs_markup_line(markup);
}

static void put_headings(hs_markup *markup, const hs_scale *scale)
{
    enum { AXIS_HEIGHT = 36, TITLE = 14, NUMBERS = 31 };
    hs_markup_open(markup, "div", "way headings");
    hs_markup_element(markup, "span", NULL, "%s", "");
    hs_svg_begin_wide(markup, "bars", AXIS_HEIGHT, NULL);
    hs_svg_text(markup, "dim small", hs_svg_px(0), TITLE, "%s",
                isnan(scale->round_trips) ? "ms" : "round trips of the path");
    hs_bars_axis(markup, &plot, scale, NUMBERS);
    hs_svg_end(markup);
    hs_markup_element(markup, "span", "number", "round trips");
    hs_markup_element(markup, "span", "number", "ready ms");
    hs_markup_element(markup, "span", "number", "response ms");
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}

static void put_way(hs_markup *markup, const hs_scale *scale, const hs_compare_row *row)
{
    char text[HS_FIGURE_MAX];
    hs_markup_open(markup, "div", "way");
    if (hs_row_has_times(row)) {
        hs_markup_element(markup, "span", NULL, "%s", hs_way_title(row->way));
        hs_svg_begin_wide(markup, "bars", ROW_HEIGHT, NULL);
        hs_bars_grid(markup, &plot, scale, 0, ROW_HEIGHT);
        hs_bars_draw(markup, &plot, scale, row, (ROW_HEIGHT - HS_BAR_HEIGHT) / 2.0);
        hs_svg_end(markup);
        hs_markup_element(markup, "b", "number", "%s",
                          hs_figure_round_trips(row->round_trips_to_ready, text));
        hs_markup_element(markup, "span", "number", "%s",
                          hs_figure_ms(hs_figure_median(&row->ready), text));
        hs_markup_element(markup, "span", "number dim", "%s",
                          hs_figure_ms(hs_figure_median(&row->first_response), text));
    } else {
        char why[HS_FIGURE_WHY_MAX];
        hs_markup_element(markup, "span", "faint", "%s", hs_way_title(row->way));
        hs_markup_element(markup, "span", "why faint", "%s", hs_figure_why(row, why));
    }
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}

void hs_html_chart(hs_markup *markup, const hs_comparison *all)
{
    const hs_scale scale = hs_scale_of(all);
    hs_markup_element(markup, "h2", NULL, "Time of each way to connect");
    hs_markup_element(markup, "p", "dim",
                      "From the first packet on; medians. The grid counts the path's round trips.");
    hs_markup_open(markup, "div", "chart");
    put_legend(markup);
    put_headings(markup, &scale);
    for (size_t i = 0; i < HS_WAY_GROUP_COUNT; i++) {
        const hs_way_group *group = &hs_way_groups[i];
        hs_markup_element(markup, "h3", NULL, "%s", group->title);
        for (int way = (int)group->first; way < group->end; way++) {
            put_way(markup, &scale, &all->rows[way]);
        }
    }
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}
