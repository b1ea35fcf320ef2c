#include "lab/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/histogram.h"
#include "base/reader.h"
#include "net/clock.h"
#include "net/file.h"
#include "wire/packet.h"

enum {
    FRAME_MAX = 68 * 1024, /* 64 KB, its link header and its offload header */
    SOCKET_QUEUE = 8 * 1024 * 1024,
    WAYS = 2,
    LINK_ETHERNET = 1, /* LINKTYPE_ETHERNET */
    BATCH = 64,        /* packets of one way before the other has its turn */
    START_SECONDS = 5,
    STOP_SECONDS = 5,
};
/* The kernel wakes a sleeper up to this much too late, so the rest is spun. */
#define SPIN (200 * HS_MICROSECOND)
/* A stamp further from now than this is of a clock that was set. */
#define STAMP_MAX_AGE (HS_SECOND / 2)

typedef struct way {
    int from;
    int to;
    hs_schedule *schedule;
    hs_histogram *delays;
    hs_histogram *late;
    hs_relay_way report;
} way;

typedef struct joint {
    way ways[WAYS];
    int parent;
    hs_timeline timeline;
    uint8_t *frame;
} joint;

typedef struct start {
    const hs_namespaces *namespaces;
    const hs_path_options *options;
} start;

/* Of no protocol until it is bound, so that it never has packets of another link. */
static int open_link(const char *name)
{
    const int on = 1;
    const int queue = SOCKET_QUEUE;
    const struct sockaddr_ll link = {.sll_family = AF_PACKET,
                                     .sll_protocol = htons(ETH_P_ALL),
                                     .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&link, sizeof link) != 0) {
        close(fd);
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    }
    return fd;
}

static hs_time arrival(const joint *r, struct msghdr *message)
{
    const hs_time now = hs_clock_monotonic();
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            hs_time came = hs_timeline_of_stamp(&r->timeline, &stamp).at +
                           r->timeline.monotonic_start;
            if (came <= now && now - came <= STAMP_MAX_AGE) {
                return came;
            }
        }
    }
    return now;
}

/* What the hosts ask each other about the link itself (ARP, ICMPv6) comes when it likes. Were it to
 * draw chances, those of the connections' packets would not be the same again. */
static bool has_chances(hs_bytes frame)
{
    hs_packet packet;
    switch (hs_packet_read(LINK_ETHERNET, frame, &packet)) {
    case HS_PACKET_TCP:
    case HS_PACKET_UDP:
    case HS_PACKET_FRAGMENT:
        return true;
    case HS_PACKET_OTHER:
    case HS_PACKET_TRUNCATED:
    case HS_PACKET_MALFORMED:
    case HS_PACKET_LINK_UNKNOWN:
        break;
    }
    return false;
}

/* ARP (RFC 826) and IPv6's neighbour discovery (RFC 4861). A host's neighbour is its first router,
 * at hand however long the path is: delayed, an answer would hold up a connection's first packet,
 * and look like the client's own time. */
static bool is_for_neighbours(hs_bytes frame)
{
    enum { ADDRESSES = 12, BEFORE_NEXT = 6, BEHIND_NEXT = 33, SOLICITATION = 133, REDIRECT = 137 };
    hs_fault fault;
    hs_reader reader;
    hs_reader_init(&reader, frame, &fault, NULL);
    (void)hs_read_bytes(&reader, ADDRESSES, "destination, source");
    const uint16_t kind = hs_read_u16(&reader, "ethertype");
    if (kind == ETH_P_ARP || kind != ETH_P_IPV6) {
        return kind == ETH_P_ARP;
    }
    (void)hs_read_bytes(&reader, BEFORE_NEXT, "version to payload length");
    const uint8_t next = hs_read_u8(&reader, "next header");
    (void)hs_read_bytes(&reader, BEHIND_NEXT, "hop limit, source, destination");
    const uint8_t type = hs_read_u8(&reader, "type");
    return next == IPPROTO_ICMPV6 && type >= SOLICITATION && type <= REDIRECT;
}

static void offer(way *w, hs_time came, hs_bytes packet)
{
    const size_t offload = sizeof(struct virtio_net_hdr);
    if (packet.len < offload) {
        return;
    }
    const hs_bytes frame = hs_bytes_of(packet.data + offload, packet.len - offload);
    if (is_for_neighbours(frame)) {
        w->report.refused += send(w->to, packet.data, packet.len, MSG_DONTWAIT) < 0;
    } else if (has_chances(frame)) {
        hs_schedule_offer(w->schedule, came, packet, frame.len);
    } else {
        hs_schedule_pass(w->schedule, came, packet);
    }
}

static void take_in(joint *r, way *w)
{
    for (int i = 0; i < BATCH; i++) {
        union {
            struct cmsghdr align;
            uint8_t room[CMSG_SPACE(sizeof(struct timespec))];
        } control;
        struct iovec part = {.iov_base = r->frame, .iov_len = FRAME_MAX};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.room,
                                 .msg_controllen = sizeof control.room};
        ssize_t got = recvmsg(w->from, &message, MSG_DONTWAIT);
        if (got < 0) {
            return;
        }
        if (!(message.msg_flags & MSG_TRUNC)) {
            offer(w, arrival(r, &message), hs_bytes_of(r->frame, (size_t)got));
        }
    }
}

static void send_due(way *w)
{
    hs_bytes packet;
    hs_time came;
    hs_time due;
    while (hs_schedule_take(w->schedule, hs_clock_monotonic(), &packet, &came, &due)) {
        const hs_time now = hs_clock_monotonic();
        if (send(w->to, packet.data, packet.len, MSG_DONTWAIT) < 0) {
            w->report.refused++;
            continue;
        }
        hs_histogram_add(w->delays, now - came);
        hs_histogram_add(w->late, now - due);
    }
}

/* HS_TIME_NONE: nothing waits. */
static hs_time next_due(const joint *r)
{
    hs_time first = HS_TIME_NONE;
    for (int i = 0; i < WAYS; i++) {
        hs_time due = hs_schedule_due(r->ways[i].schedule);
        if (due != HS_TIME_NONE && (first == HS_TIME_NONE || due < first)) {
            first = due;
        }
    }
    return first;
}

/* Sleeps until a packet comes or one is nearly due; false when the relay is to end. */
static bool pause_until_due(const joint *r)
{
    struct pollfd files[] = {{.fd = r->parent, .events = POLLIN},
                             {.fd = r->ways[0].from, .events = POLLIN},
                             {.fd = r->ways[1].from, .events = POLLIN}};
    const hs_time due = next_due(r);
    hs_time left = due == HS_TIME_NONE ? HS_SECOND : due - hs_clock_monotonic() - SPIN;
    left = left > 0 ? left : 0;
    const struct timespec pause = {.tv_sec = left / HS_SECOND, .tv_nsec = left % HS_SECOND};
    int ready = ppoll(files, sizeof files / sizeof files[0], &pause, NULL);
    return !(ready > 0 && files[0].revents != 0) && (ready >= 0 || errno == EINTR);
}

static void run_relay(joint *r)
{
    while (pause_until_due(r)) {
        for (int i = 0; i < WAYS; i++) {
            take_in(r, &r->ways[i]);
        }
        for (int i = 0; i < WAYS; i++) {
            send_due(&r->ways[i]);
        }
    }
}

static hs_relay_way sum_up(const way *w)
{
    hs_relay_way report = w->report;
    const bool is_used = hs_histogram_count(w->delays) > 0;
    report.counts = *hs_schedule_count(w->schedule);
    report.median = is_used ? hs_histogram_quantile(w->delays, 0.5) : HS_TIME_NONE;
    report.p99 = is_used ? hs_histogram_quantile(w->delays, 0.99) : HS_TIME_NONE;
    report.late_median = is_used ? hs_histogram_quantile(w->late, 0.5) : HS_TIME_NONE;
    report.late_p99 = is_used ? hs_histogram_quantile(w->late, 0.99) : HS_TIME_NONE;
    report.late_most = is_used ? hs_histogram_max(w->late) : HS_TIME_NONE;
    return report;
}

static bool prepare(joint *r, const start *s)
{
    if (hs_namespaces_enter(s->namespaces, HS_SIDE_PATH) != HS_OK ||
        !hs_namespaces_is_inside(s->namespaces, HS_SIDE_PATH)) {
        return false;
    }
    int client = open_link(HS_LAB_PATH_CLIENT_LINK);
    int server = open_link(HS_LAB_PATH_SERVER_LINK);
    r->ways[0] = (way){.from = client, .to = server};
    r->ways[1] = (way){.from = server, .to = client};
    r->frame = malloc(FRAME_MAX);
    hs_timeline_start(&r->timeline);
    bool is_ready = client >= 0 && server >= 0 && r->frame;
    for (unsigned i = 0; i < WAYS; i++) {
        r->ways[i].schedule = hs_schedule_new(s->options, i);
        r->ways[i].delays = hs_histogram_new();
        r->ways[i].late = hs_histogram_new();
        is_ready = is_ready && r->ways[i].schedule && r->ways[i].delays && r->ways[i].late;
    }
    return is_ready;
}

/* Ends with the process, and what it holds with it. */
static void body(void *context, int fd)
{
    const start *s = context;
    static joint r; /* not on the stack: it is reached until the process ends */
    r.parent = fd;
    const int failure = prepare(&r, s) ? 0 : errno != 0 ? errno : ENOMEM;
    if (hs_child_write(fd, &failure, sizeof failure) != HS_OK || failure != 0) {
        return;
    }
    run_relay(&r);
    const hs_relay_report report = {.configured = s->options->delay,
                                    .to_server = sum_up(&r.ways[0]),
                                    .to_client = sum_up(&r.ways[1])};
    (void)!hs_child_write(fd, &report, sizeof report);
}

hs_result hs_relay_start(hs_relay *relay, const hs_namespaces *namespaces,
                         const hs_path_options *options, hs_problem *problem)
{
    start s = {namespaces, options};
    if (!namespaces->is_relayed || !hs_path_options_are_sound(options)) {
        return hs_problem_set(problem, HS_INVALID, "the path's options are not sound");
    }
    if (hs_child_start(&relay->child, body, &s) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the relay could not be started: %s",
                              strerror(errno));
    }
    int failure = 0;
    hs_result result = hs_child_read(&relay->child, &failure, sizeof failure,
                                     hs_clock_monotonic() + START_SECONDS * HS_SECOND, NULL);
    if (result == HS_OK && failure == 0) {
        return HS_OK;
    }
    hs_child_end(&relay->child);
    return hs_problem_set(problem, HS_SYSTEM, "the relay could not be started: %s",
                          failure != 0 ? strerror(failure) : "it gave no answer");
}

hs_result hs_relay_stop(hs_relay *relay, hs_relay_report *report)
{
    hs_relay_report unused;
    hs_child_ask_to_finish(&relay->child);
    hs_result result = hs_child_read(&relay->child, report ? report : &unused, sizeof unused,
                                     hs_clock_monotonic() + STOP_SECONDS * HS_SECOND, NULL);
    hs_child_end(&relay->child);
    return result;
}
