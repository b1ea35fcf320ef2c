/* The phases: time, place on the common time line, round trips, and what was negotiated. */
#include "base/time_text.h"
#include "report/facts.h"
#include "report/text_parts.h"

enum { TIME_COLUMNS = 10, BAR_COLUMNS = 16, BAR_WIDTH_MIN = 90 };

/* One letter after each time says who read the clock. */
static char clock_letter(hs_clock clock)
{
    switch (clock) {
    case HS_CLOCK_USER:
        return 'u';
    case HS_CLOCK_KERNEL:
        return 'k';
    case HS_CLOCK_TCP_INFO:
        return 'i';
    case HS_CLOCK_CAPTURE:
        return 'c';
    case HS_CLOCK_QUIC_ACK: /* of no phase: only the path's round trip has it */
    case HS_CLOCK_NONE:
        break;
    }
    return ' ';
}

static size_t bar_cell(hs_time at, hs_time total)
{
    const double columns = BAR_COLUMNS;
    double share = total > 0 ? (double)at / (double)total : 0;
    return (size_t)(share < 0 ? 0 : share > 1 ? columns : share * columns + 0.5);
}

/* The phase's place between start and end of the whole; at least one cell. */
static void put_bar(hs_page *page, hs_time start, hs_time end, hs_time total, hs_tone tone)
{
    if (page->width < BAR_WIDTH_MIN) {
        return;
    }
    size_t from = bar_cell(start, total);
    size_t to = bar_cell(end, total);
    from = from == BAR_COLUMNS ? BAR_COLUMNS - 1 : from;
    to = to <= from ? from + 1 : to;
    hs_page_put(page, HS_TONE_PLAIN, " ");
    size_t base = page->column;
    hs_page_put(page, HS_TONE_PLAIN, "%*s", (int)from, "");
    for (size_t i = from; i < to; i++) {
        hs_page_put(page, tone, "━");
    }
    hs_page_put(page, HS_TONE_PLAIN, "%*s", (int)(base + BAR_COLUMNS - page->column), "");
}

static void put_time(hs_page *page, hs_time time, hs_clock clock)
{
    char text[HS_TIME_TEXT_MAX];
    hs_page_put(page, HS_TONE_STRONG, "%*s", TIME_COLUMNS, hs_time_ms(time, text));
    hs_page_put(page, HS_TONE_PLAIN, " ms");
    hs_page_put(page, HS_TONE_DIM, " %c", clock_letter(clock));
}

static void put_phase(hs_page *page, const hs_trace *trace, hs_phase phase, hs_time total)
{
    const hs_phase_span *span = &trace->phases[phase];
    bool finished = span->end.at != HS_TIME_NONE;
    hs_time end = finished ? span->end.at : total;
    hs_page_tab(page, HS_LABEL_COLUMN);
    hs_page_put(page, HS_TONE_PLAIN, "%-9s", hs_fact_phase_title(phase));
    put_time(page, end - span->start.at,
             finished ? hs_fact_span_clock(span) : trace->milestones[HS_MILESTONE_END].clock);
    put_bar(page, span->start.at, end, total, finished ? HS_TONE_ACCENT : HS_TONE_BAD);
    hs_page_put(page, HS_TONE_PLAIN, "  ");
    hs_page_hang(page);
    if (!finished) {
        hs_page_item(page, HS_TONE_BAD, "unfinished");
    }
    if (span->round_trips > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%d round trip%s", span->round_trips,
                     span->round_trips == 1 ? "" : "s");
    }
    hs_text_negotiated(page, trace, phase);
    hs_page_end_line(page);
}

static void put_total(hs_page *page, const hs_trace *trace, hs_time total)
{
    hs_page_tab(page, HS_LABEL_COLUMN);
    hs_page_put(page, HS_TONE_PLAIN, "%-9s", "total");
    put_time(page, total, trace->milestones[HS_MILESTONE_END].clock);
    hs_page_end_line(page);
}

static void put_accounting(hs_page *page, const hs_accounting *accounting)
{
    hs_fact_part parts[HS_FACT_PART_COUNT];
    hs_fact_parts(accounting, parts);
    hs_text_row(page, HS_TONE_PLAIN, "time went");
    for (int i = 0; i < HS_FACT_PART_COUNT; i++) {
        if (parts[i].time <= 0) {
            continue;
        }
        char text[HS_TIME_TEXT_MAX];
        double percent = 100.0 * (double)parts[i].time / (double)accounting->total;
        hs_page_item(page, HS_TONE_PLAIN, "%s %.0f %% (%s ms)", parts[i].name, percent,
                     hs_time_ms(parts[i].time, text));
    }
    hs_page_end_line(page);
}

static void put_round_trips(hs_page *page, const hs_trace *trace)
{
    char text[HS_FACT_SENTENCE_MAX];
    if (hs_fact_round_trips(trace, text, sizeof text)) {
        hs_text_row(page, HS_TONE_PLAIN, "ready in");
        hs_page_words(page, HS_TONE_PLAIN, "%s", text);
        hs_page_end_line(page);
    }
}

static void put_legend(hs_page *page, const bool used[HS_CLOCK_CAPTURE + 1])
{
    static const char *const meanings[] = {
        [HS_CLOCK_USER] = "this program's clock",
        [HS_CLOCK_KERNEL] = "the kernel's packet stamps",
        [HS_CLOCK_TCP_INFO] = "the kernel's TCP_INFO",
        [HS_CLOCK_CAPTURE] = "the capture's packet times",
    };
    hs_text_row(page, HS_TONE_DIM, "clocks");
    for (int clock = HS_CLOCK_USER; clock <= HS_CLOCK_CAPTURE; clock++) {
        if (used[clock]) {
            hs_page_item(page, HS_TONE_DIM, "%c %s", clock_letter((hs_clock)clock),
                         meanings[clock]);
        }
    }
    hs_page_end_line(page);
}

void hs_text_phases(hs_page *page, const hs_trace *trace)
{
    hs_time total = hs_fact_end(trace);
    hs_clock end_clock = trace->milestones[HS_MILESTONE_END].clock;
    bool used[HS_CLOCK_CAPTURE + 1] = {false};
    bool any = false;
    for (hs_phase phase = 0; phase < HS_PHASE_COUNT; phase++) {
        const hs_phase_span *span = &trace->phases[phase];
        if (!span->present) {
            continue;
        }
        put_phase(page, trace, phase, total);
        used[span->end.at != HS_TIME_NONE ? hs_fact_span_clock(span) : end_clock] = true;
        any = true;
    }
    if (!any) {
        return;
    }
    put_total(page, trace, total);
    used[end_clock] = true;
    used[HS_CLOCK_NONE] = false;
    if (trace->accounting.present && trace->accounting.total > 0) {
        put_accounting(page, &trace->accounting);
        put_round_trips(page, trace);
    }
    put_legend(page, used);
}
