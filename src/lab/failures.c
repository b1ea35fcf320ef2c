/* The experiment's process: the namespaces, what all cases share, and cases at once. */
#include "lab/failures.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/far_end.h"
#include "lab/path.h"
#include "net/clock.h"
#include "net/file.h"

enum {
    SLOTS = 8, /* cases at once: most of their time they wait */
    CASE_SECONDS = 60,
    START_SECONDS = 60,
    READY_SECONDS = 20,
    BEHIND_PREFIX = 24,
    SLICE_MS = 100,
};

/* Of what stands behind the server: HS_LAB_DROPPED_IPV4 and its neighbours. */
#define BEHIND_SERVER "10.98.0.0"
#define RESOLVER_FILE "/etc/resolv.conf"

/* What the experiment's process begins and ends its answer with. */
typedef struct opening {
    hs_result result;
    hs_problem problem;
    hs_namespace_way way;
} opening;

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

/* --- answers: an outcome, and its two texts --- */

static hs_result write_outcome(int fd, const hs_failure_outcome *outcome)
{
    hs_result result = hs_child_write(fd, outcome, sizeof *outcome);
    if (result == HS_OK) {
        result = hs_child_write(fd, outcome->text, outcome->text_len);
    }
    return result == HS_OK ? hs_child_write(fd, outcome->record, outcome->record_len) : result;
}

static hs_result read_text(const hs_child *child, size_t len, hs_time deadline, char **text)
{
    *text = NULL;
    if (len == 0) {
        return HS_OK;
    }
    *text = calloc(1, len + 1);
    return *text ? hs_child_read(child, *text, len, deadline, NULL) : HS_NO_MEMORY;
}

static void free_outcome(hs_failure_outcome *outcome)
{
    free(outcome->text);
    free(outcome->record);
    outcome->text = outcome->record = NULL;
}

static hs_result read_outcome(const hs_child *child, hs_time deadline, bool (*is_stopped)(void),
                              hs_failure_outcome *outcome)
{
    char *text = NULL;
    char *record = NULL;
    hs_result result = hs_child_read(child, outcome, sizeof *outcome, deadline, is_stopped);
    if (result == HS_OK) {
        result = read_text(child, outcome->text_len, deadline, &text);
    }
    if (result == HS_OK) {
        result = read_text(child, outcome->record_len, deadline, &record);
    }
    /* What came was the other process's pointers. */
    outcome->text = text;
    outcome->record = record;
    if (result != HS_OK) {
        free_outcome(outcome);
    }
    return result;
}

/* --- cases --- */

static void case_body(void *context, int fd)
{
    const case_start *start = context;
    const experiment *e = start->experiment;
    hs_failure_outcome outcome;
    hs_failure_case_run(&e->far_end.namespaces, e->far_end.folder, start->number, e->options,
                        &outcome);
    (void)!write_outcome(fd, &outcome);
    free_outcome(&outcome);
}

static hs_result start_case(experiment *e, uint32_t number, slot *s)
{
    case_start start = {e, number};
    s->number = number;
    s->deadline = hs_clock_monotonic() + CASE_SECONDS * HS_SECOND;
    return hs_child_start(&s->child, case_body, &start);
}

static void end_case(const experiment *e, slot *s)
{
    hs_failure_outcome outcome;
    hs_result result = read_outcome(&s->child, s->deadline, NULL, &outcome);
    if (result != HS_OK) {
        outcome = (hs_failure_outcome){
            .number = s->number, .result = result, .elapsed = HS_TIME_NONE};
        strcpy(outcome.problem, result == HS_LIMIT ? "it took too long, and was ended"
                                                   : "its process ended without a result");
    }
    hs_child_end(&s->child);
    (void)!write_outcome(e->parent, &outcome);
    free_outcome(&outcome);
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
static void body(void *context, int fd)
{
    experiment e = {.options = context, .parent = fd};
    hs_relay_report relay = {0};
    opening o = {.problem = {""}};
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

/* --- the caller's process --- */

typedef struct telling {
    const hs_failures_options *options;
    bool (*done)(void *context, hs_namespace_way way, const hs_failure_outcome *outcome);
    void *context;
    hs_failures_summary *summary;
    hs_failure_outcome *outcomes; /* those that came, by number */
    bool has_come[HS_FAILURE_CASES_MAX];
    size_t next;           /* to be told */
    hs_failure_class last; /* that was told */
} telling;

/* Those whose turn it is. */
static hs_result tell(telling *t)
{
    const size_t count = hs_failure_case_count();
    hs_failures_summary *summary = t->summary;
    for (; t->next < count; t->next++) {
        if (!t->options->chosen[t->next]) {
            continue;
        }
        if (!t->has_come[t->next]) {
            break;
        }
        hs_failure_outcome *outcome = &t->outcomes[t->next];
        /* They stand in the order of the classes. */
        const hs_failure_class cls = hs_failure_case_at(t->next)->cls;
        summary->classes += cls != t->last ? 1 : 0;
        t->last = cls;
        summary->run++;
        summary->as_expected += hs_failure_is_as_expected(outcome) ? 1 : 0;
        if (!t->done(t->context, summary->way, outcome)) {
            return HS_LIMIT;
        }
    }
    return HS_OK;
}

static hs_result read_opening(const hs_child *child, const hs_failures_options *options, opening *o)
{
    const hs_time deadline = hs_clock_monotonic() + START_SECONDS * HS_SECOND;
    return hs_child_read(child, o, sizeof *o, deadline, options->is_stopped);
}

static hs_result read_all(telling *t, const hs_child *child, opening *o)
{
    hs_result result = read_opening(child, t->options, o);
    if (result != HS_OK || o->result != HS_OK) {
        return result;
    }
    t->summary->way = o->way;
    size_t left = 0;
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        left += t->options->chosen[i] ? 1 : 0;
    }
    for (; result == HS_OK && left > 0; left--) {
        hs_failure_outcome outcome;
        result = read_outcome(child, hs_clock_monotonic() + 2 * CASE_SECONDS * HS_SECOND,
                              t->options->is_stopped, &outcome);
        if (result == HS_OK) {
            t->outcomes[outcome.number] = outcome;
            t->has_come[outcome.number] = true;
            result = tell(t);
        }
    }
    if (result == HS_OK) {
        result = read_opening(child, t->options, o);
    }
    return result == HS_OK ? hs_child_read(child, &t->summary->relay, sizeof t->summary->relay,
                                           hs_clock_monotonic() + READY_SECONDS * HS_SECOND, NULL)
                           : result;
}

hs_result hs_failures_run(const hs_failures_options *options,
                          bool (*done)(void *context, hs_namespace_way way,
                                       const hs_failure_outcome *outcome),
                          void *context, hs_failures_summary *summary, hs_problem *problem)
{
    const hs_time start = hs_clock_monotonic();
    hs_failures_options copy = *options;
    hs_child child;
    opening o = {.result = HS_OK};
    telling t = {.options = options,
                 .done = done,
                 .context = context,
                 .summary = summary,
                 .outcomes = calloc(HS_FAILURE_CASES_MAX, sizeof *t.outcomes)};
    *summary = (hs_failures_summary){.path = {.delay = options->rtt / 2, .seed = 1}};
    if (!t.outcomes) {
        return HS_NO_MEMORY;
    }
    hs_result result = hs_child_start(&child, body, &copy);
    if (result == HS_OK) {
        result = read_all(&t, &child, &o);
        hs_child_end(&child);
    }
    for (size_t i = 0; i < HS_FAILURE_CASES_MAX; i++) {
        free_outcome(&t.outcomes[i]);
    }
    free(t.outcomes);
    summary->took = hs_clock_monotonic() - start;
    if (result != HS_OK) {
        return hs_problem_set(problem, result, "%s",
                              result == HS_LIMIT ? "it took too long, and was ended"
                                                 : "its process ended without a result");
    }
    *problem = o.problem;
    return o.result;
}
