/* From connection IDs to the flows of QUIC whose sides issued them, and from the paths that such a
 * flow has taken since (RFC 9000 5.2, 9). */
#ifndef HS_DECODE_QUIC_FLOW_IDS_H
#define HS_DECODE_QUIC_FLOW_IDS_H

#include "decode/flow.h"

typedef struct hs_quic_flow_ids hs_quic_flow_ids;

/* NULL when out of memory. */
hs_quic_flow_ids *hs_quic_flow_ids_new(const uint64_t seed[2]);
void hs_quic_flow_ids_free(hs_quic_flow_ids *ids);
/* The flow that the datagram between these ends belongs to, or NULL; `from` gets its end that sent
 * it. A new path is remembered. */
hs_flow *hs_quic_flow_ids_find(hs_quic_flow_ids *ids, const hs_packet *packet,
                               const hs_flow_key *key, unsigned sender, unsigned *from);
/* The IDs that are new since the last call. HS_NO_MEMORY: some are not kept. */
HS_CHECKED hs_result hs_quic_flow_ids_update(hs_quic_flow_ids *ids, hs_flow *flow);
void hs_quic_flow_ids_forget(hs_quic_flow_ids *ids, const hs_flow *flow);
size_t hs_quic_flow_ids_memory(const hs_quic_flow_ids *ids);

#endif
