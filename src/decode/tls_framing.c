#include "decode/tls_framing.h"

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
    out->end = out->first + used;
    return result;
}

/* How many bytes the piece that begins with `held` has; of an unknown header, the header's. */
static size_t wanted(const hs_tls_framer *framer, hs_bytes held)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, held, &fault, NULL);
    if (is_ssl2(framer, held)) {
        return SSL2_HEADER + (size_t)(hs_read_u16(&r, "msg_length") & SSL2_LENGTH);
    }
    hs_tls_record record;
    uint16_t length = 0;
    if (hs_tls_record_read_header(&r, &record, &length) != HS_OK) {
        return HS_TLS_RECORD_HEADER;
    }
    return HS_TLS_RECORD_HEADER + (size_t)length;
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

void hs_tls_framer_gap(hs_tls_framer *framer, uint64_t length)
{
    hs_buffer_consume(&framer->partial, framer->given);
    framer->given = 0;
    hs_bytes held = hs_buffer_bytes(&framer->partial);
    size_t left = held.len >= HS_TLS_RECORD_HEADER ? wanted(framer, held) - held.len : framer->skip;
    framer->is_lost = framer->is_lost || left < length;
    framer->skip = framer->is_lost ? 0 : left - (size_t)length;
    framer->offset += held.len;
    framer->may_be_ssl2 = false;
    hs_buffer_consume(&framer->partial, held.len);
}

/* Drops what no record can be made of. */
static void find_record(hs_tls_framer *framer, hs_bytes *chunk)
{
    size_t skip = framer->skip < chunk->len ? framer->skip : chunk->len;
    framer->skip -= skip;
    if (framer->is_lost) {
        hs_fault fault;
        hs_reader r;
        hs_tls_record record;
        uint16_t length = 0;
        hs_reader_init(&r, *chunk, &fault, NULL);
        framer->is_lost = hs_tls_record_read_header(&r, &record, &length) != HS_OK;
        skip = framer->is_lost ? chunk->len : 0;
    }
    framer->offset += skip;
    take(chunk, skip);
}

hs_result hs_tls_framer_next(hs_tls_framer *framer, hs_bytes *chunk, hs_tls_piece *out)
{
    hs_buffer_consume(&framer->partial, framer->given);
    framer->given = 0;
    if (framer->is_bad) {
        framer->offset += chunk->len;
        take(chunk, chunk->len);
        return HS_NEED_MORE;
    }
    if (framer->is_lost || framer->skip > 0) {
        find_record(framer, chunk);
    }
    if (chunk->len > 0 && hs_buffer_bytes(&framer->partial).len == 0) {
        hs_result result = read_piece(framer, *chunk, out);
        if (result == HS_OK) {
            take(chunk, out->bytes.len);
            give(framer, out);
            return HS_OK;
        }
    }
    while (chunk->len > 0) {
        hs_result result = add_to_partial(framer, chunk);
        if (result != HS_OK) {
            return result;
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

hs_bytes hs_tls_framer_rest(const hs_tls_framer *framer, size_t *expected)
{
    hs_bytes held = hs_buffer_bytes(&framer->partial);
    size_t want = wanted(framer, held);
    *expected = want > HS_TLS_RECORD_HEADER ? want : 0;
    return framer->given > 0 ? (hs_bytes){0} : held;
}
