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
    SENTENCE_PAGE = 74, /* the narrowest page with a sentence beside its bar */
    REASON_PAGE = 60,   /* and with a reason beside its title */
    CELL_MAX = 24,
    INDENT = 2,
    SAVING_COLUMN = 13,
    ALIKE = 3, /* so many rows with one reason stand together */
};

/* Most of the time went to what the two ends compute: then it tells nothing in round trips. */
static bool is_path_short(const hs_comparison *all)
{
    int balance = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state == HS_WAY_MEASURED && row->accounting.present) {
            const hs_accounting *parts = &row->accounting;
            balance += 2 * parts->network < parts->total - parts->dns ? 1 : -1;
        }
    }
    return balance > 0;
}

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

static void settings_trips(const hs_compare_row *row, char out[CELL_MAX])
{
    put_round_trips(row->round_trips_to_settings, out);
}

static void settings_p50(const hs_compare_row *row, char out[CELL_MAX])
{
    put_time(row->settings.p50, out);
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
    {"", "p50 ms", 8, 43, ready_p50},
    {"", "p95", 8, 80, ready_p95},
    {"SETTINGS", "RTT", 7, 115, settings_trips},
    {"", "p50 ms", 8, 115, settings_p50},
    {"first response", "RTT", 7, 61, response_trips},
    {"", "p50 ms", 8, 61, response_p50},
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
        size_t start = at + (size_t)columns[i].width - strlen(columns[i].heading);
        if (columns[i].group[0] && start + strlen(columns[i].group) <= page->width) {
            hs_page_tab(page, start);
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
    hs_page_tab(page, INDENT);
    hs_page_put(page, tone, "%s", hs_way_title(way));
    hs_page_tab(page, TITLE_COLUMNS);
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

/* A failure in which the target itself says that it will not. */
static bool is_refusal(hs_failure_class failure)
{
    static const hs_failure_class refusals[] = {
        HS_FAILURE_NONE,
        HS_FAILURE_TLS_VERSION_MISMATCH,
        HS_FAILURE_TLS_CIPHER_MISMATCH,
        HS_FAILURE_TLS_ALPN_MISMATCH,
        HS_FAILURE_QUIC_VERSION_MISMATCH,
        HS_FAILURE_WEBSOCKET_STATUS,
        HS_FAILURE_WEBSOCKET_BAD_UPGRADE,
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (failure == refusals[i]) {
            return true;
        }
    }
    return false;
}

static const char *verdict(const hs_compare_row *row)
{
    return row->state == HS_WAY_NOT_TRIED ? "not tried"
           : is_refusal(row->failure)     ? "not offered"
                                          : "failed";
}

static void put_not_offered(hs_page *page, const hs_compare_row *row)
{
    put_title(page, HS_TONE_DIM, row->way);
    if (page->width < REASON_PAGE) {
        hs_page_end_line(page);
        hs_page_tab(page, (size_t)INDENT + INDENT);
    } else {
        hs_page_put(page, HS_TONE_DIM, " ");
    }
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s: %s", verdict(row), row->why);
    hs_page_end_line(page);
}

static bool is_same_reason(const hs_compare_row *a, const hs_compare_row *b)
{
    return a->state == b->state && a->failure == b->failure && strcmp(a->why, b->why) == 0;
}

static int rows_alike(const hs_comparison *all, const hs_compare_row *row)
{
    int count = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        count += is_same_reason(&all->rows[way], row);
    }
    return count;
}

static bool stands_in_group(const hs_comparison *all, const hs_compare_row *row)
{
    return row->state == HS_WAY_NOT_TRIED ||
           (row->state == HS_WAY_NOT_OFFERED && rows_alike(all, row) >= ALIKE);
}

static bool is_first_of_its_reason(const hs_comparison *all, const hs_compare_row *row)
{
    for (const hs_compare_row *one = all->rows; one < row; one++) {
        if (is_same_reason(one, row)) {
            return false;
        }
    }
    return true;
}

/* All that have the same reason. */
static void put_group(hs_page *page, const hs_comparison *all, const hs_compare_row *first)
{
    hs_page_tab(page, INDENT);
    hs_page_put(page, HS_TONE_DIM, "%s: ", verdict(first));
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", first->why);
    hs_page_end_line(page);
    hs_page_tab(page, (size_t)INDENT + INDENT);
    hs_page_hang(page);
    for (const hs_compare_row *row = first; row < all->rows + HS_WAY_COUNT; row++) {
        if (is_same_reason(row, first)) {
            hs_page_item(page, HS_TONE_DIM, "%s", hs_way_title(row->way));
        }
    }
    hs_page_end_line(page);
}

static void put_groups(hs_page *page, const hs_comparison *all, hs_way_state state)
{
    for (const hs_compare_row *row = all->rows; row < all->rows + HS_WAY_COUNT; row++) {
        if (row->state == state && stands_in_group(all, row) && is_first_of_its_reason(all, row)) {
            put_group(page, all, row);
        }
    }
}

static bool has_measured(const hs_comparison *all)
{
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        if (all->rows[way].state == HS_WAY_MEASURED) {
            return true;
        }
    }
    return false;
}

static void put_legend(hs_page *page, const hs_comparison *all)
{
    hs_page_tab(page, INDENT);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM,
                  "RTT: the median in round trips of the path.  E encrypted, R resumable, M many "
                  "requests at once.");
    hs_page_end_line(page);
    if (is_path_short(all)) {
        hs_page_tab(page, INDENT);
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_NOTE,
                      "This path is so short that most of the time is the two ends' own work: its "
                      "round trips do not explain these times.");
        hs_page_end_line(page);
    }
}

static void put_table(hs_page *page, const hs_comparison *all)
{
    bool has_figures = has_measured(all);
    if (has_figures) {
        put_headings(page);
    }
    for (const hs_compare_row *row = all->rows; row < all->rows + HS_WAY_COUNT; row++) {
        if (row->state == HS_WAY_MEASURED) {
            put_measured(page, row);
        } else if (!stands_in_group(all, row)) {
            put_not_offered(page, row);
        }
    }
    if (has_figures) {
        put_legend(page, all);
    }
    put_groups(page, all, HS_WAY_NOT_OFFERED);
    put_groups(page, all, HS_WAY_NOT_TRIED);
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

static int cells_of(hs_time time, hs_time whole, int room)
{
    if (time == HS_TIME_NONE || whole <= 0) {
        return 0;
    }
    return (int)lround((double)room * (double)time / (double)whole);
}

static void put_bar(hs_page *page, const hs_compare_row *row, hs_time whole)
{
    bool is_narrow = page->width < TITLE_COLUMNS + BAR_COLUMNS;
    int room = is_narrow ? (int)page->width - TITLE_COLUMNS : BAR_COLUMNS;
    int ready = cells_of(row->ready.p50, whole, room);
    int end = cells_of(row->first_response.p50, whole, room);
    for (int i = 0; i < room; i++) {
        if (i < ready) {
            hs_page_put(page, HS_TONE_ACCENT, "█");
        } else if (i < end) {
            hs_page_put(page, HS_TONE_ACCENT, "░");
        } else {
            hs_page_put(page, HS_TONE_PLAIN, " ");
        }
    }
}

static void put_sentence(hs_page *page, const hs_compare_row *row)
{
    if (page->width < SENTENCE_PAGE && row->sentence[0]) {
        hs_page_end_line(page);
        hs_page_tab(page, (size_t)INDENT + INDENT);
    } else {
        hs_page_put(page, HS_TONE_PLAIN, " ");
    }
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_PLAIN, "%s", row->sentence);
}

static void put_chart(hs_page *page, const hs_comparison *all)
{
    hs_time whole = longest(all);
    if (whole == 0) {
        return;
    }
    hs_page_end_line(page);
    hs_page_hang(page);
    hs_page_item(page, HS_TONE_STRONG, "where the time goes");
    hs_page_item(page, HS_TONE_DIM, "█ until ready");
    hs_page_item(page, HS_TONE_DIM, "░ until the first response");
    hs_page_end_line(page);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_row *row = &all->rows[way];
        if (row->state != HS_WAY_MEASURED) {
            continue;
        }
        put_title(page, HS_TONE_PLAIN, row->way);
        put_bar(page, row, whole);
        put_sentence(page, row);
        hs_page_end_line(page);
    }
}

/* --- the savings --- */

static void put_saving(hs_page *page, const hs_saving *saving, bool is_short)
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
    bool has_trips = !isnan(saving->round_trips) && !(saving->measured && is_short);
    if (has_trips) {
        hs_page_item(page, HS_TONE_PLAIN, "saves %.2f round trips", saving->round_trips);
    }
    if (saving->time != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "%s%s ms", has_trips ? "" : "saves ",
                     hs_time_ms(saving->time, time));
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
        put_saving(page, &all->savings[i], is_path_short(all));
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
    if (has_measured(all)) {
        hs_page_item(page, HS_TONE_PLAIN, "%d round%s", all->rounds, all->rounds == 1 ? "" : "s");
    }
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
