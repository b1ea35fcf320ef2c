/* The TCP packets worth telling, as events: SYN, SYN-ACK, ACK, FIN, RST, what was sent again, what
 * is missing. */
#include "decode/flow.h"
#include "trace/build.h"

static void tell_options(hs_trace *trace, hs_event *event, const hs_flow_note *note)
{
    hs_tcp_options options;
    hs_tcp_options_read(hs_bytes_of(note->options, note->options_len), &options);
    if (options.mss >= 0) {
        hs_event_add_number(trace, event, "mss", options.mss);
    }
    if (options.window_scale >= 0) {
        hs_event_add_number(trace, event, "wscale", options.window_scale);
    }
    if (options.sack_permitted) {
        hs_event_add_text(trace, event, "sack", "permitted");
    }
    if (options.has_timestamps) {
        hs_event_add_number(trace, event, "ts", options.timestamp_value);
        if (options.timestamp_echo != 0) {
            hs_event_add_number(trace, event, "ts_echo", options.timestamp_echo);
        }
    }
    if (options.has_fast_open && options.fast_open_cookie.len == 0) {
        hs_event_add_text(trace, event, "tfo", "cookie requested");
    } else if (options.has_fast_open) {
        hs_event_add_text(trace, event, "tfo",
                          hs_arena_hex(hs_trace_arena(trace), options.fast_open_cookie));
    }
    if (options.mptcp_subtype >= 0) {
        hs_event_add_number(trace, event, "mptcp", options.mptcp_subtype);
    }
    if (options.malformed) {
        hs_event_add_text(trace, event, "options", "malformed");
    }
}

static void tell_ecn(hs_trace *trace, hs_event *event, const hs_flow_note *note)
{
    bool ece = note->flags & HS_TCP_ECE;
    bool cwr = note->flags & HS_TCP_CWR;
    if (ece || cwr) {
        hs_event_add_text(trace, event, "ecn", ece && cwr ? "ECE CWR" : ece ? "ECE" : "CWR");
    }
}

static void tell_packet(hs_trace *trace, hs_event *event, const hs_flow_note *note)
{
    hs_event_add_number(trace, event, "seq", note->sequence);
    if (note->flags & HS_TCP_ACK) {
        hs_event_add_number(trace, event, "ack", note->acknowledgment);
    }
    hs_event_add_number(trace, event, "win", note->window);
    if (note->flags & HS_TCP_SYN) {
        tell_options(trace, event, note);
        tell_ecn(trace, event, note);
    }
    if (note->length > 0) {
        hs_event_add_number(trace, event, "data", note->length);
    }
}

void hs_flow_tell_events(const hs_flow *flow, hs_trace *trace, hs_clock clock)
{
    const hs_flow_record *record = flow->record;
    for (size_t i = 0; record && i < record->note_count; i++) {
        const hs_flow_note *note = &record->notes[i];
        bool is_packet = note->flags != 0;
        hs_message message = {.from = hs_flow_side(flow, note->end),
                              .layer = HS_LAYER_TCP,
                              .type = note->flags,
                              .name = note->name,
                              .bytes = is_packet ? 0 : note->length};
        hs_moment moment = {note->at, clock};
        hs_event *event = hs_trace_add_event_at(trace, &message, moment, note->behind);
        if (is_packet) {
            tell_packet(trace, event, note);
        }
    }
    if (record) {
        trace->events_dropped += record->notes_dropped;
    }
}
