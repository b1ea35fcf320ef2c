/* Records out of chunks: the same at any chunking, with gaps, and where data is passed over. */
#include "../cmocka_headers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode/tls_framing.h"
#include "wire/tls/record.h"

enum { RECORDS = 40, ROUNDS = 400, STREAM = RECORDS * (HS_TLS_RECORD_HEADER + 3000) };

typedef struct stream {
    uint8_t bytes[STREAM];
    size_t len;
} stream;

static uint32_t seed = 1;

static uint32_t random_number(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void add_record(stream *s, uint8_t type, size_t len)
{
    uint8_t *at = s->bytes + s->len;
    at[0] = type;
    at[1] = 3;
    at[2] = 3;
    at[3] = (uint8_t)(len >> 8);
    at[4] = (uint8_t)len;
    for (size_t i = 0; i < len; i++) {
        at[HS_TLS_RECORD_HEADER + i] = (uint8_t)random_number(256);
    }
    s->len += HS_TLS_RECORD_HEADER + len;
}

static void fill(stream *s)
{
    static const uint8_t types[] = {HS_TLS_HANDSHAKE, HS_TLS_APPLICATION_DATA,
                                    HS_TLS_APPLICATION_DATA, HS_TLS_ALERT,
                                    HS_TLS_CHANGE_CIPHER_SPEC};
    s->len = 0;
    for (int i = 0; i < RECORDS; i++) {
        uint8_t type = types[random_number(sizeof types)];
        bool is_short = type == HS_TLS_ALERT || type == HS_TLS_CHANGE_CIPHER_SPEC;
        add_record(s, type, is_short ? 1 + random_number(2) : 1 + random_number(3000));
    }
}

/* A record as the framer under test gave it. */
typedef struct record {
    hs_tls_piece piece;
    bool has_all; /* its bytes, and they are those of the stream */
} record;

typedef struct records {
    stream given; /* without what is missing */
    record of[2 * RECORDS];
    size_t count;
    size_t got; /* at the end, of one that is not whole */
    size_t expected;
} records;

static void note(records *out, const hs_tls_piece *piece)
{
    assert_true(out->count < sizeof out->of / sizeof out->of[0]);
    assert_true(piece->bytes.len <= piece->size);
    assert_true(piece->end <= out->given.len);
    assert_int_equal(piece->end - piece->first, piece->size);
    assert_memory_equal(piece->bytes.data, out->given.bytes + piece->first, piece->bytes.len);
    out->of[out->count++] = (record){.piece = *piece, .has_all = piece->bytes.len == piece->size};
}

static void feed(hs_tls_framer *framer, hs_bytes chunk, records *out)
{
    hs_tls_piece piece;
    hs_result result;
    memcpy(out->given.bytes + out->given.len, chunk.data, chunk.len);
    out->given.len += chunk.len;
    while ((result = hs_tls_framer_next(framer, &chunk, &piece)) == HS_OK) {
        note(out, &piece);
    }
    assert_int_equal(result, HS_NEED_MORE);
    assert_int_equal(chunk.len, 0);
}

/* At most `most` bytes at once. `gap_at` with `gap` bytes that do not come; SIZE_MAX: none. */
static void play(const stream *s, size_t most, bool passes_over, size_t gap_at, size_t gap,
                 uint32_t with_seed, records *out)
{
    hs_tls_framer framer;
    hs_tls_framer_init(&framer, false, &hs_malloc_allocator);
    framer.passes_data_over = passes_over;
    memset(out, 0, sizeof *out);
    seed = with_seed;
    for (size_t at = 0; at < s->len;) {
        size_t len = 1 + random_number((uint32_t)most);
        len = len < s->len - at ? len : s->len - at;
        if (at < gap_at && at + len > gap_at) {
            len = gap_at - at;
        }
        if (at == gap_at) {
            len = gap < s->len - at ? gap : s->len - at;
            hs_tls_framer_gap(&framer, len);
        } else {
            /* A copy of its own: nothing behind it is looked at. */
            uint8_t *copy = malloc(len);
            memcpy(copy, s->bytes + at, len);
            feed(&framer, hs_bytes_of(copy, len), out);
            free(copy);
        }
        at += len;
    }
    (void)hs_tls_framer_rest(&framer, &out->got, &out->expected);
    hs_tls_framer_free(&framer);
}

static void compare(const records *a, const records *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const hs_tls_piece *x = &a->of[i].piece;
        const hs_tls_piece *y = &b->of[i].piece;
        assert_int_equal(x->kind, y->kind);
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->size, y->size);
        assert_int_equal(x->first, y->first);
        assert_int_equal(x->end, y->end);
    }
    assert_int_equal(a->got, b->got);
    assert_int_equal(a->expected, b->expected);
}

static void any_chunks_give_the_same_records(void **state)
{
    (void)state;
    static stream s;
    static records whole;
    static records cut;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        seed = round;
        fill(&s);
        s.len -= random_number(2000); /* the last may not be whole */
        play(&s, STREAM, false, SIZE_MAX, 0, round, &whole);
        play(&s, 1 + round % 1500, false, SIZE_MAX, 0, round, &cut);
        compare(&whole, &cut);
        for (size_t i = 0; i < cut.count; i++) {
            assert_true(cut.of[i].has_all);
        }
    }
}

static void what_is_passed_over_keeps_its_place_and_size(void **state)
{
    (void)state;
    static stream s;
    static records kept;
    static records passed;
    size_t without = 0;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        seed = round;
        fill(&s);
        s.len -= random_number(2000);
        play(&s, 1 + round % 1500, false, SIZE_MAX, 0, round, &kept);
        play(&s, 1 + round % 1500, true, SIZE_MAX, 0, round, &passed);
        compare(&kept, &passed);
        for (size_t i = 0; i < passed.count; i++) {
            const record *r = &passed.of[i];
            assert_true(r->has_all || (r->piece.type == HS_TLS_APPLICATION_DATA &&
                                       r->piece.bytes.len == HS_TLS_RECORD_HEADER));
            without += !r->has_all;
        }
    }
    assert_true(without > ROUNDS);
}

static void a_gap_is_the_same_to_what_is_passed_over(void **state)
{
    (void)state;
    static stream s;
    static records kept;
    static records passed;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        seed = round;
        fill(&s);
        size_t at = random_number((uint32_t)s.len);
        size_t gap = 1 + random_number(round % 2 ? 200 : 4000);
        play(&s, 1 + round % 1500, false, at, gap, round, &kept);
        play(&s, 1 + round % 1500, true, at, gap, round, &passed);
        compare(&kept, &passed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_chunks_give_the_same_records),
        cmocka_unit_test(what_is_passed_over_keeps_its_place_and_size),
        cmocka_unit_test(a_gap_is_the_same_to_what_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
