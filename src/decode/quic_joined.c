/* Several datagrams in one. Where a capture is made at a sender, the kernel has not yet cut what it
 * was given at once (UDP segmentation offload); at a receiver it may have joined what came (GRO).
 * Packets with long headers say where they end. One with a short header seems to reach to the end
 * of the datagram, and then does not authenticate; the next begins with the same connection ID. */
#include "decode/quic_parts.h"

#include <string.h>

enum {
    ID_LEAST = 4,   /* bytes, lest it stands in a payload by chance */
    PARTS_MAX = 64, /* as many as the kernel joins, for long its limit */
    LONG_HEADER = 0x80,
};

/* Where the next packet begins; all that there is without one. */
static size_t length_of_first(hs_bytes bytes, hs_bytes id)
{
    size_t at = 1 + id.len;
    while (id.len >= ID_LEAST && at < bytes.len) {
        const uint8_t *found = memmem(bytes.data + at, bytes.len - at, id.data, id.len);
        if (!found) {
            break;
        }
        at = (size_t)(found - bytes.data);
        if (!(found[-1] & LONG_HEADER)) { /* the fixed bit may be greased (RFC 9287) */
            return at - 1;
        }
        at++;
    }
    return bytes.len;
}

static bool read_part(const hs_quic_found *whole, size_t at, size_t len, hs_quic_found *part)
{
    hs_fault fault;
    hs_reader r;
    hs_bytes bytes = whole->packet.bytes;
    size_t id_len = whole->packet.dcid.len;
    *part = *whole;
    part->first = whole->first + at;
    part->end = part->first + len;
    part->is_alone = false;
    hs_reader_init(&r, hs_bytes_of(bytes.data + at, len), &fault, NULL);
    return hs_quic_read_packet(&r, id_len, &part->packet) == HS_OK;
}

bool hs_quic_receive_joined(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_bytes bytes = found->packet.bytes;
    size_t at = 0;
    for (int i = 0; at < bytes.len; i++) {
        hs_bytes rest = hs_bytes_of(bytes.data + at, bytes.len - at);
        size_t len = i < PARTS_MAX ? length_of_first(rest, found->packet.dcid) : rest.len;
        if (i == 0 && len == rest.len) {
            return false;
        }
        hs_quic_found part;
        hs_quic_opened opened;
        bool is_packet = read_part(found, at, len, &part);
        if (is_packet && hs_quic_open(d, &part, &opened) == HS_OK) {
            hs_quic_frames(d, &part, &opened);
        } else if (i == 0) {
            return false;
        } else if (is_packet) {
            (void)hs_quic_show_protected(d, &part, "does not authenticate with its keys");
        }
        at += len;
    }
    return true;
}
