/* HTTP/3 sessions, client and server, joined in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"
#include "base/buffer.h"
#include "base/reader.h"
#include "net/http3_session.h"
#include "wire/http3.h"

enum { STREAMS = 16, ROOM = 100000, BODY = 300000 };

/* What one side sent on one stream, and how much of it has crossed. */
typedef struct lane {
    int64_t stream;
    hs_buffer bytes;
    size_t crossed;
    bool fin;
    bool fin_crossed;
} lane;

typedef struct side {
    hs_http3_session *session;
    bool is_server;
    int64_t next_bidi;
    int64_t next_uni;
    lane lanes[STREAMS];
    size_t lane_count;
    size_t room; /* of each stream, until it is taken over */
    unsigned settings;
    unsigned heads;
    unsigned ends;
    bool has_goaway;
    uint64_t goaway;
    char fields[4096];
    size_t body_length;
    uint32_t body_sum;
    size_t consumed;
    bool answers_at_once; /* behind the head, without its body */
    hs_bytes answer;
    hs_result result;
} side;

static lane *lane_of(side *s, int64_t stream)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        if (s->lanes[i].stream == stream) {
            return &s->lanes[i];
        }
    }
    assert_true(s->lane_count < STREAMS);
    lane *added = &s->lanes[s->lane_count++];
    *added = (lane){.stream = stream};
    hs_buffer_init(&added->bytes, 1 << 22);
    return added;
}

static hs_result open_stream(void *context, bool bidirectional, int64_t *stream)
{
    side *s = context;
    int64_t *next = bidirectional ? &s->next_bidi : &s->next_uni;
    *stream = *next;
    *next += 4;
    return HS_OK;
}

static size_t room(void *context, int64_t stream)
{
    side *s = context;
    const lane *l = lane_of(s, stream);
    size_t waits = hs_buffer_bytes(&l->bytes).len - l->crossed;
    return waits < s->room ? s->room - waits : 0;
}

static hs_result send_bytes(void *context, int64_t stream, hs_bytes bytes, bool fin)
{
    lane *l = lane_of(context, stream);
    l->fin = l->fin || fin;
    return bytes.len > 0 ? hs_buffer_append(&l->bytes, bytes) : HS_OK;
}

static void ignore(void *context, int64_t stream, uint64_t error)
{
    (void)context;
    (void)stream;
    (void)error;
}

static void on_settings(void *context)
{
    ((side *)context)->settings++;
}

static void on_field(void *context, int64_t stream, hs_bytes name, hs_bytes value)
{
    side *s = context;
    size_t at = strlen(s->fields);
    (void)stream;
    snprintf(s->fields + at, sizeof s->fields - at, "%.*s=%.*s;", (int)name.len,
             (const char *)name.data, (int)value.len, (const char *)value.data);
}

static void respond(side *s, int64_t stream)
{
    static const hs_http3_field fields[] = {{":status", "200"}, {"server", "test"}};
    s->result = hs_http3_session_respond(s->session, stream, fields, 2, s->answer);
}

static void on_head(void *context, int64_t stream, bool fin)
{
    side *s = context;
    (void)fin;
    s->heads++;
    if (s->answers_at_once) {
        respond(s, stream);
    }
}

static void on_body(void *context, int64_t stream, hs_bytes bytes)
{
    side *s = context;
    (void)stream;
    s->body_length += bytes.len;
    for (size_t i = 0; i < bytes.len; i++) {
        s->body_sum = s->body_sum * 31 + bytes.data[i];
    }
}

static void on_end(void *context, int64_t stream)
{
    side *s = context;
    s->ends++;
    if (s->is_server && !s->answers_at_once) {
        respond(s, stream);
    }
}

static void on_goaway(void *context, uint64_t id)
{
    side *s = context;
    s->has_goaway = true;
    s->goaway = id;
}

static void on_consumed(void *context, int64_t stream, size_t len)
{
    (void)stream;
    ((side *)context)->consumed += len;
}

static size_t crossed(const side *s)
{
    size_t sum = 0;
    for (size_t i = 0; i < s->lane_count; i++) {
        sum += s->lanes[i].crossed;
    }
    return sum;
}

static void begin(side *s, bool is_server)
{
    *s = (side){.is_server = is_server,
                .next_bidi = is_server ? 1 : 0,
                .next_uni = is_server ? 3 : 2,
                .room = ROOM};
    const hs_http3_transport transport = {.context = s,
                                          .open = open_stream,
                                          .room = room,
                                          .send = send_bytes,
                                          .stop = ignore,
                                          .reset = ignore,
                                          .consume = on_consumed};
    const hs_http3_session_events events = {.context = s,
                                            .settings = on_settings,
                                            .field = on_field,
                                            .head = on_head,
                                            .body = on_body,
                                            .message_end = on_end,
                                            .goaway = on_goaway};
    assert_int_equal(hs_http3_session_new(is_server, &transport, &events, &s->session), HS_OK);
    assert_int_equal(hs_http3_session_start(s->session), HS_OK);
}

static void finish(side *s)
{
    hs_http3_session_free(s->session);
    for (size_t i = 0; i < s->lane_count; i++) {
        hs_buffer_free(&s->lanes[i].bytes);
    }
}

/* At most `chunk` bytes of each stream cross. HS_NEED_MORE: nothing did. */
static hs_result cross(side *from, side *to, size_t chunk)
{
    bool moved = false;
    for (size_t i = 0; i < from->lane_count; i++) {
        lane *l = &from->lanes[i];
        hs_bytes all = hs_buffer_bytes(&l->bytes);
        size_t len = all.len - l->crossed;
        len = len < chunk ? len : chunk;
        bool fin = l->fin && l->crossed + len == all.len && !l->fin_crossed;
        if (len == 0 && !fin) {
            continue;
        }
        /* The other side may add to what is here: it gets a copy. */
        uint8_t copy[4096];
        memcpy(copy, all.data + l->crossed, len);
        l->crossed += len;
        l->fin_crossed = l->fin_crossed || fin;
        moved = true;
        hs_result result = hs_http3_session_data(to->session, l->stream, hs_bytes_of(copy, len),
                                                 fin);
        if (result != HS_OK) {
            return result;
        }
        if (hs_http3_session_writable(from->session, l->stream) != HS_OK) {
            return HS_MALFORMED;
        }
    }
    return moved ? HS_OK : HS_NEED_MORE;
}

static hs_result talk(side *client, side *server, size_t chunk)
{
    for (;;) {
        hs_result there = cross(client, server, chunk);
        if (there == HS_MALFORMED) {
            return there;
        }
        hs_result back = cross(server, client, chunk);
        if (back == HS_MALFORMED) {
            return back;
        }
        if (there == HS_NEED_MORE && back == HS_NEED_MORE) {
            return HS_OK;
        }
    }
}

static const hs_http3_field request[] = {{":method", "GET"},
                                         {":scheme", "https"},
                                         {":authority", "localhost"},
                                         {":path", "/"},
                                         {"user-agent", "handshake"}};

static void test_request(void **state)
{
    (void)state;
    static uint8_t answer[BODY];
    uint32_t sum = 0;
    for (size_t i = 0; i < BODY; i++) {
        answer[i] = (uint8_t)(i * 7);
        sum = sum * 31 + answer[i];
    }
    const size_t lengths[] = {0, 1, BODY};
    for (size_t chunk = 1; chunk <= 4096; chunk = chunk * 7 + 9) {
        for (size_t i = 0; i < 3; i++) {
            side client;
            side server;
            int64_t stream = -1;
            if (chunk < 100 && lengths[i] == BODY) {
                continue;
            }
            begin(&client, false);
            begin(&server, true);
            server.answer = hs_bytes_of(answer, lengths[i]);
            assert_int_equal(hs_http3_session_request(client.session, request, 5, &stream), HS_OK);
            assert_int_equal(stream, 0);
            assert_int_equal(talk(&client, &server, chunk), HS_OK);
            assert_int_equal(server.result, HS_OK);
            assert_int_equal(client.settings, 1);
            assert_int_equal(server.settings, 1);
            assert_string_equal(server.fields,
                                ":method=GET;:scheme=https;:authority=localhost;:path=/;"
                                "user-agent=handshake;");
            assert_string_equal(client.fields, ":status=200;server=test;");
            assert_int_equal(client.heads, 1);
            assert_int_equal(client.ends, 1);
            assert_int_equal(client.body_length, lengths[i]);
            assert_true(lengths[i] != BODY || client.body_sum == sum);
            assert_int_equal(client.consumed, crossed(&server));
            assert_int_equal(server.consumed, crossed(&client));
            assert_int_equal(hs_http3_session_closed(client.session, stream, 0), HS_OK);
            assert_int_equal(hs_http3_session_closed(server.session, stream, 0), HS_OK);
            finish(&client);
            finish(&server);
        }
    }
}

/* What does not fit waits for room, and nothing is lost. */
static void test_little_room(void **state)
{
    (void)state;
    static uint8_t answer[5000];
    side client;
    side server;
    int64_t stream;
    begin(&client, false);
    begin(&server, true);
    client.room = server.room = 7;
    memset(answer, 'x', sizeof answer);
    server.answer = hs_bytes_of(answer, sizeof answer);
    assert_int_equal(hs_http3_session_request(client.session, request, 5, &stream), HS_OK);
    assert_int_equal(talk(&client, &server, 4096), HS_OK);
    assert_int_equal(client.body_length, sizeof answer);
    assert_int_equal(client.ends, 1);
    finish(&client);
    finish(&server);
}

/* The peer gives up a request that is being answered; nghttp3 keeps the stream, since its trailers
 * wait for QPACK's dynamic table. */
static void test_nothing_is_sent_behind_the_end(void **state)
{
    (void)state;
    static const uint8_t answer[5000];
    side server;
    begin(&server, true);
    server.room = 16;
    server.answers_at_once = true;
    server.answer = hs_bytes_of(answer, sizeof answer);
    assert_int_equal(hs_http3_session_data(server.session, 2, hs_bytes_of("\0\4\0", 3), false),
                     HS_OK);
    const uint8_t head[] = {0x01, 0x08, 0x00, 0x00, 0xd1, 0xd7, 0xc1, 0x50, 0x01, 'a'};
    const uint8_t trailers[] = {0x01, 0x03, 0x02, 0x00, 0x80};
    assert_int_equal(
        hs_http3_session_data(server.session, 0, hs_bytes_of(head, sizeof head), false), HS_OK);
    assert_int_equal(
        hs_http3_session_data(server.session, 0, hs_bytes_of(trailers, sizeof trailers), false),
        HS_OK);
    assert_int_equal(server.result, HS_OK);
    size_t sent = hs_buffer_bytes(&lane_of(&server, 0)->bytes).len;
    assert_int_equal(sent, 16);
    assert_int_equal(hs_http3_session_closed(server.session, 0, HS_HTTP3_ERROR_REQUEST_CANCELLED),
                     HS_OK);
    server.room = ROOM;
    assert_int_equal(hs_http3_session_writable(server.session, 0), HS_OK);
    assert_int_equal(hs_buffer_bytes(&lane_of(&server, 0)->bytes).len, sent);
    assert_false(lane_of(&server, 0)->fin);
    finish(&server);
}

static void test_goaway(void **state)
{
    (void)state;
    side client;
    side server;
    int64_t stream;
    begin(&client, false);
    begin(&server, true);
    assert_int_equal(hs_http3_session_request(client.session, request, 5, &stream), HS_OK);
    assert_int_equal(talk(&client, &server, 4096), HS_OK);
    assert_int_equal(hs_http3_session_shut_down(server.session), HS_OK);
    assert_int_equal(talk(&client, &server, 4096), HS_OK);
    assert_true(client.has_goaway);
    assert_int_equal(client.goaway, 4);
    finish(&client);
    finish(&server);
}

/* The control stream must begin with SETTINGS (RFC 9114 6.2.1), and must not end. */
static void test_breaches(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[6];
        size_t len;
        bool fin;
        uint64_t error;
    } rows[] = {
        {{0x00, 0x07, 0x01, 0x00}, 4, false, HS_HTTP3_ERROR_MISSING_SETTINGS},
        {{0x00}, 1, true, HS_HTTP3_ERROR_CLOSED_CRITICAL_STREAM},
        /* DATA behind SETTINGS, where it may not be (RFC 9114 7.2.1) */
        {{0x00, 0x04, 0x00, 0x00, 0x01, 'x'}, 6, false, HS_HTTP3_ERROR_FRAME_UNEXPECTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        side client;
        begin(&client, false);
        hs_bytes bytes = hs_bytes_of(rows[i].bytes, rows[i].len);
        hs_result result = hs_http3_session_data(client.session, 3, bytes, rows[i].fin);
        if (result == HS_OK && rows[i].fin) {
            result = hs_http3_session_closed(client.session, 3, HS_HTTP3_ERROR_NO_ERROR);
        }
        assert_int_equal(result, HS_MALFORMED);
        assert_int_equal(hs_http3_session_error(client.session), rows[i].error);
        assert_true(hs_http3_session_error_text(client.session)[0] != '\0');
        /* Nothing is taken after that. */
        assert_int_equal(hs_http3_session_data(client.session, 3, hs_bytes_of("x", 1), false),
                         HS_MALFORMED);
        finish(&client);
    }
}

/* What the peers sent, changed at random: they may complain, and do no more than that. */
static void test_mutations(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    unsigned complaints = 0;
    for (int round = 0; round < 2000; round++) {
        side client;
        side server;
        int64_t stream;
        begin(&client, false);
        begin(&server, true);
        server.answer = hs_bytes_of("hello", 5);
        assert_int_equal(hs_http3_session_request(client.session, request, 5, &stream), HS_OK);
        side *victim = round % 2 ? &client : &server;
        if (victim == &client) {
            assert_int_equal(talk(&client, &server, 4096), HS_OK);
            for (size_t i = 0; i < server.lane_count; i++) {
                server.lanes[i].crossed = 0;
                server.lanes[i].fin_crossed = false;
            }
            finish(&client);
            begin(&client, false);
            assert_int_equal(hs_http3_session_request(client.session, request, 5, &stream), HS_OK);
        }
        side *liar = round % 2 ? &server : &client;
        for (int change = 0; change < 3; change++) {
            seed = seed * 1664525 + 1013904223;
            lane *l = &liar->lanes[(seed >> 8) % liar->lane_count];
            size_t len = hs_buffer_bytes(&l->bytes).len;
            if (len > 0) {
                l->bytes.data[(seed >> 16) % len] ^= (uint8_t)(1U << (seed >> 5) % 8);
            }
        }
        hs_result result = cross(liar, victim, 1 + seed % 64);
        while (result == HS_OK) {
            result = cross(liar, victim, 1 + seed % 64);
        }
        complaints += result == HS_MALFORMED;
        assert_true(result != HS_MALFORMED || hs_http3_session_error(victim->session) >= 0x100);
        finish(&client);
        finish(&server);
    }
    assert_true(complaints > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),   cmocka_unit_test(test_little_room),
        cmocka_unit_test(test_goaway),    cmocka_unit_test(test_breaches),
        cmocka_unit_test(test_mutations), cmocka_unit_test(test_nothing_is_sent_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
