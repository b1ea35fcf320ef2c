/* Any bytes as a frame of the link type that the first byte says (20: Linux cooked v2): what is
 * found lies within the frame, and all of it can be looked at. */
#include <stdlib.h>
#include <string.h>

#include "wire/packet.h"
#include "wire/tcp_options.h"

static void check_within(hs_bytes part, hs_bytes frame)
{
    if (part.len > 0 && (part.data < frame.data || part.len > frame.len ||
                         (size_t)(part.data - frame.data) > frame.len - part.len)) {
        abort();
    }
}

static void check_segment(hs_packet_kind kind, const hs_packet *packet, hs_bytes frame)
{
    if (packet->family != 4 && packet->family != 6) {
        abort();
    }
    if (packet->payload.len > packet->payload_length) {
        abort();
    }
    check_within(packet->payload, frame);
    check_within(packet->tcp.options, frame);
    if (kind == HS_PACKET_TCP) {
        hs_tcp_options options;
        hs_tcp_options_read(packet->tcp.options, &options);
        check_within(options.fast_open_cookie, frame);
    }
}

static void check(hs_packet_kind kind, const hs_packet *packet, hs_bytes frame)
{
    switch (kind) {
    case HS_PACKET_TCP:
    case HS_PACKET_UDP:
        check_segment(kind, packet, frame);
        break;
    case HS_PACKET_FRAGMENT:
        if (!packet->fragment.is_fragment || packet->fragment.bytes.len > packet->fragment.length) {
            abort();
        }
        check_within(packet->fragment.bytes, frame);
        break;
    default:
        break;
    }
}

static void read_whole(hs_packet packet)
{
    hs_bytes bytes = packet.fragment.bytes;
    hs_packet_kind kind = hs_packet_read_reassembled(&packet, packet.fragment.protocol, bytes);
    if (kind == HS_PACKET_TRUNCATED) { /* what was put together is all there is */
        abort();
    }
    check(kind, &packet, bytes);
}

/* Behind the head of Ethernet stands what a raw link has: usual frames, which are read in one go,
 * are read as the layers read them. */
static void check_without_head(hs_packet_kind kind, const hs_packet *packet, hs_bytes frame)
{
    enum { HEAD = 14, RAW = 101 };
    hs_packet inside;
    if (frame.len < HEAD || frame.data[HEAD - 2] != 0x08 || frame.data[HEAD - 1] != 0x00) {
        return;
    }
    hs_bytes behind = {frame.data + HEAD, frame.len - HEAD};
    if (hs_packet_read(RAW, behind, &inside) != kind ||
        inside.payload.data != packet->payload.data || inside.payload.len != packet->payload.len ||
        inside.payload_length != packet->payload_length ||
        inside.tcp.sequence != packet->tcp.sequence ||
        inside.tcp.acknowledgment != packet->tcp.acknowledgment ||
        inside.tcp.flags != packet->tcp.flags ||
        inside.tcp.options.len != packet->tcp.options.len ||
        inside.tcp.options_cut != packet->tcp.options_cut ||
        memcmp(&inside.source, &packet->source, sizeof inside.source) != 0 ||
        memcmp(&inside.destination, &packet->destination, sizeof inside.destination) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { COOKED2_BYTE = 20, COOKED2 = 276, ETHERNET = 1 };
    if (size == 0) {
        return 0;
    }
    int link = data[0] == COOKED2_BYTE ? COOKED2 : data[0];
    hs_bytes frame = {data + 1, size - 1};
    hs_packet packet;
    hs_packet_kind kind = hs_packet_read(link, frame, &packet);
    if ((kind == HS_PACKET_LINK_UNKNOWN) == hs_packet_link_known(link)) {
        abort();
    }
    check(kind, &packet, frame);
    if (link == ETHERNET) {
        check_without_head(kind, &packet, frame);
    }
    if (kind == HS_PACKET_FRAGMENT) {
        read_whole(packet);
    }
    return 0;
}
