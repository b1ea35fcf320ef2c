#include "net/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/clock.h"

enum { DATAGRAM_MAX = 64 * 1024, DEADLINE_SECONDS = 5 };

int hs_netlink_socket(int protocol)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    const struct timeval patience = {.tv_sec = DEADLINE_SECONDS};
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static hs_result fail_with(int number)
{
    errno = number;
    return HS_SYSTEM;
}

static hs_result send_request(int fd, hs_bytes request)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent = sendto(fd, request.data, request.len, 0, (const struct sockaddr *)&kernel,
                          sizeof kernel);
    return sent == (ssize_t)request.len ? HS_OK : HS_SYSTEM;
}

/* `done`: the answer's last message was among them. */
static hs_result take_datagram(hs_bytes datagram, hs_netlink_each each, void *context, bool *done)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, datagram, &fault, NULL);
    while (hs_reader_left(&r) > 0 && !*done) {
        hs_netlink_message message;
        hs_result result = hs_netlink_message_read(&r, &message);
        if (result != HS_OK) {
            return HS_MALFORMED;
        }
        if (message.sequence != HS_NETLINK_SEQUENCE) {
            continue;
        }
        if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
            int error = hs_netlink_error_read(message.payload);
            *done = true;
            result = error == 0 ? HS_OK : error < 0 ? HS_MALFORMED : fail_with(error);
        } else if (message.type != NLMSG_NOOP && each) {
            result = each(context, &message);
        }
        if (result != HS_OK) {
            return result;
        }
    }
    return HS_OK;
}

static hs_result receive_all(int fd, uint8_t *buffer, hs_netlink_each each, void *context)
{
    int64_t deadline = hs_clock_monotonic() + DEADLINE_SECONDS * HS_SECOND;
    bool done = false;
    while (!done) {
        struct sockaddr_nl from = {0};
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(fd, buffer, DATAGRAM_MAX, MSG_TRUNC, (struct sockaddr *)&from,
                               &from_len);
        if (len < 0 && errno == EINTR && hs_clock_monotonic() < deadline) {
            continue;
        }
        if (hs_clock_monotonic() >= deadline || (len < 0 && errno == EAGAIN)) {
            return fail_with(ETIMEDOUT);
        }
        if (len < 0) {
            return HS_SYSTEM;
        }
        if (len > DATAGRAM_MAX) {
            return HS_LIMIT;
        }
        if (from.nl_pid != 0) {
            continue; /* not from the kernel */
        }
        hs_result result = take_datagram((hs_bytes){buffer, (size_t)len}, each, context, &done);
        if (result != HS_OK) {
            return result;
        }
    }
    return HS_OK;
}

hs_result hs_netlink_ask(int fd, hs_netlink_request *request, hs_netlink_each each, void *context)
{
    hs_bytes bytes;
    hs_result result = hs_netlink_finish(request, &bytes);
    if (result != HS_OK) {
        return result;
    }
    uint8_t *buffer = malloc(DATAGRAM_MAX);
    if (!buffer) {
        return HS_NO_MEMORY;
    }
    result = send_request(fd, bytes);
    if (result == HS_OK) {
        result = receive_all(fd, buffer, each, context);
    }
    int error = errno;
    free(buffer);
    errno = error;
    return result;
}

hs_result hs_netlink_ask_once(int protocol, hs_netlink_request *request, hs_netlink_each each,
                              void *context)
{
    int fd = hs_netlink_socket(protocol);
    if (fd < 0) {
        return HS_SYSTEM;
    }
    hs_result result = hs_netlink_ask(fd, request, each, context);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}
