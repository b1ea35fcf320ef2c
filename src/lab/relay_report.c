#include "lab/relay_report.h"

#include <inttypes.h>

#include "base/time_text.h"

enum { LABEL_COLUMN = 2, TEXT_COLUMN = 15 };

static const double percent = 100;

/* --- text --- */

static void put_row(hs_page *page, const char *label)
{
    hs_page_tab(page, LABEL_COLUMN);
    hs_page_put(page, HS_TONE_DIM, "%s", label);
    hs_page_tab(page, TEXT_COLUMN);
    hs_page_hang(page);
}

static void put_configured(hs_page *page, const hs_path_options *o)
{
    char time[HS_TIME_TEXT_MAX];
    put_row(page, "path set to");
    hs_page_item(page, HS_TONE_PLAIN, "round trip %s ms", hs_time_ms(2 * o->delay, time));
    if (o->jitter > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "jitter ± %s ms each way", hs_time_ms(o->jitter, time));
    }
    if (o->loss > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "loss %.3g %%", percent * o->loss);
    }
    if (o->reorder > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "reordering %.3g %%", percent * o->reorder);
    }
    if (o->duplicate > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "duplication %.3g %%", percent * o->duplicate);
    }
    if (o->rate > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%" PRIu64 " bit/s", o->rate);
    }
    if (o->jitter > 0 || o->loss > 0 || o->reorder > 0 || o->duplicate > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "seed %" PRIu64, o->seed);
    }
    hs_page_end_line(page);
}

static void put_way(hs_page *page, const char *label, const hs_relay_way *way)
{
    char median[HS_TIME_TEXT_MAX];
    char p99[HS_TIME_TEXT_MAX];
    const hs_schedule_counts *c = &way->counts;
    put_row(page, label);
    hs_page_item(page, HS_TONE_PLAIN, "%" PRIu64 " packets", c->offered);
    if (way->late_median != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "sent on %s ms late, p99 %s ms",
                     hs_time_ms(way->late_median, median), hs_time_ms(way->late_p99, p99));
    }
    const struct {
        const char *what;
        uint64_t count;
    } counts[] = {{"lost", c->lost},
                  {"reordered", c->reordered},
                  {"duplicated", c->duplicated},
                  {"dropped, the queue was full", c->overflowed},
                  {"refused by the link", way->refused}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i].count > 0) {
            hs_page_item(page, HS_TONE_PLAIN, "%" PRIu64 " %s", counts[i].count, counts[i].what);
        }
    }
    hs_page_end_line(page);
}

void hs_relay_text(hs_page *page, const hs_path_options *options, const hs_relay_report *report)
{
    put_configured(page, options);
    put_way(page, "to the server", &report->to_server);
    put_way(page, "to the client", &report->to_client);
}

/* --- JSON --- */

static json_t *way_of(hs_json *json, const hs_relay_way *way)
{
    json_t *object = hs_json_object(json);
    const hs_schedule_counts *c = &way->counts;
    hs_json_integer(json, object, "packets", (int64_t)c->offered);
    hs_json_integer(json, object, "sent", (int64_t)c->sent);
    hs_json_integer(json, object, "lost", (int64_t)c->lost);
    hs_json_integer(json, object, "reordered", (int64_t)c->reordered);
    hs_json_integer(json, object, "duplicated", (int64_t)c->duplicated);
    hs_json_integer(json, object, "overflowed", (int64_t)c->overflowed);
    hs_json_integer(json, object, "refused", (int64_t)way->refused);
    hs_json_ms(json, object, "delay_ms", way->median);
    hs_json_ms(json, object, "delay_p99_ms", way->p99);
    hs_json_ms(json, object, "late_ms", way->late_median);
    hs_json_ms(json, object, "late_p99_ms", way->late_p99);
    hs_json_ms(json, object, "late_max_ms", way->late_most);
    return object;
}

json_t *hs_relay_json(hs_json *json, const hs_path_options *o, const hs_relay_report *report)
{
    json_t *object = hs_json_object(json);
    json_t *set = hs_json_object(json);
    hs_json_ms(json, set, "rtt_ms", 2 * o->delay);
    hs_json_ms(json, set, "jitter_ms", o->jitter);
    hs_json_set(json, set, "loss", json_real(o->loss));
    hs_json_set(json, set, "reorder", json_real(o->reorder));
    hs_json_set(json, set, "duplicate", json_real(o->duplicate));
    if (o->rate > 0) {
        hs_json_integer(json, set, "rate_bits_per_second", (int64_t)o->rate);
    }
    hs_json_integer(json, set, "seed", (int64_t)o->seed);
    hs_json_set(json, object, "configured", set);
    hs_json_set(json, object, "to_server", way_of(json, &report->to_server));
    hs_json_set(json, object, "to_client", way_of(json, &report->to_client));
    return object;
}
