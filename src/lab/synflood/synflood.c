#include "lab/synflood/synflood.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lab/path.h"
#include "net/clock.h"
#include "net/file.h"
#include "net/netlink.h"

enum {
    AROUND_MS = 500, /* of honest connections before the flood, and after it */
    SAMPLE_MS = 40,
    GRACE_SECONDS = 10, /* to set up and to end, on a machine that is busy */
    FLOOD_GRACE_SECONDS = 2,
};

/* What the child answers with. */
typedef struct answer {
    hs_result result;
    hs_problem problem;
    hs_synflood_row row;
} answer;

typedef struct experiment {
    const hs_synflood_options *options;
    hs_namespaces namespaces;
    hs_honest *honest;
    int diag;
    hs_child flood;
    hs_time start;
    hs_time next_connect;
    hs_time next_sample;
    answer *answer;
} experiment;

static hs_result set_sysctls(const experiment *e, hs_problem *problem)
{
    const struct {
        hs_lab_side side;
        const char *name;
        int value;
    } settings[] = {
        {HS_SIDE_SERVER, "ipv4/tcp_syncookies", e->options->syncookies},
        {HS_SIDE_SERVER, "ipv4/tcp_max_syn_backlog", e->options->backlog},
        /* A client that the server remembers would be let in without a cookie. */
        {HS_SIDE_SERVER, "ipv4/tcp_no_metrics_save", 1},
        /* Both are inherited from the host, whose values would decide what arrives. */
        {HS_SIDE_SERVER, "ipv4/conf/all/rp_filter", 0},
        {HS_SIDE_SERVER, "ipv4/conf/" HS_LAB_SERVER_LINK "/rp_filter", 0},
        {HS_SIDE_SERVER, "ipv4/tcp_timestamps", 1},
        {HS_SIDE_SERVER, "ipv4/tcp_sack", 1},
        {HS_SIDE_SERVER, "ipv4/tcp_window_scaling", 1},
        {HS_SIDE_CLIENT, "ipv4/tcp_no_metrics_save", 1},
        {HS_SIDE_CLIENT, "ipv4/tcp_sack", 1},
        {HS_SIDE_CLIENT, "ipv4/tcp_window_scaling", 1},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (hs_namespaces_enter(&e->namespaces, settings[i].side) != HS_OK) {
            return hs_problem_set(problem, HS_SYSTEM, "setns: %s", strerror(errno));
        }
        hs_result result = hs_namespaces_set(settings[i].name, settings[i].value, problem);
        if (result != HS_OK) {
            return result;
        }
    }
    return HS_OK;
}

/* The SYN-ACKs to the flood's addresses go back over the path, where the client's end swallows
 * them: were they on the server's link, it would look for their owners instead. */
static hs_result set_routes(const experiment *e, hs_problem *problem)
{
    if (hs_namespaces_enter(&e->namespaces, HS_SIDE_SERVER) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "setns: %s", strerror(errno));
    }
    hs_result result = hs_path_route(HS_FLOOD_PREFIX, HS_FLOOD_PREFIX_LENGTH, HS_LAB_CLIENT_IPV4,
                                     problem);
    if (result == HS_OK && hs_namespaces_enter(&e->namespaces, HS_SIDE_CLIENT) != HS_OK) {
        result = hs_problem_set(problem, HS_SYSTEM, "setns: %s", strerror(errno));
    }
    return result == HS_OK ? hs_path_route(HS_FLOOD_PREFIX, HS_FLOOD_PREFIX_LENGTH, NULL, problem)
                           : result;
}

static hs_result prepare(experiment *e, int parent, hs_problem *problem)
{
    hs_result result = hs_namespaces_open(&e->namespaces, false, problem);
    hs_child_bind_to_parent(parent);
    if (result == HS_OK) {
        result = set_sysctls(e, problem);
    }
    if (result == HS_OK) {
        result = set_routes(e, problem);
    }
    if (result == HS_OK && hs_namespaces_enter(&e->namespaces, HS_SIDE_SERVER) == HS_OK) {
        e->diag = hs_netlink_socket(NETLINK_SOCK_DIAG);
    }
    if (result == HS_OK && e->diag < 0) {
        result = hs_problem_set(problem, HS_SYSTEM, "sock_diag: %s", strerror(errno));
    }
    return result == HS_OK ? hs_honest_new(&e->namespaces, e->options->backlog, &e->honest, problem)
                           : result;
}

static hs_result sample(experiment *e, hs_problem *problem)
{
    hs_synflood_row *row = &e->answer->row;
    if (row->sample_count == HS_SYNFLOOD_SAMPLES_MAX) {
        return HS_OK;
    }
    hs_synflood_sample *s = &row->samples[row->sample_count];
    if (hs_half_open_count(e->diag, &s->half_open) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "sock_diag: %s", strerror(errno));
    }
    s->at = hs_clock_monotonic() - e->start;
    row->sample_count++;
    return HS_OK;
}

static bool has_answered(const hs_child *child)
{
    struct pollfd file = {.fd = child->fd, .events = POLLIN};
    return poll(&file, 1, 0) > 0;
}

/* Honest connections and samples until then, or until the flood is over where one goes on. */
static hs_result go_on(experiment *e, hs_flood_phase phase, hs_time until, hs_problem *problem)
{
    hs_result result = HS_OK;
    hs_time now = hs_clock_monotonic();
    while (result == HS_OK && now < until &&
           (phase != HS_PHASE_DURING || !has_answered(&e->flood))) {
        if (now >= e->next_connect) {
            /* A pause of this machine is not made up for by a burst. */
            e->next_connect = now + HS_SECOND / HS_HONEST_PER_SECOND;
            result = hs_honest_connect(e->honest, phase, problem);
        }
        if (result == HS_OK && now >= e->next_sample) {
            e->next_sample = now + SAMPLE_MS * HS_MILLISECOND;
            result = sample(e, problem);
        }
        hs_time next = e->next_connect < e->next_sample ? e->next_connect : e->next_sample;
        hs_honest_wait(e->honest, next < until ? next : until);
        now = hs_clock_monotonic();
    }
    return result;
}

static hs_result flood(experiment *e, hs_problem *problem)
{
    hs_synflood_row *row = &e->answer->row;
    hs_result result = hs_flood_start(&e->flood, &e->namespaces, e->options->rate,
                                      e->options->flood, problem);
    if (result != HS_OK) {
        return result;
    }
    const hs_time from = hs_clock_monotonic();
    const hs_time last = from + e->options->flood + FLOOD_GRACE_SECONDS * HS_SECOND;
    result = go_on(e, HS_PHASE_DURING, last, problem);
    row->flood_from = from - e->start;
    row->flood_to = hs_clock_monotonic() - e->start;
    if (result == HS_OK &&
        hs_child_read(&e->flood, &row->flood, sizeof row->flood, last, NULL) != HS_OK) {
        result = hs_problem_set(problem, HS_SYSTEM, "the flood's process gave no answer");
    }
    hs_child_end(&e->flood);
    return result;
}

static hs_result finish(experiment *e, hs_problem *problem)
{
    hs_synflood_row *row = &e->answer->row;
    const hs_time last = hs_clock_monotonic() + 2 * HS_HONEST_DEADLINE_MS * HS_MILLISECOND;
    while (hs_honest_is_busy(e->honest) && hs_clock_monotonic() < last) {
        hs_honest_wait(e->honest, hs_clock_monotonic() + HS_MILLISECOND);
    }
    for (int i = 0; i < HS_FLOOD_PHASE_COUNT; i++) {
        row->phases[i] = hs_honest_sum_up(e->honest, (hs_flood_phase)i);
    }
    if (hs_namespaces_enter(&e->namespaces, HS_SIDE_SERVER) != HS_OK ||
        hs_listen_counters_read(&row->counters) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "/proc/net/netstat: %s", strerror(errno));
    }
    return HS_OK;
}

static hs_result measure(experiment *e, int parent, hs_problem *problem)
{
    hs_result result = prepare(e, parent, problem);
    if (result != HS_OK) {
        return result;
    }
    e->answer->row.way = e->namespaces.way;
    e->start = hs_clock_monotonic();
    result = go_on(e, HS_PHASE_BEFORE, e->start + AROUND_MS * HS_MILLISECOND, problem);
    if (result == HS_OK) {
        result = flood(e, problem);
    }
    if (result == HS_OK) {
        result = go_on(e, HS_PHASE_AFTER, hs_clock_monotonic() + AROUND_MS * HS_MILLISECOND,
                       problem);
    }
    return result == HS_OK ? finish(e, problem) : result;
}

/* What it opened ends with its process. */
static void body(void *context, int fd)
{
    answer a;
    memset(&a, 0, sizeof a);
    a.row.options = *(const hs_synflood_options *)context;
    experiment e = {.options = &a.row.options, .diag = -1, .answer = &a};
    a.result = measure(&e, fd, &a.problem);
    hs_honest_free(e.honest);
    hs_child_end(&e.flood);
    (void)!hs_child_write(fd, &a, sizeof a);
}

hs_result hs_synflood_run(const hs_synflood_options *options, bool (*is_stopped)(void),
                          hs_synflood_row *row, hs_problem *problem)
{
    hs_synflood_options copy = *options;
    hs_child child;
    answer a;
    if (hs_child_start(&child, body, &copy) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "fork: %s", strerror(errno));
    }
    hs_time deadline = hs_clock_monotonic() + options->flood + GRACE_SECONDS * HS_SECOND;
    hs_result result = hs_child_read(&child, &a, sizeof a, deadline, is_stopped);
    hs_child_end(&child);
    if (result != HS_OK) {
        return hs_problem_set(problem, result, "%s",
                              result == HS_LIMIT ? "it took too long, and was ended"
                                                 : "its process ended without a result");
    }
    *row = a.row;
    *problem = a.problem;
    return a.result;
}

const char *hs_flood_phase_name(hs_flood_phase phase)
{
    static const char *const names[] = {"before", "during", "after"};
    return names[phase];
}

double hs_honest_success(const hs_honest_phase *phase)
{
    return phase->attempts > 0 ? (double)phase->connected / phase->attempts : 0;
}

uint64_t hs_synflood_half_open_max(const hs_synflood_row *row)
{
    uint64_t most = 0;
    for (size_t i = 0; i < row->sample_count; i++) {
        most = row->samples[i].half_open > most ? row->samples[i].half_open : most;
    }
    return most;
}
