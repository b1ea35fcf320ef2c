/* What each figure of a page is, and where it was read. */
#include <string.h>

#include "compare/html_parts.h"

static void put(hs_markup *markup, const char *term, const char *meaning)
{
    hs_markup_element(markup, "dt", NULL, "%s", term);
    hs_markup_element(markup, "dd", "dim", "%s", meaning);
    hs_markup_line(markup);
}

static void put_path(hs_markup *markup, const hs_quantiles *rtt, hs_clock source)
{
    char p50[HS_TIME_TEXT_MAX];
    char least[HS_TIME_TEXT_MAX];
    char most[HS_TIME_TEXT_MAX];
    hs_markup_element(markup, "dt", NULL, "Round trip of the path");
    if (rtt->count == 0) {
        hs_markup_element(markup, "dd", "dim",
                          "It was not seen, so no time is told in round trips.");
        hs_markup_line(markup);
        return;
    }
    hs_markup_open(markup, "dd", "dim");
    hs_markup_text(markup, "The median of %u: %s ms, with %s ms the least and %s ms the most",
                   rtt->count, hs_time_ms(rtt->p50, p50), hs_time_ms(rtt->least, least),
                   hs_time_ms(rtt->most, most));
    if (hs_figure_clock(source)[0]) {
        hs_markup_text(markup, ", from %s", hs_figure_clock(source));
    }
    hs_markup_text(markup, ".");
    hs_markup_close(markup, "dd");
    hs_markup_line(markup);
}

/* The lines of the report of a path. */
static void put_report(hs_markup *markup, const hs_compare_point *point)
{
    char text[HS_TIME_TEXT_MAX];
    hs_markup_open(markup, "dt", NULL);
    hs_markup_text(markup, "The path");
    if (point->rtt != HS_TIME_NONE) {
        hs_markup_text(markup, " of %s ms", hs_time_ms(point->rtt, text));
    }
    hs_markup_close(markup, "dt");
    hs_markup_open(markup, "dd", "dim report");
    for (const char *at = point->report; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        if (at != point->report) {
            hs_markup_open(markup, "br", NULL);
            hs_markup_close_empty(markup);
        }
        hs_markup_text(markup, "%.*s", (int)len, at);
        at += len + (at[len] == '\n');
    }
    hs_markup_close(markup, "dd");
    hs_markup_line(markup);
}

void hs_html_method(hs_markup *markup, const hs_comparison *all, const hs_compare_series *series)
{
    hs_markup_element(markup, "h2", NULL, "How it was measured");
    hs_markup_open(markup, "dl", "method");
    hs_markup_element(markup, "dt", NULL, "Rounds");
    hs_markup_element(markup, "dd", "dim",
                      "All ways took turns in each of the %d rounds, so that whatever drifted hit "
                      "all alike. A first look, which fetched tickets and cookies, does not count. "
                      "No figure stands for a run that did something else than its row says.",
                      all->rounds);
    put_path(markup, &all->path_rtt, all->path_rtt_source);
    put(markup, "Ready",
        "From the first packet (the SYN, or the first Initial packet) until application data may "
        "be sent. Name resolution comes before that.");
    put(markup, "SETTINGS", "Until the server's SETTINGS of HTTP/2 or HTTP/3 have come.");
    put(markup, "First response", "Until the first byte of the answer has come.");
    put(markup, "Round trips",
        "The median time in round trips of the path, as measured. What is beyond a whole number is "
        "the work of both ends.");
    put(markup, "p50, p95",
        "The median and the 95th percentile over the runs that did what their row says.");
    put(markup, "CPU",
        "Processor time of this program's thread in one whole run, cryptography and "
        "decoding included.");
    put(markup, "Bytes", "Medians: of TCP's stream, or of the payload of UDP's datagrams.");
    put(markup, "Where the time went",
        "network is one round trip of the path for each wait; server is what a wait takes beyond "
        "that; tail runs from the first to the last byte of what the server sends at a stretch; "
        "client is the work here between the last byte in and the next one out; loss is the time "
        "spent waiting for retransmissions; dns is name resolution.");
    for (size_t i = 0; series && i < series->count; i++) {
        if (series->points[i].report) {
            put_report(markup, &series->points[i]);
        }
    }
    if (series && series->count > 1) {
        put(markup, "Slopes",
            "The straight line of least squares through the medians, time to ready over measured "
            "round trip. Fixed is where it meets a path without length; off the line is the root "
            "mean square of the distances.");
    }
    hs_markup_close(markup, "dl");
    hs_markup_line(markup);
}
