#include "lab/synflood/flood.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab/checksum.h"
#include "net/clock.h"
#include "net/file.h"

enum {
    BATCH = 64,
    TICKS_PER_SECOND = 1000,
    /* What was missed by more than this is not made up for: no burst is above the limit for long.
     */
    CATCH_UP_TICKS = 20,
    IPV4_HEADER = 20,
    TCP_HEADER = 24, /* with one option */
    TTL = 64,
    DONT_FRAGMENT = 0x4000,
    SYN = 0x02,
    MSS_KIND = 2,
    MSS = 1460,
    WINDOW = 64240,
    PORT_FIRST = 1024,
    PORTS = UINT16_MAX - PORT_FIRST,
    ADDRESSES = 1 << (32 - HS_FLOOD_PREFIX_LENGTH),
};

typedef struct work {
    int fd;
    int rate;
    hs_time duration;
} work;

static uint32_t address_of(const char *text)
{
    struct in_addr address = {0};
    (void)inet_pton(AF_INET, text, &address);
    return ntohl(address.s_addr);
}

static void write_tcp(hs_writer *w, uint32_t number, uint16_t check)
{
    hs_write_u16(w, (uint16_t)(PORT_FIRST + (number * UINT32_C(40503)) % PORTS));
    hs_write_u16(w, HS_LAB_PORT);
    hs_write_u32(w, number * UINT32_C(2654435761)); /* sequence number */
    hs_write_u32(w, 0);
    hs_write_u8(w, TCP_HEADER / 4 << 4U);
    hs_write_u8(w, SYN);
    hs_write_u16(w, WINDOW);
    hs_write_u16(w, check);
    hs_write_u16(w, 0); /* urgent pointer */
    hs_write_u8(w, MSS_KIND);
    hs_write_u8(w, 4);
    hs_write_u16(w, MSS);
}

void hs_flood_write_syn(hs_writer *w, uint32_t number)
{
    const uint32_t source = address_of(HS_FLOOD_PREFIX) + 1 + number % (ADDRESSES - 2);
    const uint32_t server = address_of(HS_LAB_SERVER_IPV4);
    uint8_t room[64];
    hs_writer pseudo;
    hs_writer_init(&pseudo, room, sizeof room);
    hs_write_u32(&pseudo, source);
    hs_write_u32(&pseudo, server);
    hs_write_u16(&pseudo, IPPROTO_TCP);
    hs_write_u16(&pseudo, TCP_HEADER);
    write_tcp(&pseudo, number, 0);
    const uint16_t check = hs_lab_checksum(hs_writer_bytes(&pseudo));

    hs_write_u8(w, 0x45); /* version 4, five words */
    hs_write_u8(w, 0);
    hs_write_u16(w, IPV4_HEADER + TCP_HEADER);
    hs_write_u16(w, 0); /* identification */
    hs_write_u16(w, DONT_FRAGMENT);
    hs_write_u8(w, TTL);
    hs_write_u8(w, IPPROTO_TCP);
    hs_write_u16(w, 0); /* the kernel fills in the header's checksum (raw(7)) */
    hs_write_u32(w, source);
    hs_write_u32(w, server);
    write_tcp(w, number, check);
}

static void send_batch(int fd, uint32_t number, unsigned count, hs_flood_report *report)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(address_of(HS_LAB_SERVER_IPV4))};
    uint8_t packets[BATCH][HS_FLOOD_SYN_SIZE];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < count; i++) {
        hs_writer w;
        hs_writer_init(&w, packets[i], sizeof packets[i]);
        hs_flood_write_syn(&w, number + i);
        parts[i] = (struct iovec){.iov_base = packets[i], .iov_len = w.len};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = (void *)&to;
        messages[i].msg_hdr.msg_namelen = sizeof to;
    }
    int sent = sendmmsg(fd, messages, count, 0);
    report->sent += sent > 0 ? (unsigned)sent : 0;
    report->refused += count - (sent > 0 ? (unsigned)sent : 0);
}

static void sleep_until(hs_time at)
{
    const struct timespec then = {.tv_sec = at / HS_SECOND, .tv_nsec = at % HS_SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == EINTR) {
    }
}

static hs_flood_report run_flood(const work *w)
{
    hs_flood_report report = {0};
    const hs_time start = hs_clock_monotonic();
    const hs_time tick = HS_SECOND / TICKS_PER_SECOND;
    const uint64_t ahead_max = (uint64_t)w->rate * CATCH_UP_TICKS / TICKS_PER_SECOND + 1;
    uint64_t number = 0;
    for (hs_time now = start; now - start < w->duration; now = hs_clock_monotonic()) {
        uint64_t due = (uint64_t)((double)(now - start) / (double)HS_SECOND * w->rate) + 1;
        if (due - number > ahead_max) {
            number = due - ahead_max;
        }
        while (number < due) {
            unsigned count = due - number < BATCH ? (unsigned)(due - number) : BATCH;
            send_batch(w->fd, (uint32_t)number, count, &report);
            number += count;
        }
        sleep_until(now + tick);
    }
    report.took = hs_clock_monotonic() - start;
    return report;
}

static void body(void *context, int fd)
{
    const hs_flood_report report = run_flood(context);
    (void)!hs_child_write(fd, &report, sizeof report);
}

/* Of the client's link alone, whatever its routes say. */
static int open_raw(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, HS_LAB_CLIENT_LINK,
                              sizeof HS_LAB_CLIENT_LINK) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

hs_result hs_flood_start(hs_child *child, const hs_namespaces *namespaces, int rate,
                         hs_time duration, hs_problem *problem)
{
    if (!hs_namespaces_is_inside(namespaces, HS_SIDE_CLIENT)) {
        return hs_problem_set(problem, HS_INVALID,
                              "a flood starts only within the lab's own namespaces");
    }
    if (rate < 1 || rate > HS_FLOOD_RATE_MAX || duration <= 0 ||
        duration > HS_FLOOD_SECONDS_MAX * HS_SECOND) {
        return hs_problem_set(problem, HS_INVALID, "at most %d SYN/s for %d s", HS_FLOOD_RATE_MAX,
                              HS_FLOOD_SECONDS_MAX);
    }
    work w = {.fd = open_raw(), .rate = rate, .duration = duration};
    hs_result result = w.fd >= 0 ? hs_child_start(child, body, &w) : HS_SYSTEM;
    if (result != HS_OK) {
        (void)hs_problem_set(problem, result, "the flood could not be started: %s",
                             strerror(errno));
    }
    if (w.fd >= 0) {
        close(w.fd);
    }
    return result;
}
