/* Far ends below any protocol: sockets, a full queue, a SYN that crosses the client's. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "lab/checksum.h"
#include "lab/child.h"
#include "lab/failures/case.h"
#include "lab/namespaces.h"

void hs_far_is_ready(const hs_far_place *place)
{
    (void)!hs_child_write(place->parent, "", 1);
}

static struct sockaddr_in server_address(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    (void)inet_pton(AF_INET, HS_LAB_SERVER_IPV4, &address.sin_addr);
    return address;
}

static int bind_socket(int type, int port)
{
    const struct sockaddr_in address = server_address(port);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int hs_far_listen(int port, int backlog)
{
    int fd = bind_socket(SOCK_STREAM, port);
    if (fd >= 0 && listen(fd, backlog) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int hs_far_bind_udp(int port)
{
    return bind_socket(SOCK_DGRAM, port);
}

static void wait_for_the_end(const hs_far_place *place)
{
    char byte;
    hs_far_is_ready(place);
    (void)!read(place->parent, &byte, sizeof byte);
}

void hs_far_full_queue(const hs_far_place *place)
{
    enum { ENOUGH = 4 };
    const struct sockaddr_in address = server_address(place->port);
    int own[ENOUGH];
    int listener = hs_far_listen(place->port, 0);
    for (int i = 0; i < ENOUGH; i++) {
        own[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (own[i] >= 0) {
            /* Those for which there is no room stay in SYN-SENT. */
            (void)!connect(own[i], (const struct sockaddr *)&address, sizeof address);
        }
    }
    if (listener >= 0) {
        wait_for_the_end(place);
        close(listener);
    }
    for (int i = 0; i < ENOUGH; i++) {
        close(own[i]);
    }
}

/* --- simultaneous open (RFC 9293 3.5, figure 7), and a reset --- */

enum {
    TCP_HEADER = 20,
    FLAG_SYN = 0x02,
    FLAG_RST = 0x04,
    FLAG_ACK = 0x10,
    OUR_SEQUENCE = 0x01020304,
    WINDOW = 64240,
    PACKET_MAX = 2048,
};

typedef struct segment {
    struct in_addr from;
    uint16_t source;
    uint16_t destination;
    uint8_t flags;
} segment;

/* The kernel would answer the SYN with a reset where nobody listened. This one hears nothing. */
static int listen_deaf(int port)
{
    struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
    const struct sock_fprog program = {.len = 1, .filter = &nothing};
    int fd = bind_socket(SOCK_STREAM, port);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
                    listen(fd, 1) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool read_segment(hs_bytes packet, segment *s)
{
    hs_reader r;
    hs_fault fault;
    hs_reader_init(&r, packet, &fault, NULL);
    const unsigned words = hs_read_u8(&r, "version and header length") & 0x0fU;
    (void)hs_read_bytes(&r, 11, "up to the source address");
    s->from.s_addr = htonl(hs_read_u32(&r, "source address"));
    (void)hs_read_bytes(&r, words >= 4 ? words * 4U - 16U : 0, "destination and options");
    s->source = hs_read_u16(&r, "source port");
    s->destination = hs_read_u16(&r, "destination port");
    (void)hs_read_bytes(&r, 9, "sequence and acknowledgment");
    s->flags = hs_read_u8(&r, "flags");
    return hs_reader_ok(&r);
}

static void write_segment(hs_writer *w, const segment *to, uint8_t flags, uint16_t check)
{
    hs_write_u16(w, to->destination);
    hs_write_u16(w, to->source);
    /* After our SYN the client waits for the number that follows. */
    hs_write_u32(w, OUR_SEQUENCE + (flags == FLAG_RST ? 1 : 0));
    hs_write_u32(w, 0);
    hs_write_u8(w, TCP_HEADER / 4 << 4U);
    hs_write_u8(w, flags);
    hs_write_u16(w, WINDOW);
    hs_write_u16(w, check);
    hs_write_u16(w, 0); /* urgent pointer */
}

static void send_segment(int raw, const segment *to, uint8_t flags)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = to->from};
    const struct sockaddr_in own = server_address(0);
    uint8_t pseudo_room[64];
    uint8_t room[TCP_HEADER];
    hs_writer pseudo;
    hs_writer w;
    hs_writer_init(&pseudo, pseudo_room, sizeof pseudo_room);
    hs_write_u32(&pseudo, ntohl(own.sin_addr.s_addr));
    hs_write_u32(&pseudo, ntohl(to->from.s_addr));
    hs_write_u16(&pseudo, IPPROTO_TCP);
    hs_write_u16(&pseudo, TCP_HEADER);
    write_segment(&pseudo, to, flags, 0);
    hs_writer_init(&w, room, sizeof room);
    write_segment(&w, to, flags, hs_lab_checksum(hs_writer_bytes(&pseudo)));
    const hs_bytes bytes = hs_writer_bytes(&w);
    (void)!sendto(raw, bytes.data, bytes.len, 0, (const struct sockaddr *)&address, sizeof address);
}

void hs_far_simultaneous(const hs_far_place *place)
{
    uint8_t room[PACKET_MAX];
    int deaf = listen_deaf(place->port);
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
    if (deaf >= 0 && raw >= 0) {
        hs_far_is_ready(place);
    }
    while (deaf >= 0 && raw >= 0) {
        segment s;
        ssize_t got = recv(raw, room, sizeof room, 0);
        if (got < 0 && errno != EINTR) {
            break;
        }
        if (got > 0 && read_segment(hs_bytes_of(room, (size_t)got), &s) &&
            s.destination == place->port && (s.flags & FLAG_SYN) != 0) {
            send_segment(raw, &s, (s.flags & FLAG_ACK) != 0 ? FLAG_RST : FLAG_SYN);
        }
    }
    close(raw);
    close(deaf);
}
