/* Writes a frame (RFC 9000 19, RFC 9221 4). */
#include "wire/quic/field.h"
#include "wire/quic/frame.h"
#include "wire/quic/frame_bodies.h"

/* Each returns whether the frame can be. */
typedef bool body_writer(hs_writer *w, const hs_quic_frame *frame);

/* Its first byte was the type. */
static bool write_padding(hs_writer *w, const hs_quic_frame *frame)
{
    for (uint64_t i = 1; i < frame->padding.length && !w->overflow; i++) {
        hs_write_u8(w, HS_QUIC_PADDING);
    }
    return frame->padding.length > 0;
}

static bool write_nothing(hs_writer *w, const hs_quic_frame *frame)
{
    (void)w;
    (void)frame;
    return true;
}

static bool write_reset_stream(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->reset_stream.stream_id);
    hs_write_varint(w, frame->reset_stream.error);
    hs_write_varint(w, frame->reset_stream.final_size);
    return true;
}

static bool write_stop_sending(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->stop_sending.stream_id);
    hs_write_varint(w, frame->stop_sending.error);
    return true;
}

static bool write_crypto(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->crypto.offset);
    hs_quic_write_prefixed(w, frame->crypto.data);
    return true;
}

static bool write_new_token(hs_writer *w, const hs_quic_frame *frame)
{
    hs_quic_write_prefixed(w, frame->new_token.token);
    return true;
}

static bool write_stream(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->stream.stream_id);
    if (frame->type & HS_QUIC_STREAM_OFF) {
        hs_write_varint(w, frame->stream.offset);
    }
    if (frame->type & HS_QUIC_STREAM_LEN) {
        hs_quic_write_prefixed(w, frame->stream.data);
    } else {
        hs_write_bytes(w, frame->stream.data);
    }
    return frame->stream.offset == 0 || (frame->type & HS_QUIC_STREAM_OFF);
}

static bool write_max_data(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->max_data.maximum);
    return true;
}

static bool write_max_stream_data(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->max_stream_data.stream_id);
    hs_write_varint(w, frame->max_stream_data.maximum);
    return true;
}

static bool write_max_streams(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->max_streams.maximum);
    return true;
}

static bool write_data_blocked(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->data_blocked.maximum);
    return true;
}

static bool write_new_connection_id(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->new_connection_id.sequence_number);
    hs_write_varint(w, frame->new_connection_id.retire_prior_to);
    hs_quic_write_connection_id(w, frame->new_connection_id.connection_id);
    hs_write_bytes(w, frame->new_connection_id.stateless_reset_token);
    return frame->new_connection_id.connection_id.len <= UINT8_MAX &&
           frame->new_connection_id.stateless_reset_token.len == 16;
}

static bool write_retire_connection_id(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->retire_connection_id.sequence_number);
    return true;
}

static bool write_path(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_bytes(w, frame->path.data);
    return frame->path.data.len == 8;
}

static bool write_connection_close(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_varint(w, frame->connection_close.error);
    if (frame->type == HS_QUIC_CONNECTION_CLOSE) {
        hs_write_varint(w, frame->connection_close.frame_type);
    }
    hs_quic_write_prefixed(w, frame->connection_close.reason);
    return true;
}

static bool write_datagram(hs_writer *w, const hs_quic_frame *frame)
{
    if (frame->type & HS_QUIC_DATAGRAM_LEN) {
        hs_quic_write_prefixed(w, frame->datagram.data);
    } else {
        hs_write_bytes(w, frame->datagram.data);
    }
    return true;
}

static bool write_unknown(hs_writer *w, const hs_quic_frame *frame)
{
    hs_write_bytes(w, frame->unknown.data);
    return true;
}

static body_writer *const bodies[] = {
    [HS_QUIC_FRAME_UNKNOWN] = write_unknown,
    [HS_QUIC_FRAME_PADDING] = write_padding,
    [HS_QUIC_FRAME_PING] = write_nothing,
    [HS_QUIC_FRAME_ACK] = hs_quic_write_ack_body,
    [HS_QUIC_FRAME_RESET_STREAM] = write_reset_stream,
    [HS_QUIC_FRAME_STOP_SENDING] = write_stop_sending,
    [HS_QUIC_FRAME_CRYPTO] = write_crypto,
    [HS_QUIC_FRAME_NEW_TOKEN] = write_new_token,
    [HS_QUIC_FRAME_STREAM] = write_stream,
    [HS_QUIC_FRAME_MAX_DATA] = write_max_data,
    [HS_QUIC_FRAME_MAX_STREAM_DATA] = write_max_stream_data,
    [HS_QUIC_FRAME_MAX_STREAMS] = write_max_streams,
    [HS_QUIC_FRAME_DATA_BLOCKED] = write_data_blocked,
    [HS_QUIC_FRAME_STREAM_DATA_BLOCKED] = write_max_stream_data,
    [HS_QUIC_FRAME_STREAMS_BLOCKED] = write_max_streams,
    [HS_QUIC_FRAME_NEW_CONNECTION_ID] = write_new_connection_id,
    [HS_QUIC_FRAME_RETIRE_CONNECTION_ID] = write_retire_connection_id,
    [HS_QUIC_FRAME_PATH_CHALLENGE] = write_path,
    [HS_QUIC_FRAME_PATH_RESPONSE] = write_path,
    [HS_QUIC_FRAME_CONNECTION_CLOSE] = write_connection_close,
    [HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION] = write_connection_close,
    [HS_QUIC_FRAME_HANDSHAKE_DONE] = write_nothing,
    [HS_QUIC_FRAME_DATAGRAM] = write_datagram,
};

hs_result hs_quic_write_frame(hs_writer *w, const hs_quic_frame *frame)
{
    if (frame->kind != hs_quic_frame_kind_of(frame->type)) {
        return HS_INVALID;
    }
    hs_write_varint(w, frame->type);
    return bodies[frame->kind](w, frame) ? hs_writer_result(w) : HS_INVALID;
}
