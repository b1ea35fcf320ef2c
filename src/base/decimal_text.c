#include "base/decimal_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/digits.h"

/* 2^64, the first number that does not fit. */
static const double beyond = 18446744073709551616.0;

const char *hs_decimal_text(double value, unsigned digits, char out[HS_DECIMAL_TEXT_MAX])
{
    if (isnan(value)) {
        return memcpy(out, "nan", sizeof "nan");
    }
    uint64_t scale = 1;
    for (unsigned i = 0; i < digits; i++) {
        scale *= 10;
    }
    double floor = 0;
    double rest = modf(fabs(value), &floor);
    uint64_t whole = floor < beyond ? (uint64_t)floor : UINT64_MAX;
    uint64_t fraction = isinf(value) ? 0 : (uint64_t)round(rest * (double)scale);
    if (fraction == scale) {
        whole++; /* what has a fraction at all is far from the end of 64 bits */
        fraction = 0;
    }
    char *at = out;
    if (value < 0 && (whole > 0 || fraction > 0)) {
        *at++ = '-';
    }
    at = hs_put_digits(at, whole);
    if (digits > 0) {
        *at++ = '.';
        at = hs_put_fixed_digits(at, fraction, digits);
    }
    *at = '\0';
    return out;
}
