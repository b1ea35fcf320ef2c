/* A connection of QUIC among the flows of a capture: it begins with a client's Initial packet whose
 * protection opens, on any port. Datagrams between the same ends are its own, and, in the full
 * account, those with a connection ID that one of its sides issued (RFC 9000 9: a client's address
 * may change). */
#ifndef HS_DECODE_QUIC_FLOW_H
#define HS_DECODE_QUIC_FLOW_H

#include "decode/flow.h"

/* Whether the datagram looks like a client's first: a long header, an Initial of a known version,
 * or a version that only a negotiation can answer. Costs a few comparisons. */
bool hs_quic_may_begin(hs_bytes datagram);

/* Makes `flow->quic`; `from` sent the first Initial. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_quic_flow_begin(hs_flow *flow, const hs_flow_settings *settings,
                                        unsigned from);
void hs_quic_flow_free(hs_quic_flow *quic);
/* One datagram. HS_NO_MEMORY: part of what it says is lost. */
HS_CHECKED hs_result hs_quic_flow_take(hs_flow *flow, const hs_flow_settings *settings,
                                       const hs_packet *packet, unsigned from, int64_t at);
/* An Initial has opened, or a Version Negotiation answered: what is not real is not told of. */
bool hs_quic_flow_is_real(const hs_quic_flow *quic);
/* It may still become real. */
bool hs_quic_flow_is_possible(const hs_quic_flow *quic);
bool hs_quic_flow_is_closed(const hs_quic_flow *quic);
/* A datagram that may begin a connection begins another one between the same ends. */
bool hs_quic_flow_is_new_connection(const hs_flow *flow, hs_bytes datagram, unsigned from);
size_t hs_quic_flow_memory(const hs_quic_flow *quic);
/* What the table of connection IDs keeps of a flow. */
typedef struct hs_quic_flow_paths {
    void *entries;
    size_t count;
    unsigned seen; /* changes of the decoder's IDs */
} hs_quic_flow_paths;
hs_quic_flow_paths *hs_quic_flow_paths_of(hs_quic_flow *quic);
/* NULL once nothing more is decoded. */
const hs_quic_decoder *hs_quic_flow_decoder(const hs_quic_flow *quic);
/* Counted among the connections: the caller's mark. */
bool hs_quic_flow_is_counted(const hs_quic_flow *quic);
void hs_quic_flow_set_counted(hs_quic_flow *quic);
/* As hs_flow_tell; NULL also of what is not real. */
hs_trace *hs_quic_flow_tell(hs_flow *flow, const hs_flow_settings *settings, int64_t until);

#endif
