/* QUIC frames (draft-ietf-quic-qlog-quic-events-13 8.13).
 *
 * `raw.length` is a frame's whole length, as the main schema has it; of CRYPTO, STREAM and DATAGRAM
 * it is the Length field, as the draft asks, which is the length of their data. */
#include <string.h>

#include "base/bytes_text.h"
#include "report/qlog_parts.h"
#include "wire/quic/transport_parameters.h"

static json_t *begin(hs_qlog *q, const char *type)
{
    json_t *object = hs_json_object(&q->json);
    hs_json_text(&q->json, object, "frame_type", type);
    return object;
}

static void set_raw(hs_qlog *q, json_t *object, const hs_quic_frame *frame)
{
    switch (frame->kind) {
    case HS_QUIC_FRAME_PADDING:
        hs_qlog_raw(q, object, frame->bytes.len, (size_t)frame->padding.length);
        break;
    case HS_QUIC_FRAME_CRYPTO:
        hs_qlog_raw(q, object, frame->crypto.data.len, frame->crypto.data.len);
        break;
    case HS_QUIC_FRAME_STREAM:
        hs_qlog_raw(q, object, frame->stream.data.len, frame->stream.data.len);
        break;
    case HS_QUIC_FRAME_DATAGRAM:
        hs_qlog_raw(q, object, frame->datagram.data.len, frame->datagram.data.len);
        break;
    default:
        hs_qlog_raw(q, object, frame->bytes.len, SIZE_MAX);
        break;
    }
}

/* In milliseconds. The sender's exponent counts in 1-RTT packets alone (RFC 9000 13.2.5, 18.2);
 * unless it was seen, the delay is not known. */
static void set_delay(hs_qlog *q, json_t *object, uint64_t delay, hs_side from,
                      hs_quic_packet_type packet)
{
    enum { DEFAULT_EXPONENT = 3, EXPONENT_MAX = 20, DELAY_BITS = 40 };
    const hs_quic_facts *quic = &q->trace->quic;
    const hs_quic_parameters *side = from == HS_CLIENT ? &quic->client_parameters
                                                       : &quic->server_parameters;
    uint64_t exponent = DEFAULT_EXPONENT;
    if (packet == HS_QUIC_1RTT &&
        (!side->seen ||
         !hs_quic_parameter_number(side->bytes, HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT,
                                   &exponent) ||
         exponent > EXPONENT_MAX)) {
        return;
    }
    if (delay >> DELAY_BITS == 0) {
        double microseconds = (double)(delay << exponent);
        hs_json_set(&q->json, object, "ack_delay", json_real(microseconds / 1000.0));
    }
}

static void set_ack(hs_qlog *q, json_t *object, const hs_quic_ack *ack, hs_side from,
                    hs_quic_packet_type packet)
{
    hs_quic_ack_iterator it = hs_quic_ack_begin(ack);
    hs_quic_ack_range range;
    json_t *ranges = hs_json_array(&q->json);
    while (!q->json.failed && hs_quic_ack_next(&it, &range)) {
        json_t *one = hs_json_array(&q->json);
        hs_json_append(&q->json, one, json_integer((json_int_t)range.smallest));
        if (range.largest != range.smallest) {
            hs_json_append(&q->json, one, json_integer((json_int_t)range.largest));
        }
        hs_json_append(&q->json, ranges, one);
    }
    set_delay(q, object, ack->delay, from, packet);
    hs_json_set(&q->json, object, "acked_ranges", ranges);
    if (ack->has_ecn) {
        hs_qlog_number(q, object, "ect1", ack->ect1);
        hs_qlog_number(q, object, "ect0", ack->ect0);
        hs_qlog_number(q, object, "ce", ack->ecn_ce);
    }
}

static bool is_printable(hs_bytes bytes)
{
    while (bytes.len > 0) {
        size_t len = hs_printable_length(bytes);
        if (len == 0) {
            return false;
        }
        bytes.data += len;
        bytes.len -= len;
    }
    return true;
}

static const char *type_name(uint64_t type);

static void set_close(hs_qlog *q, json_t *object, const hs_quic_frame *frame)
{
    bool is_application = frame->kind == HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION;
    hs_bytes reason = frame->connection_close.reason;
    uint64_t trigger = frame->connection_close.frame_type;
    hs_json_text(&q->json, object, "error_space", is_application ? "application" : "transport");
    if (is_application) {
        hs_qlog_application_error(q, object, "error", frame->connection_close.error);
    } else {
        hs_qlog_transport_error(q, object, "error", frame->connection_close.error);
    }
    if (reason.len > 0 && is_printable(reason)) {
        hs_json_set(&q->json, object, "reason",
                    json_stringn((const char *)reason.data, reason.len));
    } else if (reason.len > 0) {
        hs_qlog_hex(q, object, "reason_bytes", reason);
    }
    if (!is_application && trigger != 0) { /* 0 also where the type is not known */
        const char *name = type_name(trigger);
        if (name) {
            hs_json_text(&q->json, object, "trigger_frame_type", name);
        } else {
            hs_qlog_number(q, object, "trigger_frame_type", trigger);
        }
    }
}

static void set_new_connection_id(hs_qlog *q, json_t *object, const hs_quic_frame *frame)
{
    hs_qlog_number(q, object, "sequence_number", frame->new_connection_id.sequence_number);
    hs_qlog_number(q, object, "retire_prior_to", frame->new_connection_id.retire_prior_to);
    hs_qlog_number(q, object, "connection_id_length", frame->new_connection_id.connection_id.len);
    hs_qlog_hex(q, object, "connection_id", frame->new_connection_id.connection_id);
    hs_qlog_hex(q, object, "stateless_reset_token", frame->new_connection_id.stateless_reset_token);
}

static void set_token(hs_qlog *q, json_t *object, const hs_quic_frame *frame)
{
    json_t *token = hs_json_object(&q->json);
    hs_json_text(&q->json, token, "type", "resumption");
    hs_qlog_raw(q, token, frame->new_token.token.len, SIZE_MAX);
    hs_json_set(&q->json, object, "token", token);
}

/* Frames that belong to streams. */
static void set_of_stream(hs_qlog *q, json_t *object, const hs_quic_frame *frame)
{
    switch (frame->kind) {
    case HS_QUIC_FRAME_RESET_STREAM:
        hs_qlog_number(q, object, "stream_id", frame->reset_stream.stream_id);
        hs_qlog_application_error(q, object, "error", frame->reset_stream.error);
        hs_qlog_number(q, object, "final_size", frame->reset_stream.final_size);
        break;
    case HS_QUIC_FRAME_STOP_SENDING:
        hs_qlog_number(q, object, "stream_id", frame->stop_sending.stream_id);
        hs_qlog_application_error(q, object, "error", frame->stop_sending.error);
        break;
    case HS_QUIC_FRAME_STREAM:
        hs_qlog_number(q, object, "stream_id", frame->stream.stream_id);
        hs_qlog_number(q, object, "offset", frame->stream.offset);
        hs_json_bool(&q->json, object, "fin", frame->stream.fin);
        break;
    case HS_QUIC_FRAME_MAX_STREAM_DATA:
    case HS_QUIC_FRAME_STREAM_DATA_BLOCKED:
        hs_qlog_number(q, object, "stream_id", frame->max_stream_data.stream_id);
        hs_qlog_number(q, object,
                       frame->kind == HS_QUIC_FRAME_MAX_STREAM_DATA ? "maximum" : "limit",
                       frame->max_stream_data.maximum);
        break;
    case HS_QUIC_FRAME_MAX_STREAMS:
    case HS_QUIC_FRAME_STREAMS_BLOCKED:
        hs_json_text(&q->json, object, "stream_type",
                     frame->max_streams.unidirectional ? "unidirectional" : "bidirectional");
        hs_qlog_number(q, object, frame->kind == HS_QUIC_FRAME_MAX_STREAMS ? "maximum" : "limit",
                       frame->max_streams.maximum);
        break;
    default:
        break;
    }
}

static void set_members(hs_qlog *q, json_t *object, const hs_quic_frame *frame, hs_side from,
                        hs_quic_packet_type packet)
{
    switch (frame->kind) {
    case HS_QUIC_FRAME_ACK:
        set_ack(q, object, &frame->ack, from, packet);
        break;
    case HS_QUIC_FRAME_CRYPTO:
        hs_qlog_number(q, object, "offset", frame->crypto.offset);
        break;
    case HS_QUIC_FRAME_NEW_TOKEN:
        set_token(q, object, frame);
        break;
    case HS_QUIC_FRAME_MAX_DATA:
        hs_qlog_number(q, object, "maximum", frame->max_data.maximum);
        break;
    case HS_QUIC_FRAME_DATA_BLOCKED:
        hs_qlog_number(q, object, "limit", frame->data_blocked.maximum);
        break;
    case HS_QUIC_FRAME_NEW_CONNECTION_ID:
        set_new_connection_id(q, object, frame);
        break;
    case HS_QUIC_FRAME_RETIRE_CONNECTION_ID:
        hs_qlog_number(q, object, "sequence_number", frame->retire_connection_id.sequence_number);
        break;
    case HS_QUIC_FRAME_PATH_CHALLENGE:
    case HS_QUIC_FRAME_PATH_RESPONSE:
        hs_qlog_hex(q, object, "data", frame->path.data);
        break;
    case HS_QUIC_FRAME_CONNECTION_CLOSE:
    case HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION:
        set_close(q, object, frame);
        break;
    case HS_QUIC_FRAME_UNKNOWN:
        hs_qlog_number(q, object, "frame_type_bytes", frame->type);
        break;
    default:
        set_of_stream(q, object, frame);
        break;
    }
}

/* NULL: the draft has no name for it. */
static const char *type_name(uint64_t type)
{
    static const char *const names[] = {
        [HS_QUIC_FRAME_PADDING] = "padding",
        [HS_QUIC_FRAME_PING] = "ping",
        [HS_QUIC_FRAME_ACK] = "ack",
        [HS_QUIC_FRAME_RESET_STREAM] = "reset_stream",
        [HS_QUIC_FRAME_STOP_SENDING] = "stop_sending",
        [HS_QUIC_FRAME_CRYPTO] = "crypto",
        [HS_QUIC_FRAME_NEW_TOKEN] = "new_token",
        [HS_QUIC_FRAME_STREAM] = "stream",
        [HS_QUIC_FRAME_MAX_DATA] = "max_data",
        [HS_QUIC_FRAME_MAX_STREAM_DATA] = "max_stream_data",
        [HS_QUIC_FRAME_MAX_STREAMS] = "max_streams",
        [HS_QUIC_FRAME_DATA_BLOCKED] = "data_blocked",
        [HS_QUIC_FRAME_STREAM_DATA_BLOCKED] = "stream_data_blocked",
        [HS_QUIC_FRAME_STREAMS_BLOCKED] = "streams_blocked",
        [HS_QUIC_FRAME_NEW_CONNECTION_ID] = "new_connection_id",
        [HS_QUIC_FRAME_RETIRE_CONNECTION_ID] = "retire_connection_id",
        [HS_QUIC_FRAME_PATH_CHALLENGE] = "path_challenge",
        [HS_QUIC_FRAME_PATH_RESPONSE] = "path_response",
        [HS_QUIC_FRAME_CONNECTION_CLOSE] = "connection_close",
        [HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION] = "connection_close",
        [HS_QUIC_FRAME_HANDSHAKE_DONE] = "handshake_done",
        [HS_QUIC_FRAME_DATAGRAM] = "datagram",
    };
    hs_quic_frame_kind kind = hs_quic_frame_kind_of(type);
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

json_t *hs_qlog_frame(hs_qlog *q, hs_bytes bytes, hs_side from, hs_quic_packet_type packet)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_quic_read_frame(&r, &frame) != HS_OK) {
        /* Cut or malformed: no more than its type can be told. */
        hs_reader_init(&r, bytes, &fault, NULL);
        frame = (hs_quic_frame){.kind = HS_QUIC_FRAME_UNKNOWN,
                                .type = hs_read_varint(&r, "frame type"),
                                .bytes = bytes};
    }
    const char *name = frame.kind == HS_QUIC_FRAME_UNKNOWN ? NULL : type_name(frame.type);
    json_t *object = begin(q, name ? name : "unknown");
    set_members(q, object, &frame, from, packet);
    set_raw(q, object, &frame);
    return object;
}
