/* A histogram of non-negative nanosecond values: 64 buckets to each power of two, so a quantile is
 * within 1/64 of the true value; plus the exact count, minimum, maximum, sum and sum of squares. */
#ifndef HS_BASE_HISTOGRAM_H
#define HS_BASE_HISTOGRAM_H

#include <handshake/api.h>
#include <handshake/time.h>

typedef struct hs_histogram hs_histogram;

/* NULL when out of memory. */
hs_histogram *hs_histogram_new(void);
void hs_histogram_free(hs_histogram *histogram);
/* Values below 0 count as 0. */
void hs_histogram_add(hs_histogram *histogram, hs_time value);
uint64_t hs_histogram_count(const hs_histogram *histogram);
/* All are 0 while the histogram is empty. */
hs_time hs_histogram_min(const hs_histogram *histogram);
hs_time hs_histogram_max(const hs_histogram *histogram);
hs_time hs_histogram_mean(const hs_histogram *histogram);
/* Standard deviation, as ping's "mdev". */
hs_time hs_histogram_deviation(const hs_histogram *histogram);
/* `quantile` in [0, 1]; the highest value equivalent to the bucket, clipped to min and max. */
hs_time hs_histogram_quantile(const hs_histogram *histogram, double quantile);

#endif
