/* Frames, as far as they can be read before it is known whose they are. */
#include "decode/flows_state.h"

void hs_flows_find_head(const uint64_t seed[2], hs_flows_input *input)
{
    if (input->kind == HS_PACKET_TCP || input->kind == HS_PACKET_UDP) {
        hs_flow_key_set(&input->head.key, &input->packet, &input->from);
        input->head.hash = hs_flow_key_hash(seed, &input->head.key);
    }
}

void hs_flows_read(const uint64_t seed[2], int link_type, hs_bytes frame, hs_flows_input *out)
{
    out->kind = hs_packet_read(link_type, frame, &out->packet);
    out->hello = NULL;
    hs_flows_find_head(seed, out);
}

void hs_flows_read_hello(hs_flows_input *input, hs_tls_hello *room)
{
    if (input->kind == HS_PACKET_TCP && hs_tls_hello_read(input->packet.payload, room)) {
        input->hello = room;
    }
}
