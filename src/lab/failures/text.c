/* Failures for people: each class with its cases. */
#include <string.h>

#include "base/time_text.h"
#include "lab/failures/failures.h"
#include "lab/relay_report.h"
#include "report/page.h"

enum { INDENT = 2, NAME_COLUMN = 4, TEXT_COLUMN = 15 };

/* The case before it of those that were chosen; NULL: it is the first. */
static const hs_failure_case *before(const bool *chosen, size_t number)
{
    while (number-- > 0) {
        if (chosen[number]) {
            return hs_failure_case_at(number);
        }
    }
    return NULL;
}

static void put_row(hs_page *page, const char *label)
{
    hs_page_tab(page, NAME_COLUMN);
    hs_page_put(page, HS_TONE_DIM, "%s", label);
    hs_page_tab(page, TEXT_COLUMN);
    hs_page_hang(page);
}

static void put_class(hs_page *page, hs_failure_class cls)
{
    const hs_failure_descriptor *d = hs_failure_describe(cls);
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "%s", d->name);
    hs_page_put(page, HS_TONE_DIM, "  exit status %d", d->exit_status);
    hs_page_end_line(page);
    hs_page_tab(page, INDENT);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_PLAIN, "%s", d->meaning);
    hs_page_end_line(page);
    hs_page_tab(page, INDENT);
    hs_page_put(page, HS_TONE_ACCENT, "→");
    hs_page_tab(page, NAME_COLUMN);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", d->advice);
    hs_page_end_line(page);
}

/* --- the list --- */

hs_result hs_failures_text_list(const bool *chosen, const hs_report_options *options, FILE *out)
{
    hs_page page;
    hs_page_init(&page, out, options);
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        const hs_failure_case *row = hs_failure_case_at(i);
        const hs_failure_case *last = before(chosen, i);
        if (!chosen[i]) {
            continue;
        }
        if (!last || last->cls != row->cls) {
            hs_page_put(&page, HS_TONE_STRONG, "%s", hs_failure_describe(row->cls)->name);
            hs_page_end_line(&page);
        }
        hs_page_tab(&page, INDENT);
        hs_page_put(&page, HS_TONE_PLAIN, "%s", row->name);
        hs_page_tab(&page, 2 * TEXT_COLUMN + NAME_COLUMN);
        hs_page_hang(&page);
        hs_page_words(&page, HS_TONE_DIM, "%s", row->done);
        hs_page_end_line(&page);
    }
    return hs_page_finish(&page);
}

/* --- one case --- */

static void put_said(hs_page *page, const hs_failure_outcome *o)
{
    char time[HS_TIME_TEXT_MAX];
    put_row(page, "said");
    hs_page_words(page, HS_TONE_PLAIN, "%s", o->message);
    hs_page_end_line(page);
    put_row(page, "where");
    hs_page_item(page, HS_TONE_PLAIN, "%s", hs_phase_name(o->phase));
    hs_page_item(page, HS_TONE_PLAIN, "after %s ms", hs_time_ms(o->elapsed, time));
    if (o->last_event[0] != '\0') {
        hs_page_item(page, HS_TONE_PLAIN, "last seen: %s", o->last_event);
    }
    hs_page_end_line(page);
    /* Where it is the class's own it stands above. */
    const hs_failure_descriptor *d = hs_failure_describe(o->cls);
    if (d && o->advice[0] != '\0' && strcmp(o->advice, d->advice) != 0) {
        put_row(page, "to do");
        hs_page_words(page, HS_TONE_PLAIN, "%s", o->advice);
        hs_page_end_line(page);
    }
}

static void put_wrong(hs_page *page, const hs_failure_outcome *o)
{
    const hs_failure_case *row = hs_failure_case_at(o->number);
    const hs_failure_descriptor *d = hs_failure_describe(o->cls);
    put_row(page, "but");
    if (o->result != HS_OK) {
        hs_page_words(page, HS_TONE_BAD, "there was no probe: %s", o->problem);
    } else {
        hs_page_words(page, HS_TONE_BAD, "this was taken for %s in the phase %s, not for %s in %s",
                      d ? d->name : "a success", hs_phase_name(o->phase),
                      hs_failure_describe(row->cls)->name, hs_phase_name(row->phase));
    }
    hs_page_end_line(page);
}

static void put_heading(hs_page *page, hs_namespace_way way, const hs_failures_options *options)
{
    char time[HS_TIME_TEXT_MAX];
    hs_page_put(page, HS_TONE_STRONG, "failures");
    hs_page_put(page, HS_TONE_DIM, "  on a path of %s ms  in private namespaces (%s)",
                hs_time_ms(options->rtt, time), hs_namespace_way_name(way));
    hs_page_end_line(page);
}

hs_result hs_failures_text_outcome(const hs_failure_outcome *outcome, bool is_first,
                                   hs_namespace_way way, const hs_failures_options *options,
                                   FILE *out)
{
    const hs_failure_case *row = hs_failure_case_at(outcome->number);
    const hs_failure_case *last = before(options->chosen, outcome->number);
    const bool is_right = hs_failure_is_as_expected(outcome);
    hs_page page;
    hs_page_init(&page, out, &options->report);
    if (is_first) {
        put_heading(&page, way, options);
    }
    if (!last || last->cls != row->cls) {
        put_class(&page, row->cls);
    }
    hs_page_tab(&page, INDENT);
    hs_page_put(&page, is_right ? HS_TONE_GOOD : HS_TONE_BAD, "%s", is_right ? "✓" : "✗");
    hs_page_tab(&page, NAME_COLUMN);
    hs_page_put(&page, HS_TONE_ACCENT, "%s", row->name);
    hs_page_end_line(&page);
    put_row(&page, "done");
    hs_page_words(&page, HS_TONE_PLAIN, "%s", row->done);
    hs_page_end_line(&page);
    if (outcome->result == HS_OK && outcome->cls != HS_FAILURE_NONE) {
        put_said(&page, outcome);
    }
    if (!is_right) {
        put_wrong(&page, outcome);
    }
    hs_result result = hs_page_finish(&page);
    if (result == HS_OK && outcome->text &&
        (fputc('\n', out) == EOF || fputs(outcome->text, out) == EOF || fputc('\n', out) == EOF)) {
        result = HS_SYSTEM;
    }
    return result;
}

/* --- the end --- */

static void put_not_made(hs_page *page)
{
    for (int i = HS_FAILURE_NONE + 1; i < HS_FAILURE_COUNT; i++) {
        const char *why = hs_failure_not_made((hs_failure_class)i);
        if (why) {
            hs_page_end_line(page);
            hs_page_put(page, HS_TONE_STRONG, "%s", hs_failure_describe((hs_failure_class)i)->name);
            hs_page_end_line(page);
            hs_page_tab(page, INDENT);
            hs_page_hang(page);
            hs_page_words(page, HS_TONE_DIM, "Not made here: %s.", why);
            hs_page_end_line(page);
        }
    }
}

hs_result hs_failures_text_summary(const hs_failures_summary *summary, bool are_all,
                                   const hs_report_options *options, FILE *out)
{
    const double seconds = (double)summary->took / (double)HS_SECOND;
    const bool is_right = summary->as_expected == summary->run;
    hs_page page;
    hs_page_init(&page, out, options);
    if (are_all) {
        put_not_made(&page);
    }
    hs_page_end_line(&page);
    hs_page_put(&page, is_right ? HS_TONE_GOOD : HS_TONE_BAD, "%zu of %zu told apart",
                summary->as_expected, summary->run);
    hs_page_put(&page, HS_TONE_PLAIN, "  %zu class%s  in %.1f s", summary->classes,
                summary->classes == 1 ? "" : "es", seconds);
    hs_page_end_line(&page);
    hs_relay_text(&page, &summary->path, &summary->relay);
    return hs_page_finish(&page);
}
