/* The figures of every way in columns; those without figures with the reason. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/text_parts.h"

enum {
    REASON_PAGE = 60, /* the narrowest page with a reason beside its title */
    CELL_MAX = 24,
    ALIKE = 3, /* so many rows with one reason stand together */
};

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
    hs_page_tab(page, HS_COMPARE_TITLE_COLUMNS);
    size_t at = HS_COMPARE_TITLE_COLUMNS;
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
    hs_page_put(page, HS_TONE_PLAIN, "%*s", HS_COMPARE_TITLE_COLUMNS, "");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (page->width >= columns[i].page_width) {
            hs_page_put(page, HS_TONE_DIM, "%*s", columns[i].width, columns[i].heading);
        }
    }
    hs_page_end_line(page);
}

static void put_measured(hs_page *page, const hs_compare_row *row)
{
    hs_compare_put_title(page, HS_TONE_PLAIN, row->way);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (page->width >= columns[i].page_width) {
            char text[CELL_MAX];
            columns[i].text(row, text);
            hs_page_put(page, HS_TONE_PLAIN, "%*s", columns[i].width, text);
        }
    }
    hs_page_end_line(page);
    if (row->failed > 0 || row->other > 0) {
        hs_page_tab(page, HS_COMPARE_TITLE_COLUMNS + 1);
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
    hs_compare_put_title(page, HS_TONE_DIM, row->way);
    if (page->width < REASON_PAGE) {
        hs_page_end_line(page);
        hs_page_tab(page, (size_t)HS_COMPARE_INDENT + HS_COMPARE_INDENT);
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
    hs_page_tab(page, HS_COMPARE_INDENT);
    hs_page_put(page, HS_TONE_DIM, "%s: ", verdict(first));
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", first->why);
    hs_page_end_line(page);
    hs_page_tab(page, (size_t)HS_COMPARE_INDENT + HS_COMPARE_INDENT);
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

static void put_legend(hs_page *page, const hs_comparison *all)
{
    hs_page_tab(page, HS_COMPARE_INDENT);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM,
                  "RTT: the median in round trips of the path.  E encrypted, R resumable, M many "
                  "requests at once.");
    hs_page_end_line(page);
    if (hs_compare_is_path_short(all)) {
        hs_page_tab(page, HS_COMPARE_INDENT);
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_NOTE,
                      "This path is so short that most of the time is the two ends' own work: its "
                      "round trips do not explain these times.");
        hs_page_end_line(page);
    }
}

void hs_compare_put_table(hs_page *page, const hs_comparison *all)
{
    bool has_figures = hs_compare_has_measured(all);
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
