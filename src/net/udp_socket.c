/* One UDP socket in an event loop, every datagram stamped as it passes. */
#include "net/udp_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"
#include "net/socket_stamp.h"
#include "net/udp_message.h"

/* Then other sockets of the loop have their turn, and the error queue is read: it holds some 250
 * stamps, and what comes after those is lost. */
enum { READS_PER_WAKE = 64, SENDS_PER_WAKE = 64 };

/* A datagram that waits for the kernel. */
typedef struct waiting {
    struct waiting *next;
    hs_udp_path path;
    bool has_path;
    uint8_t ecn;
    size_t len;
    uint8_t bytes[];
} waiting;

struct hs_udp_socket {
    uv_poll_t poll;
    int watching;
    int fd;
    const hs_timeline *timeline;
    hs_udp_events events;
    hs_udp_path path;
    waiting *first;
    waiting *last;
    size_t queued;  /* bytes */
    int send_errno; /* to be told from the loop; 0 none */
    uint64_t sent;
    uint64_t next_left;   /* number of the datagram after the newest that is known to have left */
    uint64_t stamped_end; /* from this number on the kernel's count may differ from ours */
    bool closed;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(hs_udp_socket *socket)
{
    int wanted = UV_READABLE | (socket->first || socket->send_errno != 0 ? UV_WRITABLE : 0);
    if (!socket->closed && wanted != socket->watching) {
        socket->watching = wanted;
        uv_poll_start(&socket->poll, wanted, on_poll);
    }
}

hs_failure_class hs_udp_failure_class(int os_errno)
{
    switch (os_errno) {
    case ECONNREFUSED:
        return HS_FAILURE_QUIC_REFUSED;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return HS_FAILURE_LOCAL;
    default:
        return HS_FAILURE_QUIC_UNREACHABLE;
    }
}

/* --- the error queue: stamps of what was sent, and ICMP --- */

/* Numbers are modulo 2^32: the distance from the next datagram, at most half of that away. */
static void take_stamp(hs_udp_socket *socket, const hs_stamp_sent *sent)
{
    uint32_t ahead = sent->key - (uint32_t)socket->next_left;
    uint64_t number = socket->next_left + ahead;
    if (ahead > INT32_MAX || number >= socket->stamped_end) {
        return;
    }
    socket->next_left = number + 1;
    if (socket->events.left && !hs_timeline_clock_was_set(socket->timeline)) {
        socket->events.left(socket->events.context, number,
                            hs_timeline_of_stamp(socket->timeline, &sent->stamp));
    }
}

static void tell_failure(hs_udp_socket *socket, int os_errno)
{
    if (socket->events.failed) {
        socket->events.failed(socket->events.context, os_errno);
    }
}

static void read_error_queue(hs_udp_socket *socket)
{
    hs_stamp_sent sent;
    hs_stamp_result result;
    while (!socket->closed && (result = hs_stamp_next_sent(socket->fd, &sent)) != HS_STAMP_NONE) {
        if (result == HS_STAMP_READ) {
            take_stamp(socket, &sent);
        } else if (result == HS_STAMP_ERROR) {
            /* Some errors of a send are queued as well (EMSGSIZE): they are told once. */
            socket->send_errno = socket->send_errno == sent.os_errno ? 0 : socket->send_errno;
            tell_failure(socket, sent.os_errno);
        }
    }
}

void hs_udp_socket_collect_stamps(hs_udp_socket *socket)
{
    read_error_queue(socket);
}

/* --- receiving --- */

/* True where there may be more. */
static bool receive_one(hs_udp_socket *socket, uint8_t *buffer)
{
    hs_udp_received got = {.path = socket->path};
    ssize_t n = hs_udp_message_receive(socket->fd, buffer, &got);
    if (n < 0) {
        /* An ICMP message is in the error queue, too, and is told from there. */
        return errno == EINTR || errno == ECONNREFUSED || errno == EHOSTUNREACH ||
               errno == ENETUNREACH;
    }
    bool is_stamped = got.has_stamp && !hs_timeline_clock_was_set(socket->timeline);
    hs_moment moment = is_stamped ? hs_timeline_of_stamp(socket->timeline, &got.stamp)
                                  : hs_timeline_now(socket->timeline);
    socket->events.received(socket->events.context, &got.path, hs_bytes_of(buffer, (size_t)n),
                            got.ecn, moment);
    return !socket->closed;
}

static void receive(hs_udp_socket *socket)
{
    uint8_t buffer[HS_UDP_DATAGRAM_MAX];
    for (int i = 0; i < READS_PER_WAKE && receive_one(socket, buffer); i++) {
    }
}

/* --- sending --- */

static int hand_over(const hs_udp_socket *socket, const hs_udp_path *path, hs_bytes datagram,
                     uint8_t ecn)
{
    int family = socket->path.local.storage.ss_family;
    int os_errno = hs_udp_message_send(socket->fd, family, path, datagram, ecn);
    if (os_errno == ECONNREFUSED || os_errno == EHOSTUNREACH || os_errno == ENETUNREACH) {
        /* The news of an earlier datagram, which comes from the error queue. */
        os_errno = hs_udp_message_send(socket->fd, family, path, datagram, ecn);
    }
    return os_errno;
}

/* HS_NEED_MORE: the kernel has no room now. */
static hs_result send_one(hs_udp_socket *socket, const hs_udp_path *path, hs_bytes datagram,
                          uint8_t ecn)
{
    hs_moment moment = hs_timeline_now(socket->timeline);
    int os_errno = hand_over(socket, path, datagram, ecn);
    if (os_errno == EAGAIN || os_errno == EWOULDBLOCK) {
        return HS_NEED_MORE;
    }
    if (os_errno == 0) {
        socket->sent++;
        if (socket->events.sent) {
            socket->events.sent(socket->events.context, datagram, moment);
        }
        return HS_OK;
    }
    /* One that is too long is refused before it is counted. */
    if (os_errno != EMSGSIZE && socket->stamped_end > socket->sent) {
        socket->stamped_end = socket->sent;
    }
    if (os_errno == ENOBUFS) {
        return HS_LIMIT; /* the device's queue is full: lost as on any path, and no failure */
    }
    socket->send_errno = os_errno;
    errno = os_errno;
    return HS_SYSTEM;
}

static hs_result queue(hs_udp_socket *socket, const hs_udp_path *path, hs_bytes datagram,
                       uint8_t ecn)
{
    if (socket->queued + datagram.len > HS_UDP_QUEUE_MAX) {
        return HS_LIMIT;
    }
    waiting *item = malloc(sizeof *item + datagram.len);
    if (!item) {
        return HS_NO_MEMORY;
    }
    *item = (waiting){.has_path = path != NULL, .ecn = ecn, .len = datagram.len};
    if (path) {
        item->path = *path;
    }
    if (datagram.len > 0) {
        memcpy(item->bytes, datagram.data, datagram.len);
    }
    if (socket->last) {
        socket->last->next = item;
    } else {
        socket->first = item;
    }
    socket->last = item;
    socket->queued += datagram.len;
    return HS_OK;
}

static void drop_first(hs_udp_socket *socket)
{
    waiting *item = socket->first;
    socket->first = item->next;
    socket->last = item->next ? socket->last : NULL;
    socket->queued -= item->len;
    free(item);
}

static void flush(hs_udp_socket *socket)
{
    for (int i = 0; i < SENDS_PER_WAKE && !socket->closed && socket->first; i++) {
        const waiting *item = socket->first;
        if (send_one(socket, item->has_path ? &item->path : NULL,
                     hs_bytes_of(item->bytes, item->len), item->ecn) == HS_NEED_MORE) {
            return;
        }
        if (!socket->closed) {
            drop_first(socket);
        }
    }
}

hs_result hs_udp_socket_send(hs_udp_socket *socket, const hs_udp_path *path, hs_bytes datagram,
                             uint8_t ecn)
{
    hs_result result = HS_NEED_MORE;
    if (!socket->first) {
        result = send_one(socket, path, datagram, ecn);
    }
    if (result == HS_NEED_MORE) {
        result = queue(socket, path, datagram, ecn);
    }
    int os_errno = errno;
    watch(socket);
    errno = os_errno;
    return result;
}

/* --- the loop --- */

/* Stamps in the error queue make epoll report EPOLLERR, for which libuv stops the handle and calls
 * with UV_EBADF. It says nothing about the descriptor. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    hs_udp_socket *socket = poll->data;
    (void)events;
    if (status < 0) {
        socket->watching = 0;
    }
    read_error_queue(socket);
    if (!socket->closed && socket->send_errno != 0) {
        int os_errno = socket->send_errno;
        socket->send_errno = 0;
        tell_failure(socket, os_errno);
    }
    if (!socket->closed) {
        receive(socket);
    }
    if (!socket->closed) {
        flush(socket);
    }
    watch(socket);
}

static void on_closed(uv_handle_t *handle)
{
    hs_udp_socket *socket = handle->data;
    while (socket->first) {
        drop_first(socket);
    }
    free(socket);
}

void hs_udp_socket_close(hs_udp_socket *socket)
{
    if (socket && !socket->closed) {
        socket->closed = true;
        uv_close((uv_handle_t *)&socket->poll, on_closed);
        close(socket->fd);
    }
}

/* --- beginning --- */

static hs_result take_descriptor(uv_loop_t *loop, int fd, const hs_timeline *timeline,
                                 const hs_udp_events *events, hs_udp_socket **out)
{
    hs_udp_socket *socket = calloc(1, sizeof *socket);
    int status = socket ? uv_poll_init_socket(loop, &socket->poll, fd) : 0;
    if (!socket || status != 0) {
        close(fd);
        free(socket);
        errno = -status;
        return socket ? HS_SYSTEM : HS_NO_MEMORY;
    }
    socket->poll.data = socket;
    socket->fd = fd;
    socket->timeline = timeline;
    socket->events = *events;
    socket->stamped_end = hs_stamp_datagrams(fd) ? UINT64_MAX : 0;
    watch(socket);
    *out = socket;
    return HS_OK;
}

static bool own_address(int fd, hs_address *local)
{
    local->len = sizeof local->storage;
    return getsockname(fd, (struct sockaddr *)&local->storage, &local->len) == 0;
}

static hs_result close_with(int fd, int os_errno)
{
    if (fd >= 0) {
        close(fd);
    }
    errno = os_errno;
    return HS_SYSTEM;
}

hs_result hs_udp_socket_new_client(uv_loop_t *loop, const hs_address *remote,
                                   const hs_timeline *timeline, const hs_udp_events *events,
                                   hs_udp_socket **out)
{
    hs_udp_path path = {.remote = *remote};
    int fd = hs_udp_message_socket(remote->storage.ss_family);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&remote->storage, remote->len) != 0 ||
        !own_address(fd, &path.local)) {
        return close_with(fd, errno);
    }
    hs_udp_message_ask_icmp(fd, remote->storage.ss_family);
    hs_result result = take_descriptor(loop, fd, timeline, events, out);
    if (result == HS_OK) {
        (*out)->path = path;
    }
    return result;
}

hs_result hs_udp_socket_new_server(uv_loop_t *loop, const hs_address *local,
                                   const hs_timeline *timeline, const hs_udp_events *events,
                                   hs_udp_socket **out)
{
    hs_udp_path path = {.local = *local};
    int fd = hs_udp_message_socket(local->storage.ss_family);
    if (fd < 0 || !hs_udp_message_ask_destination(fd, local->storage.ss_family) ||
        bind(fd, (const struct sockaddr *)&local->storage, local->len) != 0 ||
        !own_address(fd, &path.local)) {
        return close_with(fd, errno);
    }
    hs_result result = take_descriptor(loop, fd, timeline, events, out);
    if (result == HS_OK) {
        (*out)->path = path;
    }
    return result;
}

const hs_udp_path *hs_udp_socket_path(const hs_udp_socket *socket)
{
    return &socket->path;
}

int hs_udp_socket_fd(const hs_udp_socket *socket)
{
    return socket->fd;
}
