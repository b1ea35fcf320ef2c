/* The decoder of HTTP/3 over streams made with the codec and an encoder of QPACK. */
#include "../cmocka_headers.h"

#include <nghttp3/nghttp3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/annotate.h"
#include "decode/http3.h"
#include "streams.h"
#include "wire/http3_frame.h"

enum { RECORDING_MAX = 1 << 20, CAPACITY = 4096 };

static uint8_t recording_bytes[RECORDING_MAX];
static size_t recording_len;

static int begin(void **state)
{
    (void)state;
    recording_len = 0;
    return 0;
}

static void add(uint8_t flags, unsigned stream, hs_bytes bytes)
{
    hs_writer w;
    hs_writer_init(&w, recording_bytes + recording_len, RECORDING_MAX - recording_len);
    hs_write_u8(&w, flags);
    hs_write_u8(&w, (uint8_t)stream);
    hs_write_u16(&w, (uint16_t)bytes.len);
    hs_write_bytes(&w, bytes);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    recording_len += w.len;
}

#define ADD(flags, stream, text) add((flags), (stream), hs_bytes_of((text), sizeof(text) - 1))

static void add_gap(uint8_t flags, unsigned stream, uint16_t length)
{
    uint8_t record[] = {(uint8_t)(flags | STREAMS_GAP), (uint8_t)stream, (uint8_t)(length >> 8),
                        (uint8_t)length};
    memcpy(recording_bytes + recording_len, record, sizeof record);
    recording_len += sizeof record;
}

static void add_frame(uint8_t flags, unsigned stream, hs_http3_frame frame)
{
    static uint8_t out[1 << 17];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_http3_write_frame(&w, &frame), HS_OK);
    add(flags, stream, hs_writer_bytes(&w));
}

static void add_headers(uint8_t flags, unsigned stream, hs_bytes section)
{
    add_frame(flags, stream,
              (hs_http3_frame){.header = {.type = HS_HTTP3_HEADERS}, .content = section});
}

/* A control stream with SETTINGS. */
static void add_settings(uint8_t flags, unsigned stream, uint64_t capacity)
{
    const hs_http3_setting settings[] = {{HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY, capacity},
                                         {HS_HTTP3_SETTING_QPACK_BLOCKED_STREAMS, 16},
                                         {0x4040, 7}};
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    hs_write_u8(&w, HS_HTTP3_STREAM_CONTROL);
    assert_int_equal(hs_http3_write_settings(&w, settings, 3), HS_OK);
    add(flags, stream, hs_writer_bytes(&w));
}

/* A field section, and what goes to the encoder stream for it. */
typedef struct encoded {
    uint8_t section[2048];
    size_t section_len;
    uint8_t instructions[2048];
    size_t instructions_len;
} encoded;

static size_t take(uint8_t *out, size_t room, nghttp3_buf *buf)
{
    size_t len = nghttp3_buf_len(buf);
    assert_true(len <= room);
    if (len > 0) {
        memcpy(out, buf->pos, len);
    }
    nghttp3_buf_free(buf, nghttp3_mem_default());
    return len;
}

/* `fields`: name, value, … NULL. */
static encoded encode(nghttp3_qpack_encoder *encoder, int64_t stream, const char *const *fields)
{
    nghttp3_nv list[16];
    size_t count = 0;
    for (; fields[2 * count]; count++) {
        const char *name = fields[2 * count];
        const char *value = fields[2 * count + 1];
        list[count] = (nghttp3_nv){.name = (const uint8_t *)name,
                                   .value = (const uint8_t *)value,
                                   .namelen = strlen(name),
                                   .valuelen = strlen(value)};
    }
    nghttp3_buf prefix;
    nghttp3_buf lines;
    nghttp3_buf instructions;
    nghttp3_buf_init(&prefix);
    nghttp3_buf_init(&lines);
    nghttp3_buf_init(&instructions);
    assert_int_equal(
        nghttp3_qpack_encoder_encode(encoder, &prefix, &lines, &instructions, stream, list, count),
        0);
    encoded result = {.section_len = 0};
    size_t len = take(result.section, sizeof result.section, &prefix);
    result.section_len = len + take(result.section + len, sizeof result.section - len, &lines);
    result.instructions_len = take(result.instructions, sizeof result.instructions, &instructions);
    return result;
}

static nghttp3_qpack_encoder *encoder_new(size_t capacity)
{
    nghttp3_qpack_encoder *encoder;
    assert_int_equal(nghttp3_qpack_encoder_new(&encoder, capacity, nghttp3_mem_default()), 0);
    nghttp3_qpack_encoder_set_max_dtable_capacity(encoder, capacity);
    nghttp3_qpack_encoder_set_max_blocked_streams(encoder, 16);
    return encoder;
}

static hs_bytes section_of(const encoded *e)
{
    return hs_bytes_of(e->section, e->section_len);
}

static hs_bytes instructions_of(const encoded *e)
{
    return hs_bytes_of(e->instructions, e->instructions_len);
}

static const char *const request_fields[] = {":method",    "GET",    ":scheme", "https",
                                             ":authority", "a.test", ":path",   "/x",
                                             "user-agent", "me/1",   NULL};
static const char *const answer_fields[] = {":status",   "200",     "server", "them/2", "alt-svc",
                                            "h3=\":1\"", "x-other", "1",      NULL};

static size_t one_byte(size_t left, void *context)
{
    (void)left;
    (void)context;
    return 1;
}

static size_t some_bytes(size_t left, void *context)
{
    uint32_t *seed = context;
    *seed = *seed * 1664525U + 1013904223U;
    return 1 + (*seed >> 16) % (left < 64 ? left : 64);
}

/* Every event's bytes can be read again with names. */
static void annotate_all(const hs_trace *trace)
{
    static hs_note items[4096];
    for (const hs_event *event = trace->events; event; event = event->next) {
        hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
        hs_fault fault;
        assert_int_not_equal(hs_annotate(trace, event, &notes, &fault), HS_INVALID);
        assert_true(notes.count > 0);
    }
}

static char *play(size_t len, conversation_split split, void *context)
{
    hs_trace *trace = streams_play(hs_bytes_of(recording_bytes, len), split, context);
    assert_non_null(trace);
    annotate_all(trace);
    char *text = conversation_text(trace);
    assert_non_null(text);
    hs_trace_free(trace);
    return text;
}

/* The same in every splitting. */
static char *play_all(void)
{
    char *whole = play(recording_len, NULL, NULL);
    char *bytes = play(recording_len, one_byte, NULL);
    assert_string_equal(whole, bytes);
    free(bytes);
    for (uint32_t i = 1; i <= 5; i++) {
        uint32_t seed = i;
        char *random = play(recording_len, some_bytes, &seed);
        assert_string_equal(whole, random);
        free(random);
    }
    return whole;
}

static void expect(const char *expected)
{
    char *text = play_all();
    assert_string_equal(text, expected);
    free(text);
}

/* Both sides' control streams, a request and its answer, without a dynamic table. */
static void add_plain_exchange(void)
{
    nghttp3_qpack_encoder *encoder = encoder_new(0);
    encoded request = encode(encoder, 0, request_fields);
    encoded answer = encode(encoder, 0, answer_fields);
    nghttp3_qpack_encoder_del(encoder);
    assert_int_equal(request.instructions_len, 0);
    add_settings(0, 2, 0);
    ADD(0, 6, "\x02");
    ADD(0, 10, "\x03");
    add_headers(STREAMS_FIN, 0, section_of(&request));
    add_settings(STREAMS_FROM_SERVER, 3, 0);
    add_headers(STREAMS_FROM_SERVER, 0, section_of(&answer));
    add_frame(STREAMS_FROM_SERVER | STREAMS_FIN, 0,
              (hs_http3_frame){.header = {.type = HS_HTTP3_DATA},
                               .content = {(const uint8_t *)"hello", 5}});
    add_frame(STREAMS_FROM_SERVER, 3,
              (hs_http3_frame){.header = {.type = HS_HTTP3_GOAWAY}, .id = 4});
}

static void a_request_and_its_answer(void **state)
{
    (void)state;
    add_plain_exchange();
    expect("> SETTINGS 11 stream=2 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
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

/* Two sections of one side by its dynamic table; the encoder stream is as long as it was for both.
 */
typedef struct dynamic_pair {
    encoded first;
    encoded second;
} dynamic_pair;

static dynamic_pair encode_pair(void)
{
    nghttp3_qpack_encoder *encoder = encoder_new(CAPACITY);
    dynamic_pair pair = {.first = encode(encoder, 0, request_fields)};
    pair.second = encode(encoder, 4, request_fields);
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
    add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    add_settings(0, 2, CAPACITY);
    add_headers(STREAMS_FIN, 0, section_of(&pair.first));
    add_headers(0, 4, section_of(&pair.second));
    ADD(0, 6, "\x02");
    add(0, 6, instructions_of(&pair.first));
    add(0, 6, instructions_of(&pair.second));
    expect("< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
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
    add_settings(STREAMS_EARLY, 2, CAPACITY);
    ADD(STREAMS_EARLY, 6, "\x02");
    add(STREAMS_EARLY, 6, instructions_of(&pair.first));
    add_headers(STREAMS_EARLY | STREAMS_FIN, 0, section_of(&pair.first));
    size_t before = recording_len;
    char *text = play_all();
    assert_non_null(strstr(text, "> HEADERS "));
    assert_non_null(strstr(text, ":path=/x")); /* at the finish, by a limit of its own */
    free(text);
    recording_len = before;
    add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    expect("> SETTINGS 12 stream=2 stream_type=control stream early_data=yes "
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
    add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    add_headers(0, 0, section_of(&pair.first));
    ADD(0, 6, "\x02\x3f\xe1\x1f"); /* the capacity alone */
    expect("< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
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
    add_settings(STREAMS_FROM_SERVER, 3, CAPACITY);
    add_headers(0, 0, section_of(&pair.first));
    ADD(0, 6, "\x02\x3f\xe1\x1f");
    add_gap(0, 6, 20);
    ADD(0, 6, "more");
    ADD(0, 4, "\x01\x04\x00\x00\xd1\xc1"); /* HEADERS from the static table: GET / */
    expect("< SETTINGS 12 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=4096 "
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
    add_settings(STREAMS_FROM_SERVER, 3, 0);
    ADD(0, 6, "\x02");
    add(0, 6, instructions_of(&pair.first));
    add_headers(0, 0, section_of(&pair.first));
    add_headers(0, 4, hs_bytes_of("\0\0\xff", 3));
    add_headers(0, 8, (hs_bytes){0});
    add_headers(0, 12, hs_bytes_of("\0\0\xd1\xc1", 4));
    expect("< SETTINGS 11 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
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
    add_settings(STREAMS_FROM_SERVER, 3, HS_HTTP3_TABLE_MAX + 1);
    ADD(0, 6, "\x02");
    add(0, 6, instructions_of(&pair.first));
    add_headers(0, 0, section_of(&pair.first));
    expect("< SETTINGS 14 stream=3 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=262145 "
           "QPACK_BLOCKED_STREAMS=16 0x4040=7 protected @0-0\n"
           "> QPACK encoder stream 1 stream=6 length=16 protected @1-1\n"
           "> HEADERS 12 stream=0 fields=the dynamic table may be too large to be followed "
           "protected @3-3\n"
           "settings_done @0\n"
           "request @3\n"
           "http3 1=262145 7=16 16448=7\n");
}

static void every_frame_and_stream(void **state)
{
    (void)state;
    add_settings(0, 2, 0);
    add_frame(0, 2, (hs_http3_frame){.header = {.type = HS_HTTP3_MAX_PUSH_ID}, .id = 8});
    add_frame(0, 2,
              (hs_http3_frame){.header = {.type = HS_HTTP3_PRIORITY_UPDATE},
                               .id = 4,
                               .content = hs_bytes_of("u=1, i", 6)});
    add_frame(0, 2,
              (hs_http3_frame){.header = {.type = HS_HTTP3_PRIORITY_UPDATE_PUSH},
                               .id = 1,
                               .content = hs_bytes_of("u=7", 3)});
    add_frame(0, 2, (hs_http3_frame){.header = {.type = HS_HTTP3_CANCEL_PUSH}, .id = 3});
    add_frame(0, 2, (hs_http3_frame){.header = {.type = HS_HTTP3_GOAWAY}, .id = 2});
    ADD(0, 2, "\x21\x03xyz"); /* reserved */
    ADD(0, 2, "\x40\x99\x01z");
    ADD(0, 14, "\x21GREASE");
    ADD(0, 18, "\x40\x77unknown");
    ADD(STREAMS_FIN, 22, "\x40\x54\x00session");
    add_settings(STREAMS_FROM_SERVER, 3, 0);
    add_frame(STREAMS_FROM_SERVER, 3,
              (hs_http3_frame){.header = {.type = HS_HTTP3_ORIGIN},
                               .content = hs_bytes_of("\0\x09https://a\0\x09https://b", 22)});
    add_frame(STREAMS_FROM_SERVER, 0,
              (hs_http3_frame){.header = {.type = HS_HTTP3_PUSH_PROMISE},
                               .id = 5,
                               .content = hs_bytes_of("\0\0\xd1\xc1", 4)});
    add_headers(STREAMS_FROM_SERVER, 0, hs_bytes_of("\0\0\xd8", 3));               /* 103 */
    add_headers(STREAMS_FROM_SERVER, 0, hs_bytes_of("\0\0\xdb", 3));               /* 404 */
    ADD(STREAMS_FROM_SERVER, 7, "\x01\x05");                                       /* push stream */
    add_headers(STREAMS_FROM_SERVER | STREAMS_FIN, 7, hs_bytes_of("\0\0\xd9", 3)); /* 200 */
    expect("> SETTINGS 11 stream=2 stream_type=control stream QPACK_MAX_TABLE_CAPACITY=0 "
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
    ADD(0, 2, "\0\x0d\x01\x05");             /* MAX_PUSH_ID first */
    ADD(0, 2, "\x0d\x01\x04");               /* smaller */
    ADD(0, 2, "\x04\0");                     /* SETTINGS late */
    ADD(0, 2, "\0\x01x");                    /* DATA on it */
    ADD(0, 2, "\x06\0");                     /* PING of HTTP/2 */
    ADD(STREAMS_FIN, 2, "\x03\x02\x01\x01"); /* CANCEL_PUSH with too much */
    ADD(0, 6, "\0\x04\0");                   /* a second control stream */
    ADD(0, 10, "\x01\x07");                  /* a push stream of a client */
    ADD(0, 0, "\0\x01x");                    /* DATA first */
    ADD(0, 0, "\x01\x04\0\0\xd1\xc1\x04\0"); /* SETTINGS there */
    ADD(0, 0, "\x05\x05\0\0\0\xd1\xc1");     /* PUSH_PROMISE of a client */
    ADD(0, 0, "\0\0\x01\x03\0\0\xc1\0\0");   /* DATA, trailers, DATA */
    ADD(STREAMS_FIN, 0, "\x01\x07\0\0\xd1"); /* cut */
    ADD(STREAMS_FIN, 4, "\x40");
    ADD(0, 1, "bidirectional");
    ADD(0, 3, "not its own");
    ADD(STREAMS_FROM_SERVER, 3, "\0\x04\x06\x02\x01\x06\x01\x06\x02");   /* of HTTP/2, repeated */
    ADD(STREAMS_FROM_SERVER, 3, "\x07\x01\x08\x07\x01\x0c\x07\x01\x01"); /* GOAWAY */
    ADD(STREAMS_FROM_SERVER, 3, "\x0d\x01\x01\x80\x0f\x07\0\x01\x02");
    ADD(STREAMS_FROM_SERVER | STREAMS_FIN, 7, "\x02");
    ADD(STREAMS_FROM_SERVER, 11, "\x40");
    ADD(STREAMS_FROM_SERVER, 15, "\x01\x03");
    expect("> MAX_PUSH_ID 3 stream=2 stream_type=control stream max_push_id=5 problem=the first "
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
    ADD(STREAMS_FROM_SERVER, 0, "\x01\x06\0\0");
    add_gap(STREAMS_FROM_SERVER, 0, 3);
    ADD(STREAMS_FROM_SERVER, 0,
        "\xd9\0\x0a"
        "ab");
    add_gap(STREAMS_FROM_SERVER, 0, 8);
    ADD(STREAMS_FROM_SERVER, 0,
        "\0\x02"
        "cd\0\x03"
        "e");
    add_gap(STREAMS_FROM_SERVER, 0, 9);
    ADD(STREAMS_FROM_SERVER, 0, "no frame is known");
    ADD(STREAMS_FROM_SERVER | STREAMS_FIN, 0, " to begin");
    add_gap(0, 2, 1);
    ADD(0, 2, "\x04\0");
    add_gap(0, 10, 1);
    ADD(0, 14, "\x03\x80");
    add_gap(0, 14, 5);
    ADD(0, 14, "\x81");
    expect("< HEADERS 8 stream=0 length=6 missing=3 fields=bytes of them are missing protected "
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
    add(STREAMS_FROM_SERVER, 0, hs_writer_bytes(&w));
    memset(bytes, 0, sizeof bytes);
    add(STREAMS_FROM_SERVER, 0, hs_bytes_of(bytes, sizeof bytes - 1));
    add(STREAMS_FROM_SERVER, 0, hs_bytes_of(bytes, 2));
    ADD(STREAMS_FROM_SERVER, 0,
        "\0\x9f\xff\xff\xff"
        "body");
    expect("< HEADERS 65542 stream=0 length=65537 fields=too long to be read protected @0-2\n"
           "< DATA 9 stream=0 length=536870911 incomplete=536870907 bytes have not come "
           "protected @3-3\n"
           "first_response @0\n");
}

static void every_truncation(void **state)
{
    (void)state;
    add_plain_exchange();
    for (size_t len = 0; len <= recording_len; len++) {
        char *whole = play(len, NULL, NULL);
        char *bytes = play(len, one_byte, NULL);
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
        cmocka_unit_test_setup(a_request_and_its_answer, begin),
        cmocka_unit_test_setup(a_dynamic_table_and_sections_that_wait_for_it, begin),
        cmocka_unit_test_setup(early_data_waits_for_the_settings_that_it_was_made_for, begin),
        cmocka_unit_test_setup(insertions_that_do_not_come, begin),
        cmocka_unit_test_setup(a_gap_in_the_insertions, begin),
        cmocka_unit_test_setup(insertions_that_cannot_be, begin),
        cmocka_unit_test_setup(a_table_too_large_to_follow, begin),
        cmocka_unit_test_setup(every_frame_and_stream, begin),
        cmocka_unit_test_setup(what_breaks_rules, begin),
        cmocka_unit_test_setup(gaps, begin),
        cmocka_unit_test_setup(long_frames_are_kept_in_part, begin),
        cmocka_unit_test_setup(every_truncation, begin),
        cmocka_unit_test(limits),
        cmocka_unit_test(many_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
