/* How the time of each way grows with the path's round trip: least squares. */
#include <math.h>

#include <handshake/compare.h>

enum { POINTS_OF_A_LINE = 2 }; /* that some line always goes through */

/* A way's figures at one point of the series, and what they are on average. */
typedef struct sample {
    double rtt;
    double ready;
} sample;

static bool take(const hs_compare_point *point, int way, sample *out)
{
    const hs_quantiles *rtt = &point->comparison->path_rtt;
    const hs_compare_row *row = &point->comparison->rows[way];
    if (row->state != HS_WAY_MEASURED || row->ready.count == 0 || rtt->count == 0) {
        return false;
    }
    *out = (sample){(double)rtt->p50, (double)row->ready.p50};
    return true;
}

static sample mean_of(const hs_compare_series *series, int way, uint32_t *count)
{
    sample mean = {0, 0};
    sample s;
    *count = 0;
    for (size_t i = 0; i < series->count; i++) {
        if (take(&series->points[i], way, &s)) {
            ++*count;
            mean.rtt += (s.rtt - mean.rtt) / *count;
            mean.ready += (s.ready - mean.ready) / *count;
        }
    }
    return mean;
}

/* NAN where all round trips are the same. */
static double steepness(const hs_compare_series *series, int way, sample mean)
{
    double squares = 0;
    double products = 0;
    sample s;
    for (size_t i = 0; i < series->count; i++) {
        if (take(&series->points[i], way, &s)) {
            squares += (s.rtt - mean.rtt) * (s.rtt - mean.rtt);
            products += (s.rtt - mean.rtt) * (s.ready - mean.ready);
        }
    }
    return squares > 0 ? products / squares : (double)NAN;
}

static double squares_off_line(const hs_compare_series *series, int way, sample mean, double slope)
{
    double squares = 0;
    sample s;
    for (size_t i = 0; i < series->count; i++) {
        if (take(&series->points[i], way, &s)) {
            double off = s.ready - mean.ready - slope * (s.rtt - mean.rtt);
            squares += off * off;
        }
    }
    return squares;
}

/* What 64 bits do not hold is not known. */
static hs_time time_of(double nanoseconds)
{
    const double most = 9.2e18;
    return fabs(nanoseconds) < most ? (hs_time)llround(nanoseconds) : HS_TIME_NONE;
}

void hs_compare_slopes(const hs_compare_series *series, hs_compare_slope slopes[HS_WAY_COUNT])
{
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_compare_slope *slope = &slopes[way];
        *slope = (hs_compare_slope){0, (double)NAN, HS_TIME_NONE, HS_TIME_NONE};
        sample mean = mean_of(series, way, &slope->points);
        slope->round_trips = steepness(series, way, mean);
        if (isnan(slope->round_trips)) {
            continue;
        }
        slope->fixed = time_of(mean.ready - slope->round_trips * mean.rtt);
        if (slope->points > POINTS_OF_A_LINE) {
            double squares = squares_off_line(series, way, mean, slope->round_trips);
            slope->residual = time_of(sqrt(squares / slope->points));
        }
    }
}
