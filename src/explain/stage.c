#include "explain/stage.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_text.h"
#include "lab/path.h"
#include "net/clock.h"
#include "net/file.h"

enum {
    DELAY_MS = 10, /* each way: above what a busy machine adds, and nobody waits for it */
    START_SECONDS = 20,
    DISCARD_PORT = 9, /* nobody listens there */
    ALWAYS = 2,       /* tcp_syncookies: for every SYN */
    PLAIN_CLOCK = 2,  /* tcp_timestamps: without a random offset, so that its bits can be read */
    PATH_LENGTH = 512,
    CA_SIZE_MAX = 64 * 1024,
};

/* --- loopback --- */

typedef struct server_answer {
    hs_result result;
    hs_problem problem;
    int ports[HS_SERVICE_COUNT];
    char ca_file[PATH_LENGTH];
} server_answer;

static void serve(void *context, int parent)
{
    hs_serve_options options;
    hs_server *server = NULL;
    server_answer answer;
    memset(&answer, 0, sizeof answer);
    hs_serve_options_init(&options);
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        options.ports[i] = 0;
    }
    options.bind = "127.0.0.1";
    options.state = context;
    answer.result = hs_server_new(&options, &server, &answer.problem);
    for (int i = 0; server && i < HS_SERVICE_COUNT; i++) {
        answer.ports[i] = hs_server_port(server, (hs_service)i);
    }
    if (server) {
        (void)snprintf(answer.ca_file, sizeof answer.ca_file, "%s", hs_server_ca_file(server));
    }
    if (hs_child_write(parent, &answer, sizeof answer) == HS_OK && server) {
        (void)!hs_server_run(server);
    }
    hs_server_free(server);
}

static void remove_folder(const char *name)
{
    DIR *folder = opendir(name);
    for (const struct dirent *entry = NULL; folder && (entry = readdir(folder));) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder) {
        closedir(folder);
    }
    (void)rmdir(name);
}

/* The CA goes on in memory, so that its folder can be removed at once. */
static hs_result keep_ca(hs_stage *stage, const char *file)
{
    char bytes[CA_SIZE_MAX];
    int from = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t len = from >= 0 ? read(from, bytes, sizeof bytes) : -1;
    stage->ca = memfd_create("handshake-ca", MFD_CLOEXEC);
    bool is_kept = len > 0 && stage->ca >= 0 && write(stage->ca, bytes, (size_t)len) == len;
    if (from >= 0) {
        close(from);
    }
    (void)snprintf(stage->ca_file, sizeof stage->ca_file, "/proc/self/fd/%d", stage->ca);
    return is_kept ? HS_OK : HS_SYSTEM;
}

/* A port that was free a moment ago. */
static int unused_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
        port = ntohs(address.sin_port);
    }
    if (fd >= 0) {
        close(fd);
    }
    return port > 0 ? port : DISCARD_PORT;
}

static hs_result open_loopback(hs_stage *stage, hs_problem *problem)
{
    char folder[PATH_LENGTH];
    const char *temporary = getenv("TMPDIR");
    server_answer answer = {.result = HS_SYSTEM};
    (void)snprintf(folder, sizeof folder, "%s/handshake-XXXXXX",
                   temporary && temporary[0] == '/' ? temporary : "/tmp");
    if (!mkdtemp(folder)) {
        return hs_problem_set(problem, HS_SYSTEM, "no folder for the lab's keys: %s",
                              strerror(errno));
    }
    const hs_time deadline = hs_clock_monotonic() + START_SECONDS * HS_SECOND;
    hs_result result = hs_child_start(&stage->server, serve, folder);
    if (result == HS_OK) {
        result = hs_child_read(&stage->server, &answer, sizeof answer, deadline, NULL);
    }
    if (result == HS_OK) {
        result = answer.result;
    }
    if (result == HS_OK) {
        result = keep_ca(stage, answer.ca_file);
    }
    remove_folder(folder);
    if (result != HS_OK) {
        return hs_problem_set(problem, result, "the lab's server: %s",
                              answer.problem.text[0] != '\0' ? answer.problem.text
                                                             : hs_result_text(result));
    }
    memcpy(stage->ports, answer.ports, sizeof stage->ports);
    stage->refused_port = unused_port();
    (void)snprintf(stage->where, sizeof stage->where, "on loopback");
    return HS_OK;
}

/* --- namespaces --- */

static hs_result open_namespaces(hs_stage *stage, int parent, hs_problem *problem)
{
    const hs_far_end_options options = {.path = {.delay = DELAY_MS * HS_MILLISECOND, .seed = 1},
                                        .family = 4};
    char delay[HS_TIME_TEXT_MAX];
    hs_result result = hs_far_end_open(&stage->far_end, &options, parent, problem);
    if (result != HS_OK) {
        return result;
    }
#define HS_X(service, port) stage->ports[HS_SERVICE_##service] = port;
    HS_FAR_END_PORT_MAP(HS_X)
#undef HS_X
    stage->retry_port = HS_FAR_END_RETRY_PORT;
    stage->refused_port = DISCARD_PORT;
    memcpy(stage->ca_file, stage->far_end.ca_file, sizeof stage->ca_file);
    (void)snprintf(stage->where, sizeof stage->where,
                   "in private namespaces (%s), on a path of %s ms each way",
                   hs_namespace_way_name(stage->far_end.namespaces.way),
                   hs_time_ms(options.path.delay, delay));
    return HS_OK;
}

hs_result hs_stage_open(hs_stage *stage, bool loopback, int parent, hs_problem *problem)
{
    *stage = (hs_stage){.is_loopback = loopback, .ca = -1};
    hs_result result = loopback ? open_loopback(stage, problem)
                                : open_namespaces(stage, parent, problem);
    if (result != HS_OK) {
        hs_stage_close(stage);
    }
    return result;
}

void hs_stage_close(hs_stage *stage)
{
    hs_child_end(&stage->server);
    if (!stage->is_loopback) {
        (void)!hs_far_end_close(&stage->far_end, NULL);
    }
    if (stage->ca >= 0) {
        close(stage->ca);
        stage->ca = -1;
    }
}

static hs_result enter(const hs_stage *stage, hs_lab_side side, hs_problem *problem)
{
    return hs_namespaces_enter(&stage->far_end.namespaces, side) == HS_OK
               ? HS_OK
               : hs_problem_set(problem, HS_SYSTEM, "setns: %s", strerror(errno));
}

hs_result hs_stage_set_topic(hs_stage *stage, const hs_topic *topic, hs_problem *problem)
{
    if (!topic->syn_cookies || stage->is_loopback) {
        return HS_OK;
    }
    hs_result result = enter(stage, HS_SIDE_SERVER, problem);
    if (result == HS_OK) {
        result = hs_namespaces_set("ipv4/tcp_syncookies", ALWAYS, problem);
    }
    if (result == HS_OK) {
        result = hs_namespaces_set("ipv4/tcp_timestamps", PLAIN_CLOCK, problem);
    }
    return result == HS_OK ? enter(stage, HS_SIDE_CLIENT, problem) : result;
}

static hs_result silence(hs_stage *stage, hs_problem *problem)
{
    enum { HOST_LENGTH = 32 };
    hs_result result = enter(stage, HS_SIDE_SERVER, problem);
    if (result == HS_OK) {
        result = hs_path_route(HS_LAB_CLIENT_IPV4, HOST_LENGTH, NULL, problem);
    }
    return result == HS_OK ? enter(stage, HS_SIDE_CLIENT, problem) : result;
}

hs_result hs_stage_set_act(hs_stage *stage, const hs_act *act, hs_problem *problem)
{
    if (stage->is_loopback) {
        return HS_OK;
    }
    hs_result result = hs_namespaces_set("ipv4/tcp_timestamps", act->no_timestamps ? 0 : 1,
                                         problem);
    return result == HS_OK && act->fault == HS_ACT_SILENT ? silence(stage, problem) : result;
}

const char *hs_stage_address(const hs_stage *stage)
{
    return stage->is_loopback ? "127.0.0.1" : HS_LAB_SERVER_IPV4;
}

int hs_stage_port(const hs_stage *stage, const hs_act *act)
{
    if (act->fault == HS_ACT_REFUSED) {
        return stage->refused_port;
    }
    return act->retry ? stage->retry_port : stage->ports[act->service];
}
