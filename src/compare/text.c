/* The comparison for people: a table, a chart beside what each way's time went for, and what would
 * make it faster. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "report/facts.h"
#include "report/page.h"

#include <handshake/compare.h>

enum {
    TITLE_COLUMNS = 29,
    BAR_COLUMNS = 20,
    CELL_MAX = 24,
    INDENT = 2,
    SAVING_COLUMN = 13,
};

/* --- the table --- */

typedef void (*cell)(const hs_compare_row *row, char out[CELL_MAX]);

typedef struct column {
    const char *group;
    const char *heading;
    int width;
    size_t page_width; /* the narrowest page that has it */
    cell text;
} column;

static void put_round_trips(double value, char out[CELL_MAX])
{
    /* Where the path is shorter than what the two ends compute, digits behind the point tell
     * nothing. */
    const double many = 100;
    if (isnan(value)) {
        out[0] = '\0';
    } else {
        (void)snprintf(out, CELL_MAX, value < many ? "%.2f" : "%.0f", value);
    }
}

static void put_time(hs_time time, char out[CELL_MAX])
{
    if (time == HS_TIME_NONE) {
        out[0] = '\0';
    } else {
        (void)snprintf(out, CELL_MAX, "%.2f", (double)time / HS_MILLISECOND);
    }
}

static void ready_trips(const hs_compare_row *row, char out[CELL_MAX])
{
    put_round_trips(row->round_trips_to_ready, out);
}

static void ready_p50(const hs_compare_row *row, char out[CELL_MAX])
{
    put_time(row->ready.p50, out);
}

static void ready_p95(const hs_compare_row *row, char out[CELL_MAX])
{
    put_time(row->ready.p95, out);
}

static void response_trips(const hs_compare_row *row, char out[CELL_MAX])
{
    put_round_trips(row->round_trips_to_response, out);
}

static void response_p50(const hs_compare_row *row, char out[CELL_MAX])
{
    put_time(row->first_response.p50, out);
}

static void response_p95(const hs_compare_row *row, char out[CELL_MAX])
{
    put_time(row->first_response.p95, out);
}

static void cpu(const hs_compare_row *row, char out[CELL_MAX])
{
    put_time(row->cpu.p50, out);
}

static void bytes_out(const hs_compare_row *row, char out[CELL_MAX])
{
    (void)snprintf(out, CELL_MAX, "%" PRIu64, row->bytes_sent);
}

static void bytes_in(const hs_compare_row *row, char out[CELL_MAX])
{
    (void)snprintf(out, CELL_MAX, "%" PRIu64, row->bytes_received);
}

static char flag(hs_seen seen, char letter)
{
    return seen == HS_YES ? letter : seen == HS_NO ? '-' : '?';
}

static void flags(const hs_compare_row *row, char out[CELL_MAX])
{
    (void)snprintf(out, CELL_MAX, "%c%c%c", flag(row->encrypted, 'E'), flag(row->resumable, 'R'),
                   flag(row->multiplexed, 'M'));
}

static const column columns[] = {
    {"until ready", "RTT", 6, 0, ready_trips},
    {"", "p50 ms", 8, 0, ready_p50},
    {"", "p95", 8, 80, ready_p95},
    {"first response", "RTT", 7, 0, response_trips},
    {"", "p50 ms", 8, 0, response_p50},
    {"", "p95", 8, 80, response_p95},
    {"CPU", "ms", 7, 90, cpu},
    {"bytes", "out", 7, 100, bytes_out},
    {"", "in", 7, 100, bytes_in},
    {"", "", 4, 66, flags},
};

enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

/* Headings of groups stand over the right end of their first column, and may reach to the left. */
static void put_headings(hs_page *page)
{
    hs_page_tab(page, TITLE_COLUMNS);
    size_t at = TITLE_COLUMNS;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (page->width < columns[i].page_width) {
            continue;
        }
        if (columns[i].group[0]) {
            size_t room = at + (size_t)columns[i].width - strlen(columns[i].heading);
            hs_page_tab(page, room);
            hs_page_put(page, HS_TONE_DIM, "%s", columns[i].group);
        }
        at += (size_t)columns[i].width;
    }
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_PLAIN, "%*s", TITLE_COLUMNS, "");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (page->width >= columns[i].page_width) {
            hs_page_put(page, HS_TONE_DIM, "%*s", columns[i].width, columns[i].heading);
        }
    }
    hs_page_end_line(page);
}

static void put_title(hs_page *page, hs_tone tone, hs_way way)
{
    hs_page_put(page, HS_TONE_PLAIN, "%*s", INDENT, "");
    hs_page_put(page, tone, "%-*s", TITLE_COLUMNS - INDENT, hs_way_title(way));
}

static void put_measured(hs_page *page, const hs_compare_row *row)
{
    put_title(page, HS_TONE_PLAIN, row->way);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (page->width >= columns[i].page_width) {
            char text[CELL_MAX];
            columns[i].text(row, text);
            hs_page_put(page, HS_TONE_PLAIN, "%*s", columns[i].width, text);
        }
    }
    hs_page_end_line(page);
    if (row->failed > 0 || row->other > 0) {
        hs_page_tab(page, TITLE_COLUMNS + 1);
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_NOTE, "%" PRIu32 " of %" PRIu32 " runs %s: %s",
                      row->failed + row->other, row->runs,
                      row->failed > 0 ? "failed" : "were not of this kind", row->why);
        hs_page_end_line(page);
    }
}

static void put_not_offered(hs_page *page, const hs_compare_row *row)
{
    put_title(page, HS_TONE_DIM, row->way);
    hs_page_put(page, HS_TONE_DIM, " ");
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "not offered: %s", row->why);
    hs_page_end_line(page);
}

static bool is_first_of_its_reason(const hs_comparison *all, const hs_compare_row *row)
{
    for (const hs_compare_row *one = all->rows; one < row; one++) {
        if (one->state == HS_WAY_NOT_TRIED && strcmp(one->why, row->why) == 0) {
            return false;
        }
    }
    return true;
}

/* All that were not tried for the same reason. */
static void put_not_tried(hs_page *page, const hs_comparison *all, const hs_compare_row *first)
{
    hs_page_tab(page, INDENT);
    hs_page_put(page, HS_TONE_DIM, "not tried: ");
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s:", first->why);
    for (const hs_compare_row *row = first; row < all->rows + HS_WAY_COUNT; row++) {
        if (row->state == HS_WAY_NOT_TRIED && strcmp(row->why, first->why) == 0) {
            hs_page_item(page, HS_TONE_DIM, "%s", hs_way_title(row->way));
        }
    }
    hs_page_end_line(page);
}

static void put_table(hs_page *page, const hs_comparison *all)
{
    put_headings(page);
    for (const hs_compare_row *row = all->rows; row < all->rows + HS_WAY_COUNT; row++) {
        if (row->state == HS_WAY_MEASURED) {
            put_measured(page, row);
        } else if (row->state == HS_WAY_NOT_OFFERED) {
            put_not_offered(page, row);
        }
    }
    for (const hs_compare_row *row = all->rows; row < all->rows + HS_WAY_COUNT; row++) {
        if (row->state == HS_WAY_NOT_TRIED && is_first_of_its_reason(all, row)) {
            put_not_tried(page, all, row);
        }
    }
    hs_page_tab(page, INDENT);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM,
                  "RTT: the median in round trips of the path.  E encrypted, R resumable, M many "
                  "requests at once.");
    hs_page_end_line(page);
}

/* --- the chart --- */

static hs_time longest(const hs_comparison *all)
{
    hs_time most = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state == HS_WAY_MEASURED) {
            most = row->ready.p50 > most ? row->ready.p50 : most;
            most = row->first_response.p50 > most ? row->first_response.p50 : most;
        }
    }
    return most;
}

static int cells_of(hs_time time, hs_time whole)
{
    if (time == HS_TIME_NONE || whole <= 0) {
        return 0;
    }
    return (int)lround((double)BAR_COLUMNS * (double)time / (double)whole);
}

static void put_bar(hs_page *page, const hs_compare_row *row, hs_time whole)
{
    int ready = cells_of(row->ready.p50, whole);
    int end = cells_of(row->first_response.p50, whole);
    for (int i = 0; i < BAR_COLUMNS; i++) {
        if (i < ready) {
            hs_page_put(page, HS_TONE_ACCENT, "█");
        } else if (i < end) {
            hs_page_put(page, HS_TONE_ACCENT, "░");
        } else {
            hs_page_put(page, HS_TONE_PLAIN, " ");
        }
    }
}

static void put_chart(hs_page *page, const hs_comparison *all)
{
    hs_time whole = longest(all);
    if (whole == 0) {
        return;
    }
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "where the time goes");
    hs_page_put(page, HS_TONE_DIM, "  █ until ready  ░ until the first response");
    hs_page_end_line(page);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state != HS_WAY_MEASURED) {
            continue;
        }
        put_title(page, HS_TONE_PLAIN, row->way);
        put_bar(page, row, whole);
        hs_page_put(page, HS_TONE_PLAIN, " ");
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_PLAIN, "%s", row->sentence);
        hs_page_end_line(page);
    }
}

/* --- the savings --- */

static void put_saving(hs_page *page, const hs_saving *saving)
{
    char time[HS_TIME_TEXT_MAX];
    hs_page_tab(page, INDENT);
    hs_page_put(page, saving->measured ? HS_TONE_GOOD : HS_TONE_NOTE, "%s",
                saving->measured ? "measured" : "predicted");
    hs_page_tab(page, SAVING_COLUMN);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_STRONG, "%s", saving->title);
    if (saving->measured && saving->time <= 0) {
        hs_page_item(page, HS_TONE_PLAIN, "saves nothing on this path: %s ms more",
                     hs_time_ms(-saving->time, time));
        hs_page_end_line(page);
        return;
    }
    if (!isnan(saving->round_trips)) {
        hs_page_item(page, HS_TONE_PLAIN, "%.2f round trips", saving->round_trips);
    }
    if (saving->time != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "%s ms", hs_time_ms(saving->time, time));
    }
    hs_page_end_line(page);
    hs_page_tab(page, SAVING_COLUMN);
    hs_page_put(page, HS_TONE_DIM, "→ ");
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", saving->advice);
    hs_page_end_line(page);
}

static void put_savings(hs_page *page, const hs_comparison *all)
{
    if (all->saving_count == 0) {
        return;
    }
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "what makes it faster");
    hs_page_end_line(page);
    for (size_t i = 0; i < all->saving_count; i++) {
        put_saving(page, &all->savings[i]);
    }
}

static void put_head(hs_page *page, const hs_comparison *all)
{
    char time[HS_TIME_TEXT_MAX];
    hs_page_hang(page);
    hs_page_item(page, HS_TONE_STRONG, "%s", all->target);
    if (all->address[0]) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", all->address);
    }
    hs_page_item(page, HS_TONE_PLAIN, "%d round%s", all->rounds, all->rounds == 1 ? "" : "s");
    if (all->interrupted) {
        hs_page_item(page, HS_TONE_BAD, "interrupted");
    }
    if (all->path_rtt.count > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "path round trip %s ms (%s)",
                     hs_time_ms(all->path_rtt.p50, time), hs_fact_clock(all->path_rtt_source));
    }
    hs_page_end_line(page);
    hs_page_end_line(page);
}

hs_result hs_compare_text(const hs_comparison *comparison, const hs_report_options *options,
                          FILE *out)
{
    hs_page page;
    hs_page_init(&page, out, options);
    put_head(&page, comparison);
    put_table(&page, comparison);
    put_chart(&page, comparison);
    put_savings(&page, comparison);
    return hs_page_finish(&page);
}
