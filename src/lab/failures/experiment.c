/* The experiment's process: the namespaces, what all cases share, and cases at once. */
#include "lab/failures/experiment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/far_end.h"
#include "lab/path.h"
#include "net/clock.h"
#include "net/file.h"

enum {
    SLOTS = 8, /* cases at once: most of their time they wait */
    READY_SECONDS = 20,
    BEHIND_PREFIX = 24,
    SLICE_MS = 100,
};

/* Of what stands behind the server: HS_LAB_DROPPED_IPV4 and its neighbours. */
#define BEHIND_SERVER "10.98.0.0"
#define RESOLVER_FILE "/etc/resolv.conf"

typedef struct slot {
    hs_child child; /* pid 0: free */
    uint32_t number;
    hs_time deadline;
} slot;

typedef struct experiment {
    const hs_failures_options *options;
    int parent;
    hs_far_end far_end;
    hs_child names;
    slot slots[SLOTS];
} experiment;

typedef struct case_start {
    const experiment *experiment;
    uint32_t number;
} case_start;

/* --- cases --- */

static void case_body(void *context, int fd)
{
    const case_start *start = context;
    const experiment *e = start->experiment;
    hs_failure_outcome outcome;
    hs_failure_case_run(&e->far_end.namespaces, e->far_end.folder, start->number, e->options,
                        &outcome);
    (void)!hs_failure_outcome_write(fd, &outcome);
    hs_failure_outcome_free(&outcome);
}

static hs_result start_case(experiment *e, uint32_t number, slot *s)
{
    case_start start = {e, number};
    s->number = number;
    s->deadline = hs_clock_monotonic() + HS_FAILURE_CASE_SECONDS * HS_SECOND;
    return hs_child_start(&s->child, case_body, &start);
}

static void end_case(const experiment *e, slot *s)
{
    hs_failure_outcome outcome;
    hs_result result = hs_failure_outcome_read(&s->child, s->deadline, NULL, &outcome);
    if (result != HS_OK) {
        outcome = (hs_failure_outcome){
            .number = s->number, .result = result, .elapsed = HS_TIME_NONE};
        strcpy(outcome.problem, result == HS_LIMIT ? "it took too long, and was ended"
                                                   : "its process ended without a result");
    }
    hs_child_end(&s->child);
    (void)!hs_failure_outcome_write(e->parent, &outcome);
    hs_failure_outcome_free(&outcome);
}

/* Waits for any of them, and takes what has come. */
static void wait_for_cases(experiment *e)
{
    struct pollfd files[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
        files[i] = (struct pollfd){.fd = e->slots[i].child.pid > 0 ? e->slots[i].child.fd : -1,
                                   .events = POLLIN};
    }
    int ready = poll(files, SLOTS, SLICE_MS);
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &e->slots[i];
        if (s->child.pid > 0 &&
            ((ready > 0 && files[i].revents != 0) || hs_clock_monotonic() > s->deadline)) {
            end_case(e, s);
        }
    }
}

static slot *free_slot(experiment *e)
{
    for (int i = 0; i < SLOTS; i++) {
        if (e->slots[i].child.pid == 0) {
            return &e->slots[i];
        }
    }
    return NULL;
}

static bool is_busy(const experiment *e)
{
    for (int i = 0; i < SLOTS; i++) {
        if (e->slots[i].child.pid > 0) {
            return true;
        }
    }
    return false;
}

static void run_cases(experiment *e)
{
    const uint32_t count = (uint32_t)hs_failure_case_count();
    for (uint32_t number = 0; number < count || is_busy(e);) {
        slot *s = free_slot(e);
        if (number < count && !e->options->chosen[number]) {
            number++;
        } else if (number < count && s && start_case(e, number, s) == HS_OK) {
            number++;
        } else {
            wait_for_cases(e);
        }
    }
}

/* --- what all cases share --- */

static hs_result set_up_routes(const experiment *e, hs_problem *problem)
{
    const hs_namespaces *n = &e->far_end.namespaces;
    static const struct {
        const char *address;
        hs_path_refusal refusal;
    } behind[] = {{HS_LAB_DROPPED_IPV4, HS_PATH_DROPS},
                  {HS_LAB_UNREACHABLE_IPV4, HS_PATH_UNREACHABLE},
                  {HS_LAB_PROHIBITED_IPV4, HS_PATH_PROHIBITS}};
    hs_result result = hs_namespaces_enter(n, HS_SIDE_SERVER);
    for (size_t i = 0; result == HS_OK && i < sizeof behind / sizeof behind[0]; i++) {
        result = hs_path_refuse(behind[i].address, behind[i].refusal, problem);
    }
    if (result == HS_OK) {
        result = hs_namespaces_set("ipv4/ip_forward", 1, problem);
    }
    /* Several cases at once are told by ICMP, which is counted by its receiver. */
    if (result == HS_OK) {
        result = hs_namespaces_set("ipv4/icmp_ratemask", 0, problem);
    }
    if (hs_namespaces_enter(n, HS_SIDE_CLIENT) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "a namespace could not be entered: %s",
                              strerror(errno));
    }
    if (result == HS_OK) {
        result = hs_path_route(BEHIND_SERVER, BEHIND_PREFIX, HS_LAB_SERVER_IPV4, problem);
    }
    return result == HS_OK ? hs_path_refuse(HS_LAB_FORBIDDEN_IPV4, HS_PATH_PROHIBITS, problem)
                           : result;
}

static void names_body(void *context, int parent)
{
    const experiment *e = context;
    const hs_far_place place = {.parent = parent};
    if (hs_namespaces_enter(&e->far_end.namespaces, HS_SIDE_SERVER) == HS_OK) {
        hs_far_names(&place);
    }
}

/* The lab's name server takes the place of this host's, for the processes of the experiment. */
static hs_result set_up_names(experiment *e, hs_problem *problem)
{
    char path[HS_LAB_PATH_MAX];
    char ready;
    (void)snprintf(path, sizeof path, "%s/resolv.conf", e->far_end.folder);
    FILE *file = fopen(path, "we");
    bool is_written = file && fputs("nameserver " HS_LAB_SERVER_IPV4 "\n", file) >= 0;
    is_written = file && fclose(file) == 0 && is_written;
    if (!is_written || mount(path, RESOLVER_FILE, NULL, MS_BIND, NULL) != 0) {
        return hs_problem_set(problem, HS_SYSTEM, "%s could not be replaced for the lab: %s",
                              RESOLVER_FILE, strerror(errno));
    }
    if (hs_child_start(&e->names, names_body, e) != HS_OK ||
        hs_child_read(&e->names, &ready, sizeof ready,
                      hs_clock_monotonic() + READY_SECONDS * HS_SECOND, NULL) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the lab's name server did not come up");
    }
    return HS_OK;
}

/* One connection that is refused: both ends then know each other's link address (RFC 826), which
 * else the first case would wait for. */
static void get_acquainted(void)
{
    enum { NO_PORT = 1 };
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(NO_PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && inet_pton(AF_INET, HS_LAB_SERVER_IPV4, &address.sin_addr) == 1) {
        (void)!connect(fd, (const struct sockaddr *)&address, sizeof address);
    }
    close(fd);
}

static hs_result open_all(experiment *e, hs_problem *problem)
{
    const hs_far_end_options options = {
        .path = {.delay = e->options->rtt / 2, .seed = 1}, .family = 4, .is_deserted = true};
    hs_result result = hs_far_end_open(&e->far_end, &options, e->parent, problem);
    if (result == HS_OK) {
        result = set_up_routes(e, problem);
    }
    if (result == HS_OK) {
        result = hs_lab_certificates_mint(e->far_end.folder, problem);
    }
    if (result == HS_OK) {
        result = set_up_names(e, problem);
    }
    get_acquainted();
    return result;
}

/* What it opened ends with its process. */
void hs_failures_experiment(void *options, int fd)
{
    experiment e = {.options = options, .parent = fd};
    hs_relay_report relay = {0};
    hs_failures_opening o = {.problem = {""}};
    o.result = open_all(&e, &o.problem);
    o.way = e.far_end.namespaces.way;
    if (hs_child_write(fd, &o, sizeof o) != HS_OK || o.result != HS_OK) {
        return;
    }
    run_cases(&e);
    o.result = hs_far_end_close(&e.far_end, &relay);
    hs_child_end(&e.names);
    if (hs_child_write(fd, &o, sizeof o) == HS_OK) {
        (void)!hs_child_write(fd, &relay, sizeof relay);
    }
}
