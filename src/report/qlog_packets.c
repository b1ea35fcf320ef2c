/* Datagrams and packets (draft-ietf-quic-qlog-quic-events-13 5.7, 5.8, 5.13, 5.14, 8.7, 9). What
 * the trace says of a packet stands in the event of it and in those of its frames, which follow. */
#include <string.h>

#include "report/qlog_parts.h"
#include "wire/quic/packet.h"

/* Of hs_event.type, as the decoder sets it beside the types of packets. */
enum { RESET = 0x10, NO_PACKET = 0x11, NUMBER_LENGTH_MASK = 0x03 };

void hs_qlog_datagram(hs_qlog *q, const hs_event *event)
{
    const char *ecn = hs_qlog_text(event, "ecn");
    json_t *data = hs_json_object(&q->json);
    json_t *list = hs_json_array(&q->json);
    json_t *raw = hs_json_object(&q->json);
    hs_qlog_number(q, raw, "length", event->bytes);
    hs_json_append(&q->json, list, raw);
    hs_json_integer(&q->json, data, "count", 1);
    hs_json_set(&q->json, data, "raw", list);
    if (ecn) {
        json_t *marks = hs_json_array(&q->json);
        hs_json_append(&q->json, marks, hs_json_string(ecn));
        hs_json_set(&q->json, data, "ecn", marks);
    }
    json_t *numbers = hs_json_array(&q->json);
    q->datagram[event->from] = ++q->datagrams;
    hs_json_append(&q->json, numbers, json_integer(q->datagrams));
    hs_json_set(&q->json, data, "datagram_ids", numbers);
    hs_qlog_add(
        q, event->moment.at,
        hs_qlog_by_side(event->from, "quic:udp_datagrams_sent", "quic:udp_datagrams_received"),
        data);
}

/* --- packets --- */

static const char *type_name(int type)
{
    static const char *const names[] = {
        [HS_QUIC_INITIAL] = "initial",
        [HS_QUIC_0RTT] = "0RTT",
        [HS_QUIC_HANDSHAKE] = "handshake",
        [HS_QUIC_RETRY] = "retry",
        [HS_QUIC_VERSION_NEGOTIATION] = "version_negotiation",
        [HS_QUIC_1RTT] = "1RTT",
        [HS_QUIC_UNKNOWN_VERSION] = "unknown",
        [RESET] = "stateless_reset",
        [NO_PACKET] = "unknown",
    };
    bool is_known = type >= 0 && (size_t)type < sizeof names / sizeof names[0] && names[type];
    return is_known ? names[type] : "unknown";
}

/* Of Initial packets it is not told which of the two kinds it is: both are opaque. */
static void set_token(hs_qlog *q, json_t *header, const hs_event *event, int type)
{
    const hs_detail *token = hs_qlog_detail(event, "token");
    if (type == HS_QUIC_INITIAL || type == HS_QUIC_RETRY) {
        json_t *object = hs_json_object(&q->json);
        if (type == HS_QUIC_RETRY) {
            hs_json_text(&q->json, object, "type", "retry");
        }
        if (token && !token->text) {
            hs_qlog_raw(q, object, (size_t)token->number, SIZE_MAX);
            hs_json_set(&q->json, header, "token", object);
        } else {
            json_decref(object);
        }
    }
}

/* What only the header's own bytes tell. */
static void set_from_bytes(hs_qlog *q, json_t *header, const hs_event *event, int type,
                           bool is_opened)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_packet packet;
    hs_reader_init(&r, event->raw, &fault, NULL);
    if (type >= RESET || event->raw.len == 0 || hs_quic_read_header(&r, 0, &packet) != HS_OK) {
        return;
    }
    if (type == HS_QUIC_1RTT) {
        hs_json_bool(&q->json, header, "spin_bit", packet.spin_bit);
    } else {
        hs_qlog_number(q, header, "dcil", packet.dcid.len);
        hs_qlog_number(q, header, "scil", packet.scid.len);
    }
    if (is_opened) {
        hs_json_integer(&q->json, header, "packet_number_length",
                        (packet.first & NUMBER_LENGTH_MASK) + 1);
    }
    if (type == HS_QUIC_INITIAL || type == HS_QUIC_0RTT || type == HS_QUIC_HANDSHAKE) {
        hs_qlog_number(q, header, "length", packet.length);
    }
}

static json_t *make_header(hs_qlog *q, const hs_event *event, int type)
{
    uint32_t version = 0;
    const hs_detail *number = hs_qlog_detail(event, "pn");
    const hs_detail *phase = hs_qlog_detail(event, "key_phase");
    const char *text = hs_qlog_text(event, "version");
    json_t *header = hs_json_object(&q->json);
    hs_json_text(&q->json, header, "packet_type", type_name(type));
    if (number) {
        hs_json_integer(&q->json, header, "packet_number", number->number);
    }
    if (phase) {
        hs_json_bool(&q->json, header, "key_phase_bit", phase->number != 0);
    }
    if (text && hs_quic_version_parse(text, strlen(text), &version)) {
        hs_qlog_version(q, header, "version", version);
    } else if (type == HS_QUIC_VERSION_NEGOTIATION) {
        hs_qlog_version(q, header, "version", HS_QUIC_VERSION_NEGOTIATION_VERSION);
    }
    set_from_bytes(q, header, event, type, number != NULL);
    hs_json_text(&q->json, header, "scid", hs_qlog_text(event, "scid"));
    hs_json_text(&q->json, header, "dcid", hs_qlog_text(event, "dcid"));
    set_token(q, header, event, type);
    return header;
}

static void set_supported_versions(hs_qlog *q, json_t *data, const hs_event *event)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_packet packet;
    hs_reader_init(&r, event->raw, &fault, NULL);
    if (event->raw.len > 0 && hs_quic_read_packet(&r, 0, &packet) == HS_OK) {
        hs_qlog_versions(q, data, "supported_versions", packet.versions);
    }
}

/* The packet of this side is whole: no more frames of it follow. */
static void end_packet(hs_qlog *q, hs_side side, bool is_whole)
{
    hs_qlog_packet *packet = &q->packets[side];
    if (packet->data && packet->frames) {
        if (packet->is_partly || !is_whole) {
            /* Some alone would be a wrong list. */
            (void)json_object_del(packet->data, "frames");
        } else {
            hs_qlog_number(q, packet->raw, "payload_length", packet->payload);
        }
    }
    *packet = (hs_qlog_packet){0};
}

void hs_qlog_packets_end(hs_qlog *q)
{
    bool is_whole = q->trace->events_dropped == 0;
    end_packet(q, HS_CLIENT, is_whole);
    end_packet(q, HS_SERVER, is_whole);
}

static void add_packet(hs_qlog *q, const hs_event *event, int type)
{
    bool is_opened = hs_qlog_detail(event, "pn") != NULL;
    json_t *data = hs_json_object(&q->json);
    json_t *frames = is_opened ? hs_json_array(&q->json) : NULL;
    hs_json_set(&q->json, data, "header", make_header(q, event, type));
    if (frames) {
        hs_json_set(&q->json, data, "frames", frames);
    }
    if (type == RESET) {
        hs_json_text(&q->json, data, "stateless_reset_token", hs_qlog_text(event, "token"));
    } else if (type == HS_QUIC_VERSION_NEGOTIATION) {
        set_supported_versions(q, data, event);
    }
    json_t *raw = hs_qlog_raw(q, data, event->bytes, SIZE_MAX);
    if (q->datagram[event->from] > 0) {
        hs_json_integer(&q->json, data, "datagram_id", q->datagram[event->from]);
    }
    hs_qlog_add(q, event->moment.at,
                hs_qlog_by_side(event->from, "quic:packet_sent", "quic:packet_received"), data);
    q->packets[event->from] = (hs_qlog_packet){
        .data = data, .frames = frames, .raw = raw, .type = (hs_quic_packet_type)type};
}

void hs_qlog_packet_event(hs_qlog *q, const hs_event *event)
{
    int type = event->type & ~HS_EVENT_QUIC_PACKET;
    end_packet(q, event->from, true);
    if (type == RESET) {
        add_packet(q, event, type);
        hs_qlog_connection_reset(q, event);
    } else if (type == NO_PACKET) {
        add_packet(q, event, type);
    } else {
        hs_qlog_connection_packet(q, event, (hs_quic_packet_type)type);
        add_packet(q, event, type);
    }
}

void hs_qlog_frame_event(hs_qlog *q, const hs_event *event)
{
    hs_qlog_packet *packet = &q->packets[event->from];
    if (packet->frames && event->raw.len > 0) {
        json_t *frame = hs_qlog_frame(q, event->raw, event->from, packet->type);
        hs_json_append(&q->json, packet->frames, frame);
        packet->payload += event->bytes;
    }
    packet->is_partly = packet->is_partly || event->raw.len == 0;
    hs_qlog_connection_frame(q, event);
}
