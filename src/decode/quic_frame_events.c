/* The events of frames, and the one line of them that a packet has. */
#include <inttypes.h>
#include <stdio.h>

#include "decode/quic_parts.h"

enum { RANGES_TEXT = 128 };

/* Appends to a text; what does not fit ends in "…". */
typedef struct line {
    char *text;
    size_t size;
    size_t len;
    bool is_full;
} line;

static void add(line *l, const char *format, ...) HS_PRINTF(2, 3);

static void add(line *l, const char *format, ...)
{
    static const char more[] = "…";
    va_list arguments;
    if (l->is_full) {
        return;
    }
    va_start(arguments, format);
    size_t room = l->size - l->len;
    int len = vsnprintf(l->text + l->len, room, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len + sizeof more > room) {
        snprintf(l->text + l->len, room, "%s", more);
        l->is_full = true;
        return;
    }
    l->len += (size_t)len;
}

static void add_ranges(line *l, const hs_quic_ack *ack)
{
    hs_quic_ack_iterator it = hs_quic_ack_begin(ack);
    hs_quic_ack_range range;
    const char *between = "";
    while (!l->is_full && hs_quic_ack_next(&it, &range)) {
        if (range.smallest == range.largest) {
            add(l, "%s%" PRIu64, between, range.largest);
        } else {
            add(l, "%s%" PRIu64 "-%" PRIu64, between, range.smallest, range.largest);
        }
        between = ",";
    }
}

static void add_frame(line *l, const hs_quic_frame *frame)
{
    const char *name = hs_quic_frame_name(frame->type);
    if (!name) {
        add(l, "frame 0x%" PRIx64, frame->type);
        return;
    }
    add(l, "%s", name);
    switch (frame->kind) {
    case HS_QUIC_FRAME_PADDING:
        add(l, " %" PRIu64, frame->padding.length);
        break;
    case HS_QUIC_FRAME_ACK:
        add(l, " ");
        add_ranges(l, &frame->ack);
        break;
    case HS_QUIC_FRAME_CRYPTO:
        add(l, "[%" PRIu64 "..%" PRIu64 ")", frame->crypto.offset,
            frame->crypto.offset + frame->crypto.data.len);
        break;
    case HS_QUIC_FRAME_STREAM:
        add(l, " %" PRIu64 "[%" PRIu64 "..%" PRIu64 ")%s", frame->stream.stream_id,
            frame->stream.offset, frame->stream.offset + frame->stream.data.len,
            frame->stream.fin ? " fin" : "");
        break;
    default:
        break;
    }
}

/* Of which several in a row are told as one. */
static bool is_told_by_name(hs_quic_frame_kind kind)
{
    return kind != HS_QUIC_FRAME_UNKNOWN && kind != HS_QUIC_FRAME_PADDING &&
           kind != HS_QUIC_FRAME_ACK && kind != HS_QUIC_FRAME_CRYPTO &&
           kind != HS_QUIC_FRAME_STREAM;
}

static void add_count(line *l, unsigned count)
{
    if (count > 1) {
        add(l, " x%u", count);
    }
}

void hs_quic_frames_text(hs_bytes payload, char text[HS_QUIC_FRAMES_TEXT])
{
    line l = {.text = text, .size = HS_QUIC_FRAMES_TEXT};
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    text[0] = '\0';
    hs_reader_init(&r, payload, &fault, NULL);
    hs_quic_frame_kind previous = HS_QUIC_FRAME_UNKNOWN;
    unsigned alike = 1;
    while (hs_reader_left(&r) > 0 && !l.is_full) {
        if (hs_quic_read_frame(&r, &frame) != HS_OK) {
            add(&l, " malformed");
            break;
        }
        if (frame.kind == previous && is_told_by_name(frame.kind)) {
            alike++;
            continue;
        }
        add_count(&l, alike);
        alike = 1;
        previous = frame.kind;
        add(&l, "%s", l.len > 0 ? " " : "");
        add_frame(&l, &frame);
    }
    add_count(&l, alike);
}

static void number(hs_quic_decoder *d, hs_event *event, const char *key, uint64_t value)
{
    hs_event_add_number(d->trace, event, key, (int64_t)value);
}

static void hex(hs_quic_decoder *d, hs_event *event, const char *key, hs_bytes bytes)
{
    if (event && bytes.len > 0) {
        hs_event_add_text(d->trace, event, key, hs_arena_hex(hs_trace_arena(d->trace), bytes));
    }
}

static void tell_ack(hs_quic_decoder *d, hs_event *event, const hs_quic_ack *ack)
{
    char text[RANGES_TEXT] = "";
    line l = {.text = text, .size = sizeof text};
    add_ranges(&l, ack);
    hs_event_add_text(d->trace, event, "packets", text);
    number(d, event, "delay", ack->delay);
    if (ack->has_ecn) {
        number(d, event, "ect0", ack->ect0);
        number(d, event, "ect1", ack->ect1);
        number(d, event, "ecn_ce", ack->ecn_ce);
    }
}

static void tell_close(hs_quic_decoder *d, hs_event *event, const hs_quic_frame *frame)
{
    bool is_application = frame->kind == HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION;
    char text[HS_QUIC_ERROR_TEXT_SIZE];
    if (is_application) {
        hs_event_add_format(d->trace, event, "application_error", "0x%" PRIx64,
                            frame->connection_close.error);
    } else {
        hs_event_add_text(d->trace, event, "error",
                          hs_quic_error_text(frame->connection_close.error, text));
        const char *name = hs_quic_frame_name(frame->connection_close.frame_type);
        if (frame->connection_close.frame_type != 0) {
            hs_event_add_format(d->trace, event, "frame", "%s", name ? name : "unknown");
        }
    }
    if (event && frame->connection_close.reason.len > 0) {
        hs_event_add_text(
            d->trace, event, "reason",
            hs_arena_escaped(hs_trace_arena(d->trace), frame->connection_close.reason));
    }
}

static void tell_new_connection_id(hs_quic_decoder *d, hs_event *event, const hs_quic_frame *frame)
{
    number(d, event, "sequence_number", frame->new_connection_id.sequence_number);
    number(d, event, "retire_prior_to", frame->new_connection_id.retire_prior_to);
    hex(d, event, "connection_id", frame->new_connection_id.connection_id);
    hex(d, event, "stateless_reset_token", frame->new_connection_id.stateless_reset_token);
}

/* Frames that belong to streams. */
static void tell_of_stream(hs_quic_decoder *d, hs_event *event, const hs_quic_frame *frame)
{
    switch (frame->kind) {
    case HS_QUIC_FRAME_STREAM:
        number(d, event, "stream", frame->stream.stream_id);
        number(d, event, "offset", frame->stream.offset);
        number(d, event, "length", frame->stream.data.len);
        hs_event_add_text(d->trace, event, "fin", frame->stream.fin ? "yes" : NULL);
        break;
    case HS_QUIC_FRAME_RESET_STREAM:
        number(d, event, "stream", frame->reset_stream.stream_id);
        number(d, event, "error", frame->reset_stream.error);
        number(d, event, "final_size", frame->reset_stream.final_size);
        break;
    case HS_QUIC_FRAME_STOP_SENDING:
        number(d, event, "stream", frame->stop_sending.stream_id);
        number(d, event, "error", frame->stop_sending.error);
        break;
    case HS_QUIC_FRAME_MAX_STREAM_DATA:
    case HS_QUIC_FRAME_STREAM_DATA_BLOCKED:
        number(d, event, "stream", frame->max_stream_data.stream_id);
        number(d, event, "maximum", frame->max_stream_data.maximum);
        break;
    case HS_QUIC_FRAME_MAX_STREAMS:
    case HS_QUIC_FRAME_STREAMS_BLOCKED:
        number(d, event, "maximum", frame->max_streams.maximum);
        hs_event_add_text(d->trace, event, "streams",
                          frame->max_streams.unidirectional ? "unidirectional" : "bidirectional");
        break;
    default:
        break;
    }
}

static void tell(hs_quic_decoder *d, hs_event *event, const hs_quic_frame *frame)
{
    switch (frame->kind) {
    case HS_QUIC_FRAME_PADDING:
        number(d, event, "length", frame->padding.length);
        break;
    case HS_QUIC_FRAME_ACK:
        tell_ack(d, event, &frame->ack);
        break;
    case HS_QUIC_FRAME_CRYPTO:
        number(d, event, "offset", frame->crypto.offset);
        number(d, event, "length", frame->crypto.data.len);
        break;
    case HS_QUIC_FRAME_NEW_TOKEN:
        number(d, event, "length", frame->new_token.token.len);
        break;
    case HS_QUIC_FRAME_MAX_DATA:
    case HS_QUIC_FRAME_DATA_BLOCKED:
        number(d, event, "maximum", frame->max_data.maximum);
        break;
    case HS_QUIC_FRAME_NEW_CONNECTION_ID:
        tell_new_connection_id(d, event, frame);
        break;
    case HS_QUIC_FRAME_RETIRE_CONNECTION_ID:
        number(d, event, "sequence_number", frame->retire_connection_id.sequence_number);
        break;
    case HS_QUIC_FRAME_PATH_CHALLENGE:
    case HS_QUIC_FRAME_PATH_RESPONSE:
        hex(d, event, "data", frame->path.data);
        break;
    case HS_QUIC_FRAME_CONNECTION_CLOSE:
    case HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION:
        tell_close(d, event, frame);
        break;
    case HS_QUIC_FRAME_DATAGRAM:
        number(d, event, "length", frame->datagram.data.len);
        break;
    case HS_QUIC_FRAME_UNKNOWN:
        hs_event_add_format(d->trace, event, "type", "0x%" PRIx64, frame->type);
        break;
    default:
        tell_of_stream(d, event, frame);
        break;
    }
}

static void tell_problems(hs_quic_decoder *d, hs_event *event, const hs_quic_found *found,
                          const hs_quic_frame *frame)
{
    hs_event_add_text(d->trace, event, "problem", hs_quic_frame_problem(frame, NULL));
    if (!hs_quic_frame_is_allowed(frame->type, found->packet.type)) {
        hs_event_add_text(d->trace, event, "problem", "not allowed in a packet of this type");
    }
}

static hs_message message_of(const hs_quic_found *found, hs_bytes raw)
{
    return (hs_message){.from = found->from,
                        .layer = HS_LAYER_QUIC,
                        .is_protected = found->packet.type != HS_QUIC_INITIAL,
                        .bytes = raw.len,
                        .raw = raw,
                        .first = found->first,
                        .end = found->end};
}

void hs_quic_show_frame(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_frame *frame)
{
    const char *name = hs_quic_frame_name(frame->type);
    hs_message message = message_of(found, frame->bytes);
    message.type = frame->type < HS_EVENT_QUIC_FRAME_MAX ? (uint16_t)frame->type
                                                         : HS_EVENT_QUIC_FRAME_MAX;
    message.name = name ? name : "unknown frame";
    hs_event *event = hs_trace_add_event(d->trace, &message);
    if (frame->kind != HS_QUIC_FRAME_PADDING) {
        d->last_telling = message.name;
    }
    if (event) {
        tell(d, event, frame);
        tell_problems(d, event, found, frame);
    }
}

void hs_quic_show_frame_fault(hs_quic_decoder *d, const hs_quic_found *found, hs_bytes raw,
                              const hs_fault *fault)
{
    hs_message message = message_of(found, raw);
    message.type = HS_EVENT_QUIC_FRAME_MAX;
    message.name = "malformed";
    hs_event *event = hs_trace_add_event(d->trace, &message);
    hs_event_add_text(d->trace, event, "what", "frame");
    hs_event_add_text(d->trace, event, "field", fault->field);
    hs_event_add_text(d->trace, event, "why",
                      fault->why ? fault->why : "the packet ends within it");
}
