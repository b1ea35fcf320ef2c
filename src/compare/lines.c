/* A line for each way: its time to ready against the path's round trip. Dots are what was measured,
 * lines are the straight ones of least squares. */
#include <math.h>

#include "compare/picture.h"

enum { DOT = 3, NAME_HEIGHT = 16, LEADER = 34, NAME_AT = 46, SLOPE_END = 82, TITLE_AT = 92 };

static double height_of(const hs_lines *lines, double nanoseconds)
{
    return HS_LINES_HEIGHT * hs_scale_share(&lines->up, nanoseconds);
}

static bool has_dot(const hs_compare_point *point, int way)
{
    const hs_compare_row *row = &point->comparison->rows[way];
    return row->state == HS_WAY_MEASURED && row->ready.count > 0 &&
           point->comparison->path_rtt.count > 0;
}

/* Where the line ends, at the longest round trip; NAN without a line. */
static double end_of(const hs_lines *lines, int way)
{
    const hs_compare_slope *slope = &lines->slopes[way];
    return slope->fixed == HS_TIME_NONE
               ? (double)NAN
               : (double)slope->fixed + slope->round_trips * lines->longest_rtt;
}

bool hs_lines_init(hs_lines *lines, const hs_compare_series *series)
{
    *lines = (hs_lines){.series = series};
    hs_compare_slopes(series, lines->slopes);
    double most = 0;
    bool any = false;
    for (size_t i = 0; i < series->count; i++) {
        const hs_comparison *comparison = series->points[i].comparison;
        if (comparison->path_rtt.count > 0) {
            lines->longest_rtt = fmax(lines->longest_rtt, (double)comparison->path_rtt.p50);
        }
        for (int way = 0; way < HS_WAY_COUNT; way++) {
            if (has_dot(&series->points[i], way)) {
                most = fmax(most, (double)comparison->rows[way].ready.p50);
            }
        }
    }
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        double end = end_of(lines, way);
        any = any || !isnan(end);
        most = fmax(most, end); /* of NAN and a number it takes the number */
    }
    lines->across = hs_scale_to(lines->longest_rtt);
    lines->across.length = fmax(1, lines->longest_rtt);
    lines->up = hs_scale_to(most);
    lines->guides = hs_scale_in(lines->up.length, fmax(1, lines->longest_rtt));
    return any;
}

static void put_axes(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, double top)
{
    enum { APART = 8, MIDDLE = 4, NUMBERS = 17, TITLE = 38 };
    char text[HS_DECIMAL_TEXT_MAX];
    const double bottom = top + HS_LINES_HEIGHT;
    for (int i = 0; i <= lines->up.steps; i++) {
        double y = bottom - height_of(lines, i * lines->up.step);
        hs_svg_line(markup, i == 0 ? "line axis" : "line rule", hs_svg_at(plot, 0), y,
                    hs_svg_at(plot, 1), y);
        hs_svg_text(markup, "faint small figure end", hs_svg_before(plot, APART), y + MIDDLE, "%s",
                    hs_scale_text(&lines->up, i, text));
    }
    for (int i = 0; i <= lines->across.steps; i++) {
        double share = hs_scale_share(&lines->across, i * lines->across.step);
        hs_svg_text(markup, "faint small figure middle", hs_svg_at(plot, share), bottom + NUMBERS,
                    "%s", hs_scale_text(&lines->across, i, text));
    }
    hs_svg_text(markup, "dim small end", hs_svg_at(plot, 1), bottom + TITLE,
                "round trip of the path, ms");
    hs_svg_text(markup, "dim small", hs_svg_before(plot, 0), top - 4, "time to ready, ms");
}

/* What whole round trips would take. */
static void put_guides(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines,
                       double top)
{
    const double bottom = top + HS_LINES_HEIGHT;
    for (int i = 1; i <= lines->guides.steps; i++) {
        hs_svg_line(markup, "line dashed faint", hs_svg_at(plot, 0), bottom, hs_svg_at(plot, 1),
                    bottom - height_of(lines, i * lines->guides.step));
    }
}

static void put_way(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, hs_way way,
                    double top)
{
    const hs_way_group *group = hs_way_group_of(way);
    const double bottom = top + HS_LINES_HEIGHT;
    const double end = end_of(lines, (int)way);
    hs_markup_open(markup, "g", group->color);
    hs_svg_title(markup, "%s", hs_way_title(way));
    if (!isnan(end)) {
        hs_svg_line(markup, "line thin", hs_svg_at(plot, 0),
                    bottom - height_of(lines, (double)lines->slopes[way].fixed), hs_svg_at(plot, 1),
                    bottom - height_of(lines, end));
    }
    for (size_t i = 0; i < lines->series->count; i++) {
        const hs_compare_point *point = &lines->series->points[i];
        if (has_dot(point, (int)way)) {
            double share = hs_scale_share(&lines->across, (double)point->comparison->path_rtt.p50);
            double y = height_of(lines, (double)point->comparison->rows[way].ready.p50);
            hs_svg_circle(markup, "fill", hs_svg_at(plot, share), bottom - y, DOT);
        }
    }
    hs_markup_close(markup, "g");
    hs_markup_line(markup);
}

void hs_lines_draw(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, double top)
{
    put_axes(markup, plot, lines, top);
    put_guides(markup, plot, lines, top);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        put_way(markup, plot, lines, (hs_way)way, top);
    }
}

/* --- beside the plot --- */

typedef struct name {
    hs_way way;
    double end; /* of its line, from the bottom */
    double at;  /* of its text */
} name;

/* Those with a line, from the lowest end to the highest. */
static int names_of(const hs_lines *lines, name names[HS_WAY_COUNT])
{
    int count = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        double end = end_of(lines, way);
        if (isnan(end)) {
            continue;
        }
        int i = count++;
        double height = height_of(lines, end);
        for (; i > 0 && names[i - 1].end > height; i--) {
            names[i] = names[i - 1];
        }
        names[i] = (name){(hs_way)way, height, height};
    }
    return count;
}

/* Apart from each other, and as near to their lines as that allows: names that would lie on each
 * other become a block, in whose middle the mean of its lines is. */
static void spread(name *names, int count)
{
    for (int i = 0; i < count; i++) {
        int first = i;
        double mean = names[i].end;
        while (first > 0 &&
               names[first - 1].at + NAME_HEIGHT > mean - NAME_HEIGHT * (i - first) / 2.0) {
            first--;
            mean = 0;
            for (int j = first; j <= i; j++) {
                mean += names[j].end / (i - first + 1);
            }
        }
        double at = fmax(NAME_HEIGHT / 2.0, mean - NAME_HEIGHT * (i - first) / 2.0);
        for (int j = first; j <= i; j++) {
            names[j].at = at + NAME_HEIGHT * (j - first);
        }
    }
}

void hs_lines_names(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, double top)
{
    enum { MIDDLE = 4 };
    name names[HS_WAY_COUNT];
    int count = names_of(lines, names);
    spread(names, count);
    hs_svg_begin_at(markup, "names", hs_svg_at(plot, 1), top);
    for (int i = 0; i < count; i++) {
        char slope[HS_FIGURE_MAX];
        const hs_way_group *group = hs_way_group_of(names[i].way);
        double y = HS_LINES_HEIGHT - names[i].at;
        hs_svg_line(markup, "line axis", hs_svg_px(DOT + 2), HS_LINES_HEIGHT - names[i].end,
                    hs_svg_px(LEADER), y);
        hs_markup_open(markup, "g", group->color);
        hs_svg_circle(markup, "fill", hs_svg_px(NAME_AT - 6), y, DOT + 1);
        hs_markup_close(markup, "g");
        hs_svg_text(markup, "figure end strong", hs_svg_px(SLOPE_END), y + MIDDLE, "%s",
                    hs_figure_round_trips(lines->slopes[names[i].way].round_trips, slope));
        hs_svg_text(markup, NULL, hs_svg_px(TITLE_AT), y + MIDDLE, "%s",
                    hs_way_title(names[i].way));
    }
    hs_svg_end(markup);
}

void hs_lines_numbers(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, double top)
{
    enum { APART = 6, MIDDLE = 4 };
    hs_svg_begin_at(markup, "numbers", hs_svg_at(plot, 1), top);
    for (int i = 1; i <= lines->guides.steps; i++) {
        char text[HS_DECIMAL_TEXT_MAX];
        hs_svg_text(markup, "dim", hs_svg_px(APART),
                    HS_LINES_HEIGHT - height_of(lines, i * lines->guides.step) + MIDDLE, "%s×",
                    hs_scale_text(&lines->guides, i, text));
    }
    hs_svg_end(markup);
}
