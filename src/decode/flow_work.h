/* Inside of flow_work.c and flow_over.c: a handshake that goes on. */
#ifndef HS_DECODE_FLOW_WORK_H
#define HS_DECODE_FLOW_WORK_H

#include "decode/flow.h"

/* Where one direction goes. */
typedef struct hs_flow_direction {
    struct hs_flow_work *work;
    hs_side side;
    hs_tcp_stream stream;
    uint64_t fed;
    bool waits; /* for what `acknowledged` covers, since `since` */
    uint32_t acknowledged;
    hs_time since;
    bool is_ended;
} hs_flow_direction;

struct hs_flow_work {
    const hs_allocator *allocator; /* of the work itself */
    hs_flow *flow;
    hs_trace *trace;
    hs_decoder *decoder; /* NULL: nothing more is decoded */
    hs_flow_direction sides[2];
    hs_result result; /* the first that went wrong */
    unsigned turns;   /* times that the direction changed */
    hs_side last_from;
    unsigned hello_turn; /* of the ServerHello; 0 before it */
    unsigned done_turn;  /* in which the handshake was done, or its end is known without keys */
    uint64_t done_fed;
    bool has_changed; /* since it was looked at last: else nothing new can be found */
    size_t memory;    /* as of then */
};

/* flow_over.c */
bool hs_flow_work_is_over(const hs_flow_work *work, const hs_flow_settings *settings);
/* In which turn of the conversation the handshake was where. */
void hs_flow_work_note_turns(hs_flow_work *work);

#endif
