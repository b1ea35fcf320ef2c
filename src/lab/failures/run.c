/* One case: its far end in a process at the server's side, the prober in this one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/failures/failures.h"
#include "net/clock.h"
#include "net/file.h"

enum {
    PORT_FIRST = 9001,
    URL_MAX = 128,
    READY_SECONDS = 20,
    FAR_SECONDS = 8, /* deadlines that are not to be met, and round trips on top of them */
    NEAR_MARGIN_MS = 150,
    NEAR_ROUND_TRIPS = 3,
    FAR_ROUND_TRIPS = 20,
};

typedef struct far_start {
    const hs_namespaces *namespaces;
    hs_far_place place;
} far_start;

/* --- the far end --- */

static void (*far_end_of(const hs_failure_case *row))(const hs_far_place *)
{
    return row->script                           ? hs_far_script
           : row->server                         ? hs_far_server
           : row->quic                           ? hs_far_quic
           : row->datagrams != HS_DATAGRAMS_NONE ? hs_far_datagrams
           : row->has_full_queue                 ? hs_far_full_queue
           : row->is_simultaneous                ? hs_far_simultaneous
                                                 : NULL;
}

static void far_body(void *context, int parent)
{
    far_start *start = context;
    start->place.parent = parent;
    if (hs_namespaces_enter(start->namespaces, HS_SIDE_SERVER) == HS_OK) {
        far_end_of(start->place.row)(&start->place);
    }
}

static hs_result start_far_end(hs_child *child, far_start *start, hs_problem *problem)
{
    char ready;
    if (!far_end_of(start->place.row)) {
        return HS_OK;
    }
    if (hs_child_start(child, far_body, start) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "fork: %s", strerror(errno));
    }
    if (hs_child_read(child, &ready, sizeof ready, hs_clock_monotonic() + READY_SECONDS * HS_SECOND,
                      NULL) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the far end did not come up");
    }
    return HS_OK;
}

/* --- the probe --- */

static void set_deadlines(hs_probe_options *o, hs_near_deadline near, hs_time rtt)
{
    const hs_time soon = NEAR_ROUND_TRIPS * rtt + NEAR_MARGIN_MS * HS_MILLISECOND;
    const hs_time late = FAR_ROUND_TRIPS * rtt + FAR_SECONDS * HS_SECOND;
    o->connect_timeout = near == HS_NEAR_CONNECT ? soon : late;
    o->tls_timeout = near == HS_NEAR_TLS ? soon : late;
    o->upgrade_timeout = near == HS_NEAR_UPGRADE ? soon : late;
    o->timeout = near == HS_NEAR_ALL ? soon : 2 * late;
}

static void set_options(hs_probe_options *o, const hs_failure_case *row, const char *ca_file,
                        const hs_failures_options *options)
{
    const hs_probe_options *p = &row->probe;
    hs_probe_options_init(o);
    set_deadlines(o, row->near, options->rtt);
    o->family = 4;
    o->cacert = ca_file;
    o->http_version = p->http_version;
    o->alpn = p->alpn;
    o->tls_min = p->tls_min;
    o->tls_max = p->tls_max;
    o->ciphers = p->ciphers;
    o->groups = p->groups;
    o->server_name = p->server_name;
    o->pinned_public_key = p->pinned_public_key;
    o->subprotocols = p->subprotocols;
    o->quic_versions = p->quic_versions;
    o->keep_events = options->ladder;
}

/* What is open stays open. */
static void allow_no_more_files(void)
{
    struct rlimit limit;
    int next = dup(STDERR_FILENO);
    if (next >= 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = (rlim_t)next;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    close(next);
}

static hs_result probe(const hs_failure_case *row, const char *url,
                       const hs_probe_options *probe_options, hs_trace **trace, hs_problem *problem)
{
    hs_prober *prober = NULL;
    hs_result result = hs_prober_new(probe_options, &prober, problem);
    if (result == HS_OK && row->has_no_files) {
        allow_no_more_files();
    }
    if (result == HS_OK) {
        result = hs_prober_run(prober, url, trace, problem);
    }
    hs_prober_free(prober);
    return result;
}

/* --- what it said --- */

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text ? text : "");
}

/* The renderer's whole output; NULL where it failed. */
static char *render(const hs_trace *trace, const hs_report_options *options,
                    hs_result (*renderer)(const hs_trace *, const hs_report_options *, FILE *),
                    size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (!out) {
        return NULL;
    }
    hs_result result = renderer(trace, options, out);
    if (fclose(out) != 0 || result != HS_OK) {
        free(text);
        *len = 0;
        return NULL;
    }
    return text;
}

static void take(hs_failure_outcome *outcome, const hs_trace *trace,
                 const hs_failures_options *options)
{
    const hs_failure *f = &trace->failure;
    outcome->cls = f->cls;
    outcome->phase = f->phase;
    outcome->elapsed = f->elapsed;
    copy_text(outcome->message, sizeof outcome->message, f->message);
    copy_text(outcome->advice, sizeof outcome->advice, f->advice);
    copy_text(outcome->last_event, sizeof outcome->last_event, f->last_event);
    hs_report_options report = options->report;
    report.verbosity = options->ladder ? 1 : 0;
    if (options->ladder) {
        outcome->text = render(trace, &report, hs_report_text, &outcome->text_len);
    }
    outcome->record = render(trace, &report, hs_report_json, &outcome->record_len);
    if (!outcome->record || (options->ladder && !outcome->text)) {
        outcome->result = HS_NO_MEMORY;
        copy_text(outcome->problem, sizeof outcome->problem, hs_result_text(HS_NO_MEMORY));
    }
}

void hs_failure_case_run(const hs_namespaces *namespaces, const char *folder, uint32_t number,
                         const hs_failures_options *options, hs_failure_outcome *outcome)
{
    const hs_failure_case *row = hs_failure_case_at(number);
    const int port = PORT_FIRST + (int)number;
    far_start start = {namespaces, {.row = row, .folder = folder, .port = port}};
    char url[URL_MAX];
    char ca_file[HS_LAB_PATH_MAX];
    hs_probe_options probe_options;
    hs_child child = {.pid = 0, .fd = -1};
    hs_problem problem = {""};
    hs_trace *trace = NULL;
    *outcome = (hs_failure_outcome){.number = number, .elapsed = HS_TIME_NONE};
    (void)snprintf(url, sizeof url, "%s://%s:%d", row->scheme,
                   row->host ? row->host : HS_LAB_SERVER_IPV4, port);
    (void)snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    set_options(&probe_options, row, ca_file, options);
    hs_result result = start_far_end(&child, &start, &problem);
    if (result == HS_OK) {
        result = probe(row, url, &probe_options, &trace, &problem);
    }
    outcome->result = result;
    if (result == HS_OK) {
        take(outcome, trace, options);
    } else {
        copy_text(outcome->problem, sizeof outcome->problem,
                  problem.text[0] != '\0' ? problem.text : hs_result_text(result));
    }
    hs_trace_free(trace);
    hs_child_end(&child);
}

bool hs_failure_is_as_expected(const hs_failure_outcome *outcome)
{
    const hs_failure_case *row = hs_failure_case_at(outcome->number);
    return outcome->result == HS_OK && outcome->cls == row->cls && outcome->phase == row->phase;
}
