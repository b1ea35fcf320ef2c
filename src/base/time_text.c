#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *hs_time_rfc3339(int64_t epoch_ns, char out[HS_TIME_TEXT_MAX])
{
    int64_t seconds = epoch_ns / HS_SECOND;
    int64_t rest = epoch_ns % HS_SECOND;
    if (rest < 0) {
        rest += HS_SECOND;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm;
    char date[32];
    if (!gmtime_r(&t, &tm) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        out[0] = '\0';
        return out;
    }
    (void)snprintf(out, HS_TIME_TEXT_MAX, "%s.%09" PRId64 "Z", date, rest);
    return out;
}

const char *hs_time_ms(hs_time time, char out[HS_TIME_TEXT_MAX])
{
    uint64_t magnitude = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
    uint64_t us = (magnitude + 500) / 1000;
    (void)snprintf(out, HS_TIME_TEXT_MAX, "%s%" PRIu64 ".%03" PRIu64, time < 0 && us > 0 ? "-" : "",
                   us / 1000, us % 1000);
    return out;
}
