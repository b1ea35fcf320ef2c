/* A SYN flood for people: each figure with what it means. */
#include "base/time_text.h"
#include "lab/synflood/synflood.h"
#include "report/page.h"
#include "report/text_parts.h"

enum { CELLS = 48, PERCENT = 100, NAME_COLUMNS = 20 };

/* What the figure above it means. */
static void put_words(hs_page *page, const char *words)
{
    hs_page_end_line(page);
    hs_page_tab(page, HS_TEXT_COLUMN);
    hs_page_words(page, HS_TONE_DIM, "%s", words);
    hs_page_end_line(page);
}

/* 100 % is said only where all were; a part never reads as the whole. */
static int percent(const hs_honest_phase *phase)
{
    return (int)(hs_honest_success(phase) * PERCENT);
}

static hs_tone tone_of(const hs_honest_phase *phase)
{
    return phase->connected == phase->attempts ? HS_TONE_GOOD
           : percent(phase) < PERCENT / 2      ? HS_TONE_BAD
                                               : HS_TONE_NOTE;
}

static void put_phase(hs_page *page, const hs_synflood_row *row, hs_flood_phase which)
{
    const hs_honest_phase *phase = &row->phases[which];
    hs_text_row(page, HS_TONE_PLAIN, hs_flood_phase_name(which));
    hs_page_put(page, tone_of(phase), "%3d %%", percent(phase));
    hs_page_put(page, HS_TONE_PLAIN, "  %3u of %3u connected", phase->connected, phase->attempts);
    if (phase->connected > 0) {
        char text[HS_TIME_TEXT_MAX];
        hs_page_put(page, HS_TONE_PLAIN, "  p50 %s ms", hs_time_ms(phase->p50, text));
        hs_page_put(page, HS_TONE_PLAIN, "  p90 %s ms", hs_time_ms(phase->p90, text));
        hs_page_put(page, HS_TONE_PLAIN, "  p99 %s ms", hs_time_ms(phase->p99, text));
    }
    put_words(page, hs_synflood_phase_words(row, which));
}

/* The most of the samples in each cell; a cell without one is as the one before. */
static void put_picture(hs_page *page, const hs_synflood_row *row)
{
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const uint64_t most = hs_synflood_half_open_max(row);
    const uint64_t top = sizeof levels / sizeof levels[0] - 1;
    const hs_time length = row->samples[row->sample_count - 1].at + 1;
    uint64_t value = 0;
    for (size_t cell = 0, i = 0; cell < CELLS; cell++) {
        const hs_time end = length * (hs_time)(cell + 1) / CELLS;
        if (i < row->sample_count && row->samples[i].at < end) {
            value = 0;
        }
        for (; i < row->sample_count && row->samples[i].at < end; i++) {
            value = row->samples[i].half_open > value ? row->samples[i].half_open : value;
        }
        /* Only nothing at all is at the bottom. */
        hs_page_put(page, HS_TONE_ACCENT, "%s",
                    levels[most > 0 ? (value * top + most - 1) / most : 0]);
    }
}

static void put_half_open(hs_page *page, const hs_synflood_row *row)
{
    if (row->sample_count == 0) {
        return;
    }
    hs_text_row(page, HS_TONE_PLAIN, "half-open");
    put_picture(page, row);
    hs_page_put(page, HS_TONE_PLAIN, "  at most %llu",
                (unsigned long long)hs_synflood_half_open_max(row));
    put_words(page, hs_synflood_half_open_words(row));
}

static void put_option(hs_page *page, const char *name, const hs_honest_options *options)
{
    if (options->connected > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%s window scale %u of %u, SACK %u of %u", name,
                     options->window_scale, options->connected, options->sack, options->connected);
    }
}

static void put_options(hs_page *page, const hs_synflood_row *row)
{
    const hs_honest_phase *during = &row->phases[HS_PHASE_DURING];
    hs_text_row(page, HS_TONE_PLAIN, "options");
    put_option(page, "with timestamps:", &during->with_timestamps);
    put_option(page, "without:", &during->without_timestamps);
    if (during->connected == 0) {
        hs_page_item(page, HS_TONE_PLAIN, "none");
    }
    put_words(page, hs_synflood_options_words(row));
}

/* Those that counted, each with its meaning, then the names of the others. */
static void put_counters(hs_page *page, const hs_synflood_row *row)
{
    bool is_any_zero = false;
    bool is_first = true;
    for (int i = 0; i < HS_LISTEN_COUNTER_COUNT; i++) {
        const int64_t value = row->counters.values[i];
        is_any_zero = is_any_zero || value == 0;
        if (value > 0) {
            hs_text_row(page, HS_TONE_PLAIN, is_first ? "counted" : "");
            is_first = false;
            hs_page_put(page, HS_TONE_STRONG, "%6lld", (long long)value);
            hs_page_put(page, HS_TONE_PLAIN, "  %-*s  ", NAME_COLUMNS,
                        hs_listen_counter_name((hs_listen_counter)i));
            hs_page_hang(page);
            hs_page_words(page, HS_TONE_DIM, "%s", hs_listen_counter_meaning((hs_listen_counter)i));
            hs_page_end_line(page);
        }
    }
    if (!is_any_zero) {
        return;
    }
    hs_text_row(page, HS_TONE_DIM, "never");
    for (int i = 0; i < HS_LISTEN_COUNTER_COUNT; i++) {
        if (row->counters.values[i] == 0) {
            hs_page_item(page, HS_TONE_DIM, "%s", hs_listen_counter_name((hs_listen_counter)i));
        }
    }
    hs_page_end_line(page);
}

static void put_flood(hs_page *page, const hs_synflood_row *row)
{
    const double seconds = (double)row->flood.took / (double)HS_SECOND;
    hs_text_row(page, HS_TONE_PLAIN, "flood");
    hs_page_put(page, HS_TONE_PLAIN, "%llu SYNs in %.2f s", (unsigned long long)row->flood.sent,
                seconds);
    if (row->flood.refused > 0) {
        hs_page_put(page, HS_TONE_NOTE, "  %llu refused by the client's own kernel",
                    (unsigned long long)row->flood.refused);
    }
    put_words(page, "None is completed: the addresses they come from do not answer.");
}

hs_result hs_synflood_text(const hs_synflood_row *row, bool is_first,
                           const hs_report_options *options, FILE *out)
{
    hs_page page;
    hs_page_init(&page, out, options);
    if (is_first) {
        hs_page_put(&page, HS_TONE_STRONG, "SYN flood");
        hs_page_put(&page, HS_TONE_PLAIN, "  %d SYN/s for %g s  in private namespaces (%s)",
                    row->options.rate, (double)row->options.flood / (double)HS_SECOND,
                    hs_namespace_way_name(row->way));
        hs_page_end_line(&page);
        hs_page_put(&page, HS_TONE_DIM,
                    "  %d honest connections a second; one counts when it is served within %d ms",
                    HS_HONEST_PER_SECOND, HS_HONEST_DEADLINE_MS);
        hs_page_end_line(&page);
    }
    hs_page_end_line(&page);
    hs_page_put(&page, HS_TONE_STRONG, "tcp_syncookies %d  backlog %d", row->options.syncookies,
                row->options.backlog);
    hs_page_end_line(&page);
    put_flood(&page, row);
    for (int i = 0; i < HS_FLOOD_PHASE_COUNT; i++) {
        put_phase(&page, row, (hs_flood_phase)i);
    }
    put_half_open(&page, row);
    put_options(&page, row);
    put_counters(&page, row);
    return hs_page_finish(&page);
}
