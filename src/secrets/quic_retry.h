/* The Retry Integrity Tag (RFC 9001 5.8; RFC 9369 3.3.3; draft-ietf-quic-tls-29 to -34, 5.8). */
#ifndef HS_SECRETS_QUIC_RETRY_H
#define HS_SECRETS_QUIC_RETRY_H

#include "secrets/quic_crypto.h"
#include "wire/quic/packet.h"

/* The tag of a Retry packet. `retry` is the packet without its tag; `original_dcid` the Destination
 * Connection ID of the Initial packet that it answers. HS_NO_KEY: the version's key is not known.
 * HS_LIMIT: a connection ID of more than 255 bytes, or a packet longer than a datagram. */
HS_CHECKED hs_result hs_quic_retry_make(hs_quic_crypto *crypto, uint32_t version,
                                        hs_bytes original_dcid, hs_bytes retry,
                                        uint8_t tag[HS_QUIC_RETRY_TAG_LEN]);
/* `retry` is the whole packet, the tag at its end. HS_OK: the tag is right. HS_MALFORMED: it is
 * not. HS_NEED_MORE: shorter than a tag. Others as above. */
HS_CHECKED hs_result hs_quic_retry_check(hs_quic_crypto *crypto, uint32_t version,
                                         hs_bytes original_dcid, hs_bytes retry);

#endif
