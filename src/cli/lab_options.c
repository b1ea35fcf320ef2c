#include "cli/lab_options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hs_lab_read_time(const char *text, const char **end, hs_time *time)
{
    static const struct {
        const char *name;
        double unit;
    } units[] = {{"ms", HS_MILLISECOND}, {"us", HS_MICROSECOND}, {"s", HS_SECOND}};
    char *after;
    const double longest = 60.0 * HS_SECOND;
    bool is_number = (text[0] >= '0' && text[0] <= '9') || text[0] == '.';
    double value = is_number ? strtod(text, &after) : -1;
    if (!is_number || !isfinite(value)) {
        return false;
    }
    double unit = HS_MILLISECOND;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t len = strlen(units[i].name);
        if (strncmp(after, units[i].name, len) == 0) {
            unit = units[i].unit;
            after += len;
            break;
        }
    }
    if (value * unit > longest) {
        return false;
    }
    *time = (hs_time)llround(value * unit);
    *end = after;
    return true;
}

static hs_result wrong(hs_problem *problem, const char *argument, const char *what)
{
    snprintf(problem->text, sizeof problem->text, "'%.80s' is not %s", argument, what);
    return HS_INVALID;
}

hs_result hs_lab_set_time(void *field, const char *argument, hs_problem *problem)
{
    const char *end;
    hs_time time;
    if (!hs_lab_read_time(argument, &end, &time) || *end != '\0') {
        return wrong(problem, argument, "a time up to 60 s: 5ms");
    }
    memcpy(field, &time, sizeof time);
    return HS_OK;
}

hs_result hs_lab_set_rtts(void *field, const char *argument, hs_problem *problem)
{
    hs_lab_rtts list = {.count = 0};
    const char *at = argument;
    for (;;) {
        if (list.count == HS_LAB_RTTS_MAX || !hs_lab_read_time(at, &at, &list.items[list.count]) ||
            (*at != '\0' && *at != ',')) {
            return wrong(problem, argument, "a list of up to 8 round trips up to 60 s: 10ms,50ms");
        }
        list.count++;
        if (*at++ == '\0') {
            break;
        }
    }
    memcpy(field, &list, sizeof list);
    return HS_OK;
}

/* Percent, as people say it. */
hs_result hs_lab_set_share(void *field, const char *argument, hs_problem *problem)
{
    const double all = 100;
    char *end;
    bool is_number = (argument[0] >= '0' && argument[0] <= '9') || argument[0] == '.';
    double value = is_number ? strtod(argument, &end) : -1;
    if (is_number && *end == '%') {
        end++;
    }
    if (!is_number || *end != '\0' || !(value >= 0 && value <= all)) {
        return wrong(problem, argument, "a share from 0 to 100 %: 1%");
    }
    double share = value / all;
    memcpy(field, &share, sizeof share);
    return HS_OK;
}

/* "10mbit", "512kbit", "1gbit", or bits a second. */
hs_result hs_lab_set_rate(void *field, const char *argument, hs_problem *problem)
{
    static const struct {
        const char *name;
        double unit;
    } units[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"bit", 1}, {"", 1}};
    const double least = 8000;
    const double most = 1e11;
    char *end;
    bool is_number = argument[0] >= '0' && argument[0] <= '9';
    double value = is_number ? strtod(argument, &end) : -1;
    for (size_t i = 0; is_number && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) == 0 && value * units[i].unit >= least &&
            value * units[i].unit <= most) {
            uint64_t rate = (uint64_t)(value * units[i].unit);
            memcpy(field, &rate, sizeof rate);
            return HS_OK;
        }
    }
    return wrong(problem, argument, "a rate from 8kbit to 100gbit: 10mbit");
}

hs_result hs_lab_set_seed(void *field, const char *argument, hs_problem *problem)
{
    char *end;
    errno = 0;
    bool is_number = argument[0] >= '0' && argument[0] <= '9';
    uint64_t seed = is_number ? strtoull(argument, &end, 10) : 0;
    /* So that a record, whose integers have a sign, can tell it. */
    if (!is_number || *end != '\0' || errno != 0 || seed > INT64_MAX) {
        return wrong(problem, argument, "a seed from 0 to 9223372036854775807");
    }
    memcpy(field, &seed, sizeof seed);
    return HS_OK;
}
