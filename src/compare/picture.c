#include "compare/picture.h"

#include <math.h>
#include <stdio.h>

const hs_way_group hs_way_groups[HS_WAY_GROUP_COUNT] = {
    {"TCP", HS_WAY_TCP, HS_WAY_TLS12, "orange"},
    {"TLS over TCP", HS_WAY_TLS12, HS_WAY_QUIC, "blue"},
    {"QUIC over UDP", HS_WAY_QUIC, HS_WAY_WS, "green"},
    {"WebSocket", HS_WAY_WS, HS_WAY_COUNT, "violet"},
};

const hs_way_group *hs_way_group_of(hs_way way)
{
    const hs_way_group *group = hs_way_groups;
    while ((int)way >= group->end) {
        group++;
    }
    return group;
}

bool hs_row_has_times(const hs_compare_row *row)
{
    return row->state == HS_WAY_MEASURED && (row->ready.count > 0 || row->first_response.count > 0);
}

/* --- the scale --- */

/* The smallest of 1, 2, 5, 10, 20, … that is not below `least`. */
static double round_step(double least)
{
    double decade = pow(10, floor(log10(least)));
    static const double steps[] = {1, 2, 5};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] * decade >= least) {
            return steps[i] * decade;
        }
    }
    return 10 * decade;
}

hs_scale hs_scale_in(double length, double unit)
{
    enum { STEPS_WANTED = 8 };
    double units = fmax(1, round_step(length / unit / STEPS_WANTED));
    hs_scale scale = {.length = length, .step = unit * units, .round_trips = units};
    scale.steps = (int)floor(length / scale.step);
    return scale;
}

hs_scale hs_scale_to(double most)
{
    const double margin = 1.04;
    hs_scale scale = hs_scale_in(fmax(1, most) * margin, 1);
    scale.round_trips = (double)NAN;
    return scale;
}

static void raise(double *most, const hs_quantiles *quantiles, bool is_p95)
{
    if (quantiles->count > 0) {
        *most = fmax(*most, (double)(is_p95 ? quantiles->p95 : quantiles->p50));
    }
}

static double longest(const hs_comparison *comparison, bool is_p95)
{
    double most = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &comparison->rows[way];
        if (row->state == HS_WAY_MEASURED) {
            raise(&most, &row->ready, is_p95);
            raise(&most, &row->settings, is_p95);
            raise(&most, &row->first_response, is_p95);
        }
    }
    return most;
}

hs_scale hs_scale_of(const hs_comparison *comparison)
{
    /* One slow run must not squeeze all bars: its whisker is cut then. */
    const double whiskers = 1.25;
    double median = longest(comparison, false);
    hs_scale scale = hs_scale_to(fmin(longest(comparison, true), whiskers * median));
    const hs_quantiles *rtt = &comparison->path_rtt;
    if (rtt->count > 0 && rtt->p50 > 0) {
        scale = hs_scale_in(scale.length, (double)rtt->p50);
    }
    return scale;
}

double hs_scale_share(const hs_scale *scale, double nanoseconds)
{
    return fmin(1, fmax(0, nanoseconds / scale->length));
}

const char *hs_scale_text(const hs_scale *scale, int i, char out[HS_DECIMAL_TEXT_MAX])
{
    if (!isnan(scale->round_trips)) {
        return hs_decimal_text(i * scale->round_trips, 0, out);
    }
    double step = scale->step / (double)HS_MILLISECOND;
    unsigned digits = 0;
    double rest = step;
    while (rest < 1 && digits < HS_DECIMAL_DIGITS_MAX) {
        rest *= 10;
        digits++;
    }
    return hs_decimal_text(i * step, digits, out);
}

/* --- figures --- */

const char *hs_figure_ms(hs_time time, char out[HS_FIGURE_MAX])
{
    if (time == HS_TIME_NONE) {
        out[0] = '\0';
        return out;
    }
    double milliseconds = (double)time / (double)HS_MILLISECOND;
    unsigned digits = fabs(milliseconds) >= 100 ? 1 : fabs(milliseconds) >= 1 ? 2 : 3;
    return hs_decimal_text(milliseconds, digits, out);
}

hs_time hs_figure_median(const hs_quantiles *quantiles)
{
    return quantiles->count > 0 ? quantiles->p50 : HS_TIME_NONE;
}

const char *hs_figure_round_trips(double round_trips, char out[HS_FIGURE_MAX])
{
    if (isnan(round_trips)) {
        out[0] = '\0';
        return out;
    }
    return hs_decimal_text(round_trips, 2, out);
}

const char *hs_figure_clock(hs_clock clock)
{
    switch (clock) {
    case HS_CLOCK_USER:
        return "this program's monotonic clock";
    case HS_CLOCK_KERNEL:
        return "the kernel's stamps of the packets";
    case HS_CLOCK_TCP_INFO:
        return "the kernel's measurement of the SYN (TCP_INFO)";
    case HS_CLOCK_CAPTURE:
        return "the packet times of a capture";
    case HS_CLOCK_QUIC_ACK:
        return "QUIC packets and the ACKs that name them";
    case HS_CLOCK_NONE:
        break;
    }
    return "";
}

const char *hs_figure_why(const hs_compare_row *row, char out[HS_FIGURE_WHY_MAX])
{
    const char *state = row->state == HS_WAY_NOT_OFFERED ? "not offered"
                        : row->state == HS_WAY_NOT_TRIED ? "not tried"
                                                         : "measured, without a time";
    (void)snprintf(out, HS_FIGURE_WHY_MAX, "%s%s%s", state, row->why[0] ? ": " : "", row->why);
    return out;
}
