/* The series of a page: a line for each way, its slope, and the figures that it comes from. */
#include <math.h>

#include "compare/html_parts.h"

const char hs_html_lines_css[] =
    ".lines{padding:0 280px 0 3.25rem}\n"
    ".lines>svg{overflow:visible}\n"
    ".numbers{display:none}\n"
    "@media screen and (max-width:44rem){.lines{padding-left:2.4rem;padding-right:2rem}"
    ".lines .names{display:none}.lines .numbers{display:inline}}\n"
    ".swatch{display:inline-block;width:.65em;height:.65em;margin-right:.5em;border-radius:50%;"
    "background:currentColor;print-color-adjust:exact;-webkit-print-color-adjust:exact}\n";

static const hs_svg_plot plot = {0};

static void put_drawing(hs_markup *markup, const hs_lines *lines)
{
    hs_markup_open(markup, "figure", "lines");
    hs_svg_begin_wide(markup, NULL, HS_LINES_ABOVE + HS_LINES_HEIGHT + HS_LINES_BELOW,
                      "The time until ready of each way, against the path's round trip: straight "
                      "lines, whose slopes are in the table below.");
    hs_lines_draw(markup, &plot, lines, HS_LINES_ABOVE);
    hs_lines_names(markup, &plot, lines, HS_LINES_ABOVE);
    hs_lines_numbers(markup, &plot, lines, HS_LINES_ABOVE);
    hs_svg_end(markup);
    hs_markup_close(markup, "figure");
    hs_markup_line(markup);
}

/* The path of a point: what was measured, and what it was set to. */
static void put_path(hs_markup *markup, const hs_compare_point *point)
{
    char text[HS_TIME_TEXT_MAX];
    const hs_quantiles *rtt = &point->comparison->path_rtt;
    hs_markup_open(markup, "th", "number");
    hs_markup_attribute(markup, "scope", "col");
    if (rtt->count > 0) {
        hs_markup_text(markup, "%s", hs_time_ms(rtt->p50, text));
    } else {
        hs_markup_text(markup, "not seen");
    }
    if (point->rtt != HS_TIME_NONE) {
        hs_markup_open(markup, "br", NULL);
        hs_markup_close_empty(markup);
        hs_markup_element(markup, "span", "faint", "set: %s", hs_time_ms(point->rtt, text));
    }
    hs_markup_close(markup, "th");
}

static void put_head(hs_markup *markup, const hs_compare_series *series)
{
    hs_markup_open(markup, "th", NULL);
    hs_markup_attribute(markup, "colspan", "4");
    hs_markup_close(markup, "th");
    if (series->count > 0) {
        hs_markup_open(markup, "th", "number");
        hs_markup_attribute(markup, "colspan", "%zu", series->count);
        hs_markup_text(markup, "ready (ms), where the path's round trip is (ms)");
        hs_markup_close(markup, "th");
    }
    hs_markup_close(markup, "tr");
    hs_markup_open(markup, "tr", NULL);
    hs_html_table_heading(markup, NULL, "way");
    hs_html_table_heading(markup, "number", "slope, round trips");
    hs_html_table_heading(markup, "number", "fixed, ms");
    hs_html_table_heading(markup, "number", "off the line, ms");
    for (size_t i = 0; i < series->count; i++) {
        put_path(markup, &series->points[i]);
    }
    hs_html_table_body(markup);
}

static void put_time(hs_markup *markup, hs_time time)
{
    char text[HS_TIME_TEXT_MAX];
    hs_markup_element(markup, "td", "number", "%s",
                      time == HS_TIME_NONE ? "" : hs_time_ms(time, text));
}

static void put_row(hs_markup *markup, const hs_lines *lines, hs_way way)
{
    char text[HS_FIGURE_MAX];
    const hs_compare_slope *slope = &lines->slopes[way];
    hs_markup_open(markup, "tr", NULL);
    hs_markup_open(markup, "th", NULL);
    hs_markup_attribute(markup, "scope", "row");
    hs_markup_open(markup, "span", hs_way_group_of(way)->color);
    hs_markup_element(markup, "span", "swatch", "%s", "");
    hs_markup_close(markup, "span");
    hs_markup_text(markup, "%s", hs_way_title(way));
    hs_markup_close(markup, "th");
    hs_markup_open(markup, "td", "number");
    hs_markup_element(markup, "b", NULL, "%s", hs_figure_round_trips(slope->round_trips, text));
    hs_markup_close(markup, "td");
    put_time(markup, slope->fixed);
    put_time(markup, slope->residual);
    for (size_t i = 0; i < lines->series->count; i++) {
        const hs_compare_row *row = &lines->series->points[i].comparison->rows[way];
        bool is_there = row->state == HS_WAY_MEASURED;
        put_time(markup, is_there ? hs_figure_median(&row->ready) : HS_TIME_NONE);
    }
    hs_markup_close(markup, "tr");
    hs_markup_line(markup);
}

void hs_html_lines(hs_markup *markup, const hs_compare_series *series)
{
    hs_lines lines;
    if (!hs_lines_init(&lines, series)) {
        return;
    }
    hs_markup_element(markup, "h2", NULL, "The slopes are the round trips");
    hs_markup_element(markup, "p", "dim",
                      "The same ways over paths of different length. By how much the time to ready "
                      "grows with the path's round trip is the number of round trips of the way; "
                      "what is left where the path has no length is the work of both ends.");
    put_drawing(markup, &lines);
    hs_html_table_begin(markup, "slopes", true);
    put_head(markup, series);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        if (lines.slopes[way].points > 0) {
            put_row(markup, &lines, (hs_way)way);
        }
    }
    hs_html_table_end(markup, true);
}
