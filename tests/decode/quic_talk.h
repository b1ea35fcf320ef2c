/* A conversation of QUIC made for tests: datagrams with packets sealed by keys that are known, and
 * the key log that opens them. */
#ifndef TESTS_DECODE_QUIC_TALK_H
#define TESTS_DECODE_QUIC_TALK_H

#include <handshake/trace.h>

#include "secrets/keylog.h"
#include "secrets/quic_protection.h"
#include "wire/quic/frame.h"

enum { TALK_STEPS_MAX = 256, TALK_SECRET = 32 };

typedef struct talk_step {
    hs_side from;
    hs_time at;
    hs_bytes bytes;
    int ecn;
} talk_step;

/* What a side says on a stream; a row without bytes ends them. */
typedef struct talk_stream_row {
    uint64_t id;
    hs_bytes bytes;
} talk_stream_row;

/* The keys of one packet type and direction. */
typedef enum talk_level {
    TALK_INITIAL,
    TALK_EARLY,
    TALK_HANDSHAKE,
    TALK_APPLICATION,
    TALK_NEXT, /* the key phase after that */
    TALK_LEVELS,
} talk_level;

typedef struct quic_talk {
    hs_quic_crypto *crypto;
    uint32_t version;
    const char *alpn;               /* "h3", … */
    bool early;                     /* the client offers early data, the server accepts it */
    const talk_stream_row *said[2]; /* by each side, in talk_handshake */
    size_t said_early;              /* bytes of each stream of the client that are early data */
    hs_bytes token;                 /* of the client's Initial packets */
    hs_bytes client_dcid;
    hs_bytes client_scid;
    hs_bytes server_scid;
    bool client_knows; /* the server's ID: the client's packets have it */
    hs_quic_keys *keys[TALK_LEVELS][2];
    uint64_t numbers[3][2];
    hs_side from; /* of the datagram that is made */
    uint8_t datagram[4096];
    size_t datagram_len;
    uint8_t payload[4096];
    hs_writer frames;
    talk_step steps[TALK_STEPS_MAX];
    size_t count;
    char keylog[2048]; /* lines */
    uint8_t random;    /* all bytes of the client's random */
} quic_talk;

quic_talk *talk_new(uint32_t version);
void talk_free(quic_talk *talk);
/* Initial keys from this Destination Connection ID, and the packets' version. */
void talk_set_initial(quic_talk *talk, uint32_t version, hs_bytes dcid);
/* Handshake, early and application keys of the packets' version. */
void talk_set_version(quic_talk *talk, uint32_t version);

/* Frames of the next packet. */
void talk_crypto(quic_talk *talk, uint64_t offset, hs_bytes data);
void talk_ack(quic_talk *talk, uint64_t largest, uint64_t first_range, uint64_t delay);
void talk_stream(quic_talk *talk, uint64_t id, uint64_t offset, const char *text, bool fin);
void talk_stream_bytes(quic_talk *talk, uint64_t id, uint64_t offset, hs_bytes data, bool fin);
void talk_padding(quic_talk *talk, size_t len);
void talk_ping(quic_talk *talk);
void talk_frame(quic_talk *talk, const hs_quic_frame *frame);
void talk_close(quic_talk *talk, bool is_application, uint64_t error, const char *reason);
/* Seals them as a packet of the datagram. */
void talk_packet(quic_talk *talk, hs_side from, talk_level level);
/* Any bytes of the datagram. */
void talk_raw(quic_talk *talk, hs_side from, hs_bytes bytes);
/* The datagram is whole. */
void talk_send(quic_talk *talk, hs_time at);

/* Messages, in buffers that take turns. */
hs_bytes talk_client_hello(const quic_talk *talk);
hs_bytes talk_server_hello(const quic_talk *talk);
hs_bytes talk_encrypted_extensions(const quic_talk *talk);
hs_bytes talk_certificate(size_t len);
hs_bytes talk_finished(void);
hs_bytes talk_ticket(void);
hs_bytes talk_part(hs_bytes bytes, size_t from, size_t to);
/* The token of the server's transport parameters. */
hs_bytes talk_reset_token(void);
void talk_retry(quic_talk *talk, hs_bytes scid, hs_bytes token, hs_bytes answers, bool is_right);

/* A packet of the datagram that has this message, from its beginning. */
void talk_message(quic_talk *talk, hs_side from, talk_level level, hs_bytes message);
/* A datagram of the client's Initial with its ClientHello. */
void talk_initial(quic_talk *talk, hs_time at);
/* A whole handshake with a request and its answer: begins at `at`, a path of 10 ms. */
void talk_handshake(quic_talk *talk, hs_time at);

/* When the decoder gets the keys. */
typedef enum talk_keys {
    TALK_KEYS_FIRST,
    TALK_KEYS_BETWEEN, /* a line behind each datagram */
    TALK_KEYS_LAST,
    TALK_KEYS_NONE,
    TALK_KEYS_NO_LOG,
} talk_keys;

/* Decodes the steps in this order (NULL: as they are); the trace is finished. */
hs_trace *talk_decode(const quic_talk *talk, talk_keys keys, const size_t *order);
/* The same, and the failure is judged. */
hs_trace *talk_judge(const quic_talk *talk, talk_keys keys, bool is_silent);
/* What the trace says, as text; malloc'ed. */
char *talk_dump(const hs_trace *trace);
/* Of that, trace->quic and trace->tls alone. */
char *talk_facts(const hs_trace *trace);
/* Names of the layer's events of one side; malloc'ed. */
char *talk_names(const hs_trace *trace, hs_side from, hs_layer layer);
const hs_event *talk_event(const hs_trace *trace, const char *name, size_t nth);
const char *talk_detail(const hs_event *event, const char *key);

#endif
