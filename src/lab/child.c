#include "lab/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.h"

enum { SLICE_MS = 100 };

/* The process at the other end is the only one that has it open there. */
static bool is_hung_up(int fd)
{
    struct pollfd other = {.fd = fd, .events = POLLIN};
    return poll(&other, 1, 0) > 0 && (other.revents & (POLLHUP | POLLERR)) != 0;
}

void hs_child_bind_to_parent(int fd)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have ended before that. */
    if (is_hung_up(fd)) {
        _exit(EXIT_FAILURE);
    }
}

bool hs_child_is_gone(const hs_child *child)
{
    return is_hung_up(child->fd);
}

static void run_child(hs_child_body body, void *context, int fd)
{
    hs_child_bind_to_parent(fd);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    body(context, fd);
    _exit(EXIT_SUCCESS);
}

hs_result hs_child_start(hs_child *child, hs_child_body body, void *context)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return HS_SYSTEM;
    }
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return HS_SYSTEM;
    }
    if (pid == 0) {
        close(ends[0]);
        run_child(body, context, ends[1]);
    }
    close(ends[1]);
    *child = (hs_child){.pid = pid, .fd = ends[0]};
    return HS_OK;
}

static hs_result wait_for(int fd, hs_time deadline, bool (*is_stopped)(void))
{
    for (;;) {
        if (is_stopped && is_stopped()) {
            return HS_LIMIT;
        }
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        int ready = poll(&poll_fd, 1, SLICE_MS);
        if (ready > 0) {
            return HS_OK;
        }
        if (ready < 0 && errno != EINTR) {
            return HS_SYSTEM;
        }
        if (hs_clock_monotonic() >= deadline) {
            return HS_LIMIT;
        }
    }
}

hs_result hs_child_read(const hs_child *child, void *answer, size_t size, hs_time deadline,
                        bool (*is_stopped)(void))
{
    uint8_t *at = answer;
    while (size > 0) {
        hs_result result = wait_for(child->fd, deadline, is_stopped);
        if (result != HS_OK) {
            return result;
        }
        ssize_t got = read(child->fd, at, size);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return HS_SYSTEM;
        }
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
    return HS_OK;
}

hs_result hs_child_write(int fd, const void *answer, size_t size)
{
    const uint8_t *at = answer;
    while (size > 0) {
        ssize_t written = send(fd, at, size, MSG_NOSIGNAL);
        if (written < 0 && errno != EINTR) {
            return HS_SYSTEM;
        }
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return HS_OK;
}

void hs_child_ask_to_finish(const hs_child *child)
{
    (void)!send(child->fd, "", 1, MSG_NOSIGNAL);
}

void hs_child_end(hs_child *child)
{
    if (child->pid <= 0) {
        return;
    }
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(child->fd);
    *child = (hs_child){.pid = 0, .fd = -1};
}
