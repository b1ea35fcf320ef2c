/* The Retry packet (RFC 9000 17.2.5), and the pseudo-packet over which its integrity tag is
 * computed (RFC 9001 5.8). It is read by hs_quic_read_packet; the tag is made and checked
 * elsewhere. */
#ifndef HS_WIRE_QUIC_RETRY_H
#define HS_WIRE_QUIC_RETRY_H

#include "wire/quic/packet.h"

/* Writes a Retry: of `packet`, version, fixed_bit, dcid, scid, token, retry_tag and of `first` the
 * four unused bits count. Without a tag, all that stands before it is written, as the pseudo-packet
 * takes it. HS_INVALID: another type, a version that is not known, a connection ID too long, a tag
 * of another length. */
HS_CHECKED hs_result hs_quic_write_retry(hs_writer *w, const hs_quic_packet *packet);

/* Writes the Retry Pseudo-Packet: the Destination Connection ID of the Initial that the Retry
 * answers, then the Retry without its tag. `retry` is the whole packet as it was received.
 * HS_INVALID: a connection ID too long for its length, or a packet shorter than a tag. */
HS_CHECKED hs_result hs_quic_write_retry_pseudo_packet(hs_writer *w, hs_bytes original_dcid,
                                                       hs_bytes retry);

#endif
