#include "net/udp_message.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "net/socket_stamp.h"

enum { ECN_MASK = 3 };

static bool set_int(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* PMTUDISC_PROBE: Don't Fragment, and what the path is said to carry is left to QUIC's own probes
 * (RFC 9000 14.3). Where the kernel lacks one of these, datagrams cross all the same. */
static void set_options(int fd, int family)
{
    if (family == AF_INET) {
        (void)set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
        (void)set_int(fd, IPPROTO_IP, IP_RECVTOS, 1);
    } else {
        (void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        (void)set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
        (void)set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    }
}

int hs_udp_message_socket(int family)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd >= 0) {
        set_options(fd, family);
    }
    return fd;
}

bool hs_udp_message_ask_destination(int fd, int family)
{
    return family == AF_INET ? set_int(fd, IPPROTO_IP, IP_PKTINFO, 1)
                             : set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

void hs_udp_message_ask_icmp(int fd, int family)
{
    if (family == AF_INET) {
        (void)set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
    } else {
        (void)set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    }
}

/* --- receiving --- */

static void read_destination_v4(struct cmsghdr *control, hs_address *local)
{
    struct in_pktinfo info;
    struct sockaddr_in *address = (struct sockaddr_in *)&local->storage;
    memcpy(&info, CMSG_DATA(control), sizeof info);
    address->sin_addr = info.ipi_addr;
}

static void read_destination_v6(struct cmsghdr *control, hs_address *local)
{
    struct in6_pktinfo info;
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&local->storage;
    memcpy(&info, CMSG_DATA(control), sizeof info);
    address->sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) {
        address->sin6_scope_id = info.ipi6_ifindex;
    }
}

/* IPv4's comes as one byte, IPv6's as an int. */
static uint8_t read_ecn(struct cmsghdr *control)
{
    uint8_t byte = 0;
    int number = 0;
    if (control->cmsg_len >= CMSG_LEN(sizeof number)) {
        memcpy(&number, CMSG_DATA(control), sizeof number);
        return (uint8_t)(number & ECN_MASK);
    }
    memcpy(&byte, CMSG_DATA(control), sizeof byte);
    return byte & ECN_MASK;
}

static void read_control(struct cmsghdr *control, hs_udp_received *out)
{
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        read_destination_v4(control, &out->path.local);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        read_destination_v6(control, &out->path.local);
    } else if ((control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) ||
               (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS)) {
        out->ecn = read_ecn(control);
    }
}

ssize_t hs_udp_message_receive(int fd, uint8_t *buffer, hs_udp_received *out)
{
    hs_stamp_control room;
    struct iovec part = {.iov_base = buffer, .iov_len = HS_UDP_DATAGRAM_MAX};
    struct msghdr message = {.msg_name = &out->path.remote.storage,
                             .msg_namelen = sizeof out->path.remote.storage,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    ssize_t n = recvmsg(fd, &message, 0);
    if (n < 0) {
        return n;
    }
    out->path.remote.len = message.msg_namelen;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(&message); control;
         control = CMSG_NXTHDR(&message, control)) {
        read_control(control, out);
    }
    out->has_stamp = hs_stamp_received(&message, &out->stamp);
    return n;
}

/* --- sending --- */

static void put_control(struct msghdr *message, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *control = (struct cmsghdr *)((char *)message->msg_control +
                                                 message->msg_controllen);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(control), data, len);
    message->msg_controllen += CMSG_SPACE(len);
}

static void put_source(struct msghdr *message, const hs_address *local)
{
    if (local->storage.ss_family == AF_INET) {
        struct in_pktinfo info = {0};
        info.ipi_spec_dst = ((const struct sockaddr_in *)&local->storage)->sin_addr;
        put_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        struct in6_pktinfo info = {0};
        info.ipi6_addr = ((const struct sockaddr_in6 *)&local->storage)->sin6_addr;
        put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

int hs_udp_message_send(int fd, int family, const hs_udp_path *path, hs_bytes datagram, uint8_t ecn)
{
    hs_stamp_control room = {0};
    hs_address remote;
    struct iovec part = {.iov_base = (uint8_t *)(uintptr_t)datagram.data, .iov_len = datagram.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes};
    if (path) {
        remote = path->remote;
        message.msg_name = &remote.storage;
        message.msg_namelen = remote.len;
        put_source(&message, &path->local);
    }
    if (ecn != 0) {
        int bits = ecn & ECN_MASK;
        bool is_v4 = family == AF_INET;
        put_control(&message, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_TOS : IPV6_TCLASS,
                    &bits, sizeof bits);
    }
    if (message.msg_controllen == 0) {
        message.msg_control = NULL;
    }
    ssize_t n;
    do {
        n = sendmsg(fd, &message, 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? errno : 0;
}
