#include "lab/failures/retry.h"

#include "wire/quic/field.h"

/* Their values are of no matter. */
static const uint8_t our_cid[HS_FAR_CID_LEN] = {0x68, 0x61, 0x6e, 0x64, 0x6d, 0x61, 0x64, 0x65};
static const uint8_t token[] = "a token that nobody will take";

hs_bytes hs_far_cid(void)
{
    return hs_bytes_of(our_cid, sizeof our_cid);
}

hs_result hs_far_write_retry(hs_quic_crypto *crypto, const hs_quic_packet *initial, uint8_t *room,
                             size_t capacity, hs_bytes *datagram)
{
    const unsigned bits = hs_quic_long_type_bits(initial->version, HS_QUIC_RETRY);
    uint8_t tag[HS_QUIC_RETRY_TAG_LEN];
    hs_writer w;
    hs_writer_init(&w, room, capacity);
    hs_write_u8(&w, (uint8_t)(HS_QUIC_BIT_LONG | HS_QUIC_BIT_FIXED | bits << 4U));
    hs_write_u32(&w, initial->version);
    hs_quic_write_connection_id(&w, initial->scid);
    hs_quic_write_connection_id(&w, hs_far_cid());
    hs_write_bytes(&w, hs_bytes_of(token, sizeof token - 1));
    hs_result result = hs_writer_result(&w);
    if (result == HS_OK) {
        result = hs_quic_retry_make(crypto, initial->version, initial->dcid, hs_writer_bytes(&w),
                                    tag);
    }
    if (result == HS_OK) {
        hs_write_bytes(&w, hs_bytes_of(tag, sizeof tag));
        result = hs_writer_result(&w);
    }
    *datagram = hs_writer_bytes(&w);
    return result;
}
