/* The report for people: one line that answers, then the lines that say why. */
#include <handshake/report.h>

#include "base/time_text.h"
#include "report/facts.h"
#include "report/text_parts.h"

void hs_text_row(hs_page *page, hs_tone tone, const char *label)
{
    hs_page_tab(page, HS_LABEL_COLUMN);
    hs_page_put(page, tone, "%s", label);
    hs_page_tab(page, HS_TEXT_COLUMN);
    hs_page_hang(page);
}

static void put_address(hs_page *page, const hs_trace *trace)
{
    const hs_target *target = &trace->target;
    const char *client = trace->capture.present ? trace->capture.client_address : NULL;
    const char *open = target->family == 6 ? "[" : "";
    const char *close = target->family == 6 ? "]" : "";
    if (target->address && client) {
        hs_page_item(page, HS_TONE_PLAIN, "%s%s%s:%u → %s%s%s:%u", open, client, close,
                     trace->capture.client_port, open, target->address, close, target->port);
    } else if (target->address) {
        hs_page_item(page, HS_TONE_PLAIN, "%s%s%s:%u", open, target->address, close, target->port);
    }
}

/* A capture does not tell the URL; the server's name is the next best. */
static const char *heading(const hs_trace *trace)
{
    const hs_target *target = &trace->target;
    return target->url ? target->url : trace->tls.server_name ? trace->tls.server_name : NULL;
}

static void put_ready(hs_page *page, const hs_trace *trace)
{
    char text[HS_TIME_TEXT_MAX];
    hs_time ready = trace->milestones[HS_MILESTONE_READY].at;
    hs_time response = trace->milestones[HS_MILESTONE_FIRST_RESPONSE].at;
    int trips = trace->accounting.present ? trace->accounting.round_trips_to_ready : -1;
    if (ready != HS_TIME_NONE && trips >= 0) {
        hs_page_item(page, HS_TONE_GOOD, "ready after %s ms and %d round trip%s",
                     hs_time_ms(ready, text), trips, trips == 1 ? "" : "s");
    } else if (ready != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_GOOD, "ready after %s ms", hs_time_ms(ready, text));
    }
    if (response != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_GOOD, "first response after %s ms", hs_time_ms(response, text));
    }
}

static void put_heading(hs_page *page, const hs_trace *trace)
{
    const char *name = heading(trace);
    if (name) {
        hs_page_item(page, HS_TONE_STRONG, "%s", name);
    }
    page->indent = HS_LABEL_COLUMN;
    put_address(page, trace);
    const char *cls = hs_fact_failure_class(trace->failure.cls);
    if (!cls) {
        put_ready(page, trace);
    } else if (trace->failure.elapsed != HS_TIME_NONE) {
        char text[HS_TIME_TEXT_MAX];
        hs_page_item(page, HS_TONE_BAD, "failed after %s ms: %s",
                     hs_time_ms(trace->failure.elapsed, text), cls);
    } else {
        hs_page_item(page, HS_TONE_BAD, "failed: %s", cls);
    }
    hs_page_end_line(page);
}

static const char *attempt_outcome(const hs_attempt *attempt)
{
    const char *cls = hs_fact_failure_class(attempt->failure);
    return attempt->won ? "connected" : cls ? cls : "given up";
}

/* Only where there is more to tell than that the one address answered. */
static void put_attempts(hs_page *page, const hs_target *target)
{
    bool failed = target->attempt_count == 1 && !target->attempts[0].won;
    if (target->attempt_count < 2 && !failed) {
        return;
    }
    for (size_t i = 0; i < target->attempt_count; i++) {
        const hs_attempt *attempt = &target->attempts[i];
        char text[HS_TIME_TEXT_MAX];
        hs_text_row(page, HS_TONE_PLAIN, i == 0 ? "tried" : "");
        hs_page_item(page, HS_TONE_PLAIN, "%s", attempt->address);
        hs_page_item(page, attempt->won ? HS_TONE_GOOD : HS_TONE_NOTE, "%s",
                     attempt_outcome(attempt));
        hs_page_item(page, HS_TONE_PLAIN, "begun at %s ms", hs_time_ms(attempt->start, text));
        if (attempt->end != HS_TIME_NONE) {
            hs_page_item(page, HS_TONE_PLAIN, "took %s ms",
                         hs_time_ms(attempt->end - attempt->start, text));
        }
        hs_page_end_line(page);
    }
}

hs_result hs_report_text(const hs_trace *trace, const hs_report_options *options, FILE *out)
{
    hs_page page;
    hs_page_init(&page, out, options);
    put_heading(&page, trace);
    hs_text_phases(&page, trace);
    put_attempts(&page, &trace->target);
    hs_text_capture(&page, trace, options->verbosity > 0);
    hs_text_certificates(&page, trace);
    hs_text_failure(&page, trace);
    hs_text_findings(&page, trace, options->verbosity > 0 ? HS_SEVERITY_INFO : HS_SEVERITY_NOTICE);
    if (trace->incomplete) {
        hs_text_row(&page, HS_TONE_NOTE, "incomplete");
        hs_page_words(&page, HS_TONE_PLAIN, "something was lost to the limit of memory");
        hs_page_end_line(&page);
    }
    if (options->verbosity > 0) {
        hs_text_ladder(&page, trace, options->verbosity > 1);
    }
    return hs_page_finish(&page);
}
