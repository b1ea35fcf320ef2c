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
    hs_side side;
    uint64_t offset; /* bytes of its datagrams so far */
    hs_quic_numbers numbers[HS_QUIC_SPACE_COUNT];
    hs_quic_crypto_stream crypto[HS_QUIC_SPACE_COUNT];
    hs_quic_stream *streams;
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

static inline hs_quic_direction *hs_quic_other(hs_quic_decoder *d, hs_side side)
{
    return &d->sides[side == HS_CLIENT ? HS_SERVER : HS_CLIENT];
}

static inline hs_bytes hs_quic_id_bytes(const hs_quic_id *id)
{
    return (hs_bytes){id->data, id->len};
}

/* quic_ids.c: connection IDs and tokens. */
void hs_quic_id_set(hs_quic_id *id, hs_bytes bytes);
void hs_quic_issue(hs_quic_decoder *d, hs_side side, hs_bytes id);
void hs_quic_give_token(hs_quic_decoder *d, hs_side side, hs_bytes token);
/* The datagram ends with a token that its sender gave. */
bool hs_quic_is_stateless_reset(const hs_quic_decoder *d, const hs_quic_found *found);
/* Of the packets with a short header that `from` sends; 0 while unknown. */
size_t hs_quic_short_id_len(const hs_quic_decoder *d, hs_side from);

/* quic_initial.c: Initial keys. Results as hs_quic_open. */
HS_CHECKED hs_result hs_quic_open_initial(hs_quic_decoder *d, const hs_quic_found *found,
                                          hs_quic_opened *out);
HS_CHECKED hs_result hs_quic_add_generation(hs_quic_decoder *d, uint32_t version, hs_bytes dcid);
/* The keys of all generations are given back: the client begins anew. */
void hs_quic_free_generations(hs_quic_decoder *d);

/* quic_keys.c: keys of a key log. Results as hs_quic_open. */
HS_CHECKED hs_result hs_quic_open_traffic(hs_quic_decoder *d, const hs_quic_found *found,
                                          hs_quic_opened *out);
void hs_quic_free_keys(hs_quic_direction *direction);

/* quic_packet.c: HS_OK: `out` has what is inside. HS_NO_KEY: its key may still come.
 * HS_MALFORMED: it does not authenticate with the key that it should have. HS_INVALID: there can be
 * no key here. HS_NO_MEMORY, HS_CRYPTO. */
HS_CHECKED hs_result hs_quic_open(hs_quic_decoder *d, const hs_quic_found *found,
                                  hs_quic_opened *out);
/* Opens with these keys into the scratch. HS_MALFORMED: it does not authenticate. */
HS_CHECKED hs_result hs_quic_try(hs_quic_decoder *d, hs_quic_keys *keys, const hs_quic_found *found,
                                 hs_quic_space space, hs_quic_opened *out);
hs_quic_space hs_quic_space_of(hs_quic_packet_type type);
/* Notes its number; whether it was there before. */
bool hs_quic_note_number(hs_quic_numbers *numbers, uint64_t number);

/* quic_retry.c: Retry and Version Negotiation. False: they have to wait for the client's Initial.
 */
bool hs_quic_take_retry(hs_quic_decoder *d, const hs_quic_found *found, bool forced);
bool hs_quic_take_negotiation(hs_quic_decoder *d, const hs_quic_found *found, bool forced);
/* The client's handshake begins again from nothing. */
void hs_quic_begin_anew(hs_quic_decoder *d);

/* quic_waiting.c */
void hs_quic_wait(hs_quic_decoder *d, const hs_quic_found *found);
/* All that need not wait any longer. With `forced` all, as it is. */
void hs_quic_pump(hs_quic_decoder *d, bool forced);
void hs_quic_free_waiting(hs_quic_decoder *d);

/* quic_receive.c: one packet. False: it has to wait. */
bool hs_quic_receive(hs_quic_decoder *d, const hs_quic_found *found, bool forced);

/* quic_frames.c: the frames of a packet, and what they say. */
void hs_quic_frames(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_opened *opened);

/* quic_crypto_stream.c */
/* Whether any of it had been sent before. */
bool hs_quic_crypto_data(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_space space,
                         uint64_t offset, hs_bytes data);
/* The data is sent again from its beginning (after a Retry). */
void hs_quic_crypto_stream_again(hs_quic_crypto_stream *stream);
void hs_quic_crypto_stream_finish(hs_quic_decoder *d);
void hs_quic_crypto_stream_free(hs_quic_crypto_stream *stream);

/* quic_stream.c */
void hs_quic_stream_data(hs_quic_decoder *d, const hs_quic_found *found,
                         const hs_quic_frame *frame);
/* ALPN may be known now. */
void hs_quic_streams_pump(hs_quic_decoder *d);
void hs_quic_streams_finish(hs_quic_decoder *d);
void hs_quic_streams_free(hs_quic_decoder *d);

/* quic_application.c: who gets the bytes of streams, by ALPN. */
/* Whether it is known, or will not be known any better. */
bool hs_quic_application_is_known(const hs_quic_decoder *d);
void hs_quic_application_data(hs_quic_decoder *d, hs_side from, uint64_t stream_id,
                              const hs_quic_piece *piece, bool fin);
/* `length` bytes of the stream were not seen. */
void hs_quic_application_gap(hs_quic_decoder *d, hs_side from, uint64_t stream_id, uint64_t length);
void hs_quic_application_finish(hs_quic_decoder *d);
void hs_quic_application_free(hs_quic_decoder *d);
size_t hs_quic_application_memory(const hs_quic_decoder *d);

/* quic_facts.c */
void hs_quic_learn_parameters(hs_quic_decoder *d);
void hs_quic_learn_close(hs_quic_decoder *d, const hs_quic_found *found,
                         const hs_quic_frame *frame);
void hs_quic_settle(hs_quic_decoder *d);

/* quic_ack.c: sums over all packets, at the finish. */
void hs_quic_record_packet(hs_quic_decoder *d, const hs_quic_record *record);
void hs_quic_sum_up(hs_quic_decoder *d);

/* quic_amplification.c */
void hs_quic_learn_amplification(hs_quic_decoder *d);

/* quic_events.c */
/* Of hs_event.type, beside the types of packets. */
enum { HS_EVENT_QUIC_RESET = 0x10, HS_EVENT_QUIC_NO_PACKET = 0x11 };
hs_event *hs_quic_show_datagram(hs_quic_decoder *d, hs_side from, hs_bytes datagram, uint64_t first,
                                int ecn);
hs_event *hs_quic_show_packet(hs_quic_decoder *d, const hs_quic_found *found,
                              const hs_quic_opened *opened);
/* A packet without a key; `why` NULL, or what is wrong with it. */
hs_event *hs_quic_show_protected(hs_quic_decoder *d, const hs_quic_found *found, const char *why);
void hs_quic_show_reset(hs_quic_decoder *d, const hs_quic_found *found);
/* Bytes of a datagram that are no packet. */
void hs_quic_show_trailing(hs_quic_decoder *d, const hs_quic_found *found, hs_bytes bytes,
                           const hs_fault *fault);
/* Something was lost to a limit or to memory. */
void hs_quic_lose(hs_quic_decoder *d, hs_result result);

/* quic_frame_events.c */
void hs_quic_show_frame(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_frame *frame);
void hs_quic_show_frame_fault(hs_quic_decoder *d, const hs_quic_found *found, hs_bytes raw,
                              const hs_fault *fault);
/* "CRYPTO[0..1161) PADDING 33" of a payload. */
enum { HS_QUIC_FRAMES_TEXT = 256 };
void hs_quic_frames_text(hs_bytes payload, char text[HS_QUIC_FRAMES_TEXT]);

#endif
