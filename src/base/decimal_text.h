/* Numbers with a decimal point, whatever the locale of the process is. */
#ifndef HS_BASE_DECIMAL_TEXT_H
#define HS_BASE_DECIMAL_TEXT_H

enum { HS_DECIMAL_TEXT_MAX = 40, HS_DECIMAL_DIGITS_MAX = 9 };

/* `value` with `digits` (at most HS_DECIMAL_DIGITS_MAX) behind the point, rounded half away from
 * zero: "3.02"; returns `out`. No "-0.00". What lies beyond 64 bits stands as their largest number,
 * and NAN as "nan". */
const char *hs_decimal_text(double value, unsigned digits, char out[HS_DECIMAL_TEXT_MAX]);

#endif
