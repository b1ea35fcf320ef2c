/* Records in, in the order of the wire; those whose keys are unknown wait. */
#include "decode/tls.h"

#include <openssl/crypto.h>

#include "decode/tls_state.h"

hs_tls_decoder *hs_tls_decoder_new(hs_trace *trace, const hs_keylog *keylog,
                                   hs_tls12_sessions *sessions, hs_application *application)
{
    hs_tls_decoder *d = HS_ARENA_NEW(hs_trace_arena(trace), hs_tls_decoder);
    if (!d) {
        return NULL;
    }
    const hs_allocator *allocator = hs_arena_allocator(hs_trace_arena(trace));
    d->trace = trace;
    d->keylog = keylog;
    d->sessions = sessions;
    d->application = application;
    d->wants_no_data = !keylog && hs_trace_is_light(trace);
    for (int i = 0; i < 2; i++) {
        hs_tls_direction *direction = &d->sides[i];
        direction->side = i == 0 ? HS_CLIENT : HS_SERVER;
        hs_tls_framer_init(&direction->framer, direction->side == HS_CLIENT, allocator);
        hs_buffer_init_from(&direction->message, HS_TLS_HANDSHAKE_HEADER + HS_TLS_MESSAGE_MAX,
                            allocator);
    }
    return d;
}

void hs_tls_decoder_free(hs_tls_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        hs_tls_direction *direction = &decoder->sides[i];
        hs_tls_framer_free(&direction->framer);
        hs_tls_queue_free(&direction->queue);
        hs_buffer_free(&direction->message);
        hs_record_protection_free(direction->protection);
        hs_record_protection_free(direction->next);
    }
    OPENSSL_clear_free(decoder->scratch, HS_TLS_CIPHERTEXT_MAX);
}

/* Whether the record's content is protected in its direction's epoch. */
static bool is_protected(const hs_tls_decoder *d, const hs_tls_direction *direction, uint8_t type)
{
    if (direction->epoch == HS_TLS_EPOCH_CIPHER) {
        return true;
    }
    return type == HS_TLS_APPLICATION_DATA && (direction->epoch == HS_TLS_EPOCH_EARLY ||
                                               !d->has_server_hello || hs_tls_is_13(d->version));
}

/* Whether an earlier record of the other direction still waits, so that application data must. */
static bool must_let_pass(hs_tls_decoder *d, const hs_tls_direction *direction,
                          const hs_tls_piece *piece)
{
    const hs_tls_piece *other = hs_tls_queue_head(&hs_tls_other(d, direction)->queue);
    bool may_be_data = direction->has_finished || (direction->epoch == HS_TLS_EPOCH_EARLY &&
                                                   piece->type == HS_TLS_APPLICATION_DATA);
    return may_be_data && other && other->place < piece->place;
}

/* TLS 1.3 without keys: what the client sends first behind the ServerHello, or behind its
 * EndOfEarlyData, is its Finished alone if it has just that length (RFC 8446 4.4.4, 5.2). With a
 * certificate in front, or padding, it cannot be told. */
static bool is_finished_by_length(const hs_tls_decoder *d, const hs_tls_direction *direction,
                                  const hs_tls_piece *piece)
{
    enum { TYPE = 1, TAG = 16, END_OF_EARLY_DATA = HS_TLS_HANDSHAKE_HEADER + TYPE + TAG };
    bool is_next = direction->last_opaque == END_OF_EARLY_DATA ||
                   (direction->last_opaque == 0 && direction->epoch == HS_TLS_EPOCH_HANDSHAKE);
    if (!is_next || direction->side != HS_CLIENT || piece->type != HS_TLS_APPLICATION_DATA ||
        !d->has_server_hello || !hs_tls_is_13(d->version)) {
        return false;
    }
    const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(d->cipher);
    if (!suite) {
        return false;
    }
    size_t hash = hs_tls_cipher_suite_prf(suite) == HS_TLS_HASH_SHA384 ? 48 : 32;
    return piece->size == HS_TLS_RECORD_HEADER + HS_TLS_HANDSHAKE_HEADER + hash + TYPE + TAG;
}

static void show_opaque(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece)
{
    if (!direction->has_finished && is_finished_by_length(d, direction, piece)) {
        direction->has_finished = true;
        hs_tls_learn_finished(d, direction, piece->end);
    }
    direction->last_opaque = piece->size - HS_TLS_RECORD_HEADER;
    direction->opaque += direction->last_opaque;
    /* Up to TLS 1.2 what follows a ChangeCipherSpec is known without its key. */
    if (direction->epoch == HS_TLS_EPOCH_CIPHER && piece->type == HS_TLS_HANDSHAKE &&
        !direction->has_finished) {
        direction->has_finished = true;
        hs_tls_learn_finished(d, direction, piece->end);
    }
    hs_tls_show_opaque(d, direction, piece);
}

static void show_unauthentic(hs_tls_decoder *d, hs_tls_direction *direction,
                             const hs_tls_piece *piece)
{
    hs_tls_found found = {.direction = direction,
                          .raw = piece->bytes,
                          .first = piece->first,
                          .end = piece->end,
                          .is_protected = true};
    hs_fault fault = {.result = HS_MALFORMED,
                      .field = "fragment",
                      .why = "does not authenticate with the secret of the key log"};
    hs_tls_show_malformed(d, &found, "record", &fault);
    direction->is_opaque = true;
}

/* HS_NO_KEY: it has to wait. With `forced` it is shown as it is. */
static hs_result protected_record(hs_tls_decoder *d, hs_tls_direction *direction,
                                  const hs_tls_piece *piece, bool forced)
{
    bool is_early = direction->epoch == HS_TLS_EPOCH_PLAIN;
    if (is_early && !forced) {
        return HS_NO_KEY; /* not even the version is known */
    }
    if (is_early || direction->is_opaque || !d->keylog) {
        show_opaque(d, direction, piece);
        return HS_OK;
    }
    hs_record_content content;
    hs_result result = hs_tls_unprotect(d, direction, piece->bytes, &content);
    switch (result) {
    case HS_OK:
        return hs_tls_content(d, direction, piece, &content, true);
    case HS_NO_KEY:
        if (!forced) {
            return HS_NO_KEY;
        }
        show_opaque(d, direction, piece);
        /* What follows cannot be told from what this was, unless all that there is, is here. */
        direction->is_opaque = !d->is_finishing;
        return HS_OK;
    case HS_NO_MEMORY:
        return result;
    case HS_MALFORMED:
        show_unauthentic(d, direction, piece);
        return HS_OK;
    default:
        direction->is_opaque = true; /* a suite that nobody here can undo */
        show_opaque(d, direction, piece);
        return HS_OK;
    }
}

static hs_result plain_record(hs_tls_decoder *d, hs_tls_direction *direction,
                              const hs_tls_piece *piece)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, piece->bytes, &fault, NULL);
    (void)hs_read_bytes(&r, HS_TLS_RECORD_HEADER, "header"); /* the framer has read it */
    hs_record_content content = {.type = piece->type, .bytes = hs_read_rest(&r, "fragment")};
    if (hs_tls_is_hidden_by_gap(direction, &content)) {
        show_opaque(d, direction, piece);
        return HS_OK;
    }
    if (piece->type == HS_TLS_APPLICATION_DATA) {
        hs_tls_found found = {
            .direction = direction, .raw = piece->bytes, .first = piece->first, .end = piece->end};
        hs_reader_fail(&r, "type", "application data before ChangeCipherSpec");
        hs_tls_malformed(d, &found, "record", &fault);
        return HS_OK;
    }
    return hs_tls_content(d, direction, piece, &content, false);
}

static void no_record(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece)
{
    hs_tls_found found = {
        .direction = direction, .raw = piece->bytes, .first = piece->first, .end = piece->end};
    if (piece->kind == HS_TLS_PIECE_BAD) {
        hs_tls_malformed(d, &found, "record", &piece->fault);
    } else {
        hs_tls_handle_ssl2_hello(d, &found);
    }
}

static hs_result piece_result(hs_tls_decoder *d, hs_tls_direction *direction,
                              const hs_tls_piece *piece, bool forced)
{
    d->place = piece->place;
    if (direction->is_stopped) {
        return HS_OK;
    }
    if (!forced && must_let_pass(d, direction, piece)) {
        return HS_NO_KEY;
    }
    if (piece->kind != HS_TLS_PIECE_RECORD) {
        no_record(d, direction, piece);
        return HS_OK;
    }
    return is_protected(d, direction, piece->type) ? protected_record(d, direction, piece, forced)
                                                   : plain_record(d, direction, piece);
}

static void stop(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece,
                 hs_result result)
{
    hs_message message = {.from = direction->side,
                          .layer = HS_LAYER_TLS,
                          .name = "decoding stopped",
                          .first = piece->first,
                          .end = piece->end};
    hs_event *event = hs_tls_event(d, direction, &message);
    hs_event_add_text(d->trace, event, "why", hs_result_text(result));
    direction->is_stopped = true;
    direction->stopped_at = piece->first;
    if (d->error == HS_OK) {
        d->error = result;
    }
}

/* False: it has to wait. */
static bool work(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece,
                 bool forced)
{
    hs_result result = piece_result(d, direction, piece, forced);
    if (result == HS_NO_KEY) {
        return false;
    }
    if (result != HS_OK) {
        stop(d, direction, piece, result);
    }
    return true;
}

/* The direction whose oldest record that waits is the older one; NULL where none waits. */
static hs_tls_direction *oldest(hs_tls_decoder *d)
{
    const hs_tls_piece *client = hs_tls_queue_head(&d->sides[HS_CLIENT].queue);
    const hs_tls_piece *server = hs_tls_queue_head(&d->sides[HS_SERVER].queue);
    if (!client && !server) {
        return NULL;
    }
    bool is_client = client && (!server || client->place < server->place);
    return &d->sides[is_client ? HS_CLIENT : HS_SERVER];
}

static bool work_head(hs_tls_decoder *d, hs_tls_direction *direction, bool forced)
{
    const hs_tls_piece *head = hs_tls_queue_head(&direction->queue);
    if (!head || !work(d, direction, head, forced)) {
        return false;
    }
    hs_tls_queue_drop_head(&direction->queue);
    return true;
}

/* All that need not wait any longer, the older first. */
static void pump(hs_tls_decoder *d)
{
    for (hs_tls_direction *first = oldest(d); first; first = oldest(d)) {
        if (!work_head(d, first, false) && !work_head(d, hs_tls_other(d, first), false)) {
            return;
        }
    }
}

/* Where too much waits, the oldest is given up. */
static void wait_for_key(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece)
{
    hs_result result = hs_tls_queue_add(&direction->queue, piece, HS_TLS_WAITING_MAX);
    while (result == HS_LIMIT) {
        hs_tls_direction *first = oldest(d);
        (void)work_head(d, first, true);
        pump(d);
        if (!hs_tls_queue_head(&direction->queue) && work(d, direction, piece, false)) {
            return;
        }
        result = hs_tls_queue_add(&direction->queue, piece, HS_TLS_WAITING_MAX);
    }
    if (result != HS_OK) {
        stop(d, direction, piece, result);
    }
}

/* Whether application data in this direction is protected, and stays so. */
static bool is_data_beyond_reach(const hs_tls_decoder *d, const hs_tls_direction *direction)
{
    return d->wants_no_data && (direction->epoch == HS_TLS_EPOCH_CIPHER ||
                                (d->has_server_hello && hs_tls_is_13(d->version)));
}

static hs_result next_piece(hs_tls_decoder *d, hs_tls_direction *direction, hs_bytes *bytes,
                            hs_tls_piece *out)
{
    direction->framer.passes_data_over = is_data_beyond_reach(d, direction);
    return hs_tls_framer_next(&direction->framer, bytes, out);
}

hs_result hs_tls_decoder_feed(hs_tls_decoder *decoder, hs_side from, hs_bytes bytes,
                              const hs_tls_hello *hello)
{
    hs_tls_decoder *d = decoder;
    hs_tls_direction *direction = &d->sides[from];
    hs_tls_piece piece;
    hs_result result;
    d->error = HS_OK;
    d->hello = hello;
    if (bytes.len > 0 && from != d->last_from) {
        d->turn++;
        d->last_from = from;
    }
    while ((result = next_piece(d, direction, &bytes, &piece)) == HS_OK) {
        piece.place = d->next_place++;
        piece.turn = d->turn;
        if (hs_tls_queue_head(&direction->queue) || !work(d, direction, &piece, false)) {
            wait_for_key(d, direction, &piece);
        } else {
            pump(d);
        }
    }
    if (result != HS_NEED_MORE) {
        piece = (hs_tls_piece){.first = direction->framer.offset, .end = direction->framer.offset};
        stop(d, direction, &piece, result);
    }
    d->hello = NULL;
    return d->error;
}

void hs_tls_decoder_begin_at(hs_tls_decoder *decoder, hs_side from, uint64_t offset)
{
    decoder->sides[from].framer.offset = offset;
}

void hs_tls_decoder_gap(hs_tls_decoder *decoder, hs_side from, uint64_t length)
{
    hs_tls_direction *direction = &decoder->sides[from];
    if (!direction->is_stopped) {
        hs_tls_run_flush(decoder, direction);
        hs_tls_show_incomplete(decoder, direction);
    }
    direction->has_gap = true;
    hs_buffer_free(&direction->message);
    hs_tls_miss_session(decoder);
    direction->is_opaque = direction->is_opaque || direction->epoch != HS_TLS_EPOCH_PLAIN;
    hs_tls_framer_gap(&direction->framer, length);
}

hs_result hs_tls_decoder_keys_changed(hs_tls_decoder *decoder)
{
    decoder->error = HS_OK;
    pump(decoder);
    return decoder->error;
}

bool hs_tls_decoder_has_ciphers(const hs_tls_decoder *decoder)
{
    return decoder->sides[HS_CLIENT].epoch == HS_TLS_EPOCH_CIPHER &&
           decoder->sides[HS_SERVER].epoch == HS_TLS_EPOCH_CIPHER;
}

bool hs_tls_decoder_may_be_done(const hs_tls_decoder *decoder)
{
    enum { LEAST = HS_TLS_HANDSHAKE_HEADER + 32 + 1 + 16 }; /* of a Finished: hash, type, tag */
    const hs_tls_direction *client = &decoder->sides[HS_CLIENT];
    return client->has_finished || client->has_gap || client->opaque >= LEAST;
}

hs_result hs_tls_decoder_finish(hs_tls_decoder *decoder)
{
    decoder->error = HS_OK;
    decoder->is_finishing = true;
    pump(decoder);
    for (hs_tls_direction *first = oldest(decoder); first; first = oldest(decoder)) {
        (void)work_head(decoder, first, true);
        pump(decoder);
    }
    hs_tls_show_end(decoder, &decoder->sides[HS_CLIENT]);
    hs_tls_show_end(decoder, &decoder->sides[HS_SERVER]);
    return decoder->error;
}
