/* The decoder of HTTP/3: streams, frames, facts, gaps and limits. */
#include "http3_kit.h"

#include <stdlib.h>
#include <string.h>

#include "decode/http3.h"

/* Both sides' control streams, a request and its answer, without a dynamic table. */
static void add_plain_exchange(void)
{
    nghttp3_qpack_encoder *encoder = h3_encoder_new(0);
    h3_encoded request = h3_encode(encoder, 0, h3_request_fields);
    h3_encoded answer = h3_encode(encoder, 0, h3_answer_fields);
    nghttp3_qpack_encoder_del(encoder);
    assert_int_equal(request.instructions_len, 0);
    h3_add_settings(0, 2, 0);
    H3_ADD(0, 6, "\x02");
    H3_ADD(0, 10, "\x03");
    h3_add_headers(STREAMS_FIN, 0, h3_section_of(&request));
    h3_add_settings(STREAMS_FROM_SERVER, 3, 0);
    h3_add_headers(STREAMS_FROM_SERVER, 0, h3_section_of(&answer));
    h3_add_frame(STREAMS_FROM_SERVER | STREAMS_FIN, 0,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_DATA},
                                  .content = {(const uint8_t *)"hello", 5}});
    h3_add_frame(STREAMS_FROM_SERVER, 3,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_GOAWAY}, .id = 4});
}

static void a_request_and_its_answer(void **state)
{
    (void)state;
    add_plain_exchange();
    h3_expect("> SETTINGS 11 stream=2 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> QPACK encoder stream 1 stream=6 length=1 protected @1-1\n"
              "> QPACK decoder stream 1 stream=10 length=1 protected @2-2\n"
              "> HEADERS 22 stream=0 :method=GET :scheme=https :authority=a.test :path=/x "
              "user-agent=me/1 protected @3-3\n"
              "< SETTINGS 11 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @4-4\n"
              "< HEADERS 31 stream=0 :status=200 server=them/2 alt-svc=h3=\":1\" protected @5-5\n"
              "< DATA 7 stream=0 length=5 protected @6-6\n"
              "< GOAWAY 3 stream=3 first_unprocessed_stream=4 protected @7-7\n"
              "settings_start @0\n"
              "settings_done @4\n"
              "request @3\n"
              "first_response @5\n"
              "http HTTP/3 200 server=them/2 location=-\n"
              "http3 1=0 7=16 16448=7\n"
              "goaway 4\n");
}

static void every_frame_and_stream(void **state)
{
    (void)state;
    h3_add_settings(0, 2, 0);
    h3_add_frame(0, 2, (hs_http3_frame){.header = {.type = HS_HTTP3_MAX_PUSH_ID}, .id = 8});
    h3_add_frame(0, 2,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_PRIORITY_UPDATE},
                                  .id = 4,
                                  .content = hs_bytes_of("u=1, i", 6)});
    h3_add_frame(0, 2,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_PRIORITY_UPDATE_PUSH},
                                  .id = 1,
                                  .content = hs_bytes_of("u=7", 3)});
    h3_add_frame(0, 2, (hs_http3_frame){.header = {.type = HS_HTTP3_CANCEL_PUSH}, .id = 3});
    h3_add_frame(0, 2, (hs_http3_frame){.header = {.type = HS_HTTP3_GOAWAY}, .id = 2});
    H3_ADD(0, 2, "\x21\x03xyz"); /* reserved */
    H3_ADD(0, 2, "\x40\x99\x01z");
    H3_ADD(0, 14, "\x21GREASE");
    H3_ADD(0, 18, "\x40\x77unknown");
    H3_ADD(STREAMS_FIN, 22, "\x40\x54\x00session");
    h3_add_settings(STREAMS_FROM_SERVER, 3, 0);
    h3_add_frame(STREAMS_FROM_SERVER, 3,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_ORIGIN},
                                  .content = hs_bytes_of("\0\x09https://a\0\x09https://b", 22)});
    h3_add_frame(STREAMS_FROM_SERVER, 0,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_PUSH_PROMISE},
                                  .id = 5,
                                  .content = hs_bytes_of("\0\0\xd1\xc1", 4)});
    h3_add_headers(STREAMS_FROM_SERVER, 0, hs_bytes_of("\0\0\xd8", 3)); /* 103 */
    h3_add_headers(STREAMS_FROM_SERVER, 0, hs_bytes_of("\0\0\xdb", 3)); /* 404 */
    H3_ADD(STREAMS_FROM_SERVER, 7, "\x01\x05");                         /* push stream */
    h3_add_headers(STREAMS_FROM_SERVER | STREAMS_FIN, 7, hs_bytes_of("\0\0\xd9", 3)); /* 200 */
    h3_expect("> SETTINGS 11 stream=2 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
              "> MAX_PUSH_ID 3 stream=2 max_push_id=8 protected @1-1\n"
              "> PRIORITY_UPDATE 12 stream=2 prioritized_stream=4 priority=u=1, i protected @2-2\n"
              "> PRIORITY_UPDATE 9 stream=2 prioritized_push=1 priority=u=7 protected @3-3\n"
              "> CANCEL_PUSH 3 stream=2 push_id=3 protected @4-4\n"
              "> GOAWAY 3 stream=2 push_id=2 protected @5-5\n"
              "> GREASE 5 stream=2 type=0x21 length=3 protected @6-6\n"
              "> unknown frame 4 stream=2 type=0x99 length=1 protected @7-7\n"
              "> GREASE stream 1 stream=14 type=0x21 length=7 protected @8-8\n"
              "> unknown stream 2 stream=18 type=0x77 length=9 protected @9-9\n"
              "> WebTransport stream 2 stream=22 length=10 protected @10-10\n"
              "< SETTINGS 11 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
              "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @11-11\n"
              "< ORIGIN 24 stream=3 origins=https://a, https://b protected @12-12\n"
              "< PUSH_PROMISE 7 stream=0 push_id=5 :method=GET :path=/ protected @13-13\n"
              "< HEADERS 5 stream=0 :status=103 protected @14-14\n"
              "< HEADERS 5 stream=0 :status=404 protected @15-15\n"
              "< HEADERS 5 stream=7 stream_type=push stream push_id=5 :status=200 protected "
              "@17-17\n"
              "settings_start @0\n"
              "settings_done @11\n"
              "first_response @14\n"
              "http HTTP/3 404 server=- location=-\n"
              "http3 1=0 7=16 16448=7\n");
}

static void what_breaks_rules(void **state)
{
    (void)state;
    H3_ADD(0, 2, "\0\x0d\x01\x05");             /* MAX_PUSH_ID first */
    H3_ADD(0, 2, "\x0d\x01\x04");               /* smaller */
    H3_ADD(0, 2, "\x04\0");                     /* SETTINGS late */
    H3_ADD(0, 2, "\0\x01x");                    /* DATA on it */
    H3_ADD(0, 2, "\x06\0");                     /* PING of HTTP/2 */
    H3_ADD(STREAMS_FIN, 2, "\x03\x02\x01\x01"); /* CANCEL_PUSH with too much */
    H3_ADD(0, 6, "\0\x04\0");                   /* a second control stream */
    H3_ADD(0, 10, "\x01\x07");                  /* a push stream of a client */
    H3_ADD(0, 0, "\0\x01x");                    /* DATA first */
    H3_ADD(0, 0, "\x01\x04\0\0\xd1\xc1\x04\0"); /* SETTINGS there */
    H3_ADD(0, 0, "\x05\x05\0\0\0\xd1\xc1");     /* PUSH_PROMISE of a client */
    H3_ADD(0, 0, "\0\0\x01\x03\0\0\xc1\0\0");   /* DATA, trailers, DATA */
    H3_ADD(STREAMS_FIN, 0, "\x01\x07\0\0\xd1"); /* cut */
    H3_ADD(STREAMS_FIN, 4, "\x40");
    H3_ADD(0, 1, "bidirectional");
    H3_ADD(0, 3, "not its own");
    H3_ADD(STREAMS_FROM_SERVER, 3, "\0\x04\x06\x02\x01\x06\x01\x06\x02"); /* of HTTP/2, repeated */
    H3_ADD(STREAMS_FROM_SERVER, 3, "\x07\x01\x08\x07\x01\x0c\x07\x01\x01"); /* GOAWAY */
    H3_ADD(STREAMS_FROM_SERVER, 3, "\x0d\x01\x01\x80\x0f\x07\0\x01\x02");
    H3_ADD(STREAMS_FROM_SERVER | STREAMS_FIN, 7, "\x02");
    H3_ADD(STREAMS_FROM_SERVER, 11, "\x40");
    H3_ADD(STREAMS_FROM_SERVER, 15, "\x01\x03");
    h3_expect("> MAX_PUSH_ID 3 stream=2 stream_type=control stream max_push_id=5 problem=the first "
              "frame is not SETTINGS protected @0-0\n"
              "> MAX_PUSH_ID 3 stream=2 max_push_id=4 problem=the ID is smaller than that of the "
              "MAX_PUSH_ID before protected @1-1\n"
              "> SETTINGS 2 stream=2 problem=SETTINGS may come once protected @2-2\n"
              "> DATA 3 stream=2 length=1 problem=this frame may not be on this stream protected "
              "@3-3\n"
              "> unknown frame 2 stream=2 type=0x6 length=0 problem=a frame of HTTP/2 that HTTP/3 "
              "has not protected @4-4\n"
              "> CANCEL_PUSH 4 stream=2 malformed=trailing bytes: the block has bytes left over "
              "problem=the stream must not be closed protected @5-5\n"
              "> control stream 1 stream=6 problem=there is one of this type already length=3 "
              "protected @6-6\n"
              "> push stream 2 stream=10 push_id=7 problem=only a server pushes protected @7-7\n"
              "> DATA 3 stream=0 length=1 problem=DATA without HEADERS before it protected @8-8\n"
              "> HEADERS 6 stream=0 :method=GET :path=/ protected @9-9\n"
              "> SETTINGS 2 stream=0 problem=this frame may not be on this stream protected @9-9\n"
              "> PUSH_PROMISE 7 stream=0 push_id=0 :method=GET :path=/ problem=only a server sends "
              "this frame protected @10-10\n"
              "> DATA 2 stream=0 length=0 protected @11-11\n"
              "> HEADERS 5 stream=0 :path=/ protected @11-11\n"
              "> DATA 2 stream=0 length=0 problem=it follows the trailer section protected @11-11\n"
              "> HEADERS 5 stream=0 length=7 problem=it follows the trailer section incomplete=4 "
              "bytes have not come problem=the stream ends within the frame protected @12-12\n"
              "> frame 1 stream=4 incomplete=the frame header has not ended problem=the stream "
              "ends within the frame protected @13-13\n"
              "> data 13 stream=1 text=bidirectional problem=a server opens no bidirectional "
              "streams in HTTP/3 protected @14-14\n"
              "> data 11 stream=3 text=not its own problem=the stream is the other side's to send "
              "on protected @15-15\n"
              "< SETTINGS 8 stream=3 stream_type=control stream 0x2=1 MAX_FIELD_SECTION_SIZE=1 "
              "MAX_FIELD_SECTION_SIZE=2 problem=a setting of HTTP/2 that HTTP/3 has not protected "
              "@16-16\n"
              "< GOAWAY 3 stream=3 first_unprocessed_stream=8 protected @17-17\n"
              "< GOAWAY 3 stream=3 first_unprocessed_stream=12 problem=the ID is larger than that "
              "of the GOAWAY before protected @17-17\n"
              "< GOAWAY 3 stream=3 first_unprocessed_stream=1 problem=the ID is of no request "
              "stream protected @17-17\n"
              "< MAX_PUSH_ID 3 stream=3 max_push_id=1 problem=only a client sends this frame "
              "protected @18-18\n"
              "< PRIORITY_UPDATE 6 stream=3 prioritized_stream=2 problem=the prioritized element "
              "is no request stream protected @18-18\n"
              "< QPACK encoder stream 1 stream=7 problem=the stream must not be closed length=1 "
              "protected @19-19\n"
              "< stream 1 stream=11 incomplete=the stream header has not ended protected @20-20\n"
              "< push stream 2 stream=15 push_id=3 protected @21-21\n"
              "settings_done @16\n"
              "request @9\n"
              "http3 2=1 6=1 6=2\n"
              "goaway 1\n");
}

static void gaps(void **state)
{
    (void)state;
    H3_ADD(STREAMS_FROM_SERVER, 0, "\x01\x06\0\0");
    h3_add_gap(STREAMS_FROM_SERVER, 0, 3);
    H3_ADD(STREAMS_FROM_SERVER, 0,
           "\xd9\0\x0a"
           "ab");
    h3_add_gap(STREAMS_FROM_SERVER, 0, 8);
    H3_ADD(STREAMS_FROM_SERVER, 0,
           "\0\x02"
           "cd\0\x03"
           "e");
    h3_add_gap(STREAMS_FROM_SERVER, 0, 9);
    H3_ADD(STREAMS_FROM_SERVER, 0, "no frame is known");
    H3_ADD(STREAMS_FROM_SERVER | STREAMS_FIN, 0, " to begin");
    h3_add_gap(0, 2, 1);
    H3_ADD(0, 2, "\x04\0");
    h3_add_gap(0, 10, 1);
    H3_ADD(0, 14, "\x03\x80");
    h3_add_gap(0, 14, 5);
    H3_ADD(0, 14, "\x81");
    h3_expect("< HEADERS 8 stream=0 length=6 missing=3 fields=bytes of them are missing protected "
              "@0-2\n"
              "< DATA 12 stream=0 length=10 missing=8 protected @2-2\n"
              "< DATA 4 stream=0 length=2 protected @4-4\n"
              "< DATA 3 stream=0 length=3 incomplete=2 bytes have not come protected @4-4\n"
              "< data 26 stream=0 text=no frame is known to begin protected @6-7\n"
              "> data 2 stream=2 text=\\x04\\x00 protected @9-9\n"
              "> QPACK decoder stream 1 stream=14 length=3 missing=5 protected @11-11\n"
              "first_response @0\n");
}

static void long_frames_are_kept_in_part(void **state)
{
    (void)state;
    static uint8_t bytes[HS_HTTP3_FRAME_MAX];
    hs_writer w;
    hs_writer_init(&w, bytes, sizeof bytes);
    hs_write_varint(&w, HS_HTTP3_HEADERS);
    hs_write_varint(&w, HS_HTTP3_FRAME_MAX + 1);
    h3_add(STREAMS_FROM_SERVER, 0, hs_writer_bytes(&w));
    memset(bytes, 0, sizeof bytes);
    h3_add(STREAMS_FROM_SERVER, 0, hs_bytes_of(bytes, sizeof bytes - 1));
    h3_add(STREAMS_FROM_SERVER, 0, hs_bytes_of(bytes, 2));
    H3_ADD(STREAMS_FROM_SERVER, 0,
           "\0\x9f\xff\xff\xff"
           "body");
    h3_expect("< HEADERS 65542 stream=0 length=65537 fields=too long to be read protected @0-2\n"
              "< DATA 9 stream=0 length=536870911 incomplete=536870907 bytes have not come "
              "protected @3-3\n"
              "first_response @0\n");
}

static void every_truncation(void **state)
{
    (void)state;
    add_plain_exchange();
    for (size_t len = 0; len <= h3_recording_len; len++) {
        char *whole = h3_play(len, NULL, NULL);
        char *bytes = h3_play(len, h3_one_byte, NULL);
        assert_string_equal(whole, bytes);
        free(whole);
        free(bytes);
    }
}

/* More than is decoded is refused, and what is held stays bounded. */
static void limits(void **state)
{
    (void)state;
    static const uint8_t frame[24 * 1024] = {0x01, 0x80, 0x00, 0xff, 0xff}; /* HEADERS of 65535 */
    hs_trace_config config = {.keep_events = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *d = hs_http3_decoder_new(trace);
    assert_non_null(d);
    size_t refused = 0;
    uint64_t stream = 0;
    for (; stream < 4 * HS_HTTP3_STREAMS_MAX; stream += 4) {
        hs_result result = hs_http3_decoder_feed(
            d, HS_CLIENT, stream, hs_bytes_of(frame, sizeof frame), false, 0, 1, false);
        assert_true(result == HS_OK || result == HS_LIMIT);
        refused += result == HS_LIMIT ? 1 : 0;
        assert_int_equal(trace->incomplete, refused > 0);
        assert_true(hs_http3_decoder_memory(d) < 3 * HS_HTTP3_WAITING_MAX);
    }
    assert_in_range(refused, 10, HS_HTTP3_STREAMS_MAX / 2);
    assert_true(trace->incomplete);
    /* One stream more than may be open. */
    assert_int_equal(
        hs_http3_decoder_feed(d, HS_CLIENT, stream, hs_bytes_of("\0", 1), false, 0, 1, false),
        HS_LIMIT);
    hs_http3_decoder_finish(d);
    hs_http3_decoder_free(d);
    hs_trace_free(trace);
}

/* Many streams, one after another, and more sections than may wait. */
static void many_streams(void **state)
{
    (void)state;
    hs_trace_config config = {.keep_events = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *d = hs_http3_decoder_new(trace);
    assert_non_null(d);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(hs_http3_decoder_feed(d, HS_CLIENT, 4 * i, hs_bytes_of("\x01\x02\0\0", 4),
                                               true, i, i + 1, false),
                         HS_OK);
    }
    for (uint64_t i = 0; i < 100; i++) {
        hs_result result = hs_http3_decoder_feed(
            d, HS_SERVER, 4 * i, hs_bytes_of("\x01\x03\x02\0\x80", 5), true, i, i + 1, false);
        assert_int_equal(result, i < HS_HTTP3_SECTIONS_MAX ? HS_OK : HS_LIMIT);
    }
    hs_http3_decoder_finish(d);
    hs_http3_decoder_free(d);
    assert_int_equal(trace->event_count, 1100);
    hs_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_request_and_its_answer, h3_begin),
        cmocka_unit_test_setup(every_frame_and_stream, h3_begin),
        cmocka_unit_test_setup(what_breaks_rules, h3_begin),
        cmocka_unit_test_setup(gaps, h3_begin),
        cmocka_unit_test_setup(long_frames_are_kept_in_part, h3_begin),
        cmocka_unit_test_setup(every_truncation, h3_begin),
        cmocka_unit_test(limits),
        cmocka_unit_test(many_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
