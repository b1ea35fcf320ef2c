/* What the counters did between two looks, as a line for people. */
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "base/time_text.h"
#include "report/page.h"

/* "2026-11-22T12:28:09.796721000Z": the time of day stands from here on. */
enum { TIME_OF_DAY = 11, TIME_OF_DAY_LENGTH = 12 };

double hs_audit_interval_rate(const hs_audit_interval *interval, hs_audit_counter counter)
{
    const hs_audit_counters *before = interval->before;
    const hs_audit_counters *after = interval->after;
    hs_time elapsed = after->at - before->at;
    if (!before->is_seen[counter] || !after->is_seen[counter] || elapsed <= 0 ||
        after->values[counter] < before->values[counter]) {
        return -1;
    }
    uint64_t more = after->values[counter] - before->values[counter];
    return (double)more / ((double)elapsed / (double)HS_SECOND);
}

hs_result hs_audit_watch_text(const hs_audit_interval *interval, const hs_report_options *options,
                              FILE *out)
{
    char time[HS_TIME_TEXT_MAX];
    hs_page page;
    hs_page_init(&page, out, options);
    hs_page_put(&page, HS_TONE_DIM, "%.*s", TIME_OF_DAY_LENGTH,
                hs_time_rfc3339(interval->at, time) + TIME_OF_DAY);
    hs_page_put(&page, HS_TONE_PLAIN, "  ");
    hs_page_hang(&page);
    bool changed = false;
    for (size_t i = 0; i < HS_AUDIT_COUNTER_COUNT; i++) {
        double rate = hs_audit_interval_rate(interval, (hs_audit_counter)i);
        if (rate > 0) {
            char text[32];
            snprintf(text, sizeof text, rate < 100 ? "%.1f/s" : "%.0f/s", rate);
            hs_page_pair(&page, hs_audit_counter_describe((hs_audit_counter)i)->name, text);
            changed = true;
        }
    }
    if (!changed) {
        hs_page_item(&page, HS_TONE_DIM, "nothing changed");
    }
    hs_page_end_line(&page);
    return hs_page_finish(&page);
}
