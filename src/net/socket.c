/* One connected TCP socket in an event loop, every byte stamped as it passes. */
#include "net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket_stamp.h"
#include "net/socket_state.h"

enum {
    READ_SIZE = 64 * 1024,
    READS_PER_WAKE = 4, /* then other sockets of the loop have their turn */
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* What to wait for. Writability is asked for only while something waits for it: an idle socket is
 * always writable, and would keep the loop spinning. */
static int wanted_events(const hs_socket *socket)
{
    int events = 0;
    if (!socket->ended)
        events |= UV_READABLE;
    /* Before its SYN a socket of TCP Fast Open is always writable, afterwards when connected. */
    if (!socket->dead && (socket->connecting ? socket->syn_sent : hs_socket_queued(socket) > 0))
        events |= UV_WRITABLE;
    /* A broken socket is always writable: that wakes us to report it. */
    if (socket->send_errno != 0 && !socket->ended)
        events |= UV_WRITABLE;
    /* After FIN nothing is read, and only stamps are of interest, whose EPOLLERR comes always. */
    if (events == 0 && !socket->dead && !socket->shutdown_done && socket->stamps_sent)
        events = UV_PRIORITIZED;
    return events;
}

void hs_socket_watch(hs_socket *socket)
{
    if (socket->closed)
        return;
    int wanted = wanted_events(socket);
    if (wanted == socket->watching)
        return;
    socket->watching = wanted;
    if (wanted == 0)
        uv_poll_stop(&socket->poll);
    else
        uv_poll_start(&socket->poll, wanted, on_poll);
}

static void end(hs_socket *socket, hs_socket_end how, int os_errno)
{
    if (socket->ended || socket->closed)
        return;
    socket->ended = true;
    if (how != HS_SOCKET_FIN)
        socket->dead = true;
    socket->events.ended(socket->events.context, how, os_errno, hs_timeline_now(socket->timeline));
}

static void end_by_errno(hs_socket *socket, int os_errno)
{
    bool reset = os_errno == ECONNRESET || os_errno == EPIPE;
    end(socket, reset ? HS_SOCKET_RESET : HS_SOCKET_ERROR, os_errno);
}

/* --- stamps of what was sent --- */

/* A retransmission stamps its bytes again, and a stamp of fewer bytes tells nothing new: what
 * counts is when a byte left first. */
static void read_stamps(hs_socket *socket)
{
    while (!socket->closed) {
        hs_stamp_sent sent;
        hs_stamp_result result = hs_stamp_next_sent(socket->fd, &sent);
        if (result == HS_STAMP_NONE)
            break;
        if (result != HS_STAMP_READ || !socket->stamps_sent)
            continue;
        /* Keys are modulo 2^32: the distance from the next byte, at most half of that away. */
        uint32_t next = (uint32_t)(socket->left - socket->stamp_base);
        uint32_t ahead = sent.key - next;
        if (ahead > INT32_MAX)
            continue;
        uint64_t offset = socket->left + ahead;
        socket->left = offset + 1;
        if (!hs_timeline_clock_was_set(socket->timeline))
            socket->events.left(socket->events.context, offset,
                                hs_timeline_of_stamp(socket->timeline, &sent.stamp));
    }
}

void hs_socket_collect_stamps(hs_socket *socket)
{
    read_stamps(socket);
}

static uint8_t tcp_state(const hs_socket *socket)
{
    struct tcp_info info;
    return hs_socket_info(socket, &info) == HS_OK ? info.tcpi_state : TCP_ESTABLISHED;
}

/* The handshake of TCP Fast Open may be over. */
static void check_connecting(hs_socket *socket)
{
    if (!socket->connecting || tcp_state(socket) == TCP_SYN_SENT)
        return;
    socket->connecting = false;
    socket->stamps_sent = hs_stamp_sending(socket->fd, true, &socket->stamp_base);
    socket->left = socket->stamp_base;
}

/* --- receiving --- */

static hs_moment receive_moment(const hs_socket *socket, struct msghdr *message)
{
    struct timespec stamp;
    if (hs_stamp_received(message, &stamp) && !hs_timeline_clock_was_set(socket->timeline))
        return hs_timeline_of_stamp(socket->timeline, &stamp);
    return hs_timeline_now(socket->timeline);
}

/* True where there may be more to read at once. */
static bool receive_some(hs_socket *socket, uint8_t *buffer)
{
    hs_stamp_control control;
    struct iovec part = {.iov_base = buffer, .iov_len = READ_SIZE};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t n = recvmsg(socket->fd, &message, 0);
    if (n > 0) {
        socket->events.received(socket->events.context, (hs_bytes){buffer, (size_t)n},
                                receive_moment(socket, &message));
        return n == READ_SIZE && !socket->closed;
    }
    int os_errno = n < 0 ? errno : 0;
    if (os_errno == EINTR)
        return true;
    /* A send that failed has taken the socket's error with it. */
    if (socket->send_errno != 0)
        end_by_errno(socket, socket->send_errno);
    else if (n == 0)
        end(socket, HS_SOCKET_FIN, 0);
    else if (os_errno != EAGAIN)
        end_by_errno(socket, os_errno);
    return false;
}

static void receive(hs_socket *socket)
{
    uint8_t buffer[READ_SIZE]; /* on the stack: none for each of a thousand idle sockets */
    for (int i = 0; i < READS_PER_WAKE; i++) {
        if (!receive_some(socket, buffer))
            return;
    }
}

/* --- the loop --- */

/* After FIN nobody reads, so the connection's later end shows only here. */
static void check_broken(hs_socket *socket)
{
    int os_errno = 0;
    socklen_t len = sizeof(os_errno);
    getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &os_errno, &len);
    if (os_errno != 0 || tcp_state(socket) == TCP_CLOSE)
        hs_socket_send_failed(socket, os_errno != 0 ? os_errno : EPIPE);
}

/* A stamp in the error queue makes epoll report EPOLLERR, for which libuv stops the handle and
 * calls with UV_EBADF. It says nothing about the descriptor: what is true comes from the socket's
 * calls. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    hs_socket *socket = poll->data;
    if (status < 0) {
        events = socket->watching | UV_PRIORITIZED;
        socket->watching = 0;
    }
    check_connecting(socket);
    if (events & UV_PRIORITIZED)
        read_stamps(socket);
    if (!socket->closed && !socket->ended)
        receive(socket);
    else if (!socket->closed && (events & UV_PRIORITIZED) != 0)
        check_broken(socket);
    if (events & UV_WRITABLE)
        hs_socket_flush(socket);
    hs_socket_watch(socket);
}

static void on_closed(uv_handle_t *handle)
{
    hs_socket *socket = handle->data;
    hs_buffer_free(&socket->queue);
    free(socket);
}

static void set_up_descriptor(hs_socket *socket)
{
    int on = 1;
    setsockopt(socket->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    socket->connecting = tcp_state(socket) == TCP_SYN_SENT;
    if (socket->connecting)
        hs_stamp_receiving(socket->fd);
    else
        socket->stamps_sent = hs_stamp_sending(socket->fd, false, &socket->stamp_base);
}

hs_result hs_socket_new(uv_loop_t *loop, int fd, const hs_timeline *timeline,
                        const hs_socket_events *events, hs_socket **out)
{
    *out = NULL;
    hs_socket *socket = calloc(1, sizeof(*socket));
    if (socket == NULL || uv_poll_init_socket(loop, &socket->poll, fd) != 0) {
        close(fd);
        free(socket);
        return socket == NULL ? HS_NO_MEMORY : HS_SYSTEM;
    }
    socket->poll.data = socket;
    socket->fd = fd;
    socket->timeline = timeline;
    socket->events = *events;
    hs_buffer_init(&socket->queue, HS_SOCKET_QUEUE_MAX);
    set_up_descriptor(socket);
    hs_socket_watch(socket);
    *out = socket;
    return HS_OK;
}

hs_result hs_socket_info(const hs_socket *socket, struct tcp_info *info)
{
    socklen_t len = sizeof(*info);
    memset(info, 0, sizeof(*info));
    return getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0 ? HS_OK : HS_SYSTEM;
}

int hs_socket_fd(const hs_socket *socket)
{
    return socket->fd;
}

void hs_socket_close(hs_socket *socket, bool reset)
{
    if (socket == NULL || socket->closed)
        return;
    socket->closed = true;
    if (reset) {
        struct linger abort = {.l_onoff = 1, .l_linger = 0};
        setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    }
    uv_close((uv_handle_t *)&socket->poll, on_closed);
    close(socket->fd);
}
