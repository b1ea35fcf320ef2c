#include "lab/far_end.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "net/clock.h"
#include "net/file.h"

enum { START_SECONDS = 20, FAST_OPEN_BOTH_WAYS = 3 };

typedef struct server_start {
    const hs_far_end *far_end;
    bool is_retry;
} server_start;

/* What a server's process answers with when it listens. */
typedef struct server_answer {
    hs_result result;
    hs_problem problem;
    char ca_file[HS_FAR_END_PATH_MAX];
} server_answer;

const char *hs_far_end_host(const hs_far_end *far_end)
{
    return far_end->family == 6 ? "[" HS_LAB_SERVER_IPV6 "]" : HS_LAB_SERVER_IPV4;
}

/* --- the file system --- */

/* Over a folder in which this process needs nothing, in a mount namespace of its own, which is also
 * what makes a mount permitted. */
static hs_result mount_folder(hs_far_end *far_end, hs_problem *problem)
{
    static const char *const places[] = {"/sys/fs/cgroup", "/dev/shm", "/mnt"};
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return hs_problem_set(problem, HS_SYSTEM,
                              "this system permits no private mount namespace (%s)",
                              hs_namespaces_why());
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (mount("tmpfs", places[i], "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                  "mode=0700,size=1m") == 0) {
            far_end->folder = places[i];
            return HS_OK;
        }
    }
    return hs_problem_set(problem, HS_SYSTEM, "no file system in memory for the lab's keys: %s",
                          strerror(errno));
}

/* --- the servers --- */

static void set_ports(hs_serve_options *options, bool is_retry)
{
    if (is_retry) {
        options->ports[HS_SERVICE_HTTPS3] = HS_FAR_END_RETRY_PORT;
        options->quic_retry = true;
        return;
    }
#define HS_X(service, port) options->ports[HS_SERVICE_##service] = port;
    HS_FAR_END_PORT_MAP(HS_X)
#undef HS_X
}

static void serve(void *context, int parent)
{
    const server_start *start = context;
    const hs_far_end *far_end = start->far_end;
    hs_serve_options options;
    hs_server *server = NULL;
    server_answer answer = {.result = HS_SYSTEM};
    hs_serve_options_init(&options);
    set_ports(&options, start->is_retry);
    options.bind = far_end->family == 6 ? HS_LAB_SERVER_IPV6 : HS_LAB_SERVER_IPV4;
    options.state = far_end->folder;
    if (hs_namespaces_enter(&far_end->namespaces, HS_SIDE_SERVER) == HS_OK) {
        answer.result = hs_server_new(&options, &server, &answer.problem);
    }
    if (answer.result == HS_OK) {
        (void)snprintf(answer.ca_file, sizeof answer.ca_file, "%s", hs_server_ca_file(server));
    }
    if (hs_child_write(parent, &answer, sizeof answer) == HS_OK && server) {
        (void)!hs_server_run(server);
    }
    hs_server_free(server);
}

static hs_result start_server(hs_far_end *far_end, bool is_retry, hs_problem *problem)
{
    server_start start = {far_end, is_retry};
    server_answer answer;
    hs_child *child = &far_end->servers[far_end->server_count];
    const hs_time deadline = hs_clock_monotonic() + START_SECONDS * HS_SECOND;
    if (hs_child_start(child, serve, &start) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the lab's server was not started: %s",
                              strerror(errno));
    }
    far_end->server_count++;
    if (hs_child_read(child, &answer, sizeof answer, deadline, NULL) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the lab's server gave no answer");
    }
    if (answer.result != HS_OK) {
        return hs_problem_set(problem, answer.result, "the lab's server: %s", answer.problem.text);
    }
    (void)snprintf(far_end->ca_file, sizeof far_end->ca_file, "%s", answer.ca_file);
    return HS_OK;
}

/* --- opening --- */

static hs_result set_fast_open(const hs_far_end *far_end, hs_problem *problem)
{
    static const hs_lab_side sides[] = {HS_SIDE_SERVER, HS_SIDE_CLIENT};
    hs_result result = HS_OK;
    for (size_t i = 0; result == HS_OK && i < sizeof sides / sizeof sides[0]; i++) {
        if (hs_namespaces_enter(&far_end->namespaces, sides[i]) != HS_OK) {
            return hs_problem_set(problem, HS_SYSTEM, "setns: %s", strerror(errno));
        }
        result = hs_namespaces_set("ipv4/tcp_fastopen", FAST_OPEN_BOTH_WAYS, problem);
    }
    return result;
}

static hs_result start_relay(hs_far_end *far_end, const hs_path_options *path, hs_problem *problem)
{
    hs_result result = hs_relay_start(&far_end->relay, &far_end->namespaces, path, problem);
    far_end->has_relay = result == HS_OK;
    return result;
}

static hs_result open_all(hs_far_end *far_end, const hs_far_end_options *options, int parent,
                          hs_problem *problem)
{
    hs_result result = hs_namespaces_open(&far_end->namespaces, true, problem);
    hs_child_bind_to_parent(parent);
    if (result == HS_OK) {
        result = mount_folder(far_end, problem);
    }
    if (result == HS_OK) {
        result = set_fast_open(far_end, problem);
    }
    if (result == HS_OK) {
        result = start_relay(far_end, &options->path, problem);
    }
    for (int i = 0; result == HS_OK && i < HS_FAR_END_SERVERS; i++) {
        result = start_server(far_end, i > 0, problem);
    }
    return result;
}

hs_result hs_far_end_open(hs_far_end *far_end, const hs_far_end_options *options, int parent,
                          hs_problem *problem)
{
    *far_end = (hs_far_end){.family = options->family};
    hs_result result = open_all(far_end, options, parent, problem);
    if (result != HS_OK) {
        (void)!hs_far_end_close(far_end, NULL);
    }
    return result;
}

hs_result hs_far_end_set_path(hs_far_end *far_end, const hs_path_options *path,
                              hs_relay_report *report, hs_problem *problem)
{
    hs_result result = hs_relay_stop(&far_end->relay, report);
    far_end->has_relay = false;
    return result == HS_OK ? start_relay(far_end, path, problem) : result;
}

hs_result hs_far_end_check(const hs_far_end *far_end, hs_problem *problem)
{
    if (far_end->has_relay && hs_child_is_gone(&far_end->relay.child)) {
        return hs_problem_set(problem, HS_SYSTEM, "the lab's relay has ended too early");
    }
    for (size_t i = 0; i < far_end->server_count; i++) {
        if (hs_child_is_gone(&far_end->servers[i])) {
            return hs_problem_set(problem, HS_SYSTEM, "the lab's server has ended too early");
        }
    }
    return HS_OK;
}

hs_result hs_far_end_close(hs_far_end *far_end, hs_relay_report *report)
{
    hs_result result = HS_OK;
    if (far_end->has_relay) {
        result = hs_relay_stop(&far_end->relay, report);
        far_end->has_relay = false;
    }
    while (far_end->server_count > 0) {
        hs_child_end(&far_end->servers[--far_end->server_count]);
    }
    return result;
}
