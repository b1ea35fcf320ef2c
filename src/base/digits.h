/* Numbers as digits, where many lines are written and snprintf would take most of the time. */
#ifndef HS_BASE_DIGITS_H
#define HS_BASE_DIGITS_H

#include <stdint.h>

enum { HS_DIGITS_MAX = 20 }; /* of any uint64_t; no end is written */

/* Both write at `at` and return what lies behind the last digit. */
static inline char *hs_put_fixed_digits(char *at, uint64_t value, unsigned count)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    unsigned left = count;
    for (; left >= 2; left -= 2) {
        const char *pair = &pairs[value % 100 * 2];
        at[left - 2] = pair[0];
        at[left - 1] = pair[1];
        value /= 100;
    }
    if (left > 0) {
        at[0] = (char)('0' + value % 10);
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
