/* Field sections of HTTP/3: the dynamic table, what waits for it, and what cannot be decompressed.
 */
#include "http3_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/http3.h"

/* Two sections of one side by its dynamic table; the encoder stream is as long as it was for both.
 */
typedef struct dynamic_pair {
    h3_encoded first;
    h3_encoded second;
} dynamic_pair;

static dynamic_pair encode_pair(void)
{
    nghttp3_qpack_encoder *encoder = h3_encoder_new(CAPACITY);
    dynamic_pair pair = {.first = h3_encode(encoder, 0, h3_request_fields)};
    pair.second = h3_encode(encoder, 4, h3_request_fields);
    nghttp3_qpack_encoder_del(encoder);
    assert_true(pair.first.instructions_len > 10);
    assert_int_not_equal(pair.first.section[0], 0);
    assert_int_not_equal(pair.second.section[0], 0);
    return pair;
}

static void a_dynamic_table_and_sections_that_wait_for_it(void **state)
{
    (void)state;
    dynamic_pair pair = encode_pair();
    h3_add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    h3_add_settings(0, 2, CAPACITY);
    h3_add_headers(STREAMS_FIN, 0, h3_section_of(&pair.first));
    h3_add_headers(0, 4, h3_section_of(&pair.second));
    H3_ADD(0, 6, "\x02");
    h3_add(0, 6, h3_instructions_of(&pair.first));
    h3_add(0, 6, h3_instructions_of(&pair.second));
    h3_expect("< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> SETTINGS 12 stream=2 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @1-1\n"
              "> HEADERS 12 stream=0 :method=GET :scheme=https :authority=a.test :path=/x "
              "user-agent=me/1 protected @2-2\n"
              "> HEADERS 12 stream=4 :method=GET :scheme=https :authority=a.test :path=/x "
              "user-agent=me/1 protected @3-3\n"
              "> QPACK encoder stream 1 stream=6 length=16 protected @4-4\n"
              "settings_start @1\n"
              "settings_done @0\n"
              "request @2\n"
              "http3 1=4096 7=16 16448=7\n");
}

static void early_data_waits_for_the_settings_that_it_was_made_for(void **state)
{
    (void)state;
    dynamic_pair pair = encode_pair();
    h3_add_settings(STREAMS_EARLY, 2, CAPACITY);
    H3_ADD(STREAMS_EARLY, 6, "\x02");
    h3_add(STREAMS_EARLY, 6, h3_instructions_of(&pair.first));
    h3_add_headers(STREAMS_EARLY | STREAMS_FIN, 0, h3_section_of(&pair.first));
    size_t before = h3_recording_len;
    char *text = h3_play_all();
    assert_non_null(strstr(text, "> HEADERS "));
    assert_non_null(strstr(text, ":path=/x")); /* at the finish, by a limit of its own */
    free(text);
    h3_recording_len = before;
    h3_add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    h3_expect("> SETTINGS 12 stream=2 stream_type=control stream early_data=yes "
              "QPACK_MAX_TABLE_CAPACITY=4096 QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> QPACK encoder stream 1 stream=6 early_data=yes length=16 protected @1-1\n"
              "> HEADERS 12 stream=0 early_data=yes :method=GET :scheme=https :authority=a.test "
              ":path=/x user-agent=me/1 protected @3-3\n"
              "< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @4-4\n"
              "settings_start @0\n"
              "settings_done @4\n"
              "request @3\n"
              "http3 1=4096 7=16 16448=7\n");
}

static void insertions_that_do_not_come(void **state)
{
    (void)state;
    dynamic_pair pair = encode_pair();
    h3_add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    h3_add_headers(0, 0, h3_section_of(&pair.first));
    H3_ADD(0, 6, "\x02\x3f\xe1\x1f"); /* the capacity alone */
    h3_expect("< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> HEADERS 12 stream=0 fields=wait for QPACK insertions that have not come protected "
              "@1-1\n"
              "> QPACK encoder stream 1 stream=6 length=4 protected @2-2\n"
              "settings_done @0\n"
              "request @1\n"
              "http3 1=4096 7=16 16448=7\n");
}

static void a_gap_in_the_insertions(void **state)
{
    (void)state;
    dynamic_pair pair = encode_pair();
    h3_add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    h3_add_headers(0, 0, h3_section_of(&pair.first));
    H3_ADD(0, 6, "\x02\x3f\xe1\x1f");
    h3_add_gap(0, 6, 20);
    H3_ADD(0, 6, "more");
    H3_ADD(0, 4, "\x01\x04\x00\x00\xd1\xc1"); /* HEADERS from the static table: GET / */
    h3_expect("< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> HEADERS 12 stream=0 fields=QPACK insertions are missing protected @1-1\n"
              "> QPACK encoder stream 1 stream=6 length=8 missing=20 protected @2-2\n"
              "> HEADERS 6 stream=4 :method=GET :path=/ protected @5-5\n"
              "settings_done @0\n"
              "request @1\n"
              "http3 1=4096 7=16 16448=7\n");
}

static void insertions_that_cannot_be(void **state)
{
    (void)state;
    dynamic_pair pair = encode_pair();
    h3_add_settings(STREAMS_FROM_SERVER, 3, 0);
    H3_ADD(0, 6, "\x02");
    h3_add(0, 6, h3_instructions_of(&pair.first));
    h3_add_headers(0, 0, h3_section_of(&pair.first));
    h3_add_headers(0, 4, hs_bytes_of("\0\0\xff", 3));
    h3_add_headers(0, 8, (hs_bytes){0});
    h3_add_headers(0, 12, hs_bytes_of("\0\0\xd1\xc1", 4));
    h3_expect("< SETTINGS 11 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> QPACK encoder stream 1 stream=6 malformed=QPACK encoder instructions: cannot be "
              "read, or not be followed length=16 protected @1-1\n"
              "> HEADERS 12 stream=0 fields=QPACK insertions cannot be followed protected @3-3\n"
              "> HEADERS 5 stream=4 fields=cannot be decompressed protected @4-4\n"
              "> HEADERS 2 stream=8 fields=cannot be decompressed protected @5-5\n"
              "> HEADERS 6 stream=12 :method=GET :path=/ protected @6-6\n"
              "settings_done @0\n"
              "request @3\n"
              "http3 1=0 7=16 16448=7\n");
}

static void a_table_too_large_to_follow(void **state)
{
    (void)state;
    dynamic_pair pair = encode_pair();
    h3_add_settings(STREAMS_FROM_SERVER, 3, HS_HTTP3_TABLE_MAX + 1);
    H3_ADD(0, 6, "\x02");
    h3_add(0, 6, h3_instructions_of(&pair.first));
    h3_add_headers(0, 0, h3_section_of(&pair.first));
    h3_expect("< SETTINGS 14 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=262145 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> QPACK encoder stream 1 stream=6 length=16 protected @1-1\n"
              "> HEADERS 12 stream=0 fields=the dynamic table may be too large to be followed "
              "protected @3-3\n"
              "settings_done @0\n"
              "request @3\n"
              "http3 1=262145 7=16 16448=7\n");
}

/* Streams of ngtcp2's client and server, as a capture had them. */
static void streams_that_were_met(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *expected;
    } rows[] = {
        {"moved", "> HEADERS 18 stream=0 :method=GET :scheme=https :authority=localhost:4455 "
                  ":path=/index.html user-agent=nghttp3/ngtcp2 client protected @3-3\n"},
        {"v1", "< HEADERS 12 stream=0 :status=200 server=nghttp3/ngtcp2 server "
               "content-type=text/html content-length=4053 protected @2-2\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[1024];
        snprintf(path, sizeof path, HS_SOURCE_ROOT "/fuzz/corpus/http3_decode/%s", rows[i].name);
        h3_read(path);
        char *text = h3_play_all();
        assert_non_null(strstr(text, rows[i].expected));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_dynamic_table_and_sections_that_wait_for_it, h3_begin),
        cmocka_unit_test_setup(early_data_waits_for_the_settings_that_it_was_made_for, h3_begin),
        cmocka_unit_test_setup(insertions_that_do_not_come, h3_begin),
        cmocka_unit_test_setup(a_gap_in_the_insertions, h3_begin),
        cmocka_unit_test_setup(insertions_that_cannot_be, h3_begin),
        cmocka_unit_test_setup(a_table_too_large_to_follow, h3_begin),
        cmocka_unit_test_setup(streams_that_were_met, h3_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
