/* The first look at each way: whether the target offers it at all. What else it gives, a cookie or
 * a ticket, is in place for the rounds afterwards. */
#include "compare/comparer.h"

#include <stdio.h>
#include <string.h>

/* The first run may only have been given what the second one needs: a cookie, a ticket. */
enum { FIRST_LOOKS = 2 };

static bool is_over_quic(hs_way way)
{
    return way >= HS_WAY_QUIC && way <= HS_WAY_QUIC_EARLY_DATA;
}

static const hs_dead_end *find_dead_end(const hs_comparer *c, hs_way way, const hs_url *url)
{
    for (size_t i = 0; i < c->dead_end_count; i++) {
        const hs_dead_end *end = &c->dead_ends[i];
        bool is_port = end->port == url->port && end->is_quic == is_over_quic(way) &&
                       (end->tls_version == 0 || end->tls_version == hs_way_tls_version(way));
        if ((end->port == 0 || is_port) && strcmp(end->host, url->host) == 0) {
            return end;
        }
    }
    return NULL;
}

static bool is_silence(const hs_trace *trace)
{
    hs_failure_class cls = trace->failure.cls;
    return trace->bytes_received == 0 &&
           (cls == HS_FAILURE_TLS_TIMED_OUT || cls == HS_FAILURE_HTTP_TIMED_OUT ||
            cls == HS_FAILURE_WEBSOCKET_TIMED_OUT || cls == HS_FAILURE_ABANDONED);
}

static void note_dead_end(hs_comparer *c, hs_way way, const hs_url *url, const hs_trace *trace)
{
    hs_phase phase = trace->failure.phase;
    bool has_no_address = phase == HS_PHASE_DNS;
    bool has_no_port = phase == HS_PHASE_TCP ||
                       (phase == HS_PHASE_QUIC && trace->bytes_received == 0);
    if (has_no_address || has_no_port || is_silence(trace)) {
        hs_dead_end *end = &c->dead_ends[c->dead_end_count++];
        *end = (hs_dead_end){.port = has_no_address ? 0 : url->port,
                             .is_quic = is_over_quic(way),
                             .tls_version = has_no_port ? 0 : hs_way_tls_version(way),
                             .way = way};
        memcpy(end->host, url->host, sizeof end->host);
    }
}

static void note_address(hs_comparer *c, const hs_trace *trace)
{
    hs_comparison *all = c->comparison;
    if (!all->address[0] && trace->target.address) {
        (void)snprintf(all->address, sizeof all->address, "%s", trace->target.address);
    }
    if (!all->vantage[0] && trace->vantage) {
        (void)snprintf(all->vantage, sizeof all->vantage, "%s", trace->vantage);
    }
}

/* `*worked`: the run succeeded, whether or not it was of this way. */
static hs_result look_once(hs_comparer *c, hs_way way, const hs_url *url, bool *worked,
                           hs_problem *problem)
{
    hs_compare_row *row = &c->comparison->rows[way];
    hs_trace *trace = NULL;
    hs_time cpu;
    hs_result result = hs_course_run(c, way, &trace, &cpu, problem);
    if (result != HS_OK) {
        return result;
    }
    note_address(c, trace);
    if (c->options.run_done) {
        c->options.run_done(c->options.context, &(hs_compare_event){way, 0, trace});
    }
    row->state = HS_WAY_NOT_OFFERED;
    *worked = trace->failure.cls == HS_FAILURE_NONE;
    if (!*worked) {
        hs_course_note_failure(row, trace);
        note_dead_end(c, way, url, trace);
    } else if (hs_way_holds(way, trace, row->why)) {
        c->courses[way].is_offered = true;
    }
    hs_trace_free(trace);
    return HS_OK;
}

hs_result hs_course_look(hs_comparer *c, hs_way way, hs_problem *problem)
{
    hs_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    if (!course->prober) {
        return HS_OK;
    }
    hs_url url;
    hs_result result = hs_url_parse(course->url, &url, problem);
    const hs_dead_end *end = result == HS_OK ? find_dead_end(c, way, &url) : NULL;
    if (end) {
        const hs_compare_row *first = &c->comparison->rows[end->way];
        row->state = HS_WAY_NOT_OFFERED;
        row->failure = first->failure;
        memcpy(row->why, first->why, sizeof row->why);
        return HS_OK;
    }
    bool worked = true;
    for (int look = 0; result == HS_OK && worked && !course->is_offered && look < FIRST_LOOKS;
         look++) {
        result = look_once(c, way, &url, &worked, problem);
    }
    return result;
}
