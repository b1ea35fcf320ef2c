#include "lab/synflood/honest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/histogram.h"
#include "lab/synflood/flood.h"
#include "net/clock.h"
#include "net/file.h"

enum {
    ATTEMPTS = 2 * HS_HONEST_PER_SECOND, /* at once; each is gone after its deadline */
    EVENTS = 32,
    LISTENER = ATTEMPTS, /* in epoll's data */
};

typedef struct attempt {
    int fd; /* 0: free */
    hs_flood_phase phase;
    bool has_timestamps;
    hs_time started;
    hs_time connected; /* HS_TIME_NONE: not yet */
    uint8_t options;   /* TCPI_OPT_… */
} attempt;

struct hs_honest {
    int epoll;
    int listener;
    uint64_t number;
    attempt attempts[ATTEMPTS];
    size_t open;
    hs_honest_phase phases[HS_FLOOD_PHASE_COUNT];
    hs_histogram *times[HS_FLOOD_PHASE_COUNT];
};

static struct sockaddr_in server_address(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(HS_LAB_PORT)};
    (void)inet_pton(AF_INET, HS_LAB_SERVER_IPV4, &address.sin_addr);
    return address;
}

static bool watch(const hs_honest *h, int operation, int fd, uint32_t events, uint32_t number)
{
    struct epoll_event event = {.events = events, .data.u32 = number};
    return epoll_ctl(h->epoll, operation, fd, &event) == 0;
}

static bool listen_at_server(hs_honest *h, const hs_namespaces *namespaces, int backlog)
{
    const struct sockaddr_in address = server_address();
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    h->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (h->epoll < 0 || hs_namespaces_enter(namespaces, HS_SIDE_SERVER) != HS_OK) {
        return false;
    }
    h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (h->listener < 0 ||
        bind(h->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(h->listener, backlog) != 0 ||
        getsockopt(h->listener, IPPROTO_TCP, TCP_INFO, &info, &len) != 0) {
        return false;
    }
    /* Of a listening socket this is the longest that its queue can get: somaxconn may be less. */
    if (info.tcpi_sacked != (unsigned)backlog) {
        errno = ENOBUFS;
        return false;
    }
    return watch(h, EPOLL_CTL_ADD, h->listener, EPOLLIN, LISTENER) &&
           hs_namespaces_enter(namespaces, HS_SIDE_CLIENT) == HS_OK;
}

hs_result hs_honest_new(const hs_namespaces *namespaces, int backlog, hs_honest **out,
                        hs_problem *problem)
{
    hs_honest *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h) {
        return HS_NO_MEMORY;
    }
    h->epoll = -1;
    h->listener = -1;
    for (int i = 0; i < HS_FLOOD_PHASE_COUNT; i++) {
        h->times[i] = hs_histogram_new();
        if (!h->times[i]) {
            hs_honest_free(h);
            return HS_NO_MEMORY;
        }
    }
    if (!listen_at_server(h, namespaces, backlog)) {
        hs_result result = hs_problem_set(
            problem, HS_SYSTEM, "the lab's server could not listen: %s",
            errno == ENOBUFS ? "its backlog is limited" : strerror(errno));
        hs_honest_free(h);
        return result;
    }
    *out = h;
    return HS_OK;
}

/* With RST: nothing lingers in TIME-WAIT, however many there were. */
static void close_attempt(hs_honest *h, attempt *a)
{
    const struct linger at_once = {.l_onoff = 1};
    (void)setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(a->fd);
    a->fd = 0;
    h->open--;
}

void hs_honest_free(hs_honest *h)
{
    if (!h) {
        return;
    }
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (h->attempts[i].fd > 0) {
            close_attempt(h, &h->attempts[i]);
        }
    }
    for (int i = 0; i < HS_FLOOD_PHASE_COUNT; i++) {
        hs_histogram_free(h->times[i]);
    }
    if (h->listener >= 0) {
        close(h->listener);
    }
    if (h->epoll >= 0) {
        close(h->epoll);
    }
    free(h);
}

static attempt *free_attempt(hs_honest *h)
{
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (h->attempts[i].fd == 0) {
            return &h->attempts[i];
        }
    }
    return NULL;
}

hs_result hs_honest_connect(hs_honest *h, hs_flood_phase phase, hs_problem *problem)
{
    const struct sockaddr_in address = server_address();
    attempt *a = free_attempt(h);
    if (!a) {
        return hs_problem_set(problem, HS_LIMIT, "too many connections wait at once");
    }
    const bool has_timestamps = h->number++ % 2 == 0;
    if (hs_namespaces_set("ipv4/tcp_timestamps", has_timestamps ? 1 : 0, problem) != HS_OK) {
        return HS_SYSTEM;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return hs_problem_set(problem, HS_SYSTEM, "a client's socket: %s", strerror(errno));
    }
    *a = (attempt){.fd = fd,
                   .phase = phase,
                   .has_timestamps = has_timestamps,
                   .started = hs_clock_monotonic(),
                   .connected = HS_TIME_NONE};
    h->open++;
    h->phases[phase].attempts++;
    if ((connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 &&
         errno != EINPROGRESS) ||
        !watch(h, EPOLL_CTL_ADD, fd, EPOLLOUT, (uint32_t)(a - h->attempts))) {
        close_attempt(h, a);
    }
    return HS_OK;
}

/* Each has its byte at once; the connection is then of no more use to the server. */
static void accept_all(const hs_honest *h)
{
    for (;;) {
        int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            return;
        }
        (void)!send(fd, "", 1, MSG_NOSIGNAL);
        close(fd);
    }
}

static void is_connected(hs_honest *h, attempt *a, uint32_t number)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    a->connected = hs_clock_monotonic();
    int error = 0;
    socklen_t error_len = sizeof error;
    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0 || error != 0 ||
        getsockopt(a->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        !watch(h, EPOLL_CTL_MOD, a->fd, EPOLLIN, number)) {
        close_attempt(h, a);
        return;
    }
    a->options = info.tcpi_options;
}

static void is_served(hs_honest *h, attempt *a)
{
    uint8_t byte;
    if (recv(a->fd, &byte, sizeof byte, 0) == 1) {
        hs_honest_phase *phase = &h->phases[a->phase];
        hs_honest_options *options = a->has_timestamps ? &phase->with_timestamps
                                                       : &phase->without_timestamps;
        phase->connected++;
        options->connected++;
        options->window_scale += (a->options & TCPI_OPT_WSCALE) != 0;
        options->sack += (a->options & TCPI_OPT_SACK) != 0;
        hs_histogram_add(h->times[a->phase], a->connected - a->started);
    }
    close_attempt(h, a);
}

static void on_event(hs_honest *h, const struct epoll_event *event)
{
    if (event->data.u32 == LISTENER) {
        accept_all(h);
        return;
    }
    attempt *a = &h->attempts[event->data.u32];
    if (a->fd == 0) {
        return;
    }
    if (a->connected == HS_TIME_NONE) {
        is_connected(h, a, event->data.u32);
    } else {
        is_served(h, a);
    }
}

static void end_late(hs_honest *h)
{
    const hs_time oldest = hs_clock_monotonic() - HS_HONEST_DEADLINE_MS * HS_MILLISECOND;
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (h->attempts[i].fd > 0 && h->attempts[i].started < oldest) {
            close_attempt(h, &h->attempts[i]);
        }
    }
}

void hs_honest_wait(hs_honest *h, hs_time until)
{
    struct epoll_event events[EVENTS];
    for (hs_time left = 1; left > 0; left = until - hs_clock_monotonic()) {
        /* To whole milliseconds upwards: a little late is better than turning in vain. */
        int ms = (int)((left + HS_MILLISECOND - 1) / HS_MILLISECOND);
        int count = epoll_wait(h->epoll, events, EVENTS, ms);
        for (int i = 0; i < count; i++) {
            on_event(h, &events[i]);
        }
        end_late(h);
    }
}

bool hs_honest_is_busy(const hs_honest *h)
{
    return h->open > 0;
}

hs_honest_phase hs_honest_sum_up(const hs_honest *h, hs_flood_phase phase)
{
    hs_honest_phase sum = h->phases[phase];
    const hs_histogram *times = h->times[phase];
    const bool is_any = sum.connected > 0;
    sum.p50 = is_any ? hs_histogram_quantile(times, 0.5) : HS_TIME_NONE;
    sum.p90 = is_any ? hs_histogram_quantile(times, 0.9) : HS_TIME_NONE;
    sum.p99 = is_any ? hs_histogram_quantile(times, 0.99) : HS_TIME_NONE;
    return sum;
}
