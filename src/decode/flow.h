/* Inside of the flows: one TCP connection as it is followed. flow.c takes its packets;
 * flow_open.c, flow_states.c, flow_work.c and flow_brief.c each keep one part of it; flow_tell.c
 * makes a trace of it.
 *
 * An end is known by its index in the key until it is told which one is the client. Times are
 * relative to the first packet.
 */
#ifndef HS_DECODE_FLOW_H
#define HS_DECODE_FLOW_H

#include <handshake/trace.h>

#include "decode/decoder.h"
#include "decode/flow_store.h"
#include "decode/flow_table.h"
#include "decode/quic.h"
#include "decode/tcp_machine.h"
#include "decode/tcp_stream.h"
#include "trace/build.h"
#include "wire/tcp_options.h"

enum {
    HS_FLOW_NOTES_MAX = 256,      /* TCP packets of one connection that are told of */
    HS_FLOW_TRANSITIONS_MAX = 64, /* of both ends */
    HS_FLOW_NO_END = 2,           /* neither end */
};

/* What all flows share. */
typedef struct hs_flow_settings {
    bool light;
    bool headers_only; /* the streams are decoded elsewhere */
    size_t handshake_limit;
    const hs_keylog *keylog;
    hs_quic_crypto *quic_crypto;   /* NULL before the first packet of QUIC */
    bool keylog_complete;          /* who has no keys there will have none */
    hs_tls12_sessions *sessions;   /* of all flows, where there is a key log */
    const hs_allocator *allocator; /* of what lasts as long as a handshake */
    hs_flow_store *store;          /* of what lasts as long as a connection; NULL: malloc's */
    hs_trace_config trace;         /* of every connection's */
} hs_flow_settings;

/* What one end said and did. */
typedef struct hs_flow_end {
    hs_time advanced_at;   /* when `next` last rose */
    uint32_t isn;          /* of its SYN or SYN-ACK */
    uint32_t next;         /* one past the highest sequence number of its data */
    uint32_t acknowledged; /* the highest acknowledgment number it sent */
    uint32_t fin;          /* the sequence number behind its FIN */
    uint32_t retransmits;
    int32_t mss;
    int16_t window_scale;
    uint8_t state;     /* hs_tcp_state; HS_TCP_STATE_COUNT: not known */
    uint8_t fast_open; /* hs_flow_fast_open */
    bool has_isn : 1;
    bool has_next : 1;
    bool has_acknowledged : 1;
    bool has_fin : 1;
    bool has_opened : 1;       /* it sent a SYN without ACK */
    bool has_options : 1;      /* its SYN or SYN-ACK was seen */
    bool has_sent_fin : 1;     /* for its state; `has_fin` is noted before */
    bool has_received_fin : 1; /* as far as it has shown it */
    bool fin_ack_waits : 1;    /* the ACK of its FIN crossed the peer's FIN */
    bool has_sent_rst : 1;
    bool sack : 1;
    bool timestamps : 1;
    bool ecn : 1;
    bool mptcp : 1;
    bool options_cut : 1; /* what is not among them may have been behind the cut */
    bool syn_had_data : 1;
} hs_flow_end;

typedef enum hs_flow_fast_open {
    HS_FLOW_FAST_OPEN_NONE,
    HS_FLOW_FAST_OPEN_REQUESTED,
    HS_FLOW_FAST_OPEN_GIVEN,
    HS_FLOW_FAST_OPEN_USED,
} hs_flow_fast_open;

/* A TCP packet, kept until it is known who the client is. */
typedef struct hs_flow_note {
    const char *name;
    hs_time at;
    uint32_t sequence;
    uint32_t acknowledgment;
    uint32_t length;
    uint32_t behind; /* segments of the trace that had been added */
    uint16_t window;
    uint16_t flags;
    uint8_t end;
    uint8_t options_len;
    uint8_t options[HS_TCP_OPTIONS_MAX];
} hs_flow_note;

typedef struct hs_flow_transition {
    hs_time at;
    uint8_t end;
    uint8_t from;
    uint8_t to;
} hs_flow_transition;

/* A handshake that goes on. */
typedef struct hs_flow_work hs_flow_work;
/* One that is over, in the light mode. */
typedef struct hs_flow_brief hs_flow_brief;

/* What a connection of QUIC has in place of TCP's ends and work. */
typedef struct hs_quic_flow hs_quic_flow;

/* What a full account needs beyond the light one. */
typedef struct hs_flow_record {
    hs_flow_note *notes;
    size_t note_count;
    size_t note_capacity;
    size_t notes_dropped;
    hs_flow_transition transitions[HS_FLOW_TRANSITIONS_MAX];
    size_t transition_count;
} hs_flow_record;

struct hs_flow {
    hs_flow_head head;
    uint8_t list;   /* the table's: which of its lists it is in */
    uint8_t client; /* index of the client's end; HS_FLOW_NO_END: not known yet */
    uint8_t first_fin;
    uint8_t rst_from; /* who reset it before both had closed */
    hs_flow *older;   /* in its list */
    hs_flow *newer;
    int64_t first_at; /* nanoseconds since the epoch */
    int64_t last_at;
    uint64_t first_packet;
    const char *file;
    hs_flow_end ends[2];
    hs_time syn_at;          /* the first */
    hs_time last_syn_at;     /* before the SYN-ACK */
    hs_time syn_ack_at;      /* the first */
    hs_time acknowledged_at; /* the ACK that completes the handshake */
    hs_time stopped_at;      /* the first FIN or RST */
    uint32_t syn_ack_number; /* what the first SYN-ACK acknowledges */
    uint32_t packets;
    uint32_t truncated;
    uint32_t missing_bytes;
    uint32_t conflicting_bytes;
    uint16_t syn_retransmits;
    uint16_t syn_ack_retransmits;
    bool is_over : 1;         /* its handshake: nothing more is decoded */
    bool was_followed : 1;    /* up to the end of the handshake, not only up to a limit */
    bool syn_ack_reverse : 1; /* both ends opened, and both sent a SYN-ACK */
    hs_flow_work *work;
    hs_flow_brief *brief;
    hs_flow_record *record; /* full account only */
    hs_quic_flow *quic;     /* NULL: TCP */
    size_t charged;         /* the table's: memory it was counted with */
};

/* a - b of sequence numbers (RFC 9293 3.4) */
static inline int32_t hs_sequence_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static inline unsigned hs_flow_other(unsigned end)
{
    return 1 - end;
}

static inline hs_time hs_flow_time(const hs_flow *flow, int64_t at)
{
    return at - flow->first_at;
}

static inline hs_moment hs_flow_moment(hs_time at)
{
    return (hs_moment){at, at == HS_TIME_NONE ? HS_CLOCK_NONE : HS_CLOCK_CAPTURE};
}

static inline hs_side hs_flow_side(const hs_flow *flow, unsigned end)
{
    return end == flow->client ? HS_CLIENT : HS_SERVER;
}

/* The end has acknowledged what its peer numbered `sequence` - 1, and all before it. */
static inline bool hs_flow_covers(const hs_flow_end *end, uint32_t sequence)
{
    return end->has_acknowledged && hs_sequence_diff(end->acknowledged, sequence) >= 0;
}

/* A packet at work. */
typedef struct hs_flow_packet {
    const hs_packet *packet;
    const hs_tls_hello *hello; /* that its payload begins with; NULL: not known */
    unsigned from;             /* end that sent it */
    hs_time at;
} hs_flow_packet;

/* flow.c */

/* `head` is filled. NULL when out of memory. */
hs_flow *hs_flow_new(const hs_flow_head *head, const hs_flow_settings *settings, int64_t at,
                     uint64_t number, const char *file);
void hs_flow_free(hs_flow *flow, const hs_flow_settings *settings);
/* A packet is to come: asks for the memory that it will need. */
void hs_flow_expect(const hs_flow *flow);
/* `p->at` is set from `at`. HS_NO_MEMORY: part of what the packet says is lost. */
HS_CHECKED hs_result hs_flow_take(hs_flow *flow, const hs_flow_settings *settings,
                                  hs_flow_packet *p, int64_t at);
/* Whether the packet opens another connection between the same ends. */
bool hs_flow_is_new_connection(const hs_flow *flow, const hs_packet *packet, unsigned from);
/* Reset, or closed by both. */
bool hs_flow_is_closed(const hs_flow *flow);
/* Something beyond the SYN has come of it. */
bool hs_flow_is_open(const hs_flow *flow);
size_t hs_flow_memory(const hs_flow *flow);
/* Keeps the packet for the ladder, if there is one. `options` where they are worth telling. */
void hs_flow_note_packet(hs_flow *flow, const hs_flow_packet *p, const char *name,
                         bool with_options);
void hs_flow_note_gap(hs_flow *flow, unsigned end, uint64_t length, hs_time at);

/* flow_open.c: SYN, SYN-ACK and the ACK of it; which end is the client. */
void hs_flow_take_syn(hs_flow *flow, const hs_flow_packet *p);
void hs_flow_take_handshake_ack(hs_flow *flow, const hs_flow_packet *p);
/* From the first data, or, without any, from the ports. */
void hs_flow_find_client(hs_flow *flow, const hs_flow_packet *p);

/* flow_states.c */
void hs_flow_move(hs_flow *flow, unsigned end, hs_tcp_event event, hs_time at);
/* What the packet says of both ends' states; its numbers are noted already. */
void hs_flow_move_both(hs_flow *flow, const hs_flow_packet *p);
/* No more packets come: what was left open for them. */
void hs_flow_settle_states(hs_flow *flow, hs_time at);
/* "client_fin", "server_rst", …; NULL while open. */
const char *hs_flow_ended(const hs_flow *flow);

/* flow_work.c */

/* Data: puts the stream together and decodes it. */
HS_CHECKED hs_result hs_flow_work_take(hs_flow *flow, const hs_flow_settings *settings,
                                       const hs_flow_packet *p);
/* What the packet's acknowledgment, FIN or RST says about what is still to come. */
HS_CHECKED hs_result hs_flow_work_look(hs_flow *flow, const hs_flow_settings *settings,
                                       const hs_flow_packet *p);
/* Nothing more is decoded. */
HS_CHECKED hs_result hs_flow_work_end(hs_flow *flow, const hs_flow_settings *settings, hs_time at);
void hs_flow_work_free(hs_flow_work *work);
size_t hs_flow_work_memory(const hs_flow_work *work);
/* How many segments its trace has; 0 without a trace. */
size_t hs_flow_work_segments(const hs_flow_work *work);
/* The trace so far, which is the caller's from then on; NULL where none was begun. */
hs_trace *hs_flow_work_take_trace(hs_flow_work *work);

/* flow_brief.c: the few facts that stay in the light mode. */
hs_flow_brief *hs_flow_brief_new(const hs_trace *trace, hs_flow_store *store);
void hs_flow_brief_free(hs_flow_brief *brief, hs_flow_store *store);
/* It is to be restored soon, if there is one: asks for its memory. */
void hs_flow_brief_expect(const hs_flow_brief *brief);
size_t hs_flow_brief_memory(const hs_flow_brief *brief);
/* Puts them back into a new trace, which is finished then. */
void hs_flow_brief_restore(const hs_flow_brief *brief, hs_trace *trace);

/* flow_failure.c: what went wrong, as far as the packets show it. Before hs_trace_finish. */
typedef struct hs_flow_view {
    hs_time at;       /* now: nothing more was decoded */
    bool is_tls_done; /* as far as it can be told without keys */
    bool is_not_tls;
    hs_bytes first_bytes; /* what came in place of TLS */
} hs_flow_view;
void hs_flow_judge_application(const hs_flow *flow, hs_trace *trace, const hs_flow_view *view);
void hs_flow_judge_connection(const hs_flow *flow, hs_trace *trace, hs_time until);

/* flow_tell.c: the connection as a trace, finished; the flow keeps nothing of it. `until` is the
 * time up to which the capture is known. NULL when out of memory. */
hs_trace *hs_flow_tell(hs_flow *flow, const hs_flow_settings *settings, int64_t until);
/* The times of the TCP handshake. */
void hs_flow_tell_opening(const hs_flow *flow, hs_trace *trace);
/* Its parts that every connection has. */
const char *hs_flow_ip_text(hs_trace *trace, uint8_t family, const hs_ip_address *address);
void hs_flow_tell_capture(const hs_flow *flow, hs_trace *trace);
void hs_flow_tell_target(const hs_flow *flow, hs_trace *trace);
/* flow_events.c */
void hs_flow_tell_events(const hs_flow *flow, hs_trace *trace, hs_clock clock);
void hs_flow_tell_tcp(const hs_flow *flow, hs_trace *trace);

#endif
