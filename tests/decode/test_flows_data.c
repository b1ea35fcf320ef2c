/* Data on its way: lost, repeated, contradicting, cut; and what is kept of very many connections.
 */
#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"
#include "wire/packet.h"

#define MS HS_MILLISECOND
#define REQUEST "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static uint32_t behind(const char *text)
{
    return 1 + (uint32_t)strlen(text);
}

static void segments_out_of_order_make_the_request(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 11, 1, &REQUEST[10]);
    wire_client_bytes(w, 1 * MS, 0, 1, 1, hs_bytes_of(REQUEST, 10));
    hs_trace *t = wire_finish(w);
    assert_non_null(wire_event(t, "request", 0));
    assert_int_equal(wire_event(t, "request", 0)->moment.at, 12 * MS);
    assert_int_equal(t->tcp.retransmits, 0); /* so soon, it was reordered */
    assert_int_equal(t->capture.missing_bytes, 0);
    assert_string_equal(t->target.host, "a.test");
    wire_free(w);
}

static void repeated_segments_are_counted_once_told_and_not_decoded_twice(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    wire_client(w, 200 * MS, 0, 1, 1, REQUEST);
    wire_client(w, 400 * MS, 0, 1, 1, REQUEST);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->tcp.retransmits, 2);
    assert_non_null(wire_event(t, "request", 0));
    assert_null(wire_event(t, "request", 1));
    assert_non_null(wire_event(t, "retransmission", 1));
    assert_int_equal(t->capture.conflicting_bytes, 0);
    wire_free(w);
}

static void a_repetition_with_other_bytes_is_reported_and_ignored(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 1, 1, "GET /one HTTP/1.1\r\n\r\n");
    wire_client(w, 1 * MS, 0, 1, 1, "GET /two HTTP/1.1\r\n\r\n");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.conflicting_bytes, 3);
    assert_string_equal(t->target.path, "/one");
    wire_free(w);
}

static void what_the_capture_lost_is_a_gap_and_the_rest_goes_on(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    /* 50 bytes of the server were not captured, and the client has them. */
    wire_server(w, 9 * MS, 0, 51, behind(REQUEST), "HTTP/1.1 100 ");
    wire_client(w, 1 * MS, 0, behind(REQUEST), 64, "x");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.missing_bytes, 50);
    const hs_event *gap = wire_event(t, "missing bytes", 0);
    assert_non_null(gap);
    assert_int_equal(gap->bytes, 50);
    assert_int_equal(gap->from, HS_SERVER);
    assert_int_equal(t->bytes_received, 13);
    wire_free(w);
}

static void an_acknowledgment_that_overtakes_its_data_makes_no_gap(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    wire_client(w, 1 * MS, 0, behind(REQUEST), behind(RESPONSE), "");
    wire_server(w, 1, 0, 1, behind(REQUEST), RESPONSE);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.missing_bytes, 0);
    assert_int_equal(t->http.status, 200);
    wire_free(w);
}

static void keep_alives_and_probes_are_no_data(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    wire_server(w, 9 * MS, 0, 1, behind(REQUEST), "");
    for (int i = 0; i < 3; i++) {
        wire_client_bytes(w, 30000 * MS, 0, behind(REQUEST) - 1, 1, hs_bytes_of("\0", 1));
        wire_server(w, 9 * MS, 0, 1, behind(REQUEST), "");
    }
    wire_server(w, 9 * MS, 0, 1, behind(REQUEST), RESPONSE);
    hs_trace *t = wire_finish(w);
    assert_int_equal(w->count, 1);
    assert_int_equal(t->tcp.retransmits, 0);
    assert_int_equal(t->capture.conflicting_bytes, 0);
    assert_int_equal(t->http.status, 200);
    wire_free(w);
}

static void packets_cut_by_the_snapshot_length(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_send(
        w, 1 * MS,
        &(wire_packet){
            .flags = HS_TCP_ACK, .seq = 1, .ack = 1, .data = hs_bytes_of("GET /", 5), .cut = 100});
    wire_server(w, 9 * MS, 0, 1, 106, RESPONSE);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.truncated_packets, 1);
    assert_int_equal(t->capture.missing_bytes, 100);
    assert_int_equal(t->http.status, 200);
    wire_free(w);
}

static const uint8_t client_hello[] = {22, 3,  1,  0,  45, 1,  0,  0,    41,   3,  3,  1,  2,
                                       3,  4,  5,  6,  7,  8,  9,  10,   11,   12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23,   24,   25, 26, 27, 28,
                                       29, 30, 31, 32, 0,  0,  2,  0xc0, 0x2f, 1,  0};

static void starttls_is_found_by_its_client_hello(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_server(w, 1 * MS, 0, 1, 1, "220 ready\r\n");
    wire_client(w, 1 * MS, 0, 1, 12, "STARTTLS\r\n");
    wire_server(w, 1 * MS, 0, 12, 11, "220 go\r\n");
    wire_client_bytes(w, 1 * MS, 0, 11, 20, hs_bytes_of(client_hello, sizeof client_hello));
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    wire_server_bytes(w, 9 * MS, 0, 20, 11 + sizeof client_hello, hs_bytes_of(alert, sizeof alert));
    hs_trace *t = wire_finish(w);
    assert_true(t->tls.present);
    assert_int_equal(t->tls.alert_description, 40);
    assert_int_equal(t->failure.cls, HS_FAILURE_TLS_CIPHER_MISMATCH);
    assert_int_equal(t->milestones[HS_MILESTONE_TLS_START].at, 14 * MS);
    assert_int_equal(t->phases[HS_PHASE_TLS].start.at, 14 * MS);
    wire_free(w);
}

/* In segments of `most` bytes, from the sequence number on. */
static void say_in_pieces(wire *w, bool from_server, uint32_t seq, uint32_t ack, hs_bytes bytes,
                          size_t most)
{
    for (size_t at = 0; at < bytes.len; at += most) {
        size_t len = bytes.len - at < most ? bytes.len - at : most;
        wire_send(w, 1 * MS,
                  &(wire_packet){.from_server = from_server,
                                 .flags = HS_TCP_ACK,
                                 .seq = seq + (uint32_t)at,
                                 .ack = ack,
                                 .data = hs_bytes_of(bytes.data + at, len)});
    }
}

/* Behind the command that asks for it, and the answer to that, in the same segments or in any. */
static void tls_is_found_at_any_place(void **state)
{
    (void)state;
    static const char command[] = "\x16\x16STARTTLS\r\n\x16";
    static const char answer[] = "220 \x15\x16go\r\n";
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    enum { ASKED = sizeof command - 1, ANSWERED = sizeof answer - 1 };
    uint8_t client[ASKED + sizeof client_hello];
    uint8_t server[ANSWERED + sizeof alert];
    memcpy(client, command, ASKED);
    memcpy(client + ASKED, client_hello, sizeof client_hello);
    memcpy(server, answer, ANSWERED);
    memcpy(server + ANSWERED, alert, sizeof alert);
    for (size_t most = 1; most <= sizeof client; most++) {
        wire *w = wire_new_open();
        say_in_pieces(w, false, 1, 1, hs_bytes_of(client, sizeof client), most);
        say_in_pieces(w, true, 1, 1 + sizeof client, hs_bytes_of(server, sizeof server), most);
        hs_trace *t = wire_finish(w);
        assert_true(t->tls.present);
        assert_int_equal(t->tls.alert_description, 40);
        assert_int_equal(t->failure.cls, HS_FAILURE_TLS_CIPHER_MISMATCH);
        wire_free(w);
    }
}

/* What only looks like the start of a ClientHello is not lost. */
static void a_start_without_the_rest_is_data(void **state)
{
    (void)state;
    for (size_t len = 1; len < sizeof client_hello; len++) {
        wire *w = wire_new_open();
        wire_client(w, 1 * MS, 0, 1, 1, "ask");
        wire_client_bytes(w, 1 * MS, 0, 4, 1, hs_bytes_of(client_hello, len));
        hs_trace *t = wire_finish(w);
        assert_int_equal(t->tls.present, false);
        assert_int_equal(t->bytes_sent, 3 + len);
        const hs_event *data = wire_event(t, "data", 0);
        assert_non_null(data);
        assert_int_equal(data->bytes, len < 11 ? 3 + len : 3);
        wire_free(w);
    }
}

#define CONNECT "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"
#define CONNECTED "HTTP/1.1 200 Connection established\r\n\r\n"
#define WHO_ASKS "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"

enum { LEN_CONNECT = sizeof CONNECT - 1, LEN_CONNECTED = sizeof CONNECTED - 1 };

/* From `seq` of the client and `ack` of the server on: CONNECT, its answer, a ClientHello in two
 * segments, an alert. */
static hs_trace *through_the_proxy(wire *w, uint32_t seq, uint32_t ack)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    enum { FIRST = 20 };
    wire_client(w, 1 * MS, 0, seq, ack, CONNECT);
    seq += LEN_CONNECT;
    wire_server(w, 9 * MS, 0, ack, seq, CONNECTED);
    ack += LEN_CONNECTED;
    wire_send(
        w, 1 * MS,
        &(wire_packet){
            .flags = HS_TCP_ACK, .seq = seq, .ack = ack, .data = hs_bytes_of(client_hello, FIRST)});
    wire_send(
        w, 1 * MS,
        &(wire_packet){.flags = HS_TCP_ACK,
                       .seq = seq + FIRST,
                       .ack = ack,
                       .data = hs_bytes_of(client_hello + FIRST, sizeof client_hello - FIRST)});
    wire_send(w, 9 * MS,
              &(wire_packet){.from_server = true,
                             .flags = HS_TCP_ACK,
                             .seq = ack,
                             .ack = seq + sizeof client_hello,
                             .data = hs_bytes_of(alert, sizeof alert)});
    return wire_finish(w);
}

static void a_client_hello_in_two_segments_behind_connect(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    hs_trace *t = through_the_proxy(w, 1, 1);
    assert_true(t->tls.present);
    assert_int_equal(t->failure.cls, HS_FAILURE_TLS_CIPHER_MISMATCH);
    /* What the proxy answered is no response of the server's. */
    assert_false(t->http.present);
    assert_int_equal(t->milestones[HS_MILESTONE_FIRST_RESPONSE].at, HS_TIME_NONE);
    wire_free(w);
}

static void a_proxy_that_asks_who_it_is(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    wire_client(w, 1 * MS, 0, 1, 1, CONNECT);
    wire_server(w, 9 * MS, 0, 1, 1 + LEN_CONNECT, WHO_ASKS);
    hs_trace *t = through_the_proxy(w, 1 + LEN_CONNECT, sizeof WHO_ASKS);
    assert_true(t->tls.present);
    assert_int_equal(t->failure.cls, HS_FAILURE_TLS_CIPHER_MISMATCH);
    assert_false(t->http.present);
    wire_free(w);
}

static void a_refusal_of_the_proxy_stays(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    wire_client(w, 1 * MS, 0, 1, 1, CONNECT);
    wire_server(w, 9 * MS, HS_TCP_FIN, 1, 1 + LEN_CONNECT, WHO_ASKS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->http.status, 407);
    assert_false(t->tls.present);
    wire_free(w);
}

static const uint8_t server_hello[] = {22, 3,  3,  0,  42, 2,  0,  0,  38,   3,    3,  1,
                                       2,  3,  4,  5,  6,  7,  8,  9,  10,   11,   12, 13,
                                       14, 15, 16, 17, 18, 19, 20, 21, 22,   23,   24, 25,
                                       26, 27, 28, 29, 30, 31, 32, 0,  0xc0, 0x2f, 0};

static const uint8_t key_exchange[] = {22, 3, 3, 0, 7, 16, 0, 0, 3, 2, 1, 1};
static const uint8_t change_and_finished[] = {20, 3, 3, 0, 1, 1, 22, 3,  3,  0,  16, 1,  2, 3,
                                              4,  5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void send_bytes(wire *w, hs_time after, bool from_server, uint32_t seq, uint32_t ack,
                       hs_bytes bytes)
{
    wire_send(w, after,
              &(wire_packet){.from_server = from_server,
                             .flags = HS_TCP_ACK,
                             .seq = seq,
                             .ack = ack,
                             .data = bytes});
}

static void send_server_hello(wire *w, hs_time after, uint32_t seq, uint32_t ack)
{
    wire_server_bytes(w, after, 0, seq, ack, hs_bytes_of(server_hello, sizeof server_hello));
}

static void send_client_hello(wire *w, hs_time after, uint32_t seq, uint32_t ack)
{
    wire_client_bytes(w, after, 0, seq, ack, hs_bytes_of(client_hello, sizeof client_hello));
}

/* The answer to STARTTLS comes into the capture behind the ClientHello. */
static void the_answer_to_starttls_may_come_late(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    wire_server(w, 1 * MS, 0, 1, 1, "220 ready\r\n");
    wire_client(w, 1 * MS, 0, 1, 12, "STARTTLS\r\n");
    send_client_hello(w, 9 * MS, 11, 20);
    wire_server(w, 0, 0, 12, 11, "220 go\r\n");
    send_server_hello(w, 9 * MS, 20, 11 + sizeof client_hello);
    hs_trace *t = wire_finish(w);
    assert_true(t->tls.present);
    assert_int_equal(t->tls.version, 0x0303);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

/* The client's request for TLS was lost, so the server's answers wait with the ServerHello among
 * them until it is known what the client speaks. */
static void the_request_for_tls_may_be_lost(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    wire_server(w, 2 * MS, 0, 1, 9, "S");
    send_client_hello(w, 1 * MS, 9, 2);
    send_server_hello(w, 1 * MS, 2, 9 + sizeof client_hello);
    wire_client(w, 20 * MS, 0, 9 + sizeof client_hello, 2 + sizeof server_hello, "");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.missing_bytes, 8);
    assert_int_equal(t->tls.version, 0x0303);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

/* Of a server that was given data in the SYN, only the SYN-ACK and the FIN were captured. */
static void all_that_the_server_said_is_missing(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_send(
        w, 0,
        &(wire_packet){.flags = HS_TCP_SYN, .data = hs_bytes_of("GET / HTTP/1.0\r\n\r\n", 18)});
    wire_send(w, 9 * MS,
              &(wire_packet){.from_server = true, .flags = HS_TCP_SYN | HS_TCP_ACK, .ack = 19});
    wire_client(w, 1 * MS, 0, 19, 801, "");
    wire_server(w, 20 * MS, HS_TCP_FIN, 801, 19, "");
    wire_client(w, 1 * MS, HS_TCP_FIN, 19, 802, "");
    wire_server(w, 9 * MS, 0, 802, 20, "");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.missing_bytes, 800);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

/* A header of the PROXY protocol, and the ClientHello in the same segment. */
static void a_proxy_header_before_the_client_hello(void **state)
{
    static const uint8_t binary[] = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10,  0x21, 0x11,
                                     0,  12, 10, 0,  0, 1,  10, 0,   0,   2,   1,   187, 1,    188};
    static const char line[] = "PROXY TCP4 10.0.0.1 10.0.0.2 1 443\r\n";
    (void)state;
    for (int way = 0; way < 2; way++) {
        uint8_t bytes[256];
        size_t len = way ? sizeof line - 1 : sizeof binary;
        memcpy(bytes, way ? (const void *)line : binary, len);
        memcpy(bytes + len, client_hello, sizeof client_hello);
        wire *w = wire_new(NULL);
        wire_open(w);
        send_bytes(w, 1 * MS, false, 1, 1, hs_bytes_of(bytes, len + sizeof client_hello));
        send_server_hello(w, 9 * MS, 1, (uint32_t)(1 + len + sizeof client_hello));
        hs_trace *t = wire_finish(w);
        assert_true(t->tls.present);
        assert_int_equal(t->tls.version, 0x0303);
        assert_int_equal(t->milestones[HS_MILESTONE_TLS_START].at, 11 * MS);
        wire_free(w);
    }
}

/* A full handshake whose Certificate to ServerHelloDone the capture lost, with the client's
 * ClientKeyExchange or without it. */
static hs_trace *with_a_hole(wire *w, bool has_key_exchange)
{
    enum { HOLE = 500, KEY_EXCHANGE = sizeof key_exchange, LAST = sizeof change_and_finished };
    uint32_t client = 1;
    uint32_t server = 1;
    wire_open(w);
    send_client_hello(w, 1 * MS, client, server);
    client += sizeof client_hello;
    send_server_hello(w, 9 * MS, server, client);
    server += sizeof server_hello + HOLE;
    if (has_key_exchange) {
        send_bytes(w, 1 * MS, false, client, server, hs_bytes_of(key_exchange, KEY_EXCHANGE));
    }
    client += KEY_EXCHANGE;
    send_bytes(w, 1 * MS, false, client, server, hs_bytes_of(change_and_finished, LAST));
    client += LAST;
    wire_client(w, 20 * MS, 0, client, server, "");
    send_bytes(w, 1 * MS, true, server, client, hs_bytes_of(change_and_finished, LAST));
    return wire_finish(w);
}

static void a_lost_certificate_is_no_resumption(void **state)
{
    (void)state;
    for (int has_key_exchange = 0; has_key_exchange < 2; has_key_exchange++) {
        wire *w = wire_new(NULL);
        hs_trace *t = with_a_hole(w, has_key_exchange);
        assert_true(t->capture.missing_bytes >= 500);
        assert_int_equal(t->tls.resumed, has_key_exchange ? HS_NO : HS_UNSEEN);
        assert_int_equal(t->tls.client_certificate_requested, HS_UNSEEN);
        wire_free(w);
    }
}

/* An alert behind the lost ChangeCipherSpec is not readable, however it looks. */
static void a_lost_change_of_ciphers_leaves_no_alerts(void **state)
{
    static const uint8_t sealed_alert[] = {21, 3,  3,  0,  26, 0,  0,  0,  0, 0, 0,
                                           0,  1,  2,  3,  4,  5,  6,  7,  8, 9, 10,
                                           11, 12, 13, 14, 15, 16, 17, 18, 19};
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    send_client_hello(w, 1 * MS, 1, 1);
    send_server_hello(w, 9 * MS, 1, 1 + sizeof client_hello);
    uint32_t client = 1 + sizeof client_hello;
    uint32_t server = 1 + sizeof server_hello + 1000;
    wire_client(w, 1 * MS, 0, client, server, "");
    wire_client(w, 20 * MS, 0, client, server, "");
    send_bytes(w, 1 * MS, true, server, client, hs_bytes_of(sealed_alert, sizeof sealed_alert));
    hs_trace *t = wire_finish(w);
    assert_false(t->tls.has_alert);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

static const uint8_t server_hello_13[] = {22, 3,  3,    0,  50, 2,  0,  0,  46, 3,  3,  1,  2,  3,
                                          4,  5,  6,    7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
                                          18, 19, 20,   21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                          32, 0,  0x13, 1,  0,  0,  6,  0,  43, 0,  2,  3,  4};

/* Of TLS 1.3 without keys: what the client says behind the server's flight, and how it ends. */
static const struct {
    const char *name;
    size_t len; /* of a protected record, or 0: an alert in the clear */
    hs_failure_class failure;
} last_words[] = {
    {"a Finished", 53, HS_FAILURE_NONE},
    {"an alert", 0, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
    {"an alert, protected", 19, HS_FAILURE_TLS_CLOSED},
};

static void the_client_of_tls13_may_refuse(void **state)
{
    static const uint8_t sealed[5 + 53] = {23, 3, 3, 0, 53};
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 48};
    (void)state;
    for (size_t i = 0; i < sizeof last_words / sizeof last_words[0]; i++) {
        print_message("%s\n", last_words[i].name);
        uint8_t words[sizeof sealed];
        size_t len = last_words[i].len > 0 ? 5 + last_words[i].len : sizeof alert;
        memcpy(words, last_words[i].len > 0 ? sealed : alert, len);
        words[4] = (uint8_t)(len - 5);
        wire *w = wire_new(NULL);
        uint32_t client = 1;
        uint32_t server = 1;
        wire_open(w);
        send_client_hello(w, 1 * MS, client, server);
        client += sizeof client_hello;
        send_bytes(w, 9 * MS, true, server, client,
                   hs_bytes_of(server_hello_13, sizeof server_hello_13));
        server += sizeof server_hello_13;
        send_bytes(w, 0, true, server, client, hs_bytes_of(sealed, sizeof sealed));
        server += sizeof sealed;
        send_bytes(w, 1 * MS, false, client, server, hs_bytes_of(words, len));
        client += (uint32_t)len;
        wire_client(w, 1 * MS, HS_TCP_FIN, client, server, "");
        wire_server(w, 9 * MS, HS_TCP_FIN, server, client + 1, "");
        hs_trace *t = wire_finish(w);
        assert_int_equal(t->tls.version, 0x0304);
        assert_int_equal(t->failure.cls, last_words[i].failure);
        wire_free(w);
    }
}

/* RFC 6066 3: a server that does not know the name may say so, and go on. */
static void a_warning_is_told_and_ends_nothing(void **state)
{
    static const uint8_t warning[] = {21, 3, 3, 0, 2, 1, 112};
    static const uint8_t fatal[] = {21, 3, 3, 0, 2, 2, 40};
    (void)state;
    for (int is_refused = 0; is_refused < 2; is_refused++) {
        wire *w = wire_new(NULL);
        uint32_t server = 1;
        wire_open(w);
        send_client_hello(w, 1 * MS, 1, 1);
        uint32_t client = 1 + sizeof client_hello;
        send_bytes(w, 9 * MS, true, server, client, hs_bytes_of(warning, sizeof warning));
        server += sizeof warning;
        send_server_hello(w, 1 * MS, server, client);
        server += sizeof server_hello;
        if (is_refused) {
            send_bytes(w, 1 * MS, true, server, client, hs_bytes_of(fatal, sizeof fatal));
        }
        hs_trace *t = wire_finish(w);
        assert_true(t->tls.has_alert);
        assert_int_equal(t->tls.alert_description, is_refused ? 40 : 112);
        assert_int_equal(t->tls.alert_level, is_refused ? 2 : 1);
        assert_int_equal(t->failure.cls,
                         is_refused ? HS_FAILURE_TLS_CIPHER_MISMATCH : HS_FAILURE_NONE);
        wire_free(w);
    }
}

/* What follows begins within a record, and looks like anything. */
static void a_lost_server_hello_is_no_other_protocol(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_open(w);
    send_client_hello(w, 1 * MS, 1, 1);
    wire_server(w, 9 * MS, 0, 1001, 1 + sizeof client_hello, "the rest of a record");
    wire_client(w, 1 * MS, 0, 1 + sizeof client_hello, 1021, "");
    wire_client(w, 20 * MS, HS_TCP_FIN, 1 + sizeof client_hello, 1021, "");
    wire_server(w, 1 * MS, HS_TCP_FIN, 1021, 2 + sizeof client_hello, "");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.missing_bytes, 1000);
    assert_true(t->tls.present);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

static void assert_is_server_hellos(const hs_trace *t)
{
    assert_true(t->tls.present);
    assert_int_equal(t->tls.cipher, 0xc02f);
    assert_int_equal(t->milestones[HS_MILESTONE_TLS_START].at, HS_TIME_NONE);
    assert_int_equal(t->milestones[HS_MILESTONE_READY].at, HS_TIME_NONE);
}

/* Something else is asked for and granted; then comes a ServerHello, with 200 bytes of the client's
 * missing before it or none. With `is_told` the server's bare acknowledgments say so first, the
 * second so late that the gap is for sure. */
static void hello_behind_a_grant(bool is_missing, bool is_told)
{
    wire *w = wire_new_open();
    uint32_t lost = is_missing ? 200 : 0;
    wire_client(w, 1 * MS, 0, 1, 1, "\x04\x01\x01\xbb example.org");
    wire_server(w, 1 * MS, 0, 1, 17, "granted");
    if (is_told) {
        wire_server(w, 1 * MS, 0, 8, 17 + lost, "");
        wire_server(w, 100 * MS, 0, 8, 17 + lost, "");
    }
    send_server_hello(w, is_told ? 100 * MS : 1 * MS, 8, 17 + lost);
    wire_client(w, 1 * MS, 0, 17 + lost, 8 + sizeof server_hello, "more");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->tls.present, is_missing);
    assert_int_equal(t->capture.missing_bytes, lost);
    if (is_missing) {
        assert_is_server_hellos(t);
    }
    wire_free(w);
}

static void tls_is_found_by_its_server_hello_where_the_client_hello_is_missing(void **state)
{
    (void)state;
    hello_behind_a_grant(false, true);
    hello_behind_a_grant(true, true);
}

/* The ServerHello acknowledges the ClientHello, and nothing else did. */
static void a_server_hello_itself_shows_that_the_client_hello_is_missing(void **state)
{
    (void)state;
    hello_behind_a_grant(false, false);
    hello_behind_a_grant(true, false);
}

/* With nothing before TLS, the client going on or not; and with the SYNs before the capture. */
static void nor_need_there_be_anything_else(void **state)
{
    (void)state;
    for (int kind = 0; kind < 8; kind++) {
        wire *w = wire_new(NULL);
        if (kind & 1) {
            wire_open(w);
        }
        send_server_hello(w, 1 * MS, 1, 201);
        if (kind & 2) {
            wire_client(w, 1 * MS, 0, 201, 1 + sizeof server_hello, "\x14\x03\x03");
        }
        if (kind & 4) {
            wire_client(w, 1 * MS, HS_TCP_RST, kind & 2 ? 204 : 201, 1 + sizeof server_hello, "");
        }
        hs_trace *t = wire_finish(w);
        assert_is_server_hellos(t);
        wire_free(w);
    }
}

/* The same hello from a server that has read all that was seen of the client says nothing. */
static void a_server_hello_in_front_of_nothing_is_no_tls(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    send_server_hello(w, 1 * MS, 1, 1);
    hs_trace *t = wire_finish(w);
    assert_false(t->tls.present);
    wire_free(w);
}

/* It crossed before, and came into the capture behind its answer. */
static void a_client_hello_that_comes_late_tells_all(void **state)
{
    (void)state;
    for (int is_behind_another = 0; is_behind_another < 2; is_behind_another++) {
        wire *w = wire_new(NULL);
        uint32_t seq = 1;
        uint32_t ack = 1;
        wire_open(w);
        if (is_behind_another) {
            wire_client(w, 1 * MS, 0, 1, 1, "STARTTLS\r\n");
            wire_server(w, 1 * MS, 0, 1, 11, "220 go\r\n");
            seq = 11;
            ack = 9;
        }
        send_server_hello(w, 1 * MS, ack, seq + sizeof client_hello);
        send_client_hello(w, 1 * MS, seq, ack);
        hs_trace *t = wire_finish(w);
        assert_true(t->tls.present);
        assert_int_equal(t->tls.cipher, 0xc02f);
        assert_true(t->tls.has_client_random);
        assert_int_equal(t->tls.client_random[31], 32);
        assert_non_null(t->tls.ja3);
        assert_int_equal(t->capture.missing_bytes, 0);
        assert_non_null(wire_event(t, "ClientHello", 0));
        assert_non_null(wire_event(t, "ServerHello", 0));
        assert_null(wire_event(t, "malformed", 0));
        wire_free(w);
    }
}

static void stragglers_belong_to_the_connection_that_has_ended(void **state)
{
    (void)state;
    wire *w = wire_new(&(hs_flows_config){.linger = 1000 * MS});
    wire_open(w);
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 1 * MS, HS_TCP_FIN, 1, 2, "");
    wire_client(w, 1 * MS, 0, 2, 2, "");
    wire_server(w, 500 * MS, HS_TCP_FIN, 1, 2, "");
    assert_int_equal(w->count, 0);
    wire_client(w, 900 * MS, 0, 2, 2, "");
    assert_int_equal(w->count, 0);
    hs_flows_advance(w->flows, w->now + 1001 * MS);
    assert_int_equal(w->count, 1);
    assert_int_equal(w->traces[0]->capture.packets, 8);
    /* One later still begins nothing. */
    wire_server(w, 1500 * MS, HS_TCP_FIN, 1, 2, "");
    hs_flows_finish(w->flows);
    assert_int_equal(w->count, 1);
    assert_int_equal(hs_flows_count(w->flows).connections, 1);
    wire_free(w);
}

static void idle_connections_are_given_out(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_syn(w, 0);
    w->client_port++;
    wire_open(w);
    hs_flows_advance(w->flows, w->now + 131 * HS_SECOND);
    assert_int_equal(w->count, 1);
    assert_int_equal(w->traces[0]->failure.cls, HS_FAILURE_TCP_TIMED_OUT);
    hs_flows_advance(w->flows, w->now + 4 * 3600 * HS_SECOND);
    assert_int_equal(w->count, 2);
    assert_int_equal(hs_flows_count(w->flows).evicted, 0);
    wire_free(w);
}

static void connections_come_in_the_order_of_their_first_packets(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    uint16_t first = w->client_port;
    for (uint16_t i = 0; i < 20; i++) {
        w->client_port = (uint16_t)(first + i);
        wire_syn(w, 1 * MS);
    }
    for (uint16_t i = 20; i-- > 0;) {
        w->client_port = (uint16_t)(first + i);
        wire_syn_ack(w, 1 * MS);
    }
    hs_flows_finish(w->flows);
    assert_int_equal(w->count, 20);
    for (uint16_t i = 0; i < 20; i++) {
        assert_int_equal(w->traces[i]->capture.client_port, first + i);
    }
    wire_free(w);
}

/* A whole HTTP exchange on a new port. */
static void exchange(wire *w)
{
    w->client_port++;
    wire_open(w);
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    wire_server(w, 9 * MS, 0, 1, behind(REQUEST), RESPONSE);
    wire_client(w, 1 * MS, 0, behind(REQUEST), behind(RESPONSE), "");
}

static void memory_is_bounded_by_ending_what_was_idle_longest(void **state)
{
    (void)state;
    enum { LIMIT = 2 * 1024 * 1024, MANY = 1000 };
    wire *w = wire_new(&(hs_flows_config){.keep_events = true, .memory_limit = LIMIT});
    for (int i = 0; i < MANY; i++) {
        exchange(w);
        assert_true(hs_flows_count(w->flows).memory <= LIMIT);
    }
    hs_flows_counters counters = hs_flows_count(w->flows);
    assert_true(counters.evicted > 0);
    assert_int_equal(counters.evicted, w->count);
    assert_true(counters.memory_peak <= LIMIT);
    assert_int_equal(w->traces[0]->capture.client_port, 40001); /* the one idle longest */
    hs_flows_finish(w->flows);
    assert_int_equal(w->count, MANY);
    wire_free(w);
}

static void a_syn_flood_is_bounded(void **state)
{
    (void)state;
    enum { LIMIT = 1024 * 1024, MANY = 4000 };
    wire *w = wire_new(&(hs_flows_config){.memory_limit = LIMIT});
    for (int i = 0; i < MANY; i++) {
        w->client_address++;
        wire_syn(w, 1000);
        assert_true(hs_flows_count(w->flows).memory <= LIMIT);
    }
    hs_flows_finish(w->flows);
    assert_int_equal(w->count, MANY);
    wire_free(w);
}

static void light_mode_tells_the_same_line_from_512_bytes(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    wire *full = wire_new(NULL);
    exchange(full);
    hs_trace *want = wire_finish(full);

    wire *w = wire_new(&(hs_flows_config){.light = true});
    size_t before = hs_flows_count(w->flows).memory;
    for (int i = 0; i < MANY; i++) {
        exchange(w);
    }
    size_t table = MANY * 4 * 16; /* slots, a power of two */
    hs_flows_counters counters = hs_flows_count(w->flows);
    assert_true(counters.memory - counters.memory_idle - before <= MANY * 512 + table);
    assert_true(counters.memory_idle <= 4 * (size_t)HS_CHUNK_SIZE);
    hs_trace *t = wire_finish(w);
    assert_int_equal(w->count, MANY);
    assert_string_equal(t->target.host, want->target.host);
    assert_string_equal(t->target.scheme, want->target.scheme);
    assert_int_equal(t->http.status, want->http.status);
    assert_int_equal(t->tcp.rtt_server, want->tcp.rtt_server);
    assert_int_equal(t->tcp.rtt_client, want->tcp.rtt_client);
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        assert_int_equal(t->phases[i].present, want->phases[i].present);
        assert_int_equal(t->phases[i].start.at, want->phases[i].start.at);
        assert_int_equal(t->phases[i].end.at, want->phases[i].end.at);
        assert_int_equal(t->phases[i].round_trips, want->phases[i].round_trips);
    }
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        assert_int_equal(t->milestones[i].at, want->milestones[i].at);
    }
    assert_int_equal(t->event_count, 0);
    wire_free(w);
    wire_free(full);
}

static void fragments_of_a_segment_are_put_together(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_packet p = {
        .flags = HS_TCP_ACK, .seq = 1, .ack = 1, .data = hs_bytes_of(REQUEST, strlen(REQUEST))};
    uint8_t frame[1500];
    size_t len = wire_frame(w, &p, frame);
    uint8_t part[1500];
    /* The IPv4 header, then 24 bytes, then the rest; the second part first. */
    memcpy(part, frame, 20);
    memcpy(part + 20, frame + 44, len - 44);
    part[2] = 0;
    part[3] = (uint8_t)(len - 24);
    part[6] = 0;
    part[7] = 3;
    assert_int_equal(hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(part, len - 24), w->now, 4),
                     HS_OK);
    memcpy(part, frame, 44);
    part[2] = 0;
    part[3] = 44;
    part[6] = 0x20;
    part[7] = 0;
    assert_int_equal(hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(part, 44), w->now, 5), HS_OK);
    hs_flows_counters counters = hs_flows_count(w->flows);
    assert_int_equal(counters.fragments, 2);
    assert_int_equal(counters.tcp_packets, 4);
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->target.host, "a.test");
    wire_free(w);
}

static void any_time_stamps_will_do(void **state)
{
    (void)state;
    static const int64_t times[] = {INT64_MAX, INT64_MIN, 0, -1, INT64_MAX, 1};
    wire *w = wire_new(NULL);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        w->now = times[i];
        wire_syn(w, 0);
        wire_syn_ack(w, 0);
        wire_client(w, 0, 0, 1, 1, REQUEST);
    }
    hs_flows_finish(w->flows);
    assert_true(w->count >= 1);
    wire_free(w);
}

static void other_packets_are_counted(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    uint8_t udp[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0,  0, 10,
                       0,    0, 1, 10, 0, 0, 2, 0, 53, 0,  53, 0, 8};
    assert_int_equal(hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(udp, 28), 0, 1), HS_OK);
    assert_int_equal(hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(udp, 10), 0, 2), HS_OK);
    assert_int_equal(hs_flows_packet(w->flows, 147, hs_bytes_of(udp, 28), 0, 3), HS_OK);
    udp[0] = 0x41;
    assert_int_equal(hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(udp, 28), 0, 4), HS_OK);
    udp[0] = 0x45;
    udp[9] = 1;
    assert_int_equal(hs_flows_packet(w->flows, WIRE_LINK, hs_bytes_of(udp, 28), 0, 5), HS_OK);
    hs_flows_counters counters = hs_flows_count(w->flows);
    assert_int_equal(counters.packets, 5);
    assert_int_equal(counters.udp_packets, 1);
    assert_int_equal(counters.truncated_packets, 1);
    assert_int_equal(counters.unknown_link_packets, 1);
    assert_int_equal(counters.malformed_packets, 1);
    assert_int_equal(counters.other_packets, 1);
    wire_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_out_of_order_make_the_request),
        cmocka_unit_test(repeated_segments_are_counted_once_told_and_not_decoded_twice),
        cmocka_unit_test(a_repetition_with_other_bytes_is_reported_and_ignored),
        cmocka_unit_test(what_the_capture_lost_is_a_gap_and_the_rest_goes_on),
        cmocka_unit_test(an_acknowledgment_that_overtakes_its_data_makes_no_gap),
        cmocka_unit_test(keep_alives_and_probes_are_no_data),
        cmocka_unit_test(packets_cut_by_the_snapshot_length),
        cmocka_unit_test(starttls_is_found_by_its_client_hello),
        cmocka_unit_test(a_lost_certificate_is_no_resumption),
        cmocka_unit_test(a_lost_change_of_ciphers_leaves_no_alerts),
        cmocka_unit_test(the_client_of_tls13_may_refuse),
        cmocka_unit_test(a_warning_is_told_and_ends_nothing),
        cmocka_unit_test(a_lost_server_hello_is_no_other_protocol),
        cmocka_unit_test(the_answer_to_starttls_may_come_late),
        cmocka_unit_test(the_request_for_tls_may_be_lost),
        cmocka_unit_test(all_that_the_server_said_is_missing),
        cmocka_unit_test(a_proxy_header_before_the_client_hello),
        cmocka_unit_test(tls_is_found_at_any_place),
        cmocka_unit_test(a_start_without_the_rest_is_data),
        cmocka_unit_test(a_client_hello_in_two_segments_behind_connect),
        cmocka_unit_test(a_proxy_that_asks_who_it_is),
        cmocka_unit_test(a_refusal_of_the_proxy_stays),
        cmocka_unit_test(tls_is_found_by_its_server_hello_where_the_client_hello_is_missing),
        cmocka_unit_test(a_server_hello_itself_shows_that_the_client_hello_is_missing),
        cmocka_unit_test(nor_need_there_be_anything_else),
        cmocka_unit_test(a_server_hello_in_front_of_nothing_is_no_tls),
        cmocka_unit_test(a_client_hello_that_comes_late_tells_all),
        cmocka_unit_test(stragglers_belong_to_the_connection_that_has_ended),
        cmocka_unit_test(idle_connections_are_given_out),
        cmocka_unit_test(connections_come_in_the_order_of_their_first_packets),
        cmocka_unit_test(memory_is_bounded_by_ending_what_was_idle_longest),
        cmocka_unit_test(a_syn_flood_is_bounded),
        cmocka_unit_test(light_mode_tells_the_same_line_from_512_bytes),
        cmocka_unit_test(fragments_of_a_segment_are_put_together),
        cmocka_unit_test(any_time_stamps_will_do),
        cmocka_unit_test(other_packets_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
