/* Connections by chance: field sections of an encoder that inserts and evicts as it likes, and the
 * pieces of all streams in any order. Whatever the order, each HEADERS has the fields that it was
 * made from. */
#include "http3_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS = 60,
    ROUNDS = 9,   /* after each, the encoder knows that all has arrived */
    SECTIONS = 5, /* in one round, each on a stream of its own */
    FIELDS_MAX = 8,
    VALUE_MAX = 40,
    LINE_MAX_LEN = 1024,
    STREAM_MAX = 8192,
    ENCODER_STREAM = 6,
};

/* The bytes of a stream that are still to be added to the recording. */
typedef struct pending {
    unsigned stream;
    uint8_t flags; /* of the last piece */
    bool is_needy; /* a section that needs the table */
    size_t at;
    size_t len;
    uint8_t bytes[STREAM_MAX];
} pending;

/* What the test has really met. */
typedef struct tally {
    size_t dynamic; /* sections that need the table */
    size_t early;   /* of those, that were whole before the round's insertions were */
    size_t evicted; /* connections whose insertions had no room all at once */
} tally;

static uint32_t seed;

static uint32_t any(uint32_t limit)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % limit;
}

static bool some_fields(const char *fields[2 * FIELDS_MAX + 1],
                        char values[FIELDS_MAX][VALUE_MAX + 1])
{
    static const char *const names[] = {"via",    "server",      "date",   "location",
                                        "origin", "retry-after", "x-other"};
    size_t count = 1 + any(FIELDS_MAX);
    bool is_telling = false;
    for (size_t i = 0; i < count; i++) {
        uint32_t name = any(sizeof names / sizeof names[0]);
        size_t len = any(3) > 0 ? 2 : any(VALUE_MAX);
        for (size_t k = 0; k < len; k++) {
            values[i][k] = (char)('a' + any(len == 2 ? 3 : 26));
        }
        values[i][len] = '\0';
        fields[2 * i] = names[name];
        fields[2 * i + 1] = values[i];
        is_telling = is_telling || strcmp(names[name], "x-other") != 0;
    }
    fields[2 * count] = NULL;
    return is_telling;
}

/* What the ladder must have of them. */
static void describe(char line[LINE_MAX_LEN], unsigned stream, const char *const *fields)
{
    int len = snprintf(line, LINE_MAX_LEN, " stream=%u", stream);
    for (size_t i = 0; fields[i]; i += 2) {
        if (strcmp(fields[i], "x-other") != 0) {
            len += snprintf(line + len, LINE_MAX_LEN - (size_t)len, " %s=%s", fields[i],
                            fields[i + 1]);
        }
    }
    snprintf(line + len, LINE_MAX_LEN - (size_t)len, " protected");
}

static void add_pending(pending *to, hs_bytes bytes)
{
    assert_true(bytes.len <= sizeof to->bytes - to->len);
    if (bytes.len > 0) {
        memcpy(to->bytes + to->len, bytes.data, bytes.len);
        to->len += bytes.len;
    }
}

static void begin_section(pending *to, unsigned stream, const h3_encoded *encoded)
{
    hs_writer w;
    hs_http3_frame frame = {.header = {.type = HS_HTTP3_HEADERS},
                            .content = h3_section_of(encoded)};
    hs_writer_init(&w, to->bytes, sizeof to->bytes);
    assert_int_equal(hs_http3_write_frame(&w, &frame), HS_OK);
    to->stream = stream;
    to->flags = STREAMS_FIN;
    to->is_needy = encoded->section[0] != 0; /* the Required Insert Count */
    to->len = w.len;
}

/* Pieces of any length, of any stream that has some left. */
static void scatter(pending *streams, size_t count, tally *met)
{
    for (size_t open = count; open > 0;) {
        pending *p = &streams[any((uint32_t)count)];
        size_t left = p->len - p->at;
        if (left == 0) {
            continue;
        }
        size_t len = 1 + any((uint32_t)(any(2) > 0 ? left : 1));
        bool is_last = len == left;
        h3_add(is_last ? p->flags : 0, p->stream, hs_bytes_of(p->bytes + p->at, len));
        p->at += len;
        open -= is_last ? 1 : 0;
        met->dynamic += is_last && p->is_needy ? 1 : 0;
        met->early += is_last && p->is_needy && streams[0].stream == ENCODER_STREAM &&
                              streams[0].at < streams[0].len
                          ? 1
                          : 0;
    }
}

static size_t add_connection(char lines[ROUNDS * SECTIONS][LINE_MAX_LEN], tally *met)
{
    static const uint16_t capacities[] = {64, 130, 220, 300, 512, 1024, CAPACITY};
    uint16_t capacity = capacities[any(sizeof capacities / sizeof capacities[0])];
    nghttp3_qpack_encoder *encoder = h3_encoder_new(capacity);
    size_t inserted = 0;
    size_t lines_count = 0;
    h3_add_settings(STREAMS_FROM_SERVER, 3, capacity);
    H3_ADD(0, ENCODER_STREAM, "\x02");
    for (unsigned round = 0; round < ROUNDS; round++) {
        static pending streams[1 + SECTIONS];
        memset(streams, 0, sizeof streams);
        streams[0].stream = ENCODER_STREAM;
        for (unsigned i = 0; i < SECTIONS; i++) {
            const char *fields[2 * FIELDS_MAX + 1];
            char values[FIELDS_MAX][VALUE_MAX + 1];
            unsigned stream = 4 * (round * SECTIONS + i);
            while (!some_fields(fields, values)) {
            }
            describe(lines[lines_count++], stream, fields);
            h3_encoded encoded = h3_encode(encoder, stream, fields);
            begin_section(&streams[1 + i], stream, &encoded);
            add_pending(&streams[0], h3_instructions_of(&encoded));
        }
        inserted += streams[0].len;
        bool has_instructions = streams[0].len > 0;
        scatter(has_instructions ? streams : streams + 1, has_instructions + (size_t)SECTIONS, met);
        nghttp3_qpack_encoder_ack_everything(encoder);
    }
    met->evicted += inserted > capacity ? 1 : 0;
    nghttp3_qpack_encoder_del(encoder);
    return lines_count;
}

static void sections_in_any_order(void **state)
{
    (void)state;
    static char lines[ROUNDS * SECTIONS][LINE_MAX_LEN];
    tally met = {0};
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        seed = i * 2654435761U;
        h3_recording_len = 0;
        size_t count = add_connection(lines, &met);
        char *text = h3_play_all();
        for (size_t k = 0; k < count; k++) {
            if (!strstr(text, lines[k])) {
                fail_msg("connection %u: no%s in\n%s", i, lines[k], text);
            }
        }
        free(text);
    }
    assert_true(met.dynamic > CONNECTIONS);
    assert_true(met.early > CONNECTIONS);
    assert_true(met.evicted > CONNECTIONS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sections_in_any_order, h3_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
