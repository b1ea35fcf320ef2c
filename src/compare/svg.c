/* The drawings of a comparison as a file of their own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/picture.h"

/* Where things stand across. */
enum {
    WIDTH = 960,
    EDGE = 28,
    NAMES = 44,
    PLOT = 236,
    PLOT_END = 712,
    ROUND_TRIPS_END = 782,
    READY_END = 854,
    RIGHT = WIDTH - EDGE,
    LINES_PLOT = 76,
    LINES_END = 664,
};

/* And down. */
enum {
    TITLE = 42,
    SUBTITLE = 64,
    LEGEND = 82,
    HEADINGS = 134,
    ROWS = 142,
    GROUP = 30,
    ROW = 24,
    BOTTOM = 24,
    LINES_TITLE = 40,
    LINES_TOP = 76,
};

static const hs_svg_plot bars_plot = {PLOT, PLOT_END - PLOT};
static const hs_svg_plot lines_plot = {LINES_PLOT, LINES_END - LINES_PLOT};

static double bars_height(void)
{
    return ROWS + GROUP * HS_WAY_GROUP_COUNT + ROW * HS_WAY_COUNT + BOTTOM;
}

static double lines_height(void)
{
    return LINES_TOP + HS_LINES_HEIGHT + HS_LINES_BELOW + BOTTOM;
}

/* --- the bars --- */

static void put_figures(hs_markup *markup, const hs_compare_row *row, double base)
{
    char text[HS_FIGURE_MAX];
    hs_svg_text(markup, "figure end strong", hs_svg_px(ROUND_TRIPS_END), base, "%s",
                hs_figure_round_trips(row->round_trips_to_ready, text));
    hs_svg_text(markup, "figure end", hs_svg_px(READY_END), base, "%s",
                hs_figure_ms(hs_figure_median(&row->ready), text));
    hs_svg_text(markup, "figure end dim", hs_svg_px(RIGHT), base, "%s",
                hs_figure_ms(hs_figure_median(&row->first_response), text));
}

static void put_row(hs_markup *markup, const hs_compare_row *row, const hs_scale *scale, double top)
{
    enum { WHY_COLUMNS = 108 };
    const double base = top + ROW / 2.0 + 4.5;
    bool is_shown = hs_row_has_times(row);
    hs_svg_text(markup, is_shown ? NULL : "faint", hs_svg_px(NAMES), base, "%s",
                hs_way_title(row->way));
    if (is_shown) {
        hs_bars_draw(markup, &bars_plot, scale, row, top + (ROW - HS_BAR_HEIGHT) / 2.0);
        put_figures(markup, row, base);
    } else {
        char why[HS_FIGURE_WHY_MAX];
        hs_svg_rect(markup, "fill paper", hs_svg_px(PLOT + 2), top, hs_svg_px(RIGHT - PLOT), ROW);
        hs_svg_text_cut(markup, "faint small", hs_svg_px(PLOT + 6), base, WHY_COLUMNS,
                        hs_figure_why(row, why));
    }
    hs_markup_line(markup);
}

static void put_legend(hs_markup *markup)
{
    enum { APART = 7, CHARACTER = 7, NEXT = 22 };
    double x = EDGE;
    for (int i = 0; i < HS_BARS_LEGEND_COUNT; i++) {
        const char *text = hs_bars_legend_texts[i];
        hs_bars_legend_sign(markup, i, x, LEGEND);
        x += HS_BARS_LEGEND_SIGN + APART;
        hs_svg_text(markup, "dim", hs_svg_px(x), LEGEND + HS_BAR_HEIGHT - 2.5, "%s", text);
        x += (double)(CHARACTER * strlen(text) + NEXT);
    }
}

static void put_heading(hs_markup *markup, const hs_comparison *all)
{
    enum { TITLE_COLUMNS = 72 };
    char text[HS_FIGURE_MAX];
    hs_svg_text_cut(markup, "title", hs_svg_px(EDGE), TITLE, TITLE_COLUMNS, all->target);
    hs_markup_open(markup, "text", "dim");
    hs_markup_number(markup, "x", EDGE, "");
    hs_markup_number(markup, "y", SUBTITLE, "");
    hs_markup_text(markup, "Time from the first packet, median of %d round%s", all->rounds,
                   all->rounds == 1 ? "" : "s");
    if (all->path_rtt.count > 0) {
        hs_markup_text(markup, ". The path's round trip: %s ms",
                       hs_figure_ms(all->path_rtt.p50, text));
    }
    hs_markup_close(markup, "text");
    put_legend(markup);
}

static void put_column_headings(hs_markup *markup, const hs_scale *scale)
{
    enum { LINE = 14 };
    static const struct {
        int end;
        const char *above;
        const char *below;
    } columns[] = {
        {ROUND_TRIPS_END, "round", "trips"}, {READY_END, "ready", "ms"}, {RIGHT, "response", "ms"}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        hs_svg_text(markup, "dim small end", hs_svg_px(columns[i].end), HEADINGS - LINE, "%s",
                    columns[i].above);
        hs_svg_text(markup, "dim small end", hs_svg_px(columns[i].end), HEADINGS, "%s",
                    columns[i].below);
    }
    hs_svg_text(markup, "dim small", hs_svg_px(PLOT), HEADINGS - LINE, "%s",
                isnan(scale->round_trips) ? "ms" : "round trips of the path");
    hs_bars_axis(markup, &bars_plot, scale, HEADINGS);
}

static void put_bars(hs_markup *markup, const hs_comparison *all)
{
    const hs_scale scale = hs_scale_of(all);
    put_heading(markup, all);
    put_column_headings(markup, &scale);
    double top = ROWS;
    hs_bars_grid(markup, &bars_plot, &scale, top, bars_height() - BOTTOM);
    for (size_t i = 0; i < HS_WAY_GROUP_COUNT; i++) {
        const hs_way_group *group = &hs_way_groups[i];
        hs_svg_text(markup, "strong", hs_svg_px(EDGE), top + GROUP - 9, "%s", group->title);
        top += GROUP;
        for (int way = (int)group->first; way < group->end; way++) {
            put_row(markup, &all->rows[way], &scale, top);
            top += ROW;
        }
    }
}

/* --- the lines --- */

static void put_lines(hs_markup *markup, const hs_lines *lines, double top)
{
    hs_svg_text(markup, "title", hs_svg_px(EDGE), top + LINES_TITLE, "%s",
                "The slope of each way is its number of round trips");
    hs_lines_draw(markup, &lines_plot, lines, top + LINES_TOP);
    hs_lines_names(markup, &lines_plot, lines, top + LINES_TOP);
}

hs_result hs_compare_svg(const hs_comparison *comparison, const hs_compare_series *series,
                         FILE *out)
{
    hs_lines lines;
    bool has_lines = series && hs_lines_init(&lines, series);
    if (!comparison && !has_lines) {
        return HS_INVALID;
    }
    hs_markup markup;
    hs_markup_init(&markup, out);
    double top = comparison ? bars_height() : 0;
    hs_svg_begin_file(&markup, WIDTH, top + (has_lines ? lines_height() : 0),
                      "Ways to connect, compared",
                      "Bars: the time until application data may be sent, and until the first "
                      "response, of each way to connect. Lines: the time until ready of each way "
                      "against the path's round trip.");
    if (comparison) {
        put_bars(&markup, comparison);
    }
    if (has_lines) {
        put_lines(&markup, &lines, top);
    }
    hs_svg_end(&markup);
    return hs_markup_finish(&markup);
}
