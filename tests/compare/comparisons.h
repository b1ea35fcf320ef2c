/* Comparisons made by hand: what a path of 50 ms looks like, and what nothing on a network looks
 * like. */
#ifndef HS_TESTS_COMPARISONS_H
#define HS_TESTS_COMPARISONS_H

#include <handshake/compare.h>

/* "path", "local", "unmeasured", "zero", "huge", "hostile", "alone", "interrupted", and
 * "path10" for 10 ms; NULL for any other name. For free(3). */
hs_comparison *hs_test_comparison(const char *name);
extern const char *const hs_test_comparison_names[]; /* ends with NULL */

/* Over a path with this round trip. */
hs_comparison *hs_test_path(hs_time rtt);
/* Over 10, 20 and 50 ms. */
enum { HS_TEST_POINTS = 3 };
void hs_test_series(hs_compare_point points[HS_TEST_POINTS], hs_compare_series *series);
void hs_test_series_free(hs_compare_series *series);

#endif
