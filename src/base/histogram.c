#include "base/histogram.h"

#include <math.h>
#include <stdlib.h>

/* Values below 128 have a bucket each; above, each power of two has 64. */
enum { SUB_BITS = 6, SUB = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS) * SUB };

struct hs_histogram {
    uint64_t count;
    hs_time min;
    hs_time max;
    long double sum;
    long double squares;
    uint64_t buckets[BUCKETS];
};

hs_histogram *hs_histogram_new(void)
{
    return calloc(1, sizeof(hs_histogram));
}

void hs_histogram_free(hs_histogram *histogram)
{
    free(histogram);
}

static size_t bucket_of(uint64_t value)
{
    if (value < 2 * SUB) {
        return (size_t)value;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - SUB_BITS;
    return (size_t)shift * SUB + (size_t)(value >> shift);
}

static uint64_t highest_in(size_t bucket)
{
    if (bucket < 2 * SUB) {
        return bucket;
    }
    size_t shift = bucket / SUB - 1;
    uint64_t lead = bucket % SUB + SUB;
    return ((lead + 1) << shift) - 1;
}

void hs_histogram_add(hs_histogram *histogram, hs_time value)
{
    if (value < 0) {
        value = 0;
    }
    if (histogram->count == 0 || value < histogram->min) {
        histogram->min = value;
    }
    if (value > histogram->max) {
        histogram->max = value;
    }
    histogram->count++;
    histogram->sum += (long double)value;
    histogram->squares += (long double)value * (long double)value;
    histogram->buckets[bucket_of((uint64_t)value)]++;
}

uint64_t hs_histogram_count(const hs_histogram *histogram)
{
    return histogram->count;
}

hs_time hs_histogram_min(const hs_histogram *histogram)
{
    return histogram->min;
}

hs_time hs_histogram_max(const hs_histogram *histogram)
{
    return histogram->max;
}

hs_time hs_histogram_mean(const hs_histogram *histogram)
{
    if (histogram->count == 0) {
        return 0;
    }
    return (hs_time)llroundl(histogram->sum / (long double)histogram->count);
}

hs_time hs_histogram_deviation(const hs_histogram *histogram)
{
    if (histogram->count == 0) {
        return 0;
    }
    long double n = (long double)histogram->count;
    long double mean = histogram->sum / n;
    long double variance = histogram->squares / n - mean * mean;
    return variance > 0 ? (hs_time)llroundl(sqrtl(variance)) : 0;
}

hs_time hs_histogram_quantile(const hs_histogram *histogram, double quantile)
{
    if (histogram->count == 0) {
        return 0;
    }
    uint64_t rank = (uint64_t)ceil(quantile * (double)histogram->count);
    uint64_t seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank && seen > 0) {
            hs_time value = (hs_time)highest_in(i);
            if (value < histogram->min) {
                return histogram->min;
            }
            return value > histogram->max ? histogram->max : value;
        }
    }
    return histogram->max;
}
