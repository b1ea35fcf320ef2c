/* A Retry packet (RFC 9000 17.2.5) whose token nobody knows. */
#ifndef HS_LAB_FAILURE_RETRY_H
#define HS_LAB_FAILURE_RETRY_H

#include "secrets/quic_retry.h"

enum { HS_FAR_CID_LEN = 8 };

/* The connection ID of what is made by hand. */
hs_bytes hs_far_cid(void);
/* The answer to this Initial packet, with the right integrity tag. `datagram` lies within `room`.
 */
HS_CHECKED hs_result hs_far_write_retry(hs_quic_crypto *crypto, const hs_quic_packet *initial,
                                        uint8_t *room, size_t capacity, hs_bytes *datagram);

#endif
