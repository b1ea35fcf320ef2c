/* A comparison as a page: its head and its sections. */
#include <stdio.h>

#include "compare/html_parts.h"

static const char head_css[] =
    ".lead{font-size:1.05rem;margin:.5rem 0 1.25rem;max-width:none}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:.75rem 2.5rem;margin:1.25rem 0 0;padding:.85rem 1.1rem;"
    "background:var(--panel);border-radius:.5rem}\n"
    ".tiles div{min-width:0}\n"
    ".tiles dt{font-weight:400;font-size:.8rem;color:var(--dim)}\n"
    ".tiles dd{margin:0;font-variant-numeric:tabular-nums}\n"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:.5rem "
    "0;padding:0;"
    "font-size:.85rem;color:var(--dim)}\n"
    ".legend li{display:flex;align-items:center;gap:.5rem}\n"
    "@media screen and (min-width:60rem){.method{columns:2;column-gap:3rem}}\n";

/* The way that is ready first, or last; HS_WAY_COUNT where none was measured. */
static hs_way extreme(const hs_comparison *all, bool is_last)
{
    hs_way found = HS_WAY_COUNT;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state != HS_WAY_MEASURED || row->ready.count == 0) {
            continue;
        }
        if (found == HS_WAY_COUNT || (is_last ? row->ready.p50 > all->rows[found].ready.p50
                                              : row->ready.p50 < all->rows[found].ready.p50)) {
            found = (hs_way)way;
        }
    }
    return found;
}

static void put_lead(hs_markup *markup, const hs_comparison *all)
{
    char first_text[HS_FIGURE_MAX];
    char last_text[HS_FIGURE_MAX];
    hs_way first = extreme(all, false);
    hs_way last = extreme(all, true);
    if (first == HS_WAY_COUNT) {
        hs_markup_element(markup, "p", "lead", "No way to connect could be measured.");
    } else if (first == last) {
        hs_markup_element(markup, "p", "lead", "Ready after %s ms (%s).",
                          hs_figure_ms(all->rows[first].ready.p50, first_text),
                          hs_way_title(first));
    } else {
        hs_markup_element(markup, "p", "lead",
                          "Ready after %s ms at best (%s), after %s ms at worst (%s).",
                          hs_figure_ms(all->rows[first].ready.p50, first_text), hs_way_title(first),
                          hs_figure_ms(all->rows[last].ready.p50, last_text), hs_way_title(last));
    }
    hs_markup_line(markup);
}

static void open_tile(hs_markup *markup, const char *name)
{
    hs_markup_open(markup, "div", NULL);
    hs_markup_element(markup, "dt", NULL, "%s", name);
    hs_markup_open(markup, "dd", NULL);
}

static void close_tile(hs_markup *markup)
{
    hs_markup_close(markup, "dd");
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}

static void put_tile(hs_markup *markup, const char *name, const char *text)
{
    if (text[0]) {
        open_tile(markup, name);
        hs_markup_text(markup, "%s", text);
        close_tile(markup);
    }
}

/* What the path of this comparison was set to; HS_TIME_NONE where nobody set it. */
static hs_time setting_of(const hs_comparison *all, const hs_compare_series *series)
{
    for (size_t i = 0; series && i < series->count; i++) {
        if (series->points[i].comparison == all) {
            return series->points[i].rtt;
        }
    }
    return HS_TIME_NONE;
}

static void put_tiles(hs_markup *markup, const hs_comparison *all, hs_time setting)
{
    char text[HS_TIME_TEXT_MAX];
    char to[HS_TIME_TEXT_MAX];
    hs_markup_open(markup, "dl", "tiles");
    if (all->path_rtt.count > 0) {
        open_tile(markup, "Round trip of the path");
        hs_markup_element(markup, "b", NULL, "%s ms", hs_time_ms(all->path_rtt.p50, text));
        hs_markup_text(markup, " (%s to %s)", hs_time_ms(all->path_rtt.least, text),
                       hs_time_ms(all->path_rtt.p95, to));
        close_tile(markup);
    }
    if (setting != HS_TIME_NONE) {
        open_tile(markup, "Set to");
        hs_markup_text(markup, "%s ms", hs_time_ms(setting, text));
        close_tile(markup);
    }
    open_tile(markup, "Rounds");
    hs_markup_text(markup, "%d%s", all->rounds, all->interrupted ? ", then interrupted" : "");
    close_tile(markup);
    put_tile(markup, "Address", all->address);
    put_tile(markup, "Measured from", all->vantage);
    /* To the second. */
    (void)hs_time_rfc3339(all->at, text);
    open_tile(markup, "Begun");
    hs_markup_text(markup, "%.10s %.8s UTC", text, text + sizeof "2026-11-27T" - 1);
    close_tile(markup);
    hs_markup_close(markup, "dl");
    hs_markup_line(markup);
}

hs_result hs_compare_html(const hs_comparison *comparison, const hs_compare_series *series,
                          FILE *out)
{
    static const char *const styles[] = {head_css, hs_html_chart_css, hs_html_lines_css,
                                         hs_html_accounting_css, hs_html_savings_css};
    hs_markup markup;
    char title[sizeof comparison->target + 16];
    (void)snprintf(title, sizeof title, "%s: compared", comparison->target);
    hs_html_begin(&markup, out, title, styles, sizeof styles / sizeof styles[0]);
    hs_markup_element(&markup, "h1", NULL, "%s", comparison->target);
    put_lead(&markup, comparison);
    put_tiles(&markup, comparison, setting_of(comparison, series));
    hs_html_chart(&markup, comparison);
    if (series) {
        hs_html_lines(&markup, series);
    }
    hs_html_savings(&markup, comparison);
    hs_html_accounting(&markup, comparison);
    hs_html_figures(&markup, comparison);
    hs_html_agreed(&markup, comparison);
    hs_html_method(&markup, comparison, series);
    return hs_html_end(&markup);
}
