/* CRYPTO data of one level in order, and the handshake messages in it (RFC 9001 4.1.3). */
#include "decode/quic_parts.h"

#include "wire/tls/handshake.h"

enum { MESSAGE_MAX = HS_TLS_HANDSHAKE_HEADER + HS_TLS_MESSAGE_MAX };

/* What keys are made with: how much of it the hellos have told. */
static int known_for_keys(const hs_quic_decoder *d)
{
    uint16_t suite = 0;
    bool has_random = hs_tls_decoder_client_random(d->tls).len > 0;
    return has_random + hs_tls_decoder_suite(d->tls, &suite);
}

static void hand_over(hs_quic_decoder *d, hs_side from, hs_quic_space space, hs_bytes message,
                      uint64_t first, uint64_t end)
{
    hs_tls_carried carried = {.from = from,
                              .bytes = message,
                              .first = first,
                              .end = end,
                              .is_protected = space != HS_QUIC_SPACE_INITIAL};
    int known = known_for_keys(d);
    hs_tls_decoder_message(d->tls, &carried);
    hs_quic_learn_parameters(d);
    d->has_news = d->has_news || known_for_keys(d) != known;
}

/* How long the message is that begins with these bytes; its header's length while that is not
 * whole. */
static size_t message_length(hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    uint8_t type = 0;
    uint32_t length = 0;
    hs_reader_init(&r, bytes, &fault, NULL);
    return hs_tls_handshake_read_header(&r, &type, &length) == HS_OK
               ? HS_TLS_HANDSHAKE_HEADER + (size_t)length
               : HS_TLS_HANDSHAKE_HEADER;
}

static void show_incomplete(hs_quic_decoder *d, const hs_quic_crypto_stream *stream, hs_side from,
                            hs_quic_space space)
{
    hs_tls_carried carried = {.from = from,
                              .bytes = hs_buffer_bytes(&stream->message),
                              .first = stream->first,
                              .end = stream->end,
                              .is_protected = space != HS_QUIC_SPACE_INITIAL};
    hs_tls_decoder_incomplete(d->tls, &carried);
}

/* Takes of `bytes` what the message that is under way needs. */
static hs_result complete(hs_quic_decoder *d, hs_side from, hs_quic_space space, hs_bytes *bytes,
                          const hs_quic_piece *piece)
{
    hs_quic_crypto_stream *stream = &d->sides[from].crypto[space];
    hs_bytes held = hs_buffer_bytes(&stream->message);
    if (held.len == 0) {
        stream->first = piece->first;
        stream->end = piece->end;
    }
    stream->first = piece->first < stream->first ? piece->first : stream->first;
    stream->end = piece->end > stream->end ? piece->end : stream->end;
    while (bytes->len > 0) {
        size_t want = message_length(held);
        if (want > MESSAGE_MAX) {
            show_incomplete(d, stream, from, space);
            return HS_LIMIT;
        }
        size_t len = want - held.len < bytes->len ? want - held.len : bytes->len;
        hs_result result = hs_buffer_append(&stream->message, hs_bytes_of(bytes->data, len));
        if (result != HS_OK) {
            return result;
        }
        *bytes = hs_bytes_of(bytes->data + len, bytes->len - len);
        held = hs_buffer_bytes(&stream->message);
        if (held.len >= HS_TLS_HANDSHAKE_HEADER && held.len == message_length(held)) {
            hand_over(d, from, space, held, stream->first, stream->end);
            hs_buffer_free(&stream->message);
            return HS_OK;
        }
    }
    return HS_OK;
}

/* The next bytes of the level. */
static void give(hs_quic_decoder *d, hs_side from, hs_quic_space space, const hs_quic_piece *piece)
{
    hs_quic_crypto_stream *stream = &d->sides[from].crypto[space];
    hs_bytes bytes = piece->bytes;
    uint64_t end = piece->offset + bytes.len;
    if (end <= stream->given || stream->is_stopped) {
        return;
    }
    size_t left = (size_t)(end - stream->given);
    if (left < bytes.len) {
        bytes = hs_bytes_of(bytes.data + (bytes.len - left), left);
    }
    stream->given = end;
    while (bytes.len > 0) {
        hs_bytes whole = {0};
        if (hs_buffer_bytes(&stream->message).len == 0 && bytes.len >= HS_TLS_HANDSHAKE_HEADER &&
            message_length(bytes) <= bytes.len) {
            whole = hs_bytes_of(bytes.data, message_length(bytes));
            bytes = hs_bytes_of(bytes.data + whole.len, bytes.len - whole.len);
            hand_over(d, from, space, whole, piece->first, piece->end);
            continue;
        }
        hs_result result = complete(d, from, space, &bytes, piece);
        if (result != HS_OK) {
            stream->is_stopped = true;
            hs_quic_lose(d, result);
            return;
        }
    }
}

bool hs_quic_crypto_data(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_space space,
                         uint64_t offset, hs_bytes data)
{
    hs_quic_crypto_stream *stream = &d->sides[found->from].crypto[space];
    hs_quic_piece piece = {
        .offset = offset, .bytes = data, .first = found->first, .end = found->end};
    bool overlaps = false;
    if (data.len == 0 || stream->is_stopped) {
        return false;
    }
    if (hs_quic_order_pass(&stream->order, &piece)) {
        give(d, found->from, space, &piece);
        return false;
    }
    hs_result result = hs_quic_order_add(&stream->order, &piece, HS_QUIC_CRYPTO_MAX,
                                         HS_QUIC_PIECES_MAX, &overlaps);
    if (result != HS_OK) {
        hs_quic_lose(d, result);
    }
    const hs_quic_piece *head;
    while ((head = hs_quic_order_head(&stream->order))) {
        give(d, found->from, space, head);
        hs_quic_order_drop(&stream->order);
    }
    return overlaps;
}

void hs_quic_crypto_stream_again(hs_quic_crypto_stream *stream)
{
    hs_quic_order_free(&stream->order);
    stream->order = (hs_quic_order){0};
}

void hs_quic_crypto_stream_finish(hs_quic_decoder *d)
{
    for (int from = 0; from < 2; from++) {
        for (int space = 0; space < HS_QUIC_SPACE_COUNT; space++) {
            const hs_quic_crypto_stream *stream = &d->sides[from].crypto[space];
            if (hs_buffer_bytes(&stream->message).len > 0 && !stream->is_stopped) {
                show_incomplete(d, stream, (hs_side)from, (hs_quic_space)space);
            }
        }
    }
}

void hs_quic_crypto_stream_free(hs_quic_crypto_stream *stream)
{
    hs_quic_order_free(&stream->order);
    hs_buffer_free(&stream->message);
    *stream = (hs_quic_crypto_stream){0};
    hs_buffer_init(&stream->message, MESSAGE_MAX);
}
