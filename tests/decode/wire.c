#include "../cmocka_headers.h"

#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/packet.h"

enum { FRAME_MAX = 65575 };

static void take(void *context, hs_trace *trace)
{
    wire *w = context;
    assert_true(w->count < WIRE_TRACES_MAX);
    w->traces[w->count++] = trace;
}

wire *wire_new(const hs_flows_config *config)
{
    wire *w = calloc(1, sizeof *w);
    assert_non_null(w);
    hs_flows_config c = {.keep_events = true};
    if (config) {
        c = *config;
    }
    c.seed[0] = 1;
    c.connection = take;
    c.context = w;
    w->flows = hs_flows_new(&c);
    assert_non_null(w->flows);
    w->now = 1700000000 * HS_SECOND;
    w->family = 4;
    w->client_address = 0x0a000001;
    w->client_port = 40000;
    w->server_address = 0xc0000201;
    w->server_port = 443;
    w->client_isn = WIRE_CLIENT_ISN;
    w->server_isn = WIRE_SERVER_ISN;
    return w;
}

void wire_free(wire *w)
{
    for (size_t i = 0; i < w->count; i++) {
        hs_trace_free(w->traces[i]);
    }
    hs_flows_free(w->flows);
    free(w);
}

static void put(uint8_t **at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        *(*at)++ = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
}

static void put_address(const wire *w, uint8_t **at, uint32_t address)
{
    if (w->family == 6) {
        put(at, UINT64_C(0x20010db800000000), 8);
        put(at, 0, 4);
    }
    put(at, address, 4);
}

size_t wire_frame(const wire *w, const wire_packet *p, uint8_t *out)
{
    uint8_t *at = out;
    size_t options = (p->options.len + 3) / 4 * 4;
    size_t payload = 20 + options + p->data.len + p->cut;
    uint32_t source = p->from_server ? w->server_address : w->client_address;
    uint32_t destination = p->from_server ? w->client_address : w->server_address;
    if (w->family == 4) {
        put(&at, 0x4500, 2);
        put(&at, 20 + payload, 2);
        put(&at, 0, 4);
        put(&at, 64 << 8 | HS_PROTOCOL_TCP, 2);
        put(&at, 0, 2);
    } else {
        put(&at, 0x60000000, 4);
        put(&at, payload, 2);
        put(&at, HS_PROTOCOL_TCP << 8 | 64, 2);
    }
    put_address(w, &at, source);
    put_address(w, &at, destination);
    put(&at, p->from_server ? w->server_port : w->client_port, 2);
    put(&at, p->from_server ? w->client_port : w->server_port, 2);
    put(&at, p->seq + (p->from_server ? w->server_isn : w->client_isn), 4);
    put(&at, p->flags & HS_TCP_ACK ? p->ack + (p->from_server ? w->client_isn : w->server_isn) : 0,
        4);
    put(&at, (5 + options / 4) << 12 | p->flags, 2);
    put(&at, 64240, 2);
    put(&at, 0, 4);
    if (options > 0) {
        memset(at, 0, options);
        memcpy(at, p->options.data, p->options.len);
        at += options;
    }
    if (p->data.len > 0) {
        memcpy(at, p->data.data, p->data.len);
        at += p->data.len;
    }
    return (size_t)(at - out);
}

void wire_send(wire *w, hs_time after, const wire_packet *packet)
{
    uint8_t *frame = malloc(FRAME_MAX);
    assert_non_null(frame);
    size_t len = wire_frame(w, packet, frame);
    w->now += after;
    assert_int_equal(
        hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(frame, len), w->now, ++w->number), HS_OK);
    free(frame);
}

/* MSS 1460, SACK permitted, timestamps, window scale 7 */
static const uint8_t syn_options[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
                                      0, 1, 0, 0,   0, 0, 1, 3,  3, 7};

void wire_syn(wire *w, hs_time after)
{
    wire_send(w, after,
              &(wire_packet){.flags = HS_TCP_SYN,
                             .options = hs_bytes_of(syn_options, sizeof syn_options)});
}

void wire_syn_ack(wire *w, hs_time after)
{
    wire_send(w, after,
              &(wire_packet){.from_server = true,
                             .flags = HS_TCP_SYN | HS_TCP_ACK,
                             .ack = 1,
                             .options = hs_bytes_of(syn_options, sizeof syn_options)});
}

void wire_ack(wire *w, hs_time after)
{
    wire_client(w, after, 0, 1, 1, "");
}

void wire_open(wire *w)
{
    wire_syn(w, 0);
    wire_syn_ack(w, 9 * HS_MILLISECOND);
    wire_ack(w, HS_MILLISECOND);
}

wire *wire_new_open(void)
{
    wire *w = wire_new(NULL);
    wire_open(w);
    return w;
}

void wire_client_bytes(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                       hs_bytes data)
{
    wire_send(w, after,
              &(wire_packet){.flags = flags | HS_TCP_ACK, .seq = seq, .ack = ack, .data = data});
}

void wire_server_bytes(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                       hs_bytes data)
{
    wire_send(w, after,
              &(wire_packet){.from_server = true,
                             .flags = flags | HS_TCP_ACK,
                             .seq = seq,
                             .ack = ack,
                             .data = data});
}

void wire_client(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                 const char *data)
{
    wire_client_bytes(w, after, flags, seq, ack, hs_bytes_of(data, strlen(data)));
}

void wire_server(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                 const char *data)
{
    wire_server_bytes(w, after, flags, seq, ack, hs_bytes_of(data, strlen(data)));
}

hs_trace *wire_finish(wire *w)
{
    hs_flows_finish(w->flows);
    assert_true(w->count > 0);
    return w->traces[w->count - 1];
}

const char *wire_states(const hs_trace *trace, hs_side side, char out[512])
{
    size_t used = 0;
    const char *last = NULL;
    out[0] = 0;
    for (size_t i = 0; i < trace->tcp.state_count; i++) {
        const hs_tcp_transition *t = &trace->tcp.states[i];
        if (t->side != side) {
            continue;
        }
        if (last) {
            assert_string_equal(last, t->from);
        } else {
            used += (size_t)snprintf(out + used, 512 - used, "%s", t->from);
        }
        used += (size_t)snprintf(out + used, 512 - used, " > %s", t->to);
        last = t->to;
    }
    return out;
}

const hs_event *wire_event(const hs_trace *trace, const char *name, size_t index)
{
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (strcmp(event->name, name) == 0 && index-- == 0) {
            return event;
        }
    }
    return NULL;
}
