#include "decode/milestones.h"

void hs_milestone_first_byte(hs_trace *trace, hs_side from)
{
    hs_trace_mark_byte(
        trace, from == HS_CLIENT ? HS_MILESTONE_FIRST_FLIGHT : HS_MILESTONE_SERVER_FIRST_BYTE, from,
        0);
}

void hs_milestone_client_hello(hs_trace *trace, uint64_t end)
{
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_START, HS_CLIENT, end - 1);
}

void hs_milestone_tls_done(hs_trace *trace, hs_side from, uint64_t end)
{
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_DONE, from, end - 1);
}

void hs_milestone_quic_start(hs_trace *trace, uint64_t end)
{
    hs_trace_mark_byte(trace, HS_MILESTONE_QUIC_START, HS_CLIENT, end - 1);
}

void hs_milestone_quic_done(hs_trace *trace, uint64_t end)
{
    hs_trace_mark_byte(trace, HS_MILESTONE_QUIC_DONE, HS_CLIENT, end - 1);
}
