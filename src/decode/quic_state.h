/* Inside of the QUIC decoder: what is known of the connection, of each direction and space. */
#ifndef HS_DECODE_QUIC_STATE_H
#define HS_DECODE_QUIC_STATE_H

#include "base/buffer.h"
#include "decode/quic.h"
#include "decode/quic_order.h"
#include "decode/tls.h"
#include "secrets/quic_protection.h"
#include "trace/build.h"
#include "wire/quic/frame.h"
#include "wire/quic/packet.h"

/* Packet number spaces (RFC 9000 12.3), and the levels that CRYPTO data is at. */
typedef enum hs_quic_space {
    HS_QUIC_SPACE_INITIAL,
    HS_QUIC_SPACE_HANDSHAKE,
    HS_QUIC_SPACE_APPLICATION, /* 0-RTT and 1-RTT */
    HS_QUIC_SPACE_COUNT,
} hs_quic_space;

typedef struct hs_quic_id {
    uint8_t data[HS_QUIC_CONNECTION_ID_MAX];
    size_t len;
} hs_quic_id;

/* A packet and where it lay. */
typedef struct hs_quic_found {
    hs_side from;
    uint64_t first; /* in the side's stream */
    uint64_t end;
    uint64_t datagram_end;
    uint64_t place; /* among all packets, in the order in which they were fed */
    bool is_alone;  /* it is all of its datagram */
    hs_quic_packet packet;
} hs_quic_found;

/* What was inside of it. */
typedef struct hs_quic_opened {
    hs_quic_protected_header header;
    hs_bytes payload; /* in the scratch */
    hs_quic_space space;
    bool is_duplicate; /* its number was there before */
} hs_quic_opened;

/* A packet that waits; its bytes lie in `data`. */
typedef struct hs_quic_waiting {
    struct hs_quic_waiting *next;
    hs_quic_found found;
    size_t len;
    uint8_t data[];
} hs_quic_waiting;

/* Initial keys, made from a version and a Destination Connection ID of the client. */
typedef struct hs_quic_generation {
    uint32_t version;
    hs_quic_id dcid;
    hs_quic_keys *keys[2]; /* by side; NULL until one is needed */
} hs_quic_generation;

/* Keys that a key log gives, and what they were made for. */
typedef struct hs_quic_slot {
    hs_quic_keys *keys; /* NULL: not made yet */
    uint32_t version;
} hs_quic_slot;

/* What was seen of a space's numbers. */
typedef struct hs_quic_numbers {
    uint64_t largest; /* HS_QUIC_NO_PACKET_NUMBER: none */
    uint64_t window;  /* bit i: largest - i was seen */
} hs_quic_numbers;

/* CRYPTO data of one level. */
typedef struct hs_quic_crypto_stream {
    hs_quic_order order;
    uint64_t given;    /* bytes that went on to TLS; after a Retry they come again */
    hs_buffer message; /* the beginning of one that is not whole */
    uint64_t first;    /* of the bytes that carried it */
    uint64_t end;
    bool is_stopped; /* too long a message, or no memory */
} hs_quic_crypto_stream;

/* Of one stream, one direction. */
typedef struct hs_quic_stream {
    struct hs_quic_stream *next;
    uint64_t id;
    hs_quic_order order;
    uint64_t final_size; /* HS_QUIC_NO_FINAL_SIZE while unknown */
    bool is_over;        /* its end went on, or it was reset */
} hs_quic_stream;

#define HS_QUIC_NO_FINAL_SIZE UINT64_MAX

enum { HS_QUIC_DEFAULT_ACK_EXPONENT = 3 }; /* RFC 9000 18.2 */

typedef struct hs_quic_direction {
    uint64_t offset; /* bytes of its datagrams so far */
    hs_quic_numbers numbers[HS_QUIC_SPACE_COUNT];
    uint64_t acknowledged[HS_QUIC_SPACE_COUNT]; /* by the peer, the largest; as `largest` */
    hs_quic_crypto_stream crypto[HS_QUIC_SPACE_COUNT];
    hs_quic_stream *streams;
    uint64_t ended[HS_QUIC_ENDED_STREAMS_MAX]; /* the newest of those that were forgotten */
    size_t ended_count;
    size_t stream_count;

    hs_quic_slot early;
    hs_quic_slot handshake;
    hs_quic_slot application; /* of the newest key phase */
    hs_quic_keys *previous;   /* of the phase before; NULL before the first change */
    hs_quic_keys *next;       /* of the phase to come */
    bool key_phase;
    uint64_t phase_first; /* smallest packet number of the newest phase */

    hs_quic_id ids[HS_QUIC_IDS_MAX]; /* that it issued */
    size_t id_count;
    uint8_t tokens[HS_QUIC_TOKENS_MAX][HS_QUIC_STATELESS_RESET_TOKEN_LEN]; /* that it gave */
    size_t token_count;
    bool has_scid; /* a packet with a long header was seen */
    size_t scid_len;

    bool has_initial;            /* one opened */
    bool has_handshake;          /* a packet of that type was seen, opened or not */
    bool has_1rtt;               /* likewise */
    uint64_t first_1rtt_end;     /* of its datagram */
    bool has_parameters;         /* its transport parameters were looked at */
    bool has_finished_by_length; /* client: a hidden packet that may hold its Finished */
    uint64_t finished_end;       /* of its datagram */
    bool has_data;               /* of a protocol that is not decoded: shown */
} hs_quic_direction;

/* A packet for the sums of quic_ack.c. */
typedef struct hs_quic_record {
    uint64_t place;
    uint64_t end; /* in the side's stream, for its time */
    uint64_t number;
    uint64_t acked; /* largest of its first ACK; HS_QUIC_NO_PACKET_NUMBER without one */
    uint64_t delay; /* of that, in microseconds */
    uint8_t from;
    uint8_t space;
    bool elicits;
    bool has_crypto; /* CRYPTO data */
    bool repeats;    /* CRYPTO data that was sent before */
    bool has_ping;
    bool is_hidden; /* it was not opened: number and all below it are not known */
    bool is_long;   /* hidden: longer than one that only acknowledges */
} hs_quic_record;

struct hs_quic_decoder {
    hs_trace *trace;
    const hs_keylog *keylog;
    hs_quic_crypto *crypto;
    hs_tls_decoder *tls;
    struct hs_http3_decoder *http3; /* NULL before stream data of it */
    hs_quic_direction sides[2];

    hs_quic_generation generations[HS_QUIC_GENERATIONS_MAX];
    size_t generation_count;
    size_t guesses;
    bool has_begun;
    uint32_t version;        /* the newest that both are known to use, for keys of 1-RTT */
    uint32_t client_version; /* of the client's first long header of this attempt; 0: none yet */
    hs_quic_id client_dcid;  /* and its connection IDs */
    hs_quic_id client_scid;
    uint32_t attempt_version; /* of its first Initial that opened, in this attempt */
    hs_quic_id attempt_dcid;
    hs_side reset_from;
    bool has_retry; /* a valid one was taken */
    hs_quic_id retry_scid;
    unsigned retries_after; /* valid ones that answered an Initial with a Retry's token */
    bool has_negotiation;   /* Version Negotiation, before anything else of the server */
    bool has_new_attempt;   /* the client began anew with another version */

    hs_quic_waiting *waiting;
    hs_quic_waiting **waiting_end;
    size_t waiting_held;
    bool has_news; /* something that a waiting packet may need has come */
    bool is_finishing;

    hs_quic_record *records;
    size_t record_count;
    size_t record_capacity;
    size_t first_record; /* of the newest attempt */

    uint64_t next_place;
    uint64_t close_place;
    uint64_t ack_exponent[2]; /* of each side's own ACKs */
    unsigned id_changes;
    const char *last_telling; /* name of the newest packet or frame but PADDING */
    bool has_gone_on;         /* the server sent 1-RTT packets behind a client's */
    bool is_confirmed;
    bool is_closed;
    uint8_t *scratch; /* of the packet at work: as long as it */
    hs_result error;  /* the first of the call at work */
};

static inline hs_bytes hs_quic_id_bytes(const hs_quic_id *id)
{
    return (hs_bytes){id->data, id->len};
}

#endif
