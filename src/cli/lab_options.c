#include "cli/lab_options.h"

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

hs_result hs_lab_set_time(void *field, const char *argument, hs_problem *problem)
{
    const char *end;
    hs_time time;
    if (!hs_lab_read_time(argument, &end, &time) || *end != '\0') {
        snprintf(problem->text, sizeof problem->text, "'%.80s' is not a time up to 60 s: 5ms",
                 argument);
        return HS_INVALID;
    }
    memcpy(field, &time, sizeof time);
    return HS_OK;
}
