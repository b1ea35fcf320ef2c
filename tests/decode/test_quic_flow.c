/* QUIC among the flows of a capture: where a connection begins, which datagrams are its own, and
 * when it is given out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/flows.h"
#include "quic_talk.h"
#include "trace/build.h"
#include "wire/quic/packet.h"

enum { LINK_RAW = 101, TRACES_MAX = 64, HEADERS = 28 };

typedef struct capture {
    hs_flows *flows;
    hs_trace *traces[TRACES_MAX];
    size_t count;
    uint64_t number;
    uint32_t client; /* addresses */
    uint32_t server;
    uint16_t client_port;
    uint16_t server_port;
    size_t cut; /* bytes of each datagram that were not captured */
} capture;

static const int64_t start = INT64_C(1700000000000000000);

static void take(void *context, hs_trace *trace)
{
    capture *c = context;
    assert_true(c->count < TRACES_MAX);
    c->traces[c->count++] = trace;
}

static capture *capture_new(hs_flows_config config)
{
    capture *c = calloc(1, sizeof *c);
    assert_non_null(c);
    config.connection = take;
    config.context = c;
    config.seed[0] = 1;
    c->flows = hs_flows_new(&config);
    assert_non_null(c->flows);
    c->client = 0x0a000001;
    c->server = 0x0a000002;
    c->client_port = 50000;
    c->server_port = 4433; /* any port */
    return c;
}

static void capture_free(capture *c)
{
    hs_flows_free(c->flows);
    for (size_t i = 0; i < c->count; i++) {
        hs_trace_free(c->traces[i]);
    }
    free(c);
}

static void send_bytes(capture *c, hs_side from, hs_time at, hs_bytes payload)
{
    static uint8_t frame[8192];
    bool is_client = from == HS_CLIENT;
    hs_writer w;
    hs_writer_init(&w, frame, sizeof frame);
    hs_write_u16(&w, 0x4502); /* ECT(0) */
    hs_write_u16(&w, (uint16_t)(HEADERS + payload.len));
    hs_write_u32(&w, 0);
    hs_write_u8(&w, 64);
    hs_write_u8(&w, HS_PROTOCOL_UDP);
    hs_write_u16(&w, 0);
    hs_write_u32(&w, is_client ? c->client : c->server);
    hs_write_u32(&w, is_client ? c->server : c->client);
    hs_write_u16(&w, is_client ? c->client_port : c->server_port);
    hs_write_u16(&w, is_client ? c->server_port : c->client_port);
    hs_write_u16(&w, (uint16_t)(8 + payload.len));
    hs_write_u16(&w, 0);
    hs_write_bytes(&w, payload);
    hs_bytes bytes = hs_writer_bytes(&w);
    bytes.len -= c->cut < payload.len ? c->cut : payload.len;
    assert_int_equal(hs_flows_packet(c->flows, LINK_RAW, bytes, start + at, ++c->number), HS_OK);
}

static void send_steps(capture *c, const quic_talk *talk, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        send_bytes(c, talk->steps[i].from, talk->steps[i].at, talk->steps[i].bytes);
    }
}

static hs_keylog *keys_of(const quic_talk *talk)
{
    hs_keylog *keylog = hs_keylog_new(0);
    assert_int_equal(
        hs_keylog_add_text(keylog, hs_bytes_of(talk->keylog, strlen(talk->keylog)), NULL), HS_OK);
    return keylog;
}

static void a_connection(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    hs_keylog *keylog = keys_of(talk);
    for (int light = 0; light < 2; light++) {
        for (int keys = 0; keys < 2; keys++) {
            capture *c = capture_new((hs_flows_config){.light = light,
                                                       .keep_events = !light,
                                                       .file = "x",
                                                       .keylog = keys ? keylog : NULL});
            send_steps(c, talk, 0, talk->count);
            assert_int_equal(hs_flows_count(c->flows).connections, 1);
            hs_flows_finish(c->flows);
            assert_int_equal(c->count, 1);
            const hs_trace *trace = c->traces[0];
            assert_string_equal(trace->target.scheme, "quic");
            assert_string_equal(trace->target.host, "example.com");
            assert_string_equal(trace->target.address, "10.0.0.2");
            assert_int_equal(trace->target.port, 4433);
            assert_string_equal(trace->capture.client_address, "10.0.0.1");
            assert_int_equal(trace->capture.client_port, 50000);
            assert_int_equal(trace->capture.first_packet, 1);
            assert_int_equal(trace->capture.packets, talk->count);
            assert_false(trace->capture.midstream);
            assert_true(trace->quic.present);
            assert_int_equal(trace->quic.version, HS_QUIC_V1);
            assert_int_equal(trace->at, start);
            assert_int_equal(trace->phases[HS_PHASE_QUIC].end.at, 15 * HS_MILLISECOND);
            assert_int_equal(trace->phases[HS_PHASE_QUIC].round_trips, 1);
            assert_int_equal(trace->milestones[HS_MILESTONE_READY].at, 15 * HS_MILLISECOND);
            assert_int_equal(trace->milestones[HS_MILESTONE_END].at, 30 * HS_MILLISECOND);
            assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
            if (!light) {
                assert_string_equal(trace->target.url, "quic://example.com:4433");
                assert_string_equal(talk_detail(trace->events, "ecn"), "ECT(0)");
                assert_int_equal(trace->accounting.path_rtt_source, HS_CLOCK_CAPTURE);
            }
            if (keys) {
                assert_string_equal(trace->tls.alpn, "echo");
            }
            capture_free(c);
        }
    }
    hs_keylog_free(keylog);
    talk_free(talk);
}

/* What only looks like the beginning, or is its middle, is no connection. */
static void no_connection(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    capture *c = capture_new((hs_flows_config){.light = true});
    send_steps(c, talk, 1, talk->count);
    uint8_t changed[2048];
    memcpy(changed, talk->steps[0].bytes.data, talk->steps[0].bytes.len);
    changed[100] ^= 1;
    send_bytes(c, HS_CLIENT, 0, hs_bytes_of(changed, talk->steps[0].bytes.len));
    for (size_t len = 0; len < 300; len++) {
        send_bytes(c, HS_CLIENT, 0, hs_bytes_of(talk->steps[0].bytes.data, len));
    }
    /* A version that nobody knows, without an answer. */
    static const uint8_t unknown[1200] = {0xc3, 0x0a, 0x1a, 0x2a, 0x3a, 4, 1, 2, 3, 4, 0};
    send_bytes(c, HS_CLIENT, 0, hs_bytes_of(unknown, sizeof unknown));
    assert_int_equal(hs_flows_count(c->flows).connections, 0);
    assert_int_equal(hs_flows_count(c->flows).udp_packets, c->number);
    hs_flows_finish(c->flows);
    assert_int_equal(c->count, 0);
    capture_free(c);
    talk_free(talk);
}

/* The client's address changes: the server's connection ID tells whose the datagram is. */
static void migration(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    hs_keylog *keylog = keys_of(talk);
    capture *c = capture_new((hs_flows_config){.keep_events = true, .keylog = keylog});
    send_steps(c, talk, 0, talk->count - 1);
    c->client = 0x0a000063;
    c->client_port = 50001;
    send_steps(c, talk, talk->count - 1, talk->count);
    /* The server answers there; its packet has the client's connection ID. */
    talk_ping(talk);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 40 * HS_MILLISECOND);
    send_steps(c, talk, talk->count - 1, talk->count);
    assert_int_equal(hs_flows_count(c->flows).connections, 1);
    hs_flows_finish(c->flows);
    assert_int_equal(c->count, 1);
    const hs_trace *trace = c->traces[0];
    assert_int_equal(trace->quic.migrations, 1);
    assert_string_equal(trace->capture.client_address, "10.0.0.1");
    assert_int_equal(trace->capture.packets, talk->count);
    const hs_event *event = talk_event(trace, "New Address", 0);
    assert_string_equal(talk_detail(event, "address"), "10.0.0.99");
    assert_string_equal(talk_detail(event, "port"), "50001");
    assert_non_null(talk_event(trace, "PING", 0));
    capture_free(c);
    hs_keylog_free(keylog);
    talk_free(talk);
}

/* The same ends again, with other connection IDs: another connection. */
static void ports_used_again(void **state)
{
    (void)state;
    static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (int light = 0; light < 2; light++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        talk_handshake(talk, 0);
        quic_talk *again = talk_new(HS_QUIC_V1);
        talk_set_initial(again, HS_QUIC_V1, hs_bytes_of(id, sizeof id));
        talk_handshake(again, HS_SECOND);
        capture *c = capture_new((hs_flows_config){.light = light});
        send_steps(c, talk, 0, talk->count);
        /* A late copy of the first datagram is no new one. */
        send_steps(c, talk, 0, 1);
        assert_int_equal(hs_flows_count(c->flows).connections, 1);
        send_steps(c, again, 0, again->count);
        hs_flows_finish(c->flows);
        assert_int_equal(c->count, 2);
        assert_int_equal(c->traces[0]->at, start);
        assert_int_equal(c->traces[1]->at, start + HS_SECOND);
        assert_int_equal(c->traces[1]->capture.first_packet, talk->count + 2);
        assert_int_equal(c->traces[1]->phases[HS_PHASE_QUIC].end.at, 15 * HS_MILLISECOND);
        capture_free(c);
        talk_free(again);
        talk_free(talk);
    }
}

static void silence(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    capture *c = capture_new((hs_flows_config){.light = true});
    send_steps(c, talk, 0, 1);
    hs_flows_finish(c->flows);
    assert_int_equal(c->traces[0]->failure.cls, HS_FAILURE_NONE); /* nobody knows yet */
    capture_free(c);

    c = capture_new((hs_flows_config){.light = true});
    send_steps(c, talk, 0, 1);
    hs_flows_advance(c->flows, start + 2 * HS_SECOND);
    hs_flows_finish(c->flows);
    assert_int_equal(c->traces[0]->failure.cls, HS_FAILURE_QUIC_TIMED_OUT);
    assert_int_equal(c->traces[0]->phases[HS_PHASE_QUIC].end.at, HS_TIME_NONE);
    capture_free(c);

    /* It is given out by itself, also once it was open. */
    c = capture_new((hs_flows_config){.light = true});
    send_steps(c, talk, 0, talk->count);
    hs_flows_advance(c->flows, start + 100 * HS_SECOND);
    assert_int_equal(c->count, 0);
    hs_flows_advance(c->flows, start + 300 * HS_SECOND);
    assert_int_equal(c->count, 1);
    assert_int_equal(c->traces[0]->failure.cls, HS_FAILURE_NONE);
    capture_free(c);
    talk_free(talk);
}

/* A close that can be read ends it; stragglers begin nothing. */
static void closed(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_initial(talk, 0);
    talk_close(talk, false, 0x128, "no suite in common");
    talk_packet(talk, HS_SERVER, TALK_INITIAL);
    talk_send(talk, 10 * HS_MILLISECOND);
    for (int light = 0; light < 2; light++) {
        capture *c = capture_new((hs_flows_config){.light = light, .linger = HS_SECOND});
        send_steps(c, talk, 0, 2);
        send_steps(c, talk, 0, 2);
        hs_flows_advance(c->flows, start + 5 * HS_SECOND);
        assert_int_equal(c->count, 1);
        send_steps(c, talk, 0, 1);
        hs_flows_finish(c->flows);
        assert_int_equal(c->count, 1);
        assert_int_equal(c->traces[0]->failure.cls, HS_FAILURE_TLS_CIPHER_MISMATCH);
        assert_int_equal(c->traces[0]->failure.alert, 40);
        assert_int_equal(c->traces[0]->failure.phase, HS_PHASE_QUIC);
        assert_true(c->traces[0]->quic.close.present);
        assert_int_equal(c->traces[0]->failure.elapsed, 10 * HS_MILLISECOND);
        capture_free(c);
    }
    talk_free(talk);
}

static void version_negotiation(void **state)
{
    (void)state;
    static const uint8_t first[1200] = {0xc3, 0x0a, 0x1a, 0x2a, 0x3a, 8,    1,    2,    3,   4,
                                        5,    6,    7,    8,    4,    0xc1, 0xc2, 0xc3, 0xc4};
    static const uint32_t offered[] = {HS_QUIC_V1};
    quic_talk *talk = talk_new(HS_QUIC_V1);
    uint8_t answer[64];
    hs_writer w;
    hs_writer_init(&w, answer, sizeof answer);
    assert_int_equal(hs_quic_write_version_negotiation(&w, 0x40, talk->client_scid,
                                                       hs_bytes_of(first + 6, 8), offered, 1),
                     HS_OK);
    talk_handshake(talk, 10 * HS_MILLISECOND);
    for (int light = 0; light < 2; light++) {
        capture *c = capture_new((hs_flows_config){.light = light});
        send_bytes(c, HS_CLIENT, 0, hs_bytes_of(first, sizeof first));
        assert_int_equal(hs_flows_count(c->flows).connections, 0);
        send_bytes(c, HS_SERVER, 5 * HS_MILLISECOND, hs_writer_bytes(&w));
        assert_int_equal(hs_flows_count(c->flows).connections, 1);
        send_steps(c, talk, 0, talk->count);
        hs_flows_finish(c->flows);
        assert_int_equal(c->count, 1);
        assert_int_equal(c->traces[0]->quic.version_negotiation, HS_YES);
        assert_int_equal(c->traces[0]->quic.original_version, 0x0a1a2a3a);
        assert_int_equal(c->traces[0]->quic.version, HS_QUIC_V1);
        assert_int_equal(c->traces[0]->phases[HS_PHASE_QUIC].round_trips, 2);
        capture_free(c);
    }
    talk_free(talk);
}

/* Many beginnings under a small limit: all are told of, and the limit holds. */
static void memory_is_bounded(void **state)
{
    (void)state;
    enum { CONNECTIONS = 200, LIMIT = 1024 * 1024 };
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    for (int light = 0; light < 2; light++) {
        capture *c = capture_new((hs_flows_config){.light = light, .memory_limit = LIMIT});
        uint64_t told = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            c->client_port = (uint16_t)(1024 + i);
            send_steps(c, talk, 0, i % 3 == 0 ? talk->count : 1);
            assert_true(hs_flows_count(c->flows).memory <= LIMIT);
            while (c->count > 0) {
                hs_trace_free(c->traces[--c->count]);
                told++;
            }
        }
        assert_true(hs_flows_count(c->flows).evicted > 0);
        assert_int_equal(hs_flows_count(c->flows).connections, CONNECTIONS);
        hs_flows_free(c->flows);
        c->flows = NULL;
        assert_true(told > CONNECTIONS / 4);
        capture_free(c);
    }
    talk_free(talk);
}

/* What is over keeps little in the light mode. */
static void light_mode_keeps_little(void **state)
{
    (void)state;
    enum { MANY = 500, EACH = 640 };
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    capture *c = capture_new((hs_flows_config){.light = true});
    size_t before = hs_flows_count(c->flows).memory;
    for (int i = 0; i < MANY; i++) {
        c->client_port = (uint16_t)(1024 + i);
        send_steps(c, talk, 0, talk->count);
    }
    assert_int_equal(hs_flows_count(c->flows).connections, MANY);
    hs_flows_counters counters = hs_flows_count(c->flows);
    assert_true(counters.memory - counters.memory_idle - before <= MANY * EACH);
    hs_flows_free(c->flows);
    c->flows = NULL;
    capture_free(c);
    talk_free(talk);
}

static void cut_by_the_snapshot_length(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    capture *c = capture_new((hs_flows_config){.keep_events = true});
    send_steps(c, talk, 0, 1);
    c->cut = 700;
    send_steps(c, talk, 1, talk->count);
    hs_flows_advance(c->flows, start + 5 * HS_SECOND);
    hs_flows_finish(c->flows);
    assert_int_equal(c->count, 1);
    assert_int_equal(c->traces[0]->capture.truncated_packets, talk->count - 1);
    assert_int_equal(c->traces[0]->failure.cls, HS_FAILURE_NONE);
    capture_free(c);
    talk_free(talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection),
        cmocka_unit_test(no_connection),
        cmocka_unit_test(migration),
        cmocka_unit_test(ports_used_again),
        cmocka_unit_test(silence),
        cmocka_unit_test(closed),
        cmocka_unit_test(version_negotiation),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(light_mode_keeps_little),
        cmocka_unit_test(cut_by_the_snapshot_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
