/* The lab server on loopback: two of them, as in the lab, over one CA that lives in a folder of its
 * own until it is read. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "explain/stage.h"
#include "net/clock.h"
#include "net/file.h"

enum { START_SECONDS = 20, CA_SIZE_MAX = 64 * 1024, PATH_LENGTH = 512, REMOVE_TRIES = 100 };

typedef struct server_start {
    const char *folder;
    bool is_retry;
} server_start;

typedef struct server_answer {
    hs_result result;
    hs_problem problem;
    int ports[HS_SERVICE_COUNT];
    char ca_file[PATH_LENGTH];
} server_answer;

/* --- the folder --- */

hs_result hs_stage_folder_make(char out[HS_STAGE_FOLDER_MAX], hs_problem *problem)
{
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(out, HS_STAGE_FOLDER_MAX, "%s/handshake-XXXXXX",
                   temporary && temporary[0] == '/' ? temporary : "/tmp");
    if (!mkdtemp(out)) {
        int os_errno = errno;
        out[0] = '\0';
        return hs_problem_set(problem, HS_SYSTEM, "no folder for the lab's keys: %s",
                              strerror(os_errno));
    }
    return HS_OK;
}

static void empty_folder(const char *name)
{
    DIR *folder = opendir(name);
    for (const struct dirent *entry = NULL; folder && (entry = readdir(folder));) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder) {
        closedir(folder);
    }
}

/* A server that was just ended may still be writing. */
void hs_stage_folder_remove(const char *name)
{
    const struct timespec pause = {.tv_nsec = 10 * HS_MILLISECOND};
    for (int i = 0; i < REMOVE_TRIES; i++) {
        empty_folder(name);
        if (rmdir(name) == 0 || errno == ENOENT) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

/* --- the servers --- */

static void serve(void *context, int parent)
{
    const server_start *start = context;
    hs_serve_options options;
    hs_server *server = NULL;
    server_answer answer;
    memset(&answer, 0, sizeof answer);
    hs_serve_options_init(&options);
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        options.ports[i] = start->is_retry && i != HS_SERVICE_HTTPS3 ? -1 : 0;
    }
    options.quic_retry = start->is_retry;
    options.bind = "127.0.0.1";
    options.state = start->folder;
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

static hs_result start_server(hs_stage *stage, const char *folder, bool is_retry,
                              server_answer *answer, hs_problem *problem)
{
    server_start start = {folder, is_retry};
    hs_child *child = &stage->servers[is_retry ? 1 : 0];
    const hs_time deadline = hs_clock_monotonic() + START_SECONDS * HS_SECOND;
    if (hs_child_start(child, serve, &start) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the lab's server was not started: %s",
                              strerror(errno));
    }
    if (hs_child_read(child, answer, sizeof *answer, deadline, NULL) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the lab's server gave no answer");
    }
    return answer->result == HS_OK ? HS_OK
                                   : hs_problem_set(problem, answer->result, "the lab's server: %s",
                                                    answer->problem.text);
}

/* The CA goes on in memory, so that its folder can be removed at once. */
static hs_result keep_ca(hs_stage *stage, const char *file, hs_problem *problem)
{
    char bytes[CA_SIZE_MAX];
    int from = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t len = from >= 0 ? read(from, bytes, sizeof bytes) : -1;
    stage->ca = memfd_create("handshake-ca", MFD_CLOEXEC);
    bool is_kept = len > 0 && stage->ca >= 0 && write(stage->ca, bytes, (size_t)len) == len;
    int os_errno = errno;
    if (from >= 0) {
        close(from);
    }
    (void)snprintf(stage->ca_file, sizeof stage->ca_file, "/proc/self/fd/%d", stage->ca);
    return is_kept ? HS_OK
                   : hs_problem_set(problem, HS_SYSTEM, "the lab's CA: %s", strerror(os_errno));
}

/* A port that was free a moment ago; 0: there is none. */
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
    return port;
}

hs_result hs_stage_open_loopback(hs_stage *stage, const char *folder, hs_problem *problem)
{
    server_answer retry;
    server_answer answer;
    hs_result result = start_server(stage, folder, false, &answer, problem);
    if (result == HS_OK) {
        result = start_server(stage, folder, true, &retry, problem);
    }
    if (result == HS_OK) {
        result = keep_ca(stage, answer.ca_file, problem);
    }
    if (result != HS_OK) {
        return result;
    }
    hs_stage_folder_remove(folder);
    memcpy(stage->ports, answer.ports, sizeof stage->ports);
    stage->retry_port = retry.ports[HS_SERVICE_HTTPS3];
    stage->refused_port = unused_port();
    (void)snprintf(stage->where, sizeof stage->where, "on loopback");
    return HS_OK;
}
