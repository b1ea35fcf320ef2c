/* The registry of frame types (RFC 9000 12.4). */
#include "wire/quic/frame.h"

typedef struct row {
    hs_quic_frame_kind kind;
    uint64_t first;
    uint64_t last;
    const char *name;
    bool in_initial;
    bool in_0rtt;
    bool in_handshake;
    bool in_1rtt;
    bool elicits_ack;
} row;

static const row rows[] = {
#define HS_X(symbol, first, last, name, i, zero, h, one, elicits)                                  \
    {HS_QUIC_FRAME_##symbol, first, last, name, i, zero, h, one, elicits},
    HS_QUIC_FRAME_MAP(HS_X)
#undef HS_X
};

static const row *find(uint64_t type)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (type >= rows[i].first && type <= rows[i].last) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *hs_quic_frame_name(uint64_t type)
{
    const row *found = find(type);
    return found ? found->name : NULL;
}

hs_quic_frame_kind hs_quic_frame_kind_of(uint64_t type)
{
    const row *found = find(type);
    return found ? found->kind : HS_QUIC_FRAME_UNKNOWN;
}

bool hs_quic_frame_is_allowed(uint64_t type, hs_quic_packet_type packet)
{
    const row *found = find(type);
    switch (packet) {
    case HS_QUIC_INITIAL:
        return !found || found->in_initial;
    case HS_QUIC_0RTT:
        return !found || found->in_0rtt;
    case HS_QUIC_HANDSHAKE:
        return !found || found->in_handshake;
    case HS_QUIC_1RTT:
        return !found || found->in_1rtt;
    default:
        return false;
    }
}

bool hs_quic_frame_elicits_ack(uint64_t type)
{
    const row *found = find(type);
    return !found || found->elicits_ack;
}
