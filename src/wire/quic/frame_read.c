/* Reads a frame: each body in the order of RFC 9000 19 and RFC 9221 4. */
#include "wire/quic/field.h"
#include "wire/quic/frame.h"
#include "wire/quic/frame_bodies.h"

/* PADDING comes in hundreds: a run of them is one. */
static void read_padding(hs_reader *r, hs_quic_frame *frame)
{
    size_t left = hs_reader_left(r);
    size_t more = 0;
    while (frame->type_is_minimal && more < left && r->data[r->pos + more] == HS_QUIC_PADDING) {
        more++;
    }
    if (more > 0) {
        (void)hs_read_bytes(r, more, "more PADDING frames");
    }
    frame->padding.length = 1 + (uint64_t)more;
}

static void read_nothing(hs_reader *r, hs_quic_frame *frame)
{
    (void)r;
    (void)frame;
}

static void read_reset_stream(hs_reader *r, hs_quic_frame *frame)
{
    frame->reset_stream.stream_id = hs_read_varint(r, "Stream ID");
    frame->reset_stream.error = hs_read_varint(r, "Application Protocol Error Code");
    frame->reset_stream.final_size = hs_read_varint(r, "Final Size");
}

static void read_stop_sending(hs_reader *r, hs_quic_frame *frame)
{
    frame->stop_sending.stream_id = hs_read_varint(r, "Stream ID");
    frame->stop_sending.error = hs_read_varint(r, "Application Protocol Error Code");
}

static void read_crypto(hs_reader *r, hs_quic_frame *frame)
{
    frame->crypto.offset = hs_read_varint(r, "Offset");
    frame->crypto.data = hs_quic_read_prefixed(r, "Length", "Crypto Data");
}

static void read_new_token(hs_reader *r, hs_quic_frame *frame)
{
    frame->new_token.token = hs_quic_read_prefixed(r, "Token Length", "Token");
}

static void read_stream(hs_reader *r, hs_quic_frame *frame)
{
    frame->stream.fin = frame->type & HS_QUIC_STREAM_FIN;
    frame->stream.stream_id = hs_read_varint(r, "Stream ID");
    if (frame->type & HS_QUIC_STREAM_OFF) {
        frame->stream.offset = hs_read_varint(r, "Offset");
    }
    if (frame->type & HS_QUIC_STREAM_LEN) {
        frame->stream.data = hs_quic_read_prefixed(r, "Length", "Stream Data");
    } else {
        frame->stream.data = hs_read_rest(r, "Stream Data");
    }
}

static void read_max_data(hs_reader *r, hs_quic_frame *frame)
{
    frame->max_data.maximum = hs_read_varint(r, "Maximum Data");
}

static void read_max_stream_data(hs_reader *r, hs_quic_frame *frame)
{
    frame->max_stream_data.stream_id = hs_read_varint(r, "Stream ID");
    frame->max_stream_data.maximum = hs_read_varint(r, "Maximum Stream Data");
}

static void read_max_streams(hs_reader *r, hs_quic_frame *frame)
{
    /* Of both kinds, the odd type is the one of unidirectional streams. */
    frame->max_streams.unidirectional = frame->type & 1;
    frame->max_streams.maximum = hs_read_varint(r, "Maximum Streams");
    hs_note_meaning(r, frame->max_streams.unidirectional ? "unidirectional" : "bidirectional");
}

static void read_data_blocked(hs_reader *r, hs_quic_frame *frame)
{
    frame->data_blocked.maximum = hs_read_varint(r, "Maximum Data");
}

static void read_new_connection_id(hs_reader *r, hs_quic_frame *frame)
{
    frame->new_connection_id.sequence_number = hs_read_varint(r, "Sequence Number");
    frame->new_connection_id.retire_prior_to = hs_read_varint(r, "Retire Prior To");
    uint8_t len = hs_read_u8(r, "Length");
    frame->new_connection_id.connection_id = hs_read_bytes(r, len, "Connection ID");
    frame->new_connection_id.stateless_reset_token = hs_read_bytes(r, 16, "Stateless Reset Token");
}

static void read_retire_connection_id(hs_reader *r, hs_quic_frame *frame)
{
    frame->retire_connection_id.sequence_number = hs_read_varint(r, "Sequence Number");
}

static void read_path(hs_reader *r, hs_quic_frame *frame)
{
    frame->path.data = hs_read_bytes(r, 8, "Data");
}

static void read_connection_close(hs_reader *r, hs_quic_frame *frame)
{
    frame->connection_close.error = hs_read_varint(r, "Error Code");
    if (frame->type == HS_QUIC_CONNECTION_CLOSE) {
        hs_note_meaning(r, hs_quic_error_name(frame->connection_close.error));
        frame->connection_close.frame_type = hs_read_varint(r, "Frame Type");
        hs_note_meaning(r, hs_quic_frame_name(frame->connection_close.frame_type));
    }
    frame->connection_close.reason = hs_quic_read_prefixed(r, "Reason Phrase Length",
                                                           "Reason Phrase");
}

static void read_datagram(hs_reader *r, hs_quic_frame *frame)
{
    if (frame->type & HS_QUIC_DATAGRAM_LEN) {
        frame->datagram.data = hs_quic_read_prefixed(r, "Length", "Datagram Data");
    } else {
        frame->datagram.data = hs_read_rest(r, "Datagram Data");
    }
}

static void read_unknown(hs_reader *r, hs_quic_frame *frame)
{
    frame->unknown.data = hs_read_rest(r, "all that follows");
}

static void (*const bodies[])(hs_reader *, hs_quic_frame *) = {
    [HS_QUIC_FRAME_UNKNOWN] = read_unknown,
    [HS_QUIC_FRAME_PADDING] = read_padding,
    [HS_QUIC_FRAME_PING] = read_nothing,
    [HS_QUIC_FRAME_ACK] = hs_quic_read_ack,
    [HS_QUIC_FRAME_RESET_STREAM] = read_reset_stream,
    [HS_QUIC_FRAME_STOP_SENDING] = read_stop_sending,
    [HS_QUIC_FRAME_CRYPTO] = read_crypto,
    [HS_QUIC_FRAME_NEW_TOKEN] = read_new_token,
    [HS_QUIC_FRAME_STREAM] = read_stream,
    [HS_QUIC_FRAME_MAX_DATA] = read_max_data,
    [HS_QUIC_FRAME_MAX_STREAM_DATA] = read_max_stream_data,
    [HS_QUIC_FRAME_MAX_STREAMS] = read_max_streams,
    [HS_QUIC_FRAME_DATA_BLOCKED] = read_data_blocked,
    [HS_QUIC_FRAME_STREAM_DATA_BLOCKED] = read_max_stream_data,
    [HS_QUIC_FRAME_STREAMS_BLOCKED] = read_max_streams,
    [HS_QUIC_FRAME_NEW_CONNECTION_ID] = read_new_connection_id,
    [HS_QUIC_FRAME_RETIRE_CONNECTION_ID] = read_retire_connection_id,
    [HS_QUIC_FRAME_PATH_CHALLENGE] = read_path,
    [HS_QUIC_FRAME_PATH_RESPONSE] = read_path,
    [HS_QUIC_FRAME_CONNECTION_CLOSE] = read_connection_close,
    [HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION] = read_connection_close,
    [HS_QUIC_FRAME_HANDSHAKE_DONE] = read_nothing,
    [HS_QUIC_FRAME_DATAGRAM] = read_datagram,
};

hs_result hs_quic_read_frame(hs_reader *r, hs_quic_frame *frame)
{
    *frame = (hs_quic_frame){0};
    hs_fault fault;
    hs_reader peek = hs_quic_peek(r, &fault);
    const char *name = hs_quic_frame_name(hs_read_varint(&peek, "Type"));
    size_t start = r->pos;
    size_t group = hs_reader_group_begin(r, name ? name : "frame of unknown type");
    frame->type = hs_read_varint(r, "Type");
    hs_note_meaning(r, name);
    frame->type_is_minimal = r->pos - start == hs_quic_varint_size(frame->type);
    frame->kind = hs_quic_frame_kind_of(frame->type);
    bodies[frame->kind](r, frame);
    hs_reader_group_end(r, group);
    frame->bytes = hs_quic_since(r, start);
    return hs_reader_result(r);
}
