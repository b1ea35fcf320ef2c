/* Inside of the decoder. */
#ifndef HS_DECODE_DECODER_STATE_H
#define HS_DECODE_DECODER_STATE_H

#include "base/buffer.h"
#include "decode/application.h"
#include "decode/decoder.h"
#include "decode/tls.h"

enum {
    HS_DECODER_HELD_MAX = 64 * 1024,  /* of a server that speaks first */
    HS_DECODER_FIRST_BYTES_MAX = 256, /* kept of what came in place of TLS */
};

typedef enum hs_spoken { HS_SPOKEN_UNKNOWN, HS_SPOKEN_TLS, HS_SPOKEN_PLAIN } hs_spoken;

struct hs_decoder {
    hs_trace *trace;
    const hs_keylog *keylog;
    hs_tls12_sessions *sessions; /* NULL: nobody else's are known */
    hs_application *application;
    const hs_tls_hello *hello; /* read ahead; NULL: none */
    hs_tls_decoder *tls;
    hs_spoken client; /* what the client speaks */
    hs_spoken server; /* once the client speaks TLS: what the server does */
    bool has_spoken[2];
    bool client_has_gap;
    bool client_is_behind;
    bool is_behind; /* TLS began behind another protocol */
    hs_side first_from;
    hs_buffer held[2];  /* before it is decided; then of the client, what may begin a ClientHello */
    uint64_t offset[2]; /* of the next byte that goes on to a decoder */
    uint8_t first_bytes[HS_DECODER_FIRST_BYTES_MAX];
    size_t first_len;
};

/* decoder_tls.c: TLS behind another protocol. */

/* Where in the client's bytes a record begins that begins with a ClientHello; if that can be told
 * of what there is, it `is_whole`. bytes.len: nowhere. */
size_t hs_decoder_find_hello(hs_bytes bytes, bool *is_whole);
/* Bytes of the client are missing, and the server's chunk begins with a ServerHello. */
bool hs_decoder_is_server_hello(const hs_decoder *decoder, hs_bytes bytes);
/* The server may still say something of the protocol before, or bytes are missing: skips all up to
 * a ServerHello or an alert. */
HS_CHECKED hs_result hs_decoder_look_for_answer(hs_decoder *decoder, hs_bytes bytes);
/* What follows in both directions is TLS, as the hello `from` that side shows. */
HS_CHECKED hs_result hs_decoder_begin_tls(hs_decoder *decoder, hs_side from);

/* decoder.c */

/* `look` at what is held of that side and what follows it; it may hold some of it again. */
HS_CHECKED hs_result hs_decoder_look_again(hs_decoder *decoder, hs_side from, hs_bytes behind,
                                           hs_result (*look)(hs_decoder *, hs_bytes));
/* What is held of the client as the start of a ClientHello will be none. */
HS_CHECKED hs_result hs_decoder_give_up_hello(hs_decoder *decoder);

#endif
