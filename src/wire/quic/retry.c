#include "wire/quic/retry.h"

#include "wire/quic/field.h"

hs_result hs_quic_write_retry(hs_writer *w, const hs_quic_packet *packet)
{
    if (packet->type != HS_QUIC_RETRY || !hs_quic_version_is_known(packet->version) ||
        packet->dcid.len > HS_QUIC_CONNECTION_ID_MAX ||
        packet->scid.len > HS_QUIC_CONNECTION_ID_MAX ||
        (packet->retry_tag.len != 0 && packet->retry_tag.len != HS_QUIC_RETRY_TAG_LEN)) {
        return HS_INVALID;
    }
    unsigned type = hs_quic_long_type_bits(packet->version, HS_QUIC_RETRY);
    unsigned first = HS_QUIC_BIT_LONG | (packet->fixed_bit ? HS_QUIC_BIT_FIXED : 0) | type << 4 |
                     (packet->first & 0x0fU);
    hs_write_u8(w, (uint8_t)first);
    hs_write_u32(w, packet->version);
    hs_quic_write_connection_id(w, packet->dcid);
    hs_quic_write_connection_id(w, packet->scid);
    hs_write_bytes(w, packet->token);
    hs_write_bytes(w, packet->retry_tag);
    return hs_writer_result(w);
}

hs_result hs_quic_write_retry_pseudo_packet(hs_writer *w, hs_bytes original_dcid, hs_bytes retry)
{
    if (original_dcid.len > HS_QUIC_CONNECTION_ID_MAX || retry.len < HS_QUIC_RETRY_TAG_LEN) {
        return HS_INVALID;
    }
    hs_quic_write_connection_id(w, original_dcid);
    retry.len -= HS_QUIC_RETRY_TAG_LEN;
    hs_write_bytes(w, retry);
    return hs_writer_result(w);
}
