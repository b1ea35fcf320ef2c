#include "base/time_text.h"

#include "base/digits.h"

typedef struct date {
    unsigned year;
    unsigned month;
    unsigned day;
} date;

/* Of the Gregorian calendar, which repeats itself every 400 years. Years are counted from March, so
 * that the day that is only sometimes there is the last one. */
static date date_of(int64_t days_since_1970)
{
    enum { ERA = 146097, FROM_YEAR_0_MARCH = 719468 };
    int64_t days = days_since_1970 + FROM_YEAR_0_MARCH; /* nanoseconds in 64 bits reach no year 0 */
    unsigned era = (unsigned)(days / ERA);
    unsigned of_era = (unsigned)(days % ERA);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153; /* from March: 31, 30, 31, 30, 31 days, and again */
    return (date){.year = era * 400 + year + (month >= 10),
                  .month = month < 10 ? month + 3 : month - 9,
                  .day = of_year - (153 * month + 2) / 5 + 1};
}

static char *put_date(char *at, date day)
{
    at = hs_put_fixed_digits(at, day.year, 4);
    *at++ = '-';
    at = hs_put_fixed_digits(at, day.month, 2);
    *at++ = '-';
    return hs_put_fixed_digits(at, day.day, 2);
}

static char *put_clock(char *at, unsigned second_of_day)
{
    at = hs_put_fixed_digits(at, second_of_day / 3600, 2);
    *at++ = ':';
    at = hs_put_fixed_digits(at, second_of_day / 60 % 60, 2);
    *at++ = ':';
    return hs_put_fixed_digits(at, second_of_day % 60, 2);
}

char *hs_put_date_time(char *at, int64_t epoch_ns, char between)
{
    const int64_t day = 86400 * HS_SECOND;
    int64_t days = epoch_ns / day - (epoch_ns % day < 0);
    int64_t rest = (epoch_ns % day + day) % day;
    at = put_date(at, date_of(days));
    *at++ = between;
    at = put_clock(at, (unsigned)(rest / HS_SECOND));
    *at++ = '.';
    return hs_put_fixed_digits(at, (uint64_t)(rest % HS_SECOND), 9);
}

const char *hs_time_rfc3339(int64_t epoch_ns, char out[HS_TIME_TEXT_MAX])
{
    char *at = hs_put_date_time(out, epoch_ns, 'T');
    *at++ = 'Z';
    *at = '\0';
    return out;
}

char *hs_put_time_ms(char *at, hs_time time)
{
    uint64_t magnitude = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
    uint64_t us = (magnitude + 500) / 1000;
    if (time < 0 && us > 0) {
        *at++ = '-';
    }
    at = hs_put_digits(at, us / 1000);
    *at++ = '.';
    return hs_put_fixed_digits(at, us % 1000, 3);
}

const char *hs_time_ms(hs_time time, char out[HS_TIME_TEXT_MAX])
{
    *hs_put_time_ms(out, time) = '\0';
    return out;
}
