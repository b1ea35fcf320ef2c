/* Times as people and records read them. */
#ifndef HS_BASE_TIME_TEXT_H
#define HS_BASE_TIME_TEXT_H

#include <handshake/api.h>
#include <handshake/time.h>

enum { HS_TIME_TEXT_MAX = 48 };

/* "2026-11-22T10:25:58.123456789Z" from nanoseconds since the epoch; returns `out`. */
const char *hs_time_rfc3339(int64_t epoch_ns, char out[HS_TIME_TEXT_MAX]);
/* Milliseconds with microsecond digits, rounded half away from zero: "12.345"; returns `out`. */
const char *hs_time_ms(hs_time time, char out[HS_TIME_TEXT_MAX]);
/* The same without an end and, for the first, with any character for the "T" and none for the "Z":
 * both write at `at`, where HS_TIME_TEXT_MAX bytes are, and return what lies behind. */
char *hs_put_date_time(char *at, int64_t epoch_ns, char between);
char *hs_put_time_ms(char *at, hs_time time);

#endif
