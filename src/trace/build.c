#include "trace/build.h"

#include <string.h>

#include "trace/store.h"

enum {
    DEFAULT_MEMORY = 16 * 1024 * 1024,
    DEFAULT_EVENTS = 4096,
    DEFAULT_SEGMENTS = 16384,
};

static const hs_moment no_moment = {HS_TIME_NONE, HS_CLOCK_NONE};

static const hs_tcp_side unseen_side = {.mss = -1,
                                        .window_scale = -1,
                                        .sack = HS_UNSEEN,
                                        .timestamps = HS_UNSEEN,
                                        .ecn = HS_UNSEEN,
                                        .mptcp = HS_UNSEEN};

static void set_unseen(hs_trace *trace)
{
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        trace->milestones[i] = no_moment;
    }
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        trace->phases[i] = (hs_phase_span){.start = no_moment, .end = no_moment, .round_trips = -1};
    }
    trace->failure.alert = -1;
    trace->failure.verify = -1;
    trace->accounting.path_rtt = HS_TIME_NONE;
    trace->tcp.client = unseen_side;
    trace->tcp.server = unseen_side;
    trace->tcp.rtt_server = HS_TIME_NONE;
    trace->tcp.rtt_client = HS_TIME_NONE;
    trace->tcp.syn_ack_retransmits = -1;
    trace->tcp.window_scale = HS_UNSEEN;
    trace->tcp.sack = HS_UNSEEN;
    trace->tcp.timestamps = HS_UNSEEN;
    trace->tcp.ecn = HS_UNSEEN;
    trace->tcp.syn_data_acknowledged = HS_UNSEEN;
    trace->tcp.rtt_us = -1;
    trace->tcp.syn_retransmits = -1;
    trace->tcp.retransmits = -1;
    trace->tls.resumed = HS_UNSEEN;
    trace->tls.hello_retry_request = HS_UNSEEN;
    trace->tls.ocsp_stapled = HS_UNSEEN;
    trace->tls.client_certificate_requested = HS_UNSEEN;
    trace->tls.verify_code = -1;
    trace->quic.retry = HS_UNSEEN;
    trace->quic.version_negotiation = HS_UNSEEN;
    trace->quic.token = HS_UNSEEN;
    trace->quic.amplification_limited = HS_UNSEEN;
    trace->quic.handshake_confirmed = HS_UNSEEN;
    trace->quic.stateless_reset = HS_UNSEEN;
    trace->quic.retransmits = -1;
    trace->quic.lost = -1;
    trace->quic.probe_timeouts = -1;
    trace->quic.rtt_server = HS_TIME_NONE;
    trace->quic.rtt_client = HS_TIME_NONE;
    trace->websocket.accepted = HS_UNSEEN;
    trace->websocket.has_upgrade = HS_UNSEEN;
}

uint64_t hs_trace_stream_length(const hs_trace *trace, hs_side from)
{
    return trace->store->stream_length[from];
}

void hs_trace_begin_again(hs_trace *trace)
{
    const hs_moment dns_start = trace->milestones[HS_MILESTONE_DNS_START];
    const hs_moment dns_done = trace->milestones[HS_MILESTONE_DNS_DONE];
    trace->tls = (hs_tls_facts){0};
    trace->quic = (hs_quic_facts){0};
    trace->http = (hs_http_facts){0};
    trace->http2 = (hs_http2_facts){0};
    trace->http3 = (hs_http3_facts){0};
    trace->certificates = NULL;
    trace->certificate_count = 0;
    memset(trace->store->marks, 0, sizeof trace->store->marks);
    set_unseen(trace);
    trace->milestones[HS_MILESTONE_DNS_START] = dns_start;
    trace->milestones[HS_MILESTONE_DNS_DONE] = dns_done;
}

hs_trace *hs_trace_new(const hs_trace_config *config)
{
    hs_trace_config c = *config;
    c.memory_limit = c.memory_limit ? c.memory_limit : DEFAULT_MEMORY;
    c.event_limit = c.event_limit ? c.event_limit : DEFAULT_EVENTS;
    c.segment_limit = c.segment_limit ? c.segment_limit : DEFAULT_SEGMENTS;
    c.keep_events = c.keep_events || c.keep_bytes;

    hs_arena *arena = hs_arena_new(c.allocator, c.memory_limit);
    if (!arena) {
        return NULL;
    }
    hs_trace *trace = HS_ARENA_NEW(arena, hs_trace);
    hs_trace_store *store = HS_ARENA_NEW(arena, hs_trace_store);
    if (!trace || !store) {
        hs_arena_free(arena);
        return NULL;
    }
    store->arena = arena;
    store->config = c;
    trace->store = store;
    set_unseen(trace);
    return trace;
}

void hs_trace_free(hs_trace *trace)
{
    if (trace) {
        hs_arena_free(trace->store->arena);
    }
}

hs_arena *hs_trace_arena(hs_trace *trace)
{
    return trace->store->arena;
}

bool hs_trace_keeps_bytes(const hs_trace *trace)
{
    return trace->store->config.keep_bytes;
}

bool hs_trace_is_light(const hs_trace *trace)
{
    return trace->store->config.light;
}

void hs_trace_mark(hs_trace *trace, hs_milestone milestone, hs_moment moment)
{
    if (trace->milestones[milestone].at == HS_TIME_NONE) {
        trace->milestones[milestone] = moment;
    }
}

void hs_trace_remark(hs_trace *trace, hs_milestone milestone, hs_moment moment)
{
    trace->milestones[milestone] = moment;
}

void hs_trace_mark_byte(hs_trace *trace, hs_milestone milestone, hs_side from, uint64_t offset)
{
    hs_byte_mark *mark = &trace->store->marks[milestone];
    if (!mark->set) {
        *mark = (hs_byte_mark){.set = true, .from = from, .offset = offset};
    }
}

void hs_trace_unmark_byte(hs_trace *trace, hs_milestone milestone)
{
    trace->store->marks[milestone].set = false;
}

bool hs_trace_is_marked(const hs_trace *trace, hs_milestone milestone)
{
    return trace->store->marks[milestone].set || trace->milestones[milestone].at != HS_TIME_NONE;
}

static void append_event(hs_trace *trace, hs_event *event)
{
    hs_trace_store *store = trace->store;
    if (store->last_event) {
        store->last_event->next = event;
    } else {
        trace->events = event;
    }
    store->last_event = event;
    trace->event_count++;
}

static hs_event_node *add_node(hs_trace *trace, const hs_message *message)
{
    hs_trace_store *store = trace->store;
    if (!store->config.keep_events) {
        return NULL;
    }
    bool is_full = trace->event_count == store->config.event_limit;
    hs_event_node *node = is_full ? NULL : HS_ARENA_NEW(store->arena, hs_event_node);
    if (!node) {
        trace->events_dropped++;
        return NULL;
    }
    node->first = message->first;
    node->end = message->end;
    node->event = (hs_event){.order = trace->event_count,
                             .moment = no_moment,
                             .first_at = HS_TIME_NONE,
                             .from = message->from,
                             .layer = message->layer,
                             .type = message->type,
                             .is_protected = message->is_protected,
                             .name = message->name,
                             .bytes = message->bytes};
    if (store->config.keep_bytes) {
        node->event.raw = hs_arena_copy(store->arena, message->raw);
    }
    append_event(trace, &node->event);
    return node;
}

hs_event *hs_trace_add_event(hs_trace *trace, const hs_message *message)
{
    trace->store->last_name = message->name;
    trace->store->last_is_of_stream = true;
    hs_event_node *node = add_node(trace, message);
    return node ? &node->event : NULL;
}

hs_event *hs_trace_add_event_at(hs_trace *trace, const hs_message *message, hs_moment moment,
                                size_t behind)
{
    if (!trace->store->last_is_of_stream) {
        trace->store->last_name = message->name;
    }
    hs_event_node *node = add_node(trace, message);
    if (!node) {
        return NULL;
    }
    node->has_moment = true;
    node->behind = behind;
    node->event.moment = moment;
    node->event.first_at = moment.at;
    return &node->event;
}

static void append_detail(hs_event *event, hs_detail *detail)
{
    if (!detail) {
        return;
    }
    hs_detail **link = &event->details;
    while (*link) {
        link = &(*link)->next;
    }
    *link = detail;
}

void hs_event_add_text(hs_trace *trace, hs_event *event, const char *key, const char *text)
{
    if (!event || !text) {
        return;
    }
    hs_detail *detail = HS_ARENA_NEW(trace->store->arena, hs_detail);
    char *copy = hs_arena_text(trace->store->arena, text);
    if (detail && copy) {
        detail->key = key;
        detail->text = copy;
        append_detail(event, detail);
    }
}

void hs_event_add_number(hs_trace *trace, hs_event *event, const char *key, int64_t number)
{
    if (!event) {
        return;
    }
    hs_detail *detail = HS_ARENA_NEW(trace->store->arena, hs_detail);
    if (detail) {
        detail->key = key;
        detail->number = number;
        append_detail(event, detail);
    }
}

void hs_event_add_format(hs_trace *trace, hs_event *event, const char *key, const char *format, ...)
{
    if (!event) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    hs_detail *detail = HS_ARENA_NEW(trace->store->arena, hs_detail);
    char *text = hs_arena_vprintf(trace->store->arena, format, arguments);
    va_end(arguments);
    if (detail && text) {
        detail->key = key;
        detail->text = text;
        append_detail(event, detail);
    }
}

void hs_trace_fail(hs_trace *trace, hs_failure_class cls, hs_phase phase, hs_time elapsed,
                   const char *format, ...)
{
    if (trace->failure.cls != HS_FAILURE_NONE) {
        return;
    }
    const hs_failure_descriptor *descriptor = hs_failure_describe(cls);
    if (!descriptor) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    const char *message = hs_arena_vprintf(trace->store->arena, format, arguments);
    va_end(arguments);
    trace->failure.cls = cls;
    trace->failure.phase = phase;
    trace->failure.message = message ? message : descriptor->meaning;
    trace->failure.advice = descriptor->advice;
    trace->failure.last_event = trace->store->last_name;
    trace->failure.elapsed = elapsed;
}
