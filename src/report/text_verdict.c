/* The failure (what, where, what was last seen, what to do) and the findings. */
#include <string.h>

#include "base/time_text.h"
#include "report/facts.h"
#include "report/text_parts.h"

static void put_last_seen(hs_page *page, const hs_trace *trace)
{
    const hs_failure *failure = &trace->failure;
    char text[HS_TIME_TEXT_MAX];
    char alert[HS_FACT_TEXT_MAX];
    hs_text_row(page, HS_TONE_PLAIN, "where");
    hs_page_item(page, HS_TONE_PLAIN, "in the %s phase", hs_fact_phase_title(failure->phase));
    if (failure->elapsed != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "after %s ms", hs_time_ms(failure->elapsed, text));
    }
    if (failure->last_event) {
        hs_page_item(page, HS_TONE_PLAIN, "last message: %s", failure->last_event);
    }
    if (failure->alert >= 0) {
        bool known = trace->tls.has_alert && trace->tls.alert_description == failure->alert;
        hs_page_item(page, HS_TONE_PLAIN, "alert %d %s%s", failure->alert,
                     hs_fact_alert(failure->alert, alert),
                     !known                               ? ""
                     : trace->tls.alert_from == HS_SERVER ? " from the server"
                                                          : " from the client");
    }
    if (failure->os_errno != 0) {
        const char *meaning = strerrordesc_np(failure->os_errno);
        hs_page_item(page, HS_TONE_PLAIN, "errno %d (%s)", failure->os_errno,
                     meaning ? meaning : "without a name");
    }
    hs_page_end_line(page);
}

void hs_text_failure(hs_page *page, const hs_trace *trace)
{
    const hs_failure *failure = &trace->failure;
    const hs_failure_descriptor *row = hs_failure_describe(failure->cls);
    if (!row) {
        return;
    }
    const char *advice = failure->advice ? failure->advice : row->advice;
    hs_text_row(page, HS_TONE_BAD, "failed");
    hs_page_words(page, HS_TONE_BAD, "%s:", row->name);
    hs_page_words(page, HS_TONE_PLAIN, "%s", failure->message ? failure->message : row->meaning);
    hs_page_end_line(page);
    put_last_seen(page, trace);
    hs_text_row(page, HS_TONE_PLAIN, "try");
    hs_page_words(page, HS_TONE_PLAIN, "%s", advice);
    hs_page_end_line(page);
}

static void put_cost(hs_page *page, const hs_finding *finding)
{
    bool has_time = finding->cost != HS_TIME_NONE;
    bool has_trips = finding->cost_round_trips > 0;
    char text[HS_TIME_TEXT_MAX];
    const char *ms = has_time ? hs_time_ms(finding->cost, text) : "";
    if (has_trips) {
        hs_page_words(page, HS_TONE_STRONG, "(costs %d round trip%s%s%s%s)",
                      finding->cost_round_trips, finding->cost_round_trips == 1 ? "" : "s",
                      has_time ? ", " : "", ms, has_time ? " ms" : "");
    } else if (has_time) {
        hs_page_words(page, HS_TONE_STRONG, "(costs %s ms)", ms);
    }
}

void hs_text_findings(hs_page *page, const hs_trace *trace, hs_severity least)
{
    for (const hs_finding *finding = trace->findings; finding; finding = finding->next) {
        if (finding->severity < least) {
            continue;
        }
        hs_text_row(page, hs_page_severity_tone(finding->severity),
                    hs_severity_name(finding->severity));
        hs_page_words(page, HS_TONE_STRONG, "%s:", finding->title);
        hs_page_words(page, HS_TONE_PLAIN, "%s", finding->evidence);
        put_cost(page, finding);
        hs_page_end_line(page);
        hs_text_row(page, HS_TONE_PLAIN, "");
        hs_page_words(page, HS_TONE_PLAIN, "→ %s", finding->advice);
        hs_page_end_line(page);
    }
}
