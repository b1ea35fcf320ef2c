/* What a frame may not say, and the error that answers it (RFC 9000 12.4 and 19). */
#include "wire/quic/field.h"
#include "wire/quic/frame.h"

/* Stream IDs have 62 bits, two of which are the stream's type. */
static const uint64_t streams_max = UINT64_C(1) << 60;

static bool ends_too_far(uint64_t offset, hs_bytes data)
{
    return data.len > HS_QUIC_VARINT_MAX - offset;
}

static const char *connection_id_problem(const hs_quic_frame *frame)
{
    size_t len = frame->new_connection_id.connection_id.len;
    if (len < 1 || len > 20) {
        return "the connection ID has not 1 to 20 bytes";
    }
    if (frame->new_connection_id.retire_prior_to > frame->new_connection_id.sequence_number) {
        return "Retire Prior To is above the sequence number";
    }
    return NULL;
}

/* What is a FRAME_ENCODING_ERROR. */
static const char *encoding_problem(const hs_quic_frame *frame)
{
    switch (frame->kind) {
    case HS_QUIC_FRAME_UNKNOWN:
        return "the type is unknown";
    case HS_QUIC_FRAME_CRYPTO:
        return ends_too_far(frame->crypto.offset, frame->crypto.data)
                   ? "the data ends beyond offset 2^62-1"
                   : NULL;
    case HS_QUIC_FRAME_STREAM:
        return ends_too_far(frame->stream.offset, frame->stream.data)
                   ? "the data ends beyond offset 2^62-1"
                   : NULL;
    case HS_QUIC_FRAME_NEW_TOKEN:
        return frame->new_token.token.len == 0 ? "the token is empty" : NULL;
    case HS_QUIC_FRAME_MAX_STREAMS:
    case HS_QUIC_FRAME_STREAMS_BLOCKED:
        return frame->max_streams.maximum > streams_max ? "the number of streams is above 2^60"
                                                        : NULL;
    case HS_QUIC_FRAME_NEW_CONNECTION_ID:
        return connection_id_problem(frame);
    default:
        return NULL;
    }
}

const char *hs_quic_frame_problem(const hs_quic_frame *frame, uint64_t *error)
{
    const char *problem = encoding_problem(frame);
    uint64_t code = HS_QUIC_ERROR_FRAME_ENCODING_ERROR;
    if (!problem && !frame->type_is_minimal) {
        problem = "the type is not in its shortest encoding";
        code = HS_QUIC_ERROR_PROTOCOL_VIOLATION;
    }
    if (problem && error) {
        *error = code;
    }
    return problem;
}
