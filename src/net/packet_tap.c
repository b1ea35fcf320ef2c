#include "net/packet_tap.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <handshake/time.h>

#include "base/reader.h"
#include "net/packet_filter.h"

enum {
    SLOT = 2048,
    SLOTS = 256,
    BLOCK = 64 * 1024,
    RING = SLOT * SLOTS,
    PACKET_LONGEST = 256 * 1024,
    QUEUE = 4 * 1024 * 1024,       /* of packets too large for a slot */
    KEPT_PACKETS = 16 * 1024,      /* of one run */
    KEPT_BYTES = 16 * 1024 * 1024, /* of them */
    CROSSED = 64 * 1024,           /* bytes of connections until the queue is emptied */
    RECENT = 16,
    /* TPACKET_ALIGN, without its mixed signs */
    LINK_AT = (sizeof(struct tpacket2_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT *
              TPACKET_ALIGNMENT,
};

/* A packet in memory; its bytes follow. */
typedef struct kept {
    struct kept *next;
    hs_tapped_packet packet;
    int interface;
    uint8_t bytes[];
} kept;

struct hs_packet_tap {
    int fd;
    uint8_t *ring; /* NULL: not mapped */
    size_t slot;   /* that the kernel writes next */
    hs_packet_filter_end ends[HS_PACKET_FILTER_ENDS_MAX];
    size_t end_count;
    kept *first;
    kept *last;
    kept *recent[RECENT]; /* the newest, in a round */
    size_t count;
    size_t size;
    size_t crossed; /* bytes since the ring was emptied */
    uint64_t lost;
    hs_tapped_packet *list;
};

/* --- opening --- */

static bool set_option(int fd, int option, const void *value, size_t size)
{
    return setsockopt(fd, SOL_PACKET, option, value, (socklen_t)size) == 0;
}

static bool attach_filter(hs_packet_tap *tap)
{
    struct sock_filter code[HS_PACKET_FILTER_CODE_MAX];
    size_t length = hs_packet_filter_compile(tap->ends, tap->end_count, code);
    struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
    return setsockopt(tap->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/* The socket is of no protocol until the filter stands and the ring is there, so that nothing that
 * is not ours ever comes in. */
static bool set_up(hs_packet_tap *tap)
{
    const int version = TPACKET_V2;
    const int copies = 1; /* a packet that fills no slot is also queued whole */
    const int queue = QUEUE;
    const struct tpacket_req ring = {.tp_block_size = BLOCK,
                                     .tp_block_nr = RING / BLOCK,
                                     .tp_frame_size = SLOT,
                                     .tp_frame_nr = SLOTS};
    const struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    if (!set_option(tap->fd, PACKET_VERSION, &version, sizeof version) ||
        !set_option(tap->fd, PACKET_COPY_THRESH, &copies, sizeof copies) ||
        !set_option(tap->fd, PACKET_RX_RING, &ring, sizeof ring) || !attach_filter(tap)) {
        return false;
    }
    /* Without it, large packets that come in quick succession are cut. */
    if (setsockopt(tap->fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0) {
        (void)setsockopt(tap->fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    }
    void *mapped = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_SHARED, tap->fd, 0);
    if (mapped == MAP_FAILED) {
        return false;
    }
    tap->ring = mapped;
    return bind(tap->fd, (const struct sockaddr *)&all, sizeof all) == 0;
}

hs_result hs_packet_tap_open(hs_packet_tap **out)
{
    *out = NULL;
    hs_packet_tap *tap = calloc(1, sizeof *tap);
    if (!tap) {
        return HS_NO_MEMORY;
    }
    tap->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (tap->fd < 0 || !set_up(tap)) {
        int os_errno = errno;
        hs_packet_tap_close(tap);
        errno = os_errno;
        return HS_SYSTEM;
    }
    *out = tap;
    return HS_OK;
}

static void forget(hs_packet_tap *tap)
{
    while (tap->first) {
        kept *next = tap->first->next;
        free(tap->first);
        tap->first = next;
    }
    free(tap->list);
    tap->list = NULL;
    tap->last = NULL;
    memset(tap->recent, 0, sizeof tap->recent);
    tap->count = 0;
    tap->size = 0;
}

void hs_packet_tap_close(hs_packet_tap *tap)
{
    if (!tap) {
        return;
    }
    forget(tap);
    if (tap->ring) {
        munmap(tap->ring, RING);
    }
    if (tap->fd >= 0) {
        close(tap->fd);
    }
    free(tap);
}

/* --- what comes in --- */

/* The same packet seen again on another interface that it passes: a bridge and its port, a bond. */
static bool is_seen(const hs_packet_tap *tap, const hs_tapped_packet *packet, int interface)
{
    for (size_t i = 0; i < RECENT; i++) {
        const kept *other = tap->recent[i];
        if (other && other->interface != interface && other->packet.is_sent == packet->is_sent &&
            other->packet.length == packet->length &&
            hs_bytes_equal(other->packet.bytes, packet->bytes)) {
            return true;
        }
    }
    return false;
}

static void keep(hs_packet_tap *tap, const hs_tapped_packet *packet, int interface)
{
    if (is_seen(tap, packet, interface)) {
        return;
    }
    kept *copy = NULL;
    if (tap->count < KEPT_PACKETS && packet->bytes.len <= KEPT_BYTES - tap->size) {
        copy = malloc(sizeof *copy + packet->bytes.len);
    }
    if (!copy) {
        tap->lost++;
        return;
    }
    memcpy(copy->bytes, packet->bytes.data, packet->bytes.len);
    copy->next = NULL;
    copy->interface = interface;
    copy->packet = *packet;
    copy->packet.bytes.data = copy->bytes;
    if (tap->last) {
        tap->last->next = copy;
    } else {
        tap->first = copy;
    }
    tap->last = copy;
    tap->recent[tap->count++ % RECENT] = copy;
    tap->size += packet->bytes.len;
}

/* The packet of the slot, which did not fit into it. It leaves the queue in any case. */
static void take_queued(const hs_packet_tap *tap, uint8_t *room, hs_tapped_packet *packet)
{
    uint8_t nothing[1] = {0};
    ssize_t got;
    do {
        got = recv(tap->fd, room ? room : nothing, room ? PACKET_LONGEST : sizeof nothing, 0);
    } while (got < 0 && errno == EINTR);
    size_t len = packet->bytes.len;
    if (room && got > 0 && (size_t)got >= len &&
        hs_bytes_equal(hs_bytes_of(room, len), packet->bytes)) {
        packet->bytes = hs_bytes_of(room, (size_t)got);
    }
}

static uint32_t *status_of(const hs_packet_tap *tap, size_t slot)
{
    return (uint32_t *)(void *)(tap->ring + slot * SLOT);
}

static void take_slot(hs_packet_tap *tap, uint32_t status, uint8_t **room)
{
    const uint8_t *start = tap->ring + tap->slot * SLOT;
    struct tpacket2_hdr header;
    struct sockaddr_ll link;
    memcpy(&header, start, sizeof header);
    memcpy(&link, start + LINK_AT, sizeof link);
    hs_tapped_packet packet = {
        .at = (int64_t)header.tp_sec * HS_SECOND + header.tp_nsec,
        .bytes = hs_bytes_of(start + header.tp_net, header.tp_snaplen),
        .length = header.tp_len,
        .is_sent = link.sll_pkttype == PACKET_OUTGOING,
    };
    if (status & TP_STATUS_COPY) {
        if (!*room) {
            *room = malloc(PACKET_LONGEST);
        }
        take_queued(tap, *room, &packet);
    }
    keep(tap, &packet, link.sll_ifindex);
}

static void drain(hs_packet_tap *tap)
{
    uint8_t *room = NULL;
    tap->crossed = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        uint32_t *status = status_of(tap, tap->slot);
        uint32_t value = __atomic_load_n(status, __ATOMIC_ACQUIRE);
        if (!(value & TP_STATUS_USER)) {
            break;
        }
        take_slot(tap, value, &room);
        __atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        tap->slot = (tap->slot + 1) % SLOTS;
    }
    free(room);
}

/* What the kernel had no room for; reading it begins to count anew. */
static void count_lost(hs_packet_tap *tap)
{
    struct tpacket_stats stats = {0};
    socklen_t len = sizeof stats;
    if (getsockopt(tap->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0) {
        tap->lost += stats.tp_drops;
    }
}

void hs_packet_tap_reset(hs_packet_tap *tap)
{
    tap->end_count = 0;
    (void)attach_filter(tap); /* else more is let in than is asked for */
    drain(tap);
    count_lost(tap);
    forget(tap);
    tap->lost = 0;
}

hs_result hs_packet_tap_add(hs_packet_tap *tap, int fd, const hs_address *remote, uint16_t *port)
{
    hs_address local = {.storage.ss_family = remote->storage.ss_family, .len = remote->len};
    *port = 0;
    if (tap->end_count == HS_PACKET_FILTER_ENDS_MAX) {
        return HS_LIMIT;
    }
    struct sockaddr *address = (struct sockaddr *)&local.storage;
    if (bind(fd, address, local.len) != 0 || getsockname(fd, address, &local.len) != 0) {
        return HS_SYSTEM;
    }
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&local.storage;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&local.storage;
    bool is_ipv4 = local.storage.ss_family == AF_INET;
    hs_packet_filter_end *end = &tap->ends[tap->end_count++];
    *end = (hs_packet_filter_end){*remote, ntohs(is_ipv4 ? ipv4->sin_port : ipv6->sin6_port)};
    if (!attach_filter(tap)) {
        tap->end_count--;
        return HS_SYSTEM;
    }
    *port = end->local_port;
    return HS_OK;
}

void hs_packet_tap_relieve(hs_packet_tap *tap, size_t bytes)
{
    const uint32_t *middle = status_of(tap, (tap->slot + SLOTS / 2) % SLOTS);
    tap->crossed += bytes;
    if (tap->crossed > CROSSED || __atomic_load_n(middle, __ATOMIC_ACQUIRE) & TP_STATUS_USER) {
        drain(tap);
    }
}

const hs_tapped_packet *hs_packet_tap_packets(hs_packet_tap *tap, size_t *count)
{
    drain(tap);
    count_lost(tap);
    free(tap->list);
    *count = 0;
    tap->list = tap->count > 0 ? calloc(tap->count, sizeof *tap->list) : NULL;
    if (!tap->list) {
        return NULL;
    }
    for (const kept *packet = tap->first; packet; packet = packet->next) {
        tap->list[(*count)++] = packet->packet;
    }
    return tap->list;
}

uint64_t hs_packet_tap_lost(const hs_packet_tap *tap)
{
    return tap->lost;
}
