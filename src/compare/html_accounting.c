/* Where the time of each way went: its parts as one bar, which add up to the total. */
#include <math.h>

#include "compare/html_parts.h"
#include "report/facts.h"

enum { HEIGHT = 14 };

const char hs_html_accounting_css[] =
    ".account{display:grid;grid-template-columns:15.5rem minmax(0,1fr);padding:.6rem 0;"
    "border-bottom:1px solid var(--rule);break-inside:avoid}\n"
    ".account h3{font-size:.9rem;margin:0 .5rem 0 0;line-height:1.2}\n"
    ".account p{margin:.3rem 0 0;font-size:.9rem;max-width:none}\n"
    ".account .parts{font-size:.82rem;font-variant-numeric:tabular-nums}\n"
    "@media screen and "
    "(max-width:44rem){.account{grid-template-columns:minmax(0,1fr);gap:.35rem}}\n";

/* In the order of hs_fact_parts. */
static const char *const part_colors[HS_FACT_PART_COUNT] = {"violet", "blue",   "orange",
                                                            "green",  "yellow", "red"};

static double longest(const hs_comparison *all)
{
    double most = 1;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state == HS_WAY_MEASURED && row->accounting.present) {
            most = fmax(most, (double)row->accounting.total);
        }
    }
    return most;
}

static void put_bar(hs_markup *markup, const hs_fact_part parts[HS_FACT_PART_COUNT], double whole)
{
    static const hs_svg_plot plot = {0};
    double at = 0;
    hs_svg_begin_wide(markup, NULL, HEIGHT, NULL);
    for (size_t i = 0; i < HS_FACT_PART_COUNT; i++) {
        double share = fmax(0, (double)parts[i].time / whole);
        if (share > 0) {
            hs_markup_open(markup, "g", part_colors[i]);
            hs_svg_rect(markup, "fill", hs_svg_at(&plot, at), 0, hs_svg_long(&plot, share), HEIGHT);
            hs_markup_close(markup, "g");
            at += share;
        }
    }
    hs_svg_end(markup);
}

static void put_parts(hs_markup *markup, const hs_accounting *accounting,
                      const hs_fact_part parts[HS_FACT_PART_COUNT])
{
    char text[HS_TIME_TEXT_MAX];
    const char *apart = "";
    hs_markup_open(markup, "p", "parts dim");
    for (size_t i = 0; i < HS_FACT_PART_COUNT; i++) {
        if (parts[i].time != 0) {
            hs_markup_text(markup, "%s%s %s", apart, parts[i].name,
                           hs_time_ms(parts[i].time, text));
            apart = " + ";
        }
    }
    hs_markup_text(markup, "%s%s ms", *apart ? " = " : "", hs_time_ms(accounting->total, text));
    hs_markup_close(markup, "p");
}

static void put_phases(hs_markup *markup, const hs_compare_row *row)
{
    char text[HS_TIME_TEXT_MAX];
    const char *apart = "";
    hs_markup_open(markup, "p", "parts dim");
    for (int phase = 0; phase < HS_PHASE_COUNT; phase++) {
        if (row->phases[phase] != HS_TIME_NONE) {
            hs_markup_text(markup, "%s%s %s ms", apart, hs_fact_phase_title((hs_phase)phase),
                           hs_time_ms(row->phases[phase], text));
            apart = ", ";
        }
    }
    hs_markup_close(markup, "p");
}

static bool has_phases(const hs_compare_row *row)
{
    for (int phase = 0; phase < HS_PHASE_COUNT; phase++) {
        if (row->phases[phase] != HS_TIME_NONE) {
            return true;
        }
    }
    return false;
}

static void put_left_out(hs_markup *markup, const hs_compare_row *row)
{
    if (row->failed == 0 && row->other == 0) {
        return;
    }
    hs_markup_open(markup, "p", "parts dim");
    hs_markup_text(markup, "Of %u runs %u failed and %u did something else", row->runs, row->failed,
                   row->other);
    hs_markup_text(markup, "%s%s", row->why[0] ? ": " : ".", row->why);
    hs_markup_close(markup, "p");
}

static void put_row(hs_markup *markup, const hs_compare_row *row, double whole)
{
    hs_markup_open(markup, "div", "account");
    hs_markup_element(markup, "h3", NULL, "%s", hs_way_title(row->way));
    hs_markup_open(markup, "div", NULL);
    hs_fact_part parts[HS_FACT_PART_COUNT];
    if (row->accounting.present) {
        hs_fact_parts(&row->accounting, parts);
        put_bar(markup, parts, whole);
    }
    if (row->sentence[0]) {
        hs_markup_element(markup, "p", NULL, "%s", row->sentence);
    }
    if (row->accounting.present) {
        put_parts(markup, &row->accounting, parts);
    }
    if (has_phases(row)) {
        put_phases(markup, row);
    }
    put_left_out(markup, row);
    hs_markup_close(markup, "div");
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}

static void put_legend(hs_markup *markup)
{
    hs_fact_part parts[HS_FACT_PART_COUNT];
    hs_fact_parts(&(hs_accounting){0}, parts);
    hs_markup_open(markup, "ul", "legend");
    for (size_t i = 0; i < HS_FACT_PART_COUNT; i++) {
        hs_markup_open(markup, "li", NULL);
        hs_markup_open(markup, "span", part_colors[i]);
        hs_svg_begin_fixed(markup, NULL, HS_BARS_LEGEND_SIGN, HEIGHT, NULL);
        hs_svg_rect(markup, "fill", hs_svg_px(0), 1, hs_svg_px(HS_BARS_LEGEND_SIGN), HEIGHT - 2);
        hs_svg_end(markup);
        hs_markup_close(markup, "span");
        hs_markup_text(markup, "%s", parts[i].name);
        hs_markup_close(markup, "li");
    }
    hs_markup_close(markup, "ul");
    hs_markup_line(markup);
}

void hs_html_accounting(hs_markup *markup, const hs_comparison *all)
{
    double whole = longest(all);
    hs_markup_element(markup, "h2", NULL, "Where the time went");
    hs_markup_element(
        markup, "p", "dim",
        "Of the run whose time is the median, from its start on. The parts add up to the "
        "total.");
    put_legend(markup);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        if (all->rows[way].state == HS_WAY_MEASURED) {
            put_row(markup, &all->rows[way], whole);
        }
    }
}
