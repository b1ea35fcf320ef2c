/* The tables of a page: every figure of every way, and what was agreed on. */
#include <inttypes.h>

#include "compare/html_parts.h"

enum { FIGURE_COLUMNS = 14 };

typedef struct heading {
    const char *text;
    int columns;
} heading;

static void put_heading(hs_markup *markup, const char *text, int columns, bool is_number)
{
    hs_markup_open(markup, "th", is_number ? "number" : NULL);
    if (columns > 1) {
        hs_markup_attribute(markup, "colspan", "%d", columns);
    }
    hs_markup_text(markup, "%s", text);
    hs_markup_close(markup, "th");
}

static void put_title(hs_markup *markup, const hs_compare_row *row, const char *cls)
{
    hs_markup_open(markup, "th", cls);
    hs_markup_attribute(markup, "scope", "row");
    hs_markup_text(markup, "%s", hs_way_title(row->way));
    hs_markup_close(markup, "th");
}

/* --- the figures --- */

static void put_times(hs_markup *markup, const hs_quantiles *quantiles)
{
    char text[HS_TIME_TEXT_MAX];
    bool is_there = quantiles->count > 0;
    hs_markup_element(markup, "td", "number", "%s",
                      is_there ? hs_time_ms(quantiles->p50, text) : "");
    hs_markup_element(markup, "td", "number", "%s",
                      is_there ? hs_time_ms(quantiles->p95, text) : "");
}

static void put_milestone(hs_markup *markup, double round_trips, const hs_quantiles *quantiles)
{
    char text[HS_FIGURE_MAX];
    hs_markup_open(markup, "td", "number");
    hs_markup_element(markup, "b", NULL, "%s", hs_figure_round_trips(round_trips, text));
    hs_markup_close(markup, "td");
    put_times(markup, quantiles);
}

static void put_figures(hs_markup *markup, const hs_compare_row *row)
{
    hs_markup_open(markup, "tr", NULL);
    if (row->state == HS_WAY_MEASURED) {
        put_title(markup, row, NULL);
        put_milestone(markup, row->round_trips_to_ready, &row->ready);
        put_milestone(markup, row->round_trips_to_settings, &row->settings);
        put_milestone(markup, row->round_trips_to_response, &row->first_response);
        put_times(markup, &row->cpu);
        hs_markup_element(markup, "td", "number", "%" PRIu64, row->bytes_sent);
        hs_markup_element(markup, "td", "number", "%" PRIu64, row->bytes_received);
    } else {
        char why[HS_FIGURE_WHY_MAX];
        put_title(markup, row, "faint");
        hs_markup_open(markup, "td", "faint");
        hs_markup_attribute(markup, "colspan", "%d", FIGURE_COLUMNS - 1);
        hs_markup_text(markup, "%s", hs_figure_why(row, why));
        hs_markup_close(markup, "td");
    }
    hs_markup_close(markup, "tr");
    hs_markup_line(markup);
}

void hs_html_figures(hs_markup *markup, const hs_comparison *all)
{
    static const heading groups[] = {
        {"", 1}, {"ready", 3}, {"SETTINGS", 3}, {"first response", 3}, {"CPU", 2}, {"bytes", 2}};
    static const char *const names[FIGURE_COLUMNS] = {
        "way",   "trips",  "p50 ms", "p95 ms", "trips",  "p50 ms", "p95 ms",
        "trips", "p50 ms", "p95 ms", "p50 ms", "p95 ms", "sent",   "received"};
    hs_markup_element(markup, "h2", NULL, "All figures");
    hs_html_table_begin(markup, "figures", true);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        put_heading(markup, groups[i].text, groups[i].columns, i > 0);
    }
    hs_markup_close(markup, "tr");
    hs_markup_open(markup, "tr", NULL);
    for (size_t i = 0; i < FIGURE_COLUMNS; i++) {
        put_heading(markup, names[i], 1, i > 0);
    }
    hs_html_table_body(markup);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        put_figures(markup, &all->rows[way]);
    }
    hs_html_table_end(markup, true);
}

/* --- what was agreed on --- */

static void put_seen(hs_markup *markup, hs_seen seen)
{
    hs_markup_element(markup, "td", NULL, "%s", seen == HS_YES ? "yes" : seen == HS_NO ? "no" : "");
}

void hs_html_agreed(hs_markup *markup, const hs_comparison *all)
{
    static const char *const names[] = {"way", "encrypted", "resumable", "multiplexed",
                                        "TLS", "cipher",    "ALPN",      "URL"};
    hs_markup_element(markup, "h2", NULL, "What was agreed on");
    hs_markup_element(markup, "p", "dim",
                      "Resumable: the server gave a session ticket or took one. Multiplexed: many "
                      "requests at once on one connection.");
    hs_html_table_begin(markup, "agreed", true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put_heading(markup, names[i], 1, false);
    }
    hs_html_table_body(markup);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state != HS_WAY_MEASURED) {
            continue;
        }
        hs_markup_open(markup, "tr", NULL);
        put_title(markup, row, NULL);
        put_seen(markup, row->encrypted);
        put_seen(markup, row->resumable);
        put_seen(markup, row->multiplexed);
        hs_markup_element(markup, "td", NULL, "%s", row->tls_version);
        hs_markup_element(markup, "td", NULL, "%s", row->cipher);
        hs_markup_element(markup, "td", NULL, "%s", row->alpn);
        hs_markup_element(markup, "td", "long", "%s", row->url);
        hs_markup_close(markup, "tr");
        hs_markup_line(markup);
    }
    hs_html_table_end(markup, true);
}
