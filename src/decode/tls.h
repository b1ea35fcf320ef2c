/* TLS over a byte stream, both directions: records, their protection, handshake messages, alerts;
 * application data goes on to the application's decoder (RFC 8446, RFC 5246, and the versions
 * before).
 *
 * Records without their key wait, at most HS_TLS_WAITING_MAX bytes a direction; application data
 * also waits while an earlier record of the other direction does, so that it is decoded in the
 * order in which it crossed. A handshake message may have HS_TLS_MESSAGE_MAX bytes. */
#ifndef HS_DECODE_TLS_H
#define HS_DECODE_TLS_H

#include <stdbool.h>

#include <handshake/trace.h>

#include "decode/application.h"
#include "decode/tls_hello.h"
#include "secrets/keylog.h"
#include "secrets/tls12_sessions.h"

enum { HS_TLS_WAITING_MAX = 512 * 1024, HS_TLS_MESSAGE_MAX = 256 * 1024 };

typedef struct hs_tls_decoder hs_tls_decoder;

/* All must outlive the decoder; `keylog` and `sessions` may be NULL. NULL when out of memory. */
hs_tls_decoder *hs_tls_decoder_new(hs_trace *trace, const hs_keylog *keylog,
                                   hs_tls12_sessions *sessions, hs_application *application);
void hs_tls_decoder_free(hs_tls_decoder *decoder);
/* The next bytes of one direction's stream. `hello`: one that was read from some of them already,
 * or from others; NULL for none. HS_NO_MEMORY, HS_LIMIT: that direction is no longer decoded, and
 * the trace says so. */
HS_CHECKED hs_result hs_tls_decoder_feed(hs_tls_decoder *decoder, hs_side from, hs_bytes bytes,
                                         const hs_tls_hello *hello);
/* The direction's TLS begins at `offset` of its stream, behind another protocol. */
void hs_tls_decoder_begin_at(hs_tls_decoder *decoder, hs_side from, uint64_t offset);
/* `length` bytes of the stream are missing: what they were part of is dropped and shown as
 * incomplete; protected records behind them have lost count, and stay closed. */
void hs_tls_decoder_gap(hs_tls_decoder *decoder, hs_side from, uint64_t length);
HS_CHECKED hs_result hs_tls_decoder_keys_changed(hs_tls_decoder *decoder);
/* The key log has secrets of this connection; of which kind, is not looked at. */
bool hs_tls_decoder_has_keys(const hs_tls_decoder *decoder);
/* Up to TLS 1.2: both sides have changed to their ciphers; their Finished is next, read or not. */
bool hs_tls_decoder_has_ciphers(const hs_tls_decoder *decoder);
/* TLS 1.3: the client sent enough behind the ServerHello to have been its Finished. */
bool hs_tls_decoder_may_be_done(const hs_tls_decoder *decoder);
/* What waits is shown as it is, and what is not whole is noted. */
HS_CHECKED hs_result hs_tls_decoder_finish(hs_tls_decoder *decoder);

/* TLS within QUIC (RFC 9001 4): CRYPTO frames carry its handshake messages, and QUIC protects them.
 * Such a decoder is fed by the two functions below alone. */

/* As hs_tls_decoder_new. */
hs_tls_decoder *hs_tls_decoder_new_quic(hs_trace *trace);
/* A message of a handshake, and which bytes of the side's datagrams carried it. */
typedef struct hs_tls_carried {
    hs_side from;
    hs_bytes bytes; /* with its header */
    uint64_t first;
    uint64_t end;
    bool is_protected; /* by keys that not everybody has */
} hs_tls_carried;
/* One that is whole. After one that is malformed the side's messages are no longer decoded. */
void hs_tls_decoder_message(hs_tls_decoder *decoder, const hs_tls_carried *message);
/* The beginning of one that does not get whole. */
void hs_tls_decoder_incomplete(hs_tls_decoder *decoder, const hs_tls_carried *message);
/* What QUIC's keys are made with. False: no ServerHello of TLS 1.3 was seen. */
bool hs_tls_decoder_suite(const hs_tls_decoder *decoder, uint16_t *suite);
/* The suites that the client offers, as many as are kept; 0 before its ClientHello. */
size_t hs_tls_decoder_offered_suites(const hs_tls_decoder *decoder, const uint16_t **suites);
/* Of the first ClientHello; empty before it. */
hs_bytes hs_tls_decoder_client_random(const hs_tls_decoder *decoder);
/* The first protocol that the client offers by ALPN, cut to the length that is kept; empty where it
 * offers none. */
hs_bytes hs_tls_decoder_first_alpn(const hs_tls_decoder *decoder);

#endif
