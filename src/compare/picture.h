/* What the drawings and the page of a comparison have in common: groups of ways, the scale, the
 * bars, and figures as text. */
#ifndef HS_COMPARE_PICTURE_H
#define HS_COMPARE_PICTURE_H

#include <handshake/compare.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "report/svg.h"

/* Ways by what they stand on: from the first one to before the end. */
typedef struct hs_way_group {
    const char *title;
    hs_way first;
    int end;
    const char *color; /* of its lines */
} hs_way_group;

enum { HS_WAY_GROUP_COUNT = 4 };
extern const hs_way_group hs_way_groups[HS_WAY_GROUP_COUNT];
const hs_way_group *hs_way_group_of(hs_way way);

/* How long an axis is, and where its grid stands: at each `step`. */
typedef struct hs_scale {
    double length;      /* nanoseconds; more than 0 */
    double step;        /* as well */
    int steps;          /* grid lines beside the one at 0 */
    double round_trips; /* in a step; NAN where it is one of time alone */
} hs_scale;

/* For the bars: in round trips of the path, where that is known. */
hs_scale hs_scale_of(const hs_comparison *comparison);
/* In steps of whole `unit`s. */
hs_scale hs_scale_in(double length, double unit);
/* Up to `most` nanoseconds and a little more, in steps of time. */
hs_scale hs_scale_to(double most);
/* The share of the axis: 0 to 1. */
double hs_scale_share(const hs_scale *scale, double nanoseconds);
/* "2", "20 ms": what stands at grid line `i`. */
const char *hs_scale_text(const hs_scale *scale, int i, char out[HS_DECIMAL_TEXT_MAX]);

/* bars.c. The grid's numbers, on the base line `y`. */
void hs_bars_axis(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale, double y);
void hs_bars_grid(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale, double top,
                  double bottom);
/* A way's times: HS_BAR_HEIGHT high, from `top` on. */
enum { HS_BAR_HEIGHT = 14 };
void hs_bars_draw(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale,
                  const hs_compare_row *row, double top);
/* What a bar consists of, and the sign for each, as wide and as high as a bar. */
enum { HS_BARS_LEGEND_COUNT = 4, HS_BARS_LEGEND_SIGN = 22 };
extern const char *const hs_bars_legend_texts[HS_BARS_LEGEND_COUNT];
void hs_bars_legend_sign(hs_markup *markup, int i, double x, double top);

/* lines.c: the time to ready against the path's round trip. */
typedef struct hs_lines {
    const hs_compare_series *series;
    hs_compare_slope slopes[HS_WAY_COUNT];
    double longest_rtt;
    hs_scale across; /* the path's round trip */
    hs_scale up;     /* the time to ready */
    hs_scale guides; /* of `up`: whole round trips of the longest path */
} hs_lines;

enum { HS_LINES_HEIGHT = 340, HS_LINES_ABOVE = 14, HS_LINES_BELOW = 44 };

/* False where no way has a slope, so that there is nothing to draw. */
bool hs_lines_init(hs_lines *lines, const hs_compare_series *series);
/* The plot is HS_LINES_HEIGHT high from `top` on; what is written beside it takes HS_LINES_ABOVE,
 * HS_LINES_BELOW and some 50 pixels left of it. */
void hs_lines_draw(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, double top);
/* Right of the plot: the name and the slope of each line, some 270 pixels wide; or just the round
 * trips that the lines between show. */
void hs_lines_names(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines, double top);
void hs_lines_numbers(hs_markup *markup, const hs_svg_plot *plot, const hs_lines *lines,
                      double top);

/* Figures for people; "" where there is none. */
enum { HS_FIGURE_MAX = HS_TIME_TEXT_MAX };
/* Milliseconds with as many digits as are worth reading: "152.3", "12.34", "0.052". */
const char *hs_figure_ms(hs_time time, char out[HS_FIGURE_MAX]);
/* HS_TIME_NONE where no run counts. */
hs_time hs_figure_median(const hs_quantiles *quantiles);
const char *hs_figure_round_trips(double round_trips, char out[HS_FIGURE_MAX]);
/* "the kernel's TCP_INFO" */
const char *hs_figure_clock(hs_clock clock);
/* "not offered: …"; an empty one says why. */
enum { HS_FIGURE_WHY_MAX = 448 };
const char *hs_figure_why(const hs_compare_row *row, char out[HS_FIGURE_WHY_MAX]);
/* Whether the row has any time to show. */
bool hs_row_has_times(const hs_compare_row *row);

#endif
