/* QUIC frames (RFC 9000 19) and DATAGRAM (RFC 9221 4): the frames of one unprotected payload. */
#ifndef HS_WIRE_QUIC_FRAME_H
#define HS_WIRE_QUIC_FRAME_H

#include "base/reader.h"
#include "base/writer.h"
#include "wire/quic/error.h"
#include "wire/quic/version.h"

/* RFC 9000 12.4, table 3. X(symbol, first type, last type, name, packets that may hold it: Initial,
 * 0-RTT, Handshake, 1-RTT; whether it elicits an acknowledgment) */
#define HS_QUIC_FRAME_MAP(X)                                                                       \
    X(PADDING, 0x00, 0x00, "PADDING", 1, 1, 1, 1, false)                                           \
    X(PING, 0x01, 0x01, "PING", 1, 1, 1, 1, true)                                                  \
    X(ACK, 0x02, 0x03, "ACK", 1, 0, 1, 1, false)                                                   \
    X(RESET_STREAM, 0x04, 0x04, "RESET_STREAM", 0, 1, 0, 1, true)                                  \
    X(STOP_SENDING, 0x05, 0x05, "STOP_SENDING", 0, 1, 0, 1, true)                                  \
    X(CRYPTO, 0x06, 0x06, "CRYPTO", 1, 0, 1, 1, true)                                              \
    X(NEW_TOKEN, 0x07, 0x07, "NEW_TOKEN", 0, 0, 0, 1, true)                                        \
    X(STREAM, 0x08, 0x0f, "STREAM", 0, 1, 0, 1, true)                                              \
    X(MAX_DATA, 0x10, 0x10, "MAX_DATA", 0, 1, 0, 1, true)                                          \
    X(MAX_STREAM_DATA, 0x11, 0x11, "MAX_STREAM_DATA", 0, 1, 0, 1, true)                            \
    X(MAX_STREAMS, 0x12, 0x13, "MAX_STREAMS", 0, 1, 0, 1, true)                                    \
    X(DATA_BLOCKED, 0x14, 0x14, "DATA_BLOCKED", 0, 1, 0, 1, true)                                  \
    X(STREAM_DATA_BLOCKED, 0x15, 0x15, "STREAM_DATA_BLOCKED", 0, 1, 0, 1, true)                    \
    X(STREAMS_BLOCKED, 0x16, 0x17, "STREAMS_BLOCKED", 0, 1, 0, 1, true)                            \
    X(NEW_CONNECTION_ID, 0x18, 0x18, "NEW_CONNECTION_ID", 0, 1, 0, 1, true)                        \
    X(RETIRE_CONNECTION_ID, 0x19, 0x19, "RETIRE_CONNECTION_ID", 0, 1, 0, 1, true)                  \
    X(PATH_CHALLENGE, 0x1a, 0x1a, "PATH_CHALLENGE", 0, 1, 0, 1, true)                              \
    X(PATH_RESPONSE, 0x1b, 0x1b, "PATH_RESPONSE", 0, 0, 0, 1, true)                                \
    X(CONNECTION_CLOSE, 0x1c, 0x1c, "CONNECTION_CLOSE", 1, 1, 1, 1, false)                         \
    X(CONNECTION_CLOSE_APPLICATION, 0x1d, 0x1d, "CONNECTION_CLOSE", 0, 1, 0, 1, false)             \
    X(HANDSHAKE_DONE, 0x1e, 0x1e, "HANDSHAKE_DONE", 0, 0, 0, 1, true)                              \
    X(DATAGRAM, 0x30, 0x31, "DATAGRAM", 0, 1, 0, 1, true)

/* The first type of each kind. */
typedef enum hs_quic_frame_type {
#define HS_X(symbol, first, last, name, i, zero, h, one, elicits) HS_QUIC_##symbol = first,
    HS_QUIC_FRAME_MAP(HS_X)
#undef HS_X
} hs_quic_frame_type;

/* The kind of a frame, which names the member of the union. */
typedef enum hs_quic_frame_kind {
    HS_QUIC_FRAME_UNKNOWN,
#define HS_X(symbol, first, last, name, i, zero, h, one, elicits) HS_QUIC_FRAME_##symbol,
    HS_QUIC_FRAME_MAP(HS_X)
#undef HS_X
} hs_quic_frame_kind;

enum {
    HS_QUIC_ACK_ECN = 0x03,     /* ACK with ECN counts */
    HS_QUIC_STREAM_FIN = 0x01,  /* bits of the type of STREAM */
    HS_QUIC_STREAM_LEN = 0x02,  /* a Length is present */
    HS_QUIC_STREAM_OFF = 0x04,  /* an Offset is present */
    HS_QUIC_DATAGRAM_LEN = 0x01 /* bit of the type of DATAGRAM */
};

typedef struct hs_quic_ack {
    uint64_t largest;
    uint64_t delay; /* as on the wire: times 2^ack_delay_exponent microseconds */
    uint64_t first_range;
    uint64_t range_count; /* of the further ranges */
    hs_bytes ranges;      /* those, for hs_quic_ack_next */
    bool has_ecn;         /* decided by the type */
    uint64_t ect0;
    uint64_t ect1;
    uint64_t ecn_ce;
} hs_quic_ack;

/* One frame. Bytes are borrowed. */
typedef struct hs_quic_frame {
    hs_quic_frame_kind kind;
    uint64_t type;        /* as on the wire */
    bool type_is_minimal; /* in the fewest bytes, as it must be (RFC 9000 12.4) */
    hs_bytes bytes;       /* the whole frame; empty in one that is to be written */
    union {
        struct {
            uint64_t length; /* of a run of PADDING frames, which is read as one */
        } padding;
        hs_quic_ack ack;
        struct {
            uint64_t stream_id;
            uint64_t error; /* of the application */
            uint64_t final_size;
        } reset_stream;
        struct {
            uint64_t stream_id;
            uint64_t error; /* of the application */
        } stop_sending;
        struct {
            uint64_t offset;
            hs_bytes data;
        } crypto;
        struct {
            hs_bytes token;
        } new_token;
        struct {
            uint64_t stream_id;
            uint64_t offset;
            hs_bytes data;
            bool fin; /* decided by the type */
        } stream;
        struct {
            uint64_t maximum;
        } max_data;
        struct {
            uint64_t stream_id;
            uint64_t maximum;
        } max_stream_data; /* and STREAM_DATA_BLOCKED */
        struct {
            uint64_t maximum;
            bool unidirectional; /* decided by the type */
        } max_streams;           /* and STREAMS_BLOCKED */
        struct {
            uint64_t maximum;
        } data_blocked;
        struct {
            uint64_t sequence_number;
            uint64_t retire_prior_to;
            hs_bytes connection_id;
            hs_bytes stateless_reset_token; /* 16 bytes */
        } new_connection_id;
        struct {
            uint64_t sequence_number;
        } retire_connection_id;
        struct {
            hs_bytes data; /* 8 bytes */
        } path;            /* PATH_CHALLENGE, PATH_RESPONSE */
        struct {
            uint64_t error;
            uint64_t frame_type; /* of type 0x1c: which frame was wrong; 0 when unknown */
            hs_bytes reason;
        } connection_close; /* and of the application */
        struct {
            hs_bytes data;
        } datagram;
        struct {
            hs_bytes data; /* all that follows the type: where the frame ends is not known */
        } unknown;
    };
} hs_quic_frame;

/* Reads the next frame of a payload; call it while hs_reader_left is not 0. A frame of unknown type
 * takes all that is left. HS_NEED_MORE: the payload ends within it. HS_MALFORMED: a range of an ACK
 * below packet number 0. All else is decoded and left to hs_quic_frame_problem. */
HS_CHECKED hs_result hs_quic_read_frame(hs_reader *r, hs_quic_frame *frame);
/* Writes it. What the type decides (has_ecn, fin, unidirectional) is taken from the type; of an ACK
 * `ranges` are copied, see hs_quic_write_ack. STREAM and DATAGRAM without LEN must be the last of
 * their packet. HS_INVALID: a type of another kind, or members that cannot be written. HS_LIMIT: no
 * room, or a number of more than 62 bits. */
HS_CHECKED hs_result hs_quic_write_frame(hs_writer *w, const hs_quic_frame *frame);

/* NULL for an unknown type. */
const char *hs_quic_frame_name(uint64_t type);
hs_quic_frame_kind hs_quic_frame_kind_of(uint64_t type);
/* Whether packets of this type may hold the frame (RFC 9000 12.4); true of an unknown frame. */
bool hs_quic_frame_is_allowed(uint64_t type, hs_quic_packet_type packet);
/* Whether it must be acknowledged (RFC 9000 1.2): all but ACK, PADDING and CONNECTION_CLOSE. */
bool hs_quic_frame_elicits_ack(uint64_t type);
/* What RFC 9000 forbids in this frame taken alone, or NULL; `error` (may be NULL) is set to the
 * code that it is to be answered with. */
const char *hs_quic_frame_problem(const hs_quic_frame *frame, uint64_t *error);

/* Packet numbers that an ACK acknowledges, both included. */
typedef struct hs_quic_ack_range {
    uint64_t smallest;
    uint64_t largest;
} hs_quic_ack_range;

typedef struct hs_quic_ack_iterator {
    hs_bytes left;
    uint64_t largest;
    uint64_t first_range;
    uint64_t smallest; /* of the range before */
    bool is_first;
} hs_quic_ack_iterator;

/* Ranges in descending order, the first one included. Of an ACK that was read they are sound. */
hs_quic_ack_iterator hs_quic_ack_begin(const hs_quic_ack *ack);
bool hs_quic_ack_next(hs_quic_ack_iterator *it, hs_quic_ack_range *range);
/* Writes an ACK of these ranges (descending, with a gap between any two), with ECN counts where
 * `ack->has_ecn`; of `ack` only delay and ECN counts are used. HS_INVALID: not such ranges. */
HS_CHECKED hs_result hs_quic_write_ack(hs_writer *w, const hs_quic_ack *ack,
                                       const hs_quic_ack_range *ranges, size_t count);

#endif
