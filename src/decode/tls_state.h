/* Inside of the TLS decoder: what is known of the connection and of each direction. */
#ifndef HS_DECODE_TLS_STATE_H
#define HS_DECODE_TLS_STATE_H

#include "base/buffer.h"
#include "decode/tls.h"
#include "decode/tls_framing.h"
#include "decode/tls_queue.h"
#include "secrets/record_protection.h"
#include "trace/build.h"
#include "wire/tls/alert.h"
#include "wire/tls/message.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

enum { HS_TLS_ALPN_KEPT = 32 };

/* Which keys a direction's next record has. */
typedef enum hs_tls_epoch {
    HS_TLS_EPOCH_PLAIN,
    HS_TLS_EPOCH_EARLY,       /* TLS 1.3, client: early data may come */
    HS_TLS_EPOCH_HANDSHAKE,   /* TLS 1.3 */
    HS_TLS_EPOCH_APPLICATION, /* TLS 1.3 */
    HS_TLS_EPOCH_CIPHER,      /* up to TLS 1.2: after ChangeCipherSpec */
} hs_tls_epoch;

/* Encrypted records without a key that follow one another, shown as one event. */
typedef struct hs_tls_run {
    size_t count; /* 0: there is none */
    uint8_t type;
    bool is_old_data; /* application data of TLS 1.2 or before, by its type */
    uint64_t turn;
    uint64_t first;
    uint64_t end;
    size_t bytes;
} hs_tls_run;

/* What TLS 1.0 to 1.2 make a direction's keys from, as it was at its ChangeCipherSpec. */
typedef struct hs_tls_cipher_state {
    uint16_t version;
    uint16_t cipher;
    bool encrypt_then_mac;
    uint8_t client_random[HS_TLS_RANDOM];
    uint8_t server_random[HS_TLS_RANDOM];
    bool has_session_random;
    uint8_t session_random[HS_TLS_RANDOM]; /* of the full handshake whose session is resumed */
} hs_tls_cipher_state;

/* Up to TLS 1.2: the session that the newest ClientHello offers to resume. */
typedef struct hs_tls_resumption {
    uint8_t id[32];
    size_t id_len;
    bool has_ticket;
    bool has_random; /* the full handshake that made it was seen */
    uint8_t random[HS_TLS_RANDOM];
    bool is_resumed; /* as far as the server's answer shows it */
} hs_tls_resumption;

typedef struct hs_tls_direction {
    hs_side side;
    hs_tls_framer framer;
    hs_tls_queue queue;
    hs_tls_epoch epoch;
    hs_record_protection *protection; /* of `epoch`; NULL while its secret is unknown */
    hs_record_protection *next;       /* of the handshake, while `epoch` is early */
    hs_tls_cipher_state cipher;
    hs_buffer message; /* of a handshake message that is not whole */
    uint64_t message_first;
    bool message_protected;
    hs_tls_run run;
    bool has_finished;   /* its Finished was seen: application data may follow */
    size_t last_opaque;  /* length of the newest record without a key; 0 before the first */
    uint64_t opaque;     /* of all of them */
    bool has_ccs;        /* up to TLS 1.2: its ChangeCipherSpec was seen */
    bool has_gap;        /* bytes of it were not seen */
    bool is_stopped;     /* malformed: nothing more is decoded */
    bool is_opaque;      /* what is protected is shown as it is from here on */
    uint64_t stopped_at; /* offset in the stream */
} hs_tls_direction;

struct hs_tls_decoder {
    hs_trace *trace;
    const hs_keylog *keylog;
    hs_tls12_sessions *sessions;
    hs_application *application;
    hs_tls_direction sides[2];
    uint64_t next_place;
    hs_side last_from;
    bool is_finishing;
    bool is_quic;              /* CRYPTO frames carry the messages */
    bool wants_no_data;        /* no keys will come, and nobody looks at what they would open */
    hs_result error;           /* the first of the call at work */
    const hs_tls_hello *hello; /* that was read from its bytes, maybe */
    uint64_t turn;

    /* The newest hellos. */
    bool has_client_hello;
    bool has_server_hello; /* not of a HelloRetryRequest */
    uint64_t server_hello_place;
    uint8_t first_random[HS_TLS_RANDOM]; /* of the first ClientHello: TLS 1.3 has no other */
    uint8_t client_random[HS_TLS_RANDOM];
    uint8_t server_random[HS_TLS_RANDOM];
    uint16_t version;
    uint16_t cipher;
    hs_tls_key_exchange key_exchange;
    bool encrypt_then_mac;
    bool offers_early_data;
    uint16_t tls13_suites[8]; /* that the client offers: early data has one of them */
    size_t tls13_suite_count;
    uint8_t first_alpn[HS_TLS_ALPN_KEPT]; /* that the client offers, of QUIC */
    size_t first_alpn_len;
    hs_tls_resumption resumption;

    /* The first handshake, for the facts. */
    bool server_hello_done;
    bool has_certificate;
    uint64_t alert_place;
    bool alert_is_warning;
    uint64_t place;   /* of the record at work */
    uint8_t *scratch; /* HS_TLS_CIPHERTEXT_MAX bytes, once there is something to decrypt */
};

/* A handshake message at work, and where it lay. */
typedef struct hs_tls_found {
    hs_tls_direction *direction;
    hs_bytes raw;
    uint64_t first;
    uint64_t end;
    bool is_protected;
} hs_tls_found;

static inline hs_tls_direction *hs_tls_other(hs_tls_decoder *d, const hs_tls_direction *direction)
{
    return &d->sides[direction->side == HS_CLIENT ? HS_SERVER : HS_CLIENT];
}

static inline hs_bytes hs_tls_random(const uint8_t random[HS_TLS_RANDOM])
{
    return hs_bytes_of(random, HS_TLS_RANDOM);
}

/* tls_keys.c: HS_OK: `content` has what was inside. HS_NO_KEY: the key may still come.
 * HS_MALFORMED: no key that there is fits. HS_INVALID: there can be no key here. */
HS_CHECKED hs_result hs_tls_unprotect(hs_tls_decoder *d, hs_tls_direction *direction,
                                      hs_bytes record, hs_record_content *content);
/* Keys of another epoch from the next record on. */
void hs_tls_enter(hs_tls_direction *direction, hs_tls_epoch epoch);

/* tls_content.c: whether a record, as if it were not protected, can be none: ChangeCipherSpec was
 * among the bytes that were lost. */
bool hs_tls_is_hidden_by_gap(const hs_tls_direction *direction, const hs_record_content *content);
/* What was inside a record. HS_NO_MEMORY or HS_LIMIT. */
HS_CHECKED hs_result hs_tls_content(hs_tls_decoder *d, hs_tls_direction *direction,
                                    const hs_tls_piece *piece, const hs_record_content *content,
                                    bool is_protected);

/* tls_message.c */
void hs_tls_handle_message(hs_tls_decoder *d, const hs_tls_found *found);
void hs_tls_handle_ssl2_hello(hs_tls_decoder *d, const hs_tls_found *found);

/* tls_resumption.c: up to TLS 1.2, which sessions there are, and which one is resumed. */
void hs_tls_follow_session(hs_tls_decoder *d, const hs_tls_direction *direction,
                           const hs_tls_message *message);
/* Bytes are missing, which may have been a full handshake's. */
void hs_tls_miss_session(hs_tls_decoder *d);
/* The direction changes its cipher: whose master secret it has. */
void hs_tls_learn_session(hs_tls_decoder *d, hs_tls_direction *direction);

/* tls_facts.c: what a message says about the connection. */
void hs_tls_learn(hs_tls_decoder *d, const hs_tls_found *found, const hs_tls_message *message,
                  hs_event *event);
void hs_tls_learn_ssl2_hello(hs_tls_decoder *d, const hs_tls_found *found);
/* Its Finished ends at `end`, be it decrypted or not. */
void hs_tls_learn_finished(hs_tls_decoder *d, const hs_tls_direction *direction, uint64_t end);
void hs_tls_learn_ccs(hs_tls_decoder *d, const hs_tls_direction *direction);
void hs_tls_learn_alert(hs_tls_decoder *d, const hs_tls_direction *direction, uint8_t level,
                        uint8_t description);

/* tls_details.c: its telling facts. */
void hs_tls_tell(hs_tls_decoder *d, const hs_tls_found *found, const hs_tls_message *message,
                 hs_event *event);

/* tls_events.c */
hs_event *hs_tls_event(hs_tls_decoder *d, hs_tls_direction *direction, const hs_message *message);
/* An event "malformed". `what` is kept, not copied. */
void hs_tls_show_malformed(hs_tls_decoder *d, const hs_tls_found *found, const char *what,
                           const hs_fault *fault);
/* The same, and the end of this direction's decoding. */
void hs_tls_malformed(hs_tls_decoder *d, const hs_tls_found *found, const char *what,
                      const hs_fault *fault);
void hs_tls_show_opaque(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece);
void hs_tls_run_flush(hs_tls_decoder *d, hs_tls_direction *direction);
void hs_tls_show_incomplete_message(hs_tls_decoder *d, const hs_tls_found *found);
/* A message or a record that is not whole. */
void hs_tls_show_incomplete(hs_tls_decoder *d, hs_tls_direction *direction);
/* The events of a direction's end: what was not whole, what was not decoded. */
void hs_tls_show_end(hs_tls_decoder *d, hs_tls_direction *direction);

#endif
