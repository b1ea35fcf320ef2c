#include "cli/lab_compare_output.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/time_text.h"
#include "lab/relay_report.h"

enum { TITLE_COLUMNS = 31, INDENT = 2 };

/* --- the path --- */

static hs_result put_path_text(hs_compare_printer *p, const hs_path_options *path,
                               const hs_relay_report *report, hs_namespace_way way)
{
    hs_page page;
    hs_page_init(&page, p->out, &p->report);
    hs_page_end_line(&page);
    hs_page_put(&page, HS_TONE_STRONG, "the path");
    hs_page_put(&page, HS_TONE_DIM, "  in private namespaces (%s)", hs_namespace_way_name(way));
    hs_page_end_line(&page);
    hs_relay_text(&page, path, report);
    return hs_page_finish(&page);
}

static json_t *begin_record(hs_json *json, hs_namespace_way way)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "schema", "handshake-lab/1");
    hs_json_text(json, object, "experiment", "compare");
    hs_json_text(json, object, "namespaces", way == HS_WAY_USER ? "user" : "root");
    return object;
}

static hs_result put_path_json(hs_compare_printer *p, const hs_path_options *path,
                               const hs_relay_report *report, hs_namespace_way way)
{
    hs_json json = {.failed = false};
    json_t *object = begin_record(&json, way);
    hs_json_set(&json, object, "path", hs_relay_json(&json, path, report));
    return hs_json_write(&json, object, p->out);
}

void hs_lab_print_path(hs_compare_printer *p, const hs_path_options *path,
                       const hs_relay_report *report, hs_namespace_way way)
{
    if (p->result == HS_OK) {
        p->result = p->output.json ? put_path_json(p, path, report, way)
                                   : put_path_text(p, path, report, way);
    }
}

char *hs_lab_path_text(const hs_path_options *path, const hs_relay_report *report)
{
    static const hs_report_options plain = {.width = 100};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        return NULL;
    }
    hs_page page;
    hs_page_init(&page, out, &plain);
    hs_relay_text(&page, path, report);
    hs_result result = hs_page_finish(&page);
    if (fclose(out) != 0 || result != HS_OK) {
        free(text);
        return NULL;
    }
    return text;
}

/* --- the slopes --- */

static hs_result put_slopes_text(hs_compare_printer *p, const hs_compare_slope *slopes)
{
    char fixed[HS_TIME_TEXT_MAX];
    char residual[HS_TIME_TEXT_MAX];
    hs_page page;
    hs_page_init(&page, p->out, &p->report);
    hs_page_end_line(&page);
    hs_page_put(&page, HS_TONE_STRONG, "time until ready against the path's round trip");
    hs_page_put(&page, HS_TONE_DIM, "  the slope is the number of round trips");
    hs_page_end_line(&page);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        const hs_compare_slope *slope = &slopes[way];
        if (slope->points == 0 || isnan(slope->round_trips)) {
            continue;
        }
        hs_page_tab(&page, INDENT);
        hs_page_put(&page, HS_TONE_PLAIN, "%s", hs_way_title((hs_way)way));
        hs_page_tab(&page, TITLE_COLUMNS);
        hs_page_hang(&page);
        hs_page_item(&page, HS_TONE_STRONG, "%5.2f", slope->round_trips);
        hs_page_item(&page, HS_TONE_PLAIN, "plus %s ms on a path of any length",
                     hs_time_ms(slope->fixed, fixed));
        if (slope->residual != HS_TIME_NONE) {
            hs_page_item(&page, HS_TONE_DIM, "off the line by %s ms",
                         hs_time_ms(slope->residual, residual));
        }
        hs_page_end_line(&page);
    }
    return hs_page_finish(&page);
}

static hs_result put_slopes_json(hs_compare_printer *p, const hs_compare_slope *slopes,
                                 hs_namespace_way way)
{
    const double thousandths = 1000;
    hs_json json = {.failed = false};
    json_t *object = begin_record(&json, way);
    json_t *list = hs_json_array(&json);
    for (int i = 0; i < HS_WAY_COUNT; i++) {
        const hs_compare_slope *slope = &slopes[i];
        if (slope->points == 0 || isnan(slope->round_trips)) {
            continue;
        }
        json_t *one = hs_json_object(&json);
        hs_json_text(&json, one, "way", hs_way_name((hs_way)i));
        hs_json_integer(&json, one, "points", slope->points);
        hs_json_set(&json, one, "round_trips",
                    json_real(round(slope->round_trips * thousandths) / thousandths));
        hs_json_ms(&json, one, "fixed_ms", slope->fixed);
        hs_json_ms(&json, one, "residual_ms", slope->residual);
        hs_json_append(&json, list, one);
    }
    hs_json_set(&json, object, "slopes", list);
    return hs_json_write(&json, object, p->out);
}

void hs_lab_print_slopes(hs_compare_printer *p, const hs_compare_series *series,
                         hs_namespace_way way)
{
    hs_compare_slope slopes[HS_WAY_COUNT];
    hs_compare_slopes(series, slopes);
    if (p->result == HS_OK) {
        p->result = p->output.json ? put_slopes_json(p, slopes, way) : put_slopes_text(p, slopes);
    }
}
