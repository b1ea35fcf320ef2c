/* QUIC transport parameters (RFC 9000 18): the body of the TLS extension quic_transport_parameters.
 * Also those of RFC 9221 3, RFC 9287 3, RFC 9368 3 and others in use. */
#ifndef HS_WIRE_QUIC_TRANSPORT_PARAMETERS_H
#define HS_WIRE_QUIC_TRANSPORT_PARAMETERS_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"

/* What a value is made of. */
typedef enum hs_quic_parameter_kind {
    HS_QUIC_PARAMETER_OPAQUE,              /* `value` alone */
    HS_QUIC_PARAMETER_INTEGER,             /* `number` */
    HS_QUIC_PARAMETER_EMPTY,               /* a flag: to be there is its meaning */
    HS_QUIC_PARAMETER_CONNECTION_ID,       /* `value`, at most 20 bytes */
    HS_QUIC_PARAMETER_TOKEN,               /* `value`, of 16 bytes */
    HS_QUIC_PARAMETER_PREFERRED_ADDRESS,   /* `preferred` */
    HS_QUIC_PARAMETER_VERSION_INFORMATION, /* `versions` */
} hs_quic_parameter_kind;

/* Sorted by identifier. X(symbol, identifier, name, kind, whether a server alone may send it) */
#define HS_QUIC_PARAMETER_MAP(X)                                                                   \
    X(ORIGINAL_DESTINATION_CONNECTION_ID, 0x00, "original_destination_connection_id",              \
      CONNECTION_ID, true)                                                                         \
    X(MAX_IDLE_TIMEOUT, 0x01, "max_idle_timeout", INTEGER, false)                                  \
    X(STATELESS_RESET_TOKEN, 0x02, "stateless_reset_token", TOKEN, true)                           \
    X(MAX_UDP_PAYLOAD_SIZE, 0x03, "max_udp_payload_size", INTEGER, false)                          \
    X(INITIAL_MAX_DATA, 0x04, "initial_max_data", INTEGER, false)                                  \
    X(INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, 0x05, "initial_max_stream_data_bidi_local", INTEGER,     \
      false)                                                                                       \
    X(INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, 0x06, "initial_max_stream_data_bidi_remote", INTEGER,   \
      false)                                                                                       \
    X(INITIAL_MAX_STREAM_DATA_UNI, 0x07, "initial_max_stream_data_uni", INTEGER, false)            \
    X(INITIAL_MAX_STREAMS_BIDI, 0x08, "initial_max_streams_bidi", INTEGER, false)                  \
    X(INITIAL_MAX_STREAMS_UNI, 0x09, "initial_max_streams_uni", INTEGER, false)                    \
    X(ACK_DELAY_EXPONENT, 0x0a, "ack_delay_exponent", INTEGER, false)                              \
    X(MAX_ACK_DELAY, 0x0b, "max_ack_delay", INTEGER, false)                                        \
    X(DISABLE_ACTIVE_MIGRATION, 0x0c, "disable_active_migration", EMPTY, false)                    \
    X(PREFERRED_ADDRESS, 0x0d, "preferred_address", PREFERRED_ADDRESS, true)                       \
    X(ACTIVE_CONNECTION_ID_LIMIT, 0x0e, "active_connection_id_limit", INTEGER, false)              \
    X(INITIAL_SOURCE_CONNECTION_ID, 0x0f, "initial_source_connection_id", CONNECTION_ID, false)    \
    X(RETRY_SOURCE_CONNECTION_ID, 0x10, "retry_source_connection_id", CONNECTION_ID, true)         \
    X(VERSION_INFORMATION, 0x11, "version_information", VERSION_INFORMATION, false)                \
    X(MAX_DATAGRAM_FRAME_SIZE, 0x20, "max_datagram_frame_size", INTEGER, false)                    \
    X(LOSS_BITS, 0x1057, "loss_bits", OPAQUE, false)                                               \
    X(DISCARD, 0x173e, "discard", OPAQUE, false)                                                   \
    X(GOOGLE_HANDSHAKE_MESSAGE, 0x26ab, "google_handshake_message", OPAQUE, false)                 \
    X(GREASE_QUIC_BIT, 0x2ab2, "grease_quic_bit", EMPTY, false)                                    \
    X(GOOGLE_INITIAL_RTT, 0x3127, "initial_rtt", INTEGER, false)                                   \
    X(GOOGLE_CONNECTION_OPTIONS, 0x3128, "google_connection_options", OPAQUE, false)               \
    X(GOOGLE_USER_AGENT, 0x3129, "user_agent", OPAQUE, false)                                      \
    X(GOOGLE_VERSION, 0x4752, "google_version", OPAQUE, false)                                     \
    X(ENABLE_TIME_STAMP, 0x7157, "enable_time_stamp", OPAQUE, false)                               \
    X(ENABLE_TIME_STAMP_V2, 0x7158, "enable_time_stamp_v2", OPAQUE, false)                         \
    X(MIN_ACK_DELAY_DRAFT_00, 0xde1a, "min_ack_delay (draft-00)", INTEGER, false)                  \
    X(VERSION_INFORMATION_DRAFT, 0xff73db, "version_information (draft)", VERSION_INFORMATION,     \
      false)                                                                                       \
    X(MIN_ACK_DELAY_DRAFT_01, 0xff03de1a, "min_ack_delay (draft-01)", INTEGER, false)              \
    X(MIN_ACK_DELAY_DRAFT_05, 0xff04de1a, "min_ack_delay (draft-05)", INTEGER, false)              \
    X(MIN_ACK_DELAY, 0xff04de1b, "min_ack_delay", INTEGER, false)                                  \
    X(RESET_STREAM_AT, 0x17f7586d2cb571, "reset_stream_at", EMPTY, false)

/* Identifiers: not all of them fit an enumerator. */
#define HS_QUIC_PARAMETER_ID_ORIGINAL_DESTINATION_CONNECTION_ID UINT64_C(0x00)
#define HS_QUIC_PARAMETER_ID_MAX_IDLE_TIMEOUT UINT64_C(0x01)
#define HS_QUIC_PARAMETER_ID_STATELESS_RESET_TOKEN UINT64_C(0x02)
#define HS_QUIC_PARAMETER_ID_MAX_UDP_PAYLOAD_SIZE UINT64_C(0x03)
#define HS_QUIC_PARAMETER_ID_INITIAL_MAX_DATA UINT64_C(0x04)
#define HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAM_DATA_BIDI_LOCAL UINT64_C(0x05)
#define HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAM_DATA_BIDI_REMOTE UINT64_C(0x06)
#define HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAM_DATA_UNI UINT64_C(0x07)
#define HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_BIDI UINT64_C(0x08)
#define HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_UNI UINT64_C(0x09)
#define HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT UINT64_C(0x0a)
#define HS_QUIC_PARAMETER_ID_MAX_ACK_DELAY UINT64_C(0x0b)
#define HS_QUIC_PARAMETER_ID_DISABLE_ACTIVE_MIGRATION UINT64_C(0x0c)
#define HS_QUIC_PARAMETER_ID_PREFERRED_ADDRESS UINT64_C(0x0d)
#define HS_QUIC_PARAMETER_ID_ACTIVE_CONNECTION_ID_LIMIT UINT64_C(0x0e)
#define HS_QUIC_PARAMETER_ID_INITIAL_SOURCE_CONNECTION_ID UINT64_C(0x0f)
#define HS_QUIC_PARAMETER_ID_RETRY_SOURCE_CONNECTION_ID UINT64_C(0x10)
#define HS_QUIC_PARAMETER_ID_VERSION_INFORMATION UINT64_C(0x11)
#define HS_QUIC_PARAMETER_ID_MAX_DATAGRAM_FRAME_SIZE UINT64_C(0x20)
#define HS_QUIC_PARAMETER_ID_GREASE_QUIC_BIT UINT64_C(0x2ab2)
#define HS_QUIC_PARAMETER_ID_MIN_ACK_DELAY UINT64_C(0xff04de1b)
#define HS_QUIC_PARAMETER_ID_RESET_STREAM_AT UINT64_C(0x17f7586d2cb571)

typedef struct hs_quic_parameter_descriptor {
    uint64_t id;
    const char *name;
    hs_quic_parameter_kind kind;
    bool is_server_only;
} hs_quic_parameter_descriptor;

/* RFC 9000 18.2: an address that is not offered is zero, with port 0. */
typedef struct hs_quic_preferred_address {
    uint8_t ipv4[4];
    uint16_t ipv4_port;
    uint8_t ipv6[16];
    uint16_t ipv6_port;
    hs_bytes connection_id;
    hs_bytes stateless_reset_token;
} hs_quic_preferred_address;

/* RFC 9368 3 */
typedef struct hs_quic_version_information {
    uint32_t chosen;
    hs_bytes available; /* for hs_quic_next_version of packet.h */
} hs_quic_version_information;

/* One parameter. Bytes are borrowed. */
typedef struct hs_quic_parameter {
    uint64_t id;
    hs_quic_parameter_kind kind; /* OPAQUE where the identifier has no row */
    hs_bytes value;              /* as on the wire */
    /* NULL, or why the value has not the form of its kind; then only `value` holds. */
    const char *malformed;
    union {
        uint64_t number;
        hs_quic_preferred_address preferred;
        hs_quic_version_information versions;
    };
} hs_quic_parameter;

/* As many parameters are looked at for duplicates; an endpoint sends about twenty. */
enum { HS_QUIC_PARAMETERS_MAX = 256 };

/* All of them, in wire order. */
typedef struct hs_quic_transport_parameters {
    hs_bytes bytes; /* for hs_quic_next_parameter and hs_quic_find_parameter */
    size_t count;
    size_t malformed; /* how many have a value that has not the form of its kind */
    uint64_t malformed_id;
    size_t duplicates; /* how many have the identifier of one before (RFC 9000 7.4 forbids it) */
    uint64_t duplicate_id;
    size_t unchecked; /* those behind HS_QUIC_PARAMETERS_MAX, not compared with others */
} hs_quic_transport_parameters;

/* Reads all that is left: identifiers, lengths and values. A value that is malformed or a duplicate
 * does not end it, and is told. HS_MALFORMED or HS_NEED_MORE: a tuple is not whole. */
HS_CHECKED hs_result hs_quic_read_transport_parameters(hs_reader *r,
                                                       hs_quic_transport_parameters *out);
/* Takes the next one off the bytes of parameters; false at their end. */
bool hs_quic_next_parameter(hs_bytes *bytes, hs_quic_parameter *parameter);
/* The first one with this identifier. */
bool hs_quic_find_parameter(hs_bytes bytes, uint64_t id, hs_quic_parameter *parameter);
/* The number of an integer; what RFC 9000 18.2 says where it is absent. False when that is nothing,
 * or when it is malformed. */
bool hs_quic_parameter_number(hs_bytes bytes, uint64_t id, uint64_t *number);

/* Writes one, by its kind; an OPAQUE, CONNECTION_ID or TOKEN from `value`. HS_INVALID: a value that
 * has not the form of its kind. */
HS_CHECKED hs_result hs_quic_write_parameter(hs_writer *w, const hs_quic_parameter *parameter);
HS_CHECKED hs_result hs_quic_write_parameter_number(hs_writer *w, uint64_t id, uint64_t number);
HS_CHECKED hs_result hs_quic_write_parameter_bytes(hs_writer *w, uint64_t id, hs_bytes value);

/* The registry's row; NULL for what has none. */
const hs_quic_parameter_descriptor *hs_quic_parameter_descriptor_find(uint64_t id);
/* Rows by index, for tables and docs; NULL behind the last. */
const hs_quic_parameter_descriptor *hs_quic_parameter_descriptor_at(size_t index);
/* The row's name; "GREASE" of the identifiers 31*N+27 (RFC 9000 18.1); else NULL. */
const char *hs_quic_parameter_name(uint64_t id);
bool hs_quic_parameter_is_reserved(uint64_t id);
/* What is forbidden in this parameter taken alone, or NULL. */
const char *hs_quic_parameter_problem(const hs_quic_parameter *parameter, bool from_server);

#endif
