/* Numbers as digits, where many lines are written and snprintf would take most of the time. */
#ifndef HS_BASE_DIGITS_H
#define HS_BASE_DIGITS_H

#include <stdint.h>

enum { HS_DIGITS_MAX = 20 }; /* of any uint64_t; no end is written */

/* Both write at `at` and return what lies behind the last digit. */
static inline char *hs_put_fixed_digits(char *at, uint64_t value, unsigned count)
{
    for (unsigned i = count; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

static inline char *hs_put_digits(char *at, uint64_t value)
{
    unsigned count = 1;
    for (uint64_t rest = value / 10; rest > 0; rest /= 10) {
        count++;
    }
    return hs_put_fixed_digits(at, value, count);
}

#endif
