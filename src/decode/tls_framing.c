#include "decode/tls_framing.h"

#include <string.h>

#include "wire/tls/record.h"

enum { SSL2_HEADER = 2, SSL2_DETECT = 5, SSL2_LENGTH = 0x7fff };

void hs_tls_framer_init(hs_tls_framer *framer, bool may_be_ssl2, const hs_allocator *allocator)
{
    *framer = (hs_tls_framer){.may_be_ssl2 = may_be_ssl2};
    hs_buffer_init_from(&framer->partial, HS_TLS_RECORD_MAX, allocator);
}

void hs_tls_framer_free(hs_tls_framer *framer)
{
    hs_buffer_free(&framer->partial);
}

static bool is_ssl2(const hs_tls_framer *framer, hs_bytes bytes)
{
    return framer->may_be_ssl2 && hs_tls_ssl2_client_hello_detect(bytes) == HS_OK;
}

/* Reads the piece at the start of `bytes`. */
static hs_result read_piece(const hs_tls_framer *framer, hs_bytes bytes, hs_tls_piece *out)
{
    hs_fault fault = {0};
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result;
    hs_tls_record record = {0};
    *out = (hs_tls_piece){.first = framer->offset};
    if (framer->may_be_ssl2 && hs_tls_ssl2_client_hello_detect(bytes) == HS_NEED_MORE &&
        bytes.len < SSL2_DETECT) {
        return HS_NEED_MORE;
    }
    if (is_ssl2(framer, bytes)) {
        uint16_t length = hs_read_u16(&r, "msg_length") & SSL2_LENGTH;
        if (length > HS_TLS_CIPHERTEXT_MAX) {
            hs_reader_fail(&r, "msg_length", "longer than a record may be");
        }
        (void)hs_read_bytes(&r, length, "CLIENT-HELLO");
        out->kind = HS_TLS_PIECE_SSL2_HELLO;
        out->type = HS_TLS_HANDSHAKE;
        result = hs_reader_result(&r);
    } else {
        result = hs_tls_record_read(&r, &record);
        out->kind = HS_TLS_PIECE_RECORD;
        out->type = record.type;
    }
    size_t used = bytes.len - hs_reader_left(&r);
    if (result == HS_MALFORMED) {
        used = fault.offset; /* a judgement stands behind the field that it is about */
        out->kind = HS_TLS_PIECE_BAD;
        out->fault = fault;
        result = HS_OK;
    }
    out->bytes = hs_bytes_of(bytes.data, used);
    out->size = used;
    out->end = out->first + used;
    return result;
}

/* How many bytes the piece that begins with `held` has; of an unknown header, the header's. */
static size_t wanted(const hs_tls_framer *framer, hs_bytes held)
{
    if (is_ssl2(framer, held)) {
        hs_fault fault;
        hs_reader r;
        hs_reader_init(&r, held, &fault, NULL);
        return SSL2_HEADER + (size_t)(hs_read_u16(&r, "msg_length") & SSL2_LENGTH);
    }
    size_t size = hs_tls_record_size(held);
    return size > 0 ? size : HS_TLS_RECORD_HEADER;
}

static void give(hs_tls_framer *framer, const hs_tls_piece *piece)
{
    framer->offset = piece->end;
    framer->may_be_ssl2 = false;
    framer->is_bad = piece->kind == HS_TLS_PIECE_BAD;
}

static void take(hs_bytes *chunk, size_t len)
{
    *chunk = hs_bytes_of(chunk->data + len, chunk->len - len);
}

/* Adds to the partial record no more than belongs to it. */
static hs_result add_to_partial(hs_tls_framer *framer, hs_bytes *chunk)
{
    size_t held = hs_buffer_bytes(&framer->partial).len;
    size_t want = wanted(framer, hs_buffer_bytes(&framer->partial));
    size_t len = want > held ? want - held : 1;
    len = len < chunk->len ? len : chunk->len;
    hs_result result = hs_buffer_append(&framer->partial, hs_bytes_of(chunk->data, len));
    take(chunk, len);
    return result;
}

/* The partial record's header is there, and not all that it announces. */
static bool is_known_to_go_on(const hs_tls_framer *framer)
{
    hs_bytes held = hs_buffer_bytes(&framer->partial);
    return !framer->may_be_ssl2 && hs_tls_record_size(held) > held.len;
}

/* How much has come of a record that is not whole. */
static size_t received(const hs_tls_framer *framer)
{
    return framer->over_size > 0 ? framer->over_size - framer->over_left
                                 : hs_buffer_bytes(&framer->partial).len;
}

/* How much is still to come of it, as far as that is known. */
static size_t missing(const hs_tls_framer *framer)
{
    hs_bytes held = hs_buffer_bytes(&framer->partial);
    if (framer->over_size > 0) {
        return framer->over_left;
    }
    return held.len >= HS_TLS_RECORD_HEADER ? wanted(framer, held) - held.len : framer->skip;
}

void hs_tls_framer_gap(hs_tls_framer *framer, uint64_t length)
{
    hs_buffer_consume(&framer->partial, framer->given);
    framer->given = 0;
    size_t left = missing(framer);
    framer->is_lost = framer->is_lost || left < length;
    framer->skip = framer->is_lost ? 0 : left - (size_t)length;
    framer->offset += received(framer);
    framer->may_be_ssl2 = false;
    framer->over_size = 0;
    hs_buffer_consume(&framer->partial, hs_buffer_bytes(&framer->partial).len);
}

/* Drops what no record can be made of. */
static void find_record(hs_tls_framer *framer, hs_bytes *chunk)
{
    size_t skip = framer->skip < chunk->len ? framer->skip : chunk->len;
    framer->skip -= skip;
    if (framer->is_lost) {
        framer->is_lost = hs_tls_record_size(*chunk) == 0;
        skip = framer->is_lost ? chunk->len : 0;
    }
    framer->offset += skip;
    take(chunk, skip);
}

/* A record that lies in the chunk as a whole, as most do; else false. */
static bool take_whole(hs_tls_framer *framer, hs_bytes *chunk, hs_tls_piece *out)
{
    size_t size = framer->may_be_ssl2 ? 0 : hs_tls_record_size(*chunk);
    if (size == 0 || size > chunk->len) {
        return false;
    }
    *out = (hs_tls_piece){.kind = HS_TLS_PIECE_RECORD,
                          .type = chunk->data[0],
                          .bytes = hs_bytes_of(chunk->data, size),
                          .size = size,
                          .first = framer->offset,
                          .end = framer->offset + size};
    take(chunk, size);
    framer->offset = out->end;
    return true;
}

/* The chunk begins with a record whose content is nobody's to read, and does not have all of it. */
static bool begin_passing_over(hs_tls_framer *framer, hs_bytes chunk)
{
    if (!framer->passes_data_over || framer->may_be_ssl2 ||
        hs_tls_record_size(chunk) <= chunk.len || chunk.data[0] != HS_TLS_APPLICATION_DATA) {
        return false;
    }
    framer->over_size = framer->over_left = hs_tls_record_size(chunk);
    memcpy(framer->over_header, chunk.data, sizeof framer->over_header);
    return true;
}

static hs_result pass_over(hs_tls_framer *framer, hs_bytes *chunk, hs_tls_piece *out)
{
    size_t len = framer->over_left < chunk->len ? framer->over_left : chunk->len;
    framer->over_left -= len;
    take(chunk, len);
    if (framer->over_left > 0) {
        return HS_NEED_MORE;
    }
    *out = (hs_tls_piece){.kind = HS_TLS_PIECE_RECORD,
                          .type = framer->over_header[0],
                          .bytes = hs_bytes_of(framer->over_header, sizeof framer->over_header),
                          .size = framer->over_size,
                          .first = framer->offset,
                          .end = framer->offset + framer->over_size};
    framer->offset = out->end;
    framer->over_size = 0;
    return HS_OK;
}

/* Of the record that the chunk begins with, as far as it has it. */
static hs_result next_in_place(hs_tls_framer *framer, hs_bytes *chunk, hs_tls_piece *out)
{
    if (take_whole(framer, chunk, out)) {
        return HS_OK;
    }
    if (begin_passing_over(framer, *chunk)) {
        return pass_over(framer, chunk, out);
    }
    hs_result result = read_piece(framer, *chunk, out);
    if (result == HS_OK) {
        take(chunk, out->bytes.len);
        give(framer, out);
    }
    return result;
}

hs_result hs_tls_framer_next(hs_tls_framer *framer, hs_bytes *chunk, hs_tls_piece *out)
{
    if (framer->given > 0) {
        hs_buffer_consume(&framer->partial, framer->given);
        framer->given = 0;
    }
    if (framer->is_bad) {
        framer->offset += chunk->len;
        take(chunk, chunk->len);
        return HS_NEED_MORE;
    }
    if (framer->over_size > 0) {
        hs_result result = pass_over(framer, chunk, out);
        if (result == HS_OK) {
            return HS_OK;
        }
    }
    if (framer->is_lost || framer->skip > 0) {
        find_record(framer, chunk);
    }
    if (chunk->len > 0 && hs_buffer_bytes(&framer->partial).len == 0) {
        hs_result result = next_in_place(framer, chunk, out);
        if (result == HS_OK) {
            return HS_OK;
        }
    }
    while (chunk->len > 0) {
        hs_result result = add_to_partial(framer, chunk);
        if (result != HS_OK) {
            return result;
        }
        if (is_known_to_go_on(framer)) {
            continue;
        }
        result = read_piece(framer, hs_buffer_bytes(&framer->partial), out);
        if (result == HS_OK) {
            framer->given = hs_buffer_bytes(&framer->partial).len;
            give(framer, out);
            /* Bytes behind the field at fault were held, and belong to nothing. */
            framer->offset = out->first + framer->given;
            return HS_OK;
        }
    }
    return HS_NEED_MORE;
}

hs_bytes hs_tls_framer_rest(const hs_tls_framer *framer, size_t *got, size_t *expected)
{
    *got = 0;
    *expected = framer->over_size;
    if (framer->given > 0) {
        return hs_bytes_of(NULL, 0);
    }
    *got = received(framer);
    if (framer->over_size > 0) {
        return hs_bytes_of(framer->over_header, sizeof framer->over_header);
    }
    hs_bytes held = hs_buffer_bytes(&framer->partial);
    size_t want = wanted(framer, held);
    *expected = want > HS_TLS_RECORD_HEADER ? want : 0;
    return held;
}
