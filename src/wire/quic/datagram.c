/* The packets that one datagram holds (RFC 9000 12.2). */
#include "wire/quic/packet.h"

void hs_quic_datagram_init(hs_quic_datagram *datagram, hs_bytes bytes, size_t dcid_len)
{
    *datagram = (hs_quic_datagram){.bytes = bytes, .dcid_len = dcid_len};
}

/* Behind another packet stands a packet of the same connection, or something else. Where there is
 * no connection ID, the fixed bit is all that tells a short header from padding. */
static void judge_coalesced(const hs_quic_datagram *datagram, hs_reader *r,
                            const hs_quic_packet *packet)
{
    if (!hs_bytes_equal(packet->dcid, datagram->dcid)) {
        hs_reader_fail(r, "Destination Connection ID", "is not that of the first packet");
    } else if (packet->type == HS_QUIC_1RTT && packet->dcid.len == 0 && !packet->fixed_bit) {
        hs_reader_fail(r, "Fixed Bit", "is 0 in bytes behind a packet");
    }
}

bool hs_quic_datagram_next(hs_quic_datagram *datagram, hs_quic_packet *packet)
{
    hs_reader r;
    if (datagram->fault.result != HS_OK) {
        return false;
    }
    hs_reader_init(&r, datagram->bytes, &datagram->fault, NULL);
    (void)hs_read_bytes(&r, datagram->at, "packets before");
    if (hs_reader_left(&r) == 0) {
        return false;
    }
    hs_result result = hs_quic_read_packet(&r, datagram->dcid_len, packet);
    if (result == HS_OK && datagram->count > 0) {
        judge_coalesced(datagram, &r, packet);
    }
    if (hs_reader_result(&r) != HS_OK) {
        datagram->trailing = hs_bytes_of(datagram->bytes.data + datagram->at,
                                         datagram->bytes.len - datagram->at);
        return false;
    }
    if (datagram->count == 0) {
        datagram->dcid = packet->dcid;
        datagram->dcid_len = packet->dcid.len;
    }
    datagram->count++;
    datagram->at = r.pos;
    return true;
}
