/* A way's times as a bar: until ready, and lighter until the first response. */
#include <math.h>

#include "compare/picture.h"

enum { CAP = 3, MARK = 5 };

void hs_bars_axis(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale, double y)
{
    for (int i = 0; i <= scale->steps; i++) {
        char text[HS_DECIMAL_TEXT_MAX];
        hs_svg_text(markup, "faint small figure middle",
                    hs_svg_at(plot, hs_scale_share(scale, i * scale->step)), y, "%s",
                    hs_scale_text(scale, i, text));
    }
}

void hs_bars_grid(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale, double top,
                  double bottom)
{
    for (int i = 0; i <= scale->steps; i++) {
        hs_svg_length x = hs_svg_at(plot, hs_scale_share(scale, i * scale->step));
        hs_svg_line(markup, i == 0 ? "line axis" : "line rule", x, top, x, bottom);
    }
}

/* From the median to the 95th percentile; without its cap where that lies beyond the picture. */
static void put_whisker(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale,
                        const hs_quantiles *quantiles, double y)
{
    if (quantiles->count == 0 || quantiles->p95 <= quantiles->p50) {
        return;
    }
    hs_svg_length from = hs_svg_at(plot, hs_scale_share(scale, (double)quantiles->p50));
    hs_svg_length to = hs_svg_at(plot, hs_scale_share(scale, (double)quantiles->p95));
    hs_svg_line(markup, "line ink", from, y, to, y);
    if ((double)quantiles->p95 <= scale->length) {
        hs_svg_line(markup, "line ink", to, y - CAP, to, y + CAP);
    }
}

static void put_bar(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale,
                    const hs_quantiles *quantiles, const char *cls, double top)
{
    if (quantiles->count > 0) {
        hs_svg_rect(markup, cls, hs_svg_at(plot, 0), top,
                    hs_svg_long(plot, hs_scale_share(scale, (double)quantiles->p50)),
                    HS_BAR_HEIGHT);
    }
}

static void put_mark(hs_markup *markup, hs_svg_length x, double y)
{
    hs_svg_circle(markup, "fill paper", x, y, MARK);
    hs_svg_circle(markup, "fill orange", x, y, MARK - 1);
}

void hs_bars_draw(hs_markup *markup, const hs_svg_plot *plot, const hs_scale *scale,
                  const hs_compare_row *row, double top)
{
    const double middle = top + HS_BAR_HEIGHT / 2.0;
    put_bar(markup, plot, scale, &row->first_response, "fill pale", top);
    put_bar(markup, plot, scale, &row->ready, "fill blue", top);
    if (row->ready.count > 0) {
        /* So that nothing is visible, too. */
        hs_svg_length zero = hs_svg_at(plot, 0);
        hs_svg_line(markup, "line thick blue", zero, top, zero, top + HS_BAR_HEIGHT);
    }
    /* Beside each other, as the one can reach into the other. */
    put_whisker(markup, plot, scale, &row->ready, middle - CAP - 0.5);
    put_whisker(markup, plot, scale, &row->first_response, middle + CAP + 0.5);
    if (row->settings.count > 0) {
        double share = hs_scale_share(scale, (double)row->settings.p50);
        put_mark(markup, hs_svg_at(plot, share), middle);
    }
}

/* --- the legend --- */

const char *const hs_bars_legend_texts[HS_BARS_LEGEND_COUNT] = {
    "ready for data",
    "first response",
    "SETTINGS",
    "median to 95th percentile",
};

void hs_bars_legend_sign(hs_markup *markup, int i, double x, double top)
{
    enum { READY, RESPONSE, SETTINGS };
    const double middle = top + HS_BAR_HEIGHT / 2.0;
    const hs_svg_length right = hs_svg_px(x + HS_BARS_LEGEND_SIGN - 1);
    switch (i) {
    case READY:
    case RESPONSE:
        hs_svg_rect(markup, i == READY ? "fill blue" : "fill pale", hs_svg_px(x), top + 1,
                    hs_svg_px(HS_BARS_LEGEND_SIGN), HS_BAR_HEIGHT - 2);
        break;
    case SETTINGS:
        put_mark(markup, hs_svg_px(x + HS_BARS_LEGEND_SIGN / 2.0), middle);
        break;
    default:
        hs_svg_line(markup, "line ink", hs_svg_px(x), middle, right, middle);
        hs_svg_line(markup, "line ink", right, middle - CAP, right, middle + CAP);
        break;
    }
}
