/* The checksum of packets that the lab writes itself (RFC 1071). */
#ifndef HS_LAB_CHECKSUM_H
#define HS_LAB_CHECKSUM_H

#include <handshake/api.h>

/* `bytes` are an even number. */
uint16_t hs_lab_checksum(hs_bytes bytes);

#endif
