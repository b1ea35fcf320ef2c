#include "net/socket_stamp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/tcp.h> /* not netinet/tcp.h, whose tcp_info ends before tcpi_bytes_acked */

enum {
    STAMP_RECEIVED = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE,
    /* TX_SOFTWARE, "SND": taken when the driver hands the packet to the device. TX_SCHED would be
     * taken before the queueing discipline, so that our own host's queue would count as network.
     * OPT_TSONLY: the stamp alone comes back, not a copy of the bytes, which would share the
     * receive buffer with what the peer sends. */
    STAMP_SENT = STAMP_RECEIVED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY,
};

static bool set_flags(int fd, int flags)
{
    return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0;
}

bool hs_stamp_receiving(int fd)
{
    return set_flags(fd, STAMP_RECEIVED);
}

bool hs_stamp_datagrams(int fd)
{
    return set_flags(fd, STAMP_SENT | SOF_TIMESTAMPING_OPT_ID);
}

static bool data_bytes_acknowledged(int fd, uint64_t *out)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    *out = info.tcpi_bytes_acked;
    return true;
}

/* The kernel counts from the first unacknowledged byte at the moment in which OPT_ID is newly set.
 * With nothing sent that is byte 0 of our stream. After TCP Fast Open bytes were sent before, and
 * the count would be meaningless if it began before the SYN was sent: so it begins here, as many
 * bytes in as the peer has acknowledged. That number counts our SYN, and must not move meanwhile.
 */
bool hs_stamp_sending(int fd, bool sent_before, uint64_t *base)
{
    *base = 0;
    if (!sent_before)
        return set_flags(fd, STAMP_SENT | SOF_TIMESTAMPING_OPT_ID);
    for (int i = 0; i < 8; i++) {
        uint64_t before;
        uint64_t after;
        if (!data_bytes_acknowledged(fd, &before) ||
            !set_flags(fd, STAMP_SENT | SOF_TIMESTAMPING_OPT_ID) ||
            !data_bytes_acknowledged(fd, &after))
            break;
        if (before == after && before > 0) {
            *base = before - 1;
            return true;
        }
        set_flags(fd, STAMP_RECEIVED);
    }
    set_flags(fd, STAMP_RECEIVED);
    return false;
}

/* SCM_TIMESTAMPING brings three stamps; the first is the software one. */
static bool read_stamp(struct cmsghdr *control, struct timespec *stamp)
{
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPING ||
        control->cmsg_len < CMSG_LEN(sizeof(*stamp)))
        return false;
    memcpy(stamp, CMSG_DATA(control), sizeof(*stamp));
    return stamp->tv_sec != 0 || stamp->tv_nsec != 0;
}

bool hs_stamp_received(struct msghdr *message, struct timespec *stamp)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
         control = CMSG_NXTHDR(message, control)) {
        if (read_stamp(control, stamp))
            return true;
    }
    return false;
}

static bool read_error(struct cmsghdr *control, struct sock_extended_err *error)
{
    bool is_error = (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
                    (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
    if (!is_error || control->cmsg_len < CMSG_LEN(sizeof(*error)))
        return false;
    memcpy(error, CMSG_DATA(control), sizeof(*error));
    return true;
}

static hs_stamp_result kind_of(const struct sock_extended_err *error, bool has_stamp)
{
    switch (error->ee_origin) {
    case SO_EE_ORIGIN_TIMESTAMPING:
        return has_stamp && error->ee_info == SCM_TSTAMP_SND ? HS_STAMP_READ : HS_STAMP_OTHER;
    case SO_EE_ORIGIN_ICMP:
    case SO_EE_ORIGIN_ICMP6:
    case SO_EE_ORIGIN_LOCAL:
        return HS_STAMP_ERROR;
    default:
        return HS_STAMP_OTHER;
    }
}

hs_stamp_result hs_stamp_next_sent(int fd, hs_stamp_sent *sent)
{
    hs_stamp_control room;
    struct msghdr message = {.msg_control = room.bytes, .msg_controllen = sizeof(room.bytes)};
    ssize_t n;
    do {
        n = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return HS_STAMP_NONE;

    struct sock_extended_err error = {.ee_origin = SO_EE_ORIGIN_NONE};
    bool has_stamp = false;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(&message); control != NULL;
         control = CMSG_NXTHDR(&message, control)) {
        if (!read_error(control, &error))
            has_stamp = has_stamp || read_stamp(control, &sent->stamp);
    }
    sent->key = error.ee_data;
    sent->os_errno = (int)error.ee_errno;
    return kind_of(&error, has_stamp);
}
