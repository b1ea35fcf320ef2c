/* HTTP/3 streams to a trace: frames, fields from the static and the dynamic table, at any chunking
 * and in any order of streams, cut and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp3/nghttp3.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "base/writer.h"
#include "decode/http3.h"
#include "trace/build.h"
#include "wire/http3_frame.h"

enum { STREAM_MAX = 4096 };

/* What one direction of a stream carries. */
typedef struct lane {
    hs_side from;
    uint64_t stream;
    uint8_t bytes[STREAM_MAX];
    size_t len;
} lane;

typedef struct conversation {
    lane lanes[8];
    size_t count;
} conversation;

static lane *add_lane(conversation *c, hs_side from, uint64_t stream)
{
    lane *l = &c->lanes[c->count++];
    *l = (lane){.from = from, .stream = stream};
    return l;
}

static void add_bytes(lane *l, const void *bytes, size_t len)
{
    assert_true(l->len + len <= STREAM_MAX);
    memcpy(l->bytes + l->len, bytes, len);
    l->len += len;
}

static void add_type(lane *l, uint64_t type)
{
    uint8_t room[16];
    hs_writer w;
    const hs_http3_stream_header header = {.type = type};
    hs_writer_init(&w, room, sizeof room);
    assert_int_equal(hs_http3_write_stream_header(&w, &header), HS_OK);
    add_bytes(l, room, hs_writer_bytes(&w).len);
}

static void add_frame(lane *l, const hs_http3_frame *frame)
{
    uint8_t room[STREAM_MAX];
    hs_writer w;
    hs_writer_init(&w, room, sizeof room);
    assert_int_equal(hs_http3_write_frame(&w, frame), HS_OK);
    add_bytes(l, room, hs_writer_bytes(&w).len);
}

static void add_settings(lane *l, uint64_t capacity)
{
    uint8_t room[64];
    hs_writer w;
    const hs_http3_setting settings[] = {{HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY, capacity},
                                         {HS_HTTP3_SETTING_QPACK_BLOCKED_STREAMS, 16},
                                         {0x4040, 7}};
    add_type(l, HS_HTTP3_STREAM_CONTROL);
    hs_writer_init(&w, room, sizeof room);
    assert_int_equal(hs_http3_write_settings(&w, settings, 3), HS_OK);
    add_bytes(l, room, hs_writer_bytes(&w).len);
}

typedef struct field {
    const char *name;
    const char *value;
} field;

static void append(uint8_t *to, size_t *at, const nghttp3_buf *from)
{
    size_t len = (size_t)(from->last - from->pos);
    if (len > 0) {
        memcpy(to + *at, from->pos, len);
        *at += len;
    }
}

/* One HEADERS frame by nghttp3's encoder; what it tells on its own stream goes to `instructions`.
 */
static void add_headers(lane *l, nghttp3_qpack_encoder *encoder, lane *instructions,
                        const field *fields, size_t count)
{
    const nghttp3_mem *mem = nghttp3_mem_default();
    nghttp3_nv given[16];
    nghttp3_buf prefix;
    nghttp3_buf body;
    nghttp3_buf table;
    uint8_t section[STREAM_MAX];
    size_t len = 0;
    nghttp3_buf_init(&prefix);
    nghttp3_buf_init(&body);
    nghttp3_buf_init(&table);
    for (size_t i = 0; i < count; i++) {
        given[i] = (nghttp3_nv){.name = (uint8_t *)(uintptr_t)fields[i].name,
                                .namelen = strlen(fields[i].name),
                                .value = (uint8_t *)(uintptr_t)fields[i].value,
                                .valuelen = strlen(fields[i].value)};
    }
    assert_int_equal(nghttp3_qpack_encoder_encode(encoder, &prefix, &body, &table,
                                                  (int64_t)l->stream, given, count),
                     0);
    append(section, &len, &prefix);
    append(section, &len, &body);
    append(instructions->bytes, &instructions->len, &table);
    nghttp3_buf_free(&prefix, mem);
    nghttp3_buf_free(&body, mem);
    nghttp3_buf_free(&table, mem);
    const hs_http3_frame frame = {.header = {.type = HS_HTTP3_HEADERS},
                                  .content = hs_bytes_of(section, len)};
    add_frame(l, &frame);
}

static nghttp3_qpack_encoder *new_encoder(size_t capacity)
{
    nghttp3_qpack_encoder *encoder = NULL;
    assert_int_equal(nghttp3_qpack_encoder_new(&encoder, capacity, nghttp3_mem_default()), 0);
    nghttp3_qpack_encoder_set_max_dtable_capacity(encoder, capacity);
    nghttp3_qpack_encoder_set_max_blocked_streams(encoder, 16);
    return encoder;
}

static const field request[] = {{":method", "GET"},
                                {":scheme", "https"},
                                {":authority", "a.example"},
                                {":path", "/x"},
                                {"user-agent", "an agent of some length"}};
static const field response[] = {{":status", "200"},
                                 {"server", "a server of some length"},
                                 {"alt-svc", "h3=\":443\""},
                                 {"location", "/elsewhere"}};

/* Lanes: client control, server control, client encoder, server encoder, request, response. */
static void make(conversation *c, size_t capacity, bool encoder_last)
{
    memset(c, 0, sizeof *c);
    nghttp3_qpack_encoder *client = new_encoder(capacity);
    nghttp3_qpack_encoder *server = new_encoder(capacity);
    add_settings(add_lane(c, HS_CLIENT, 2), capacity);
    lane *server_control = add_lane(c, HS_SERVER, 3);
    add_settings(server_control, capacity);
    const hs_http3_frame goaway = {.header = {.type = HS_HTTP3_GOAWAY}, .id = 4};
    add_frame(server_control, &goaway);
    lane client_table = {.from = HS_CLIENT, .stream = 6};
    lane server_table = {.from = HS_SERVER, .stream = 7};
    add_type(&client_table, HS_HTTP3_STREAM_QPACK_ENCODER);
    add_type(&server_table, HS_HTTP3_STREAM_QPACK_ENCODER);
    lane asked = {.from = HS_CLIENT, .stream = 0};
    lane answered = {.from = HS_SERVER, .stream = 0};
    add_headers(&asked, client, &client_table, request, 5);
    add_headers(&answered, server, &server_table, response, 4);
    const hs_http3_frame data = {.header = {.type = HS_HTTP3_DATA},
                                 .content = hs_bytes_of("hello", 5)};
    add_frame(&answered, &data);
    lane *order[] = {&client_table, &server_table, &asked, &answered};
    for (size_t i = 0; i < 4; i++) {
        c->lanes[c->count++] = *order[encoder_last ? (i + 2) % 4 : i];
    }
    nghttp3_qpack_encoder_del(client);
    nghttp3_qpack_encoder_del(server);
}

static void feed(hs_trace *trace, hs_http3_decoder *d, const lane *l, size_t chunk)
{
    for (size_t at = 0; at < l->len; at += chunk) {
        size_t len = l->len - at < chunk ? l->len - at : chunk;
        uint64_t first = hs_trace_stream_length(trace, l->from);
        hs_trace_add_segment(trace, l->from, len,
                             (hs_moment){(hs_time)(trace->segment_count + 1), HS_CLOCK_KERNEL});
        hs_result result = hs_http3_decoder_feed(d, l->from, l->stream,
                                                 hs_bytes_of(l->bytes + at, len),
                                                 at + len == l->len, first, first + len);
        assert_true(result == HS_OK || result == HS_LIMIT);
    }
}

static hs_trace *decode(const conversation *c, size_t chunk)
{
    hs_trace_config config = {.keep_bytes = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *d = hs_http3_decoder_new(trace);
    for (size_t i = 0; i < c->count; i++) {
        feed(trace, d, &c->lanes[i], chunk);
    }
    hs_http3_decoder_finish(d);
    hs_http3_decoder_free(d);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    return trace;
}

/* "client SETTINGS(stream=2,…) …": all events with their details. */
static void print(const hs_trace *trace, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (const hs_event *e = trace->events; e && len < size; e = e->next) {
        len += (size_t)snprintf(out + len, size - len, "%s %s %zu(", e->from ? "server" : "client",
                                e->name, e->bytes);
        for (const hs_detail *x = e->details; x && len < size; x = x->next) {
            if (x->text) {
                len += (size_t)snprintf(out + len, size - len, "%s=%s,", x->key, x->text);
            } else {
                len += (size_t)snprintf(out + len, size - len, "%s=%lld,", x->key,
                                        (long long)x->number);
            }
        }
        len += len < size ? (size_t)snprintf(out + len, size - len, ") ") : 0;
    }
    assert_true(len < size);
}

static void check_facts(const hs_trace *t)
{
    assert_true(t->http3.present && t->http3.has_goaway);
    assert_int_equal(t->http3.goaway_id, 4);
    assert_int_equal(t->http3.setting_count, 3);
    assert_int_equal(t->http3.settings[2].id, 0x4040);
    assert_int_equal(t->http3.settings[2].value, 7);
    assert_true(t->http.present);
    assert_int_equal(t->http.status, 200);
    assert_string_equal(t->http.version, "HTTP/3");
    assert_string_equal(t->http.server, "a server of some length");
    assert_string_equal(t->http.alt_svc, "h3=\":443\"");
    assert_string_equal(t->http.location, "/elsewhere");
    assert_true(t->milestones[HS_MILESTONE_SETTINGS_START].at != HS_TIME_NONE);
    assert_true(t->milestones[HS_MILESTONE_SETTINGS_DONE].at != HS_TIME_NONE);
    assert_true(t->milestones[HS_MILESTONE_REQUEST].at != HS_TIME_NONE);
    assert_true(t->milestones[HS_MILESTONE_FIRST_RESPONSE].at != HS_TIME_NONE);
}

static void test_any_chunking(void **state)
{
    (void)state;
    static conversation c;
    static char whole[8192];
    static char parts[8192];
    for (size_t capacity = 0; capacity <= 4096; capacity += 4096) {
        make(&c, capacity, false);
        hs_trace *trace = decode(&c, STREAM_MAX);
        print(trace, whole, sizeof whole);
        check_facts(trace);
        hs_trace_free(trace);
        assert_non_null(strstr(whole, "client SETTINGS"));
        assert_non_null(strstr(whole, "on=control stream"));
        assert_non_null(strstr(whole, "QPACK_MAX_TABLE_CAPACITY="));
        assert_non_null(strstr(whole, "0x4040=7"));
        assert_non_null(strstr(whole, ":authority=a.example"));
        assert_non_null(strstr(whole, "server DATA 7(stream=0,length=5,)"));
        assert_non_null(strstr(whole, "server GOAWAY"));
        assert_null(strstr(whole, "problem"));
        assert_null(strstr(whole, "malformed"));
        for (size_t chunk = 1; chunk < 40; chunk++) {
            trace = decode(&c, chunk);
            print(trace, parts, sizeof parts);
            assert_string_equal(parts, whole);
            check_facts(trace);
            hs_trace_free(trace);
        }
    }
}

/* The table's entries come behind the sections that need them. */
static void test_blocked(void **state)
{
    (void)state;
    static conversation c;
    static char text[8192];
    make(&c, 4096, true);
    for (size_t chunk = 1; chunk <= STREAM_MAX; chunk *= 8) {
        hs_trace *trace = decode(&c, chunk);
        check_facts(trace);
        print(trace, text, sizeof text);
        assert_non_null(strstr(text, "user-agent=an agent of some length"));
        hs_trace_free(trace);
    }
}

/* Without its encoder's stream a section says so. */
static void test_lost_table(void **state)
{
    (void)state;
    static conversation c;
    static char text[8192];
    make(&c, 4096, true);
    c.count -= 2; /* both encoders' streams */
    hs_trace *trace = decode(&c, STREAM_MAX);
    print(trace, text, sizeof text);
    assert_non_null(strstr(text, "did not come"));
    assert_int_equal(trace->http.status, 0);
    hs_trace_free(trace);
}

static void test_problems(void **state)
{
    (void)state;
    static const struct {
        uint64_t stream;
        uint8_t bytes[8];
        size_t len;
        const char *wanted;
    } rows[] = {
        {3, {0x00, 0x07, 0x01, 0x00}, 4, "the first frame is not SETTINGS"},
        {3, {0x00, 0x04, 0x00, 0x04, 0x00}, 5, "SETTINGS come once"},
        {3, {0x00, 0x00, 0x01, 'x'}, 4, "must not be on this stream"},
        {0, {0x04, 0x00}, 2, "must not be on this stream"},
        {0, {0x01, 0x02, 0x00, 0x00}, 4, "HEADERS"},
        {0, {0x01, 0x03, 0x00, 0x00, 0xff}, 5, "cannot be decompressed"},
        {0, {0x01, 0x05, 0x00}, 3, "the payload has not ended"},
        {0, {0x01, 0x40}, 2, "the frame header has not ended"},
        {0, {0x00, 0x05, 'a', 'b'}, 4, "3 bytes have not come"},
        {3, {0x00, 0x04, 0x01, 0x40}, 4, "malformed"},
        {0, {0x21, 0x02, 'a', 'b'}, 4, "length=2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static conversation c;
        static char text[8192];
        memset(&c, 0, sizeof c);
        add_bytes(add_lane(&c, HS_SERVER, rows[i].stream), rows[i].bytes, rows[i].len);
        hs_trace *trace = decode(&c, STREAM_MAX);
        print(trace, text, sizeof text);
        if (!strstr(text, rows[i].wanted)) {
            print_error("row %zu: %s\n", i, text);
            fail();
        }
        hs_trace_free(trace);
    }
}

/* Bytes that are missing end what can be told of their stream, and the rest goes on. */
static void test_gap(void **state)
{
    (void)state;
    static conversation c;
    static char text[8192];
    make(&c, 0, false);
    hs_trace_config config = {.keep_events = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *d = hs_http3_decoder_new(trace);
    const lane *asked = &c.lanes[4];
    hs_trace_add_segment(trace, HS_CLIENT, 3, (hs_moment){1, HS_CLOCK_KERNEL});
    assert_int_equal(
        hs_http3_decoder_feed(d, HS_CLIENT, 0, hs_bytes_of(asked->bytes, 3), false, 0, 3), HS_OK);
    hs_http3_decoder_gap(d, HS_CLIENT, 0, 10);
    assert_int_equal(hs_http3_decoder_feed(d, HS_CLIENT, 0, hs_bytes_of("abc", 3), true, 3, 6),
                     HS_OK);
    feed(trace, d, &c.lanes[5], STREAM_MAX);
    hs_http3_decoder_finish(d);
    hs_http3_decoder_free(d);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    print(trace, text, sizeof text);
    assert_non_null(strstr(text, "client HEADERS 3(stream=0,incomplete="));
    assert_int_equal(trace->http.status, 200);
    hs_trace_free(trace);
}

static void test_limits(void **state)
{
    (void)state;
    hs_trace_config config = {.keep_events = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *d = hs_http3_decoder_new(trace);
    hs_result result = HS_OK;
    for (uint64_t stream = 0; stream < 4 * HS_HTTP3_STREAM_HALVES_MAX + 4; stream += 4) {
        result = hs_http3_decoder_feed(d, HS_CLIENT, stream, hs_bytes_of("\x01", 1), false, 0, 1);
    }
    assert_int_equal(result, HS_LIMIT);
    hs_http3_decoder_finish(d);
    hs_http3_decoder_free(d);
    hs_trace_free(trace);
}

/* Every cut, and thousands of changes: nothing but what the sanitizers would see. */
static void test_hostile(void **state)
{
    (void)state;
    static conversation c;
    static conversation changed;
    uint32_t seed = 99;
    make(&c, 4096, false);
    for (size_t i = 0; i < c.count; i++) {
        for (size_t len = 0; len < c.lanes[i].len; len++) {
            changed = c;
            changed.lanes[i].len = len;
            hs_trace_free(decode(&changed, STREAM_MAX));
        }
    }
    for (int round = 0; round < 5000; round++) {
        changed = c;
        for (int change = 0; change < 3; change++) {
            seed = seed * 1664525 + 1013904223;
            lane *l = &changed.lanes[(seed >> 8) % changed.count];
            l->bytes[(seed >> 12) % l->len] ^= (uint8_t)(1U << (seed >> 5) % 8);
        }
        hs_trace_free(decode(&changed, 1 + seed % 64));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_chunking), cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_lost_table),   cmocka_unit_test(test_problems),
        cmocka_unit_test(test_gap),          cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
