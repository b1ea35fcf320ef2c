/* Endings: teardowns of every kind, resets at every point, and what failed. */
#include "../cmocka_headers.h"

#include <string.h>

#include "wire.h"
#include "wire/packet.h"

#define MS HS_MILLISECOND
#define REQUEST "GET / HTTP/1.1\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* A ClientHello of TLS 1.2 with one suite and no extensions. */
static const uint8_t client_hello[] = {22, 3,  1,  0,  45, 1,  0,  0,    41,   3,  3,  1,  2,
                                       3,  4,  5,  6,  7,  8,  9,  10,   11,   12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23,   24,   25, 26, 27, 28,
                                       29, 30, 31, 32, 0,  0,  2,  0xc0, 0x2f, 1,  0};
enum { HELLO = sizeof client_hello };

static void send_hello(wire *w)
{
    wire_client_bytes(w, 1 * MS, 0, 1, 1, hs_bytes_of(client_hello, HELLO));
}

static void send_alert(wire *w, bool from_server, uint8_t description)
{
    uint8_t alert[] = {21, 3, 3, 0, 2, 2, description};
    wire_send(w, 9 * MS,
              &(wire_packet){.from_server = from_server,
                             .flags = HS_TCP_ACK,
                             .seq = from_server ? 1 : 1 + HELLO,
                             .ack = from_server ? 1 + HELLO : 1,
                             .data = hs_bytes_of(alert, sizeof alert)});
}

static void assert_states(const hs_trace *t, const char *client, const char *server)
{
    char text[512];
    assert_string_equal(wire_states(t, HS_CLIENT, text), client);
    assert_string_equal(wire_states(t, HS_SERVER, text), server);
}

#define CLIENT_OPEN "CLOSED > SYN-SENT > ESTABLISHED"
#define SERVER_OPEN "LISTEN > SYN-RECEIVED > ESTABLISHED"

static void four_packets_close_it(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 9 * MS, 0, 1, 2, "");
    wire_server(w, 5 * MS, HS_TCP_FIN, 1, 2, "");
    wire_client(w, 1 * MS, 0, 2, 2, "");
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->tcp.ended, "client_fin");
    assert_states(t, CLIENT_OPEN " > FIN-WAIT-1 > FIN-WAIT-2 > TIME-WAIT",
                  SERVER_OPEN " > CLOSE-WAIT > LAST-ACK > CLOSED");
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    assert_non_null(wire_event(t, "FIN-ACK", 1));
    wire_free(w);
}

static void three_packets_close_it_and_the_server_may_begin(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_server(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 2, "");
    wire_server(w, 9 * MS, 0, 2, 2, "");
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->tcp.ended, "server_fin");
    assert_states(t, CLIENT_OPEN " > CLOSE-WAIT > LAST-ACK > CLOSED",
                  SERVER_OPEN " > FIN-WAIT-1 > FIN-WAIT-2 > TIME-WAIT");
    wire_free(w);
}

static void both_may_close_at_once(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_client(w, 1 * MS, 0, 2, 2, "");
    wire_server(w, 9 * MS, 0, 2, 2, "");
    hs_trace *t = wire_finish(w);
    const char *end = " > FIN-WAIT-1 > CLOSING > TIME-WAIT";
    char client[128];
    char server[128];
    strcat(strcpy(client, CLIENT_OPEN), end);
    strcat(strcpy(server, SERVER_OPEN), end);
    assert_states(t, client, server);
    /* The same seen from beside the server, where its ACK crosses before the client's. */
    w->client_port++;
    wire_open(w);
    wire_server(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 1 * MS, 0, 2, 2, "");
    wire_client(w, 9 * MS, 0, 2, 2, "");
    t = wire_finish(w);
    assert_states(t, client, server);
    wire_free(w);
}

static void a_fin_that_is_lost_behind_the_capture_is_not_received(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 9 * MS, HS_TCP_FIN, 1, 1, ""); /* lost; then the client's FIN arrives */
    wire_server(w, 1 * MS, 0, 2, 2, "");
    wire_server(w, 200 * MS, HS_TCP_FIN, 1, 2, "");
    wire_client(w, 1 * MS, 0, 2, 2, "");
    hs_trace *t = wire_finish(w);
    assert_states(t, CLIENT_OPEN " > FIN-WAIT-1 > FIN-WAIT-2 > TIME-WAIT",
                  SERVER_OPEN " > FIN-WAIT-1 > CLOSING > TIME-WAIT");
    wire_free(w);
}

static void one_direction_may_close_alone(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, REQUEST);
    uint32_t c = 2 + (uint32_t)strlen(REQUEST);
    wire_server(w, 9 * MS, 0, 1, c, RESPONSE);
    wire_client(w, 1 * MS, 0, c, 1 + (uint32_t)strlen(RESPONSE), "");
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->tcp.ended, "client_fin");
    assert_states(t, CLIENT_OPEN " > FIN-WAIT-1 > FIN-WAIT-2", SERVER_OPEN " > CLOSE-WAIT");
    assert_int_equal(t->http.status, 200);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

static void a_refused_syn_is_a_failure_until_one_is_taken(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_packet rst = {.from_server = true, .flags = HS_TCP_RST | HS_TCP_ACK, .ack = 1};
    wire_syn(w, 0);
    wire_send(w, 3 * MS, &rst);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_TCP_REFUSED);
    assert_int_equal(t->failure.phase, HS_PHASE_TCP);
    assert_int_equal(t->failure.elapsed, 3 * MS);
    assert_string_equal(t->failure.last_event, "RST");
    assert_string_equal(t->tcp.ended, "server_rst");
    assert_states(t, "CLOSED > SYN-SENT > CLOSED", "");
    w->client_port++;
    wire_syn(w, 0);
    wire_send(w, 3 * MS, &rst);
    wire_syn(w, 500 * MS);
    wire_syn_ack(w, 9 * MS);
    wire_ack(w, 1 * MS);
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    assert_null(t->tcp.ended);
    assert_int_equal(t->tcp.syn_retransmits, 1);
    wire_free(w);
}

/* The capture lacks what the client said, and the server's acknowledgment tells of it. */
static void a_reset_behind_lost_data_is_not_before_any(void **state)
{
    (void)state;
    for (int is_lost = 0; is_lost < 2; is_lost++) {
        wire *w = wire_new(NULL);
        wire_open(w);
        if (is_lost) {
            wire_server(w, 1 * MS, 0, 1, 100, "");
        }
        wire_server(w, 1 * MS, HS_TCP_RST, 1, is_lost ? 100 : 1, "");
        hs_trace *t = wire_finish(w);
        assert_int_equal(t->failure.cls, is_lost ? HS_FAILURE_NONE : HS_FAILURE_TCP_RESET);
        wire_free(w);
    }
}

static void silence_is_a_failure_once_it_lasts(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_syn(w, 0);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE); /* the capture ended too soon to say */
    w->client_port++;
    wire_syn(w, 0);
    wire_syn(w, 1000 * MS);
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_TCP_TIMED_OUT);
    assert_string_equal(t->failure.message, "no answer to 2 SYNs");
    /* Captured twice, as on all interfaces at once, it is no repetition that waited. */
    w->client_port++;
    wire_syn(w, 0);
    wire_syn(w, 1 * MS);
    t = wire_finish(w);
    assert_int_equal(t->tcp.syn_retransmits, 1);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    w->client_port++;
    wire_syn(w, 0);
    wire_syn_ack(w, 9 * MS);
    wire_syn_ack(w, 1 * MS);
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    w->client_port++;
    wire_syn(w, 0);
    w->client_port++;
    wire_syn(w, 5000 * MS); /* another's: time goes on */
    wire_finish(w);
    t = w->traces[w->count - 2];
    assert_int_equal(t->failure.cls, HS_FAILURE_TCP_TIMED_OUT);
    w->client_port++;
    wire_syn(w, 0);
    wire_syn_ack(w, 9 * MS);
    wire_syn_ack(w, 1000 * MS);
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_TCP_TIMED_OUT);
    assert_string_equal(t->failure.message, "the client did not answer 2 SYN-ACKs");
    /* Seen in one direction only, the client's ACK shows that there was an answer. */
    w->client_port++;
    wire_syn(w, 0);
    wire_ack(w, 10 * MS);
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

typedef enum point { AT_SYN, AT_SYN_ACK, AT_ACK, AT_HELLO, AT_REQUEST, AT_RESPONSE, POINTS } point;

/* Everything up to that point, then a RST. */
static hs_trace *reset_at(wire *w, point at, bool from_server)
{
    uint32_t c = 1;
    uint32_t s = 1;
    w->client_port++;
    wire_syn(w, 0);
    if (at >= AT_SYN_ACK) {
        wire_syn_ack(w, 9 * MS);
    }
    if (at >= AT_ACK) {
        wire_ack(w, 1 * MS);
    }
    if (at == AT_HELLO) {
        send_hello(w);
        c += HELLO;
    }
    if (at >= AT_REQUEST) {
        wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
        c += (uint32_t)strlen(REQUEST);
    }
    if (at == AT_RESPONSE) {
        wire_server(w, 9 * MS, 0, 1, c, RESPONSE);
        s += (uint32_t)strlen(RESPONSE);
    }
    if (from_server) {
        wire_server(w, 1 * MS, HS_TCP_RST, s, c, "");
    } else {
        wire_client(w, 1 * MS, HS_TCP_RST, c, s, "");
    }
    return wire_finish(w);
}

static void a_reset_at_each_point_is_its_own_failure(void **state)
{
    (void)state;
    static const hs_failure_class by_server[POINTS] = {
        [AT_SYN] = HS_FAILURE_TCP_REFUSED,    [AT_SYN_ACK] = HS_FAILURE_TCP_RESET,
        [AT_ACK] = HS_FAILURE_TCP_RESET,      [AT_HELLO] = HS_FAILURE_TLS_RESET,
        [AT_REQUEST] = HS_FAILURE_HTTP_RESET, [AT_RESPONSE] = HS_FAILURE_NONE};
    static const hs_failure_class by_client[POINTS] = {
        [AT_SYN] = HS_FAILURE_NONE,           [AT_SYN_ACK] = HS_FAILURE_TCP_RESET,
        [AT_ACK] = HS_FAILURE_NONE,           [AT_HELLO] = HS_FAILURE_TLS_RESET,
        [AT_REQUEST] = HS_FAILURE_HTTP_RESET, [AT_RESPONSE] = HS_FAILURE_NONE};
    wire *w = wire_new(NULL);
    for (int at = AT_SYN; at < POINTS; at++) {
        hs_trace *t = reset_at(w, (point)at, true);
        assert_string_equal(t->tcp.ended, "server_rst");
        assert_int_equal(t->failure.cls, by_server[at]);
        t = reset_at(w, (point)at, false);
        assert_string_equal(t->tcp.ended, "client_rst");
        assert_int_equal(t->failure.cls, by_client[at]);
    }
    wire_free(w);
}

static void a_client_that_resets_in_place_of_its_ack_was_never_established(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    hs_trace *t = reset_at(w, AT_SYN_ACK, false);
    assert_states(t, "CLOSED > SYN-SENT > CLOSED", "LISTEN > SYN-RECEIVED > LISTEN");
    t = reset_at(w, AT_RESPONSE, true);
    assert_states(t, CLIENT_OPEN " > CLOSED", SERVER_OPEN " > CLOSED");
    wire_free(w);
}

static void a_reset_behind_both_fins_does_not_change_the_end(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 9 * MS, HS_TCP_FIN, 1, 2, "");
    wire_client(w, 1 * MS, HS_TCP_RST, 2, 2, "");
    assert_string_equal(wire_finish(w)->tcp.ended, "client_fin");
    w->client_port++;
    wire_open(w);
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 9 * MS, HS_TCP_RST, 1, 2, "");
    assert_string_equal(wire_finish(w)->tcp.ended, "server_rst");
    wire_free(w);
}

static void close_both(wire *w, uint32_t c, uint32_t s)
{
    wire_server(w, 1 * MS, HS_TCP_FIN, s, c, "");
    wire_client(w, 1 * MS, HS_TCP_FIN, c, s + 1, "");
    wire_server(w, 9 * MS, 0, s + 1, c + 1, "");
}

static void alerts_name_the_failure_by_who_sent_them(void **state)
{
    (void)state;
    static const struct {
        bool from_server;
        uint8_t description;
        hs_failure_class cls;
    } rows[] = {
        {true, 40, HS_FAILURE_TLS_CIPHER_MISMATCH},
        {true, 70, HS_FAILURE_TLS_VERSION_MISMATCH},
        {true, 112, HS_FAILURE_TLS_UNRECOGNIZED_NAME},
        {true, 120, HS_FAILURE_TLS_ALPN_MISMATCH},
        {true, 116, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
        {true, 48, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
        {true, 80, HS_FAILURE_TLS_ALERT},
        {true, 50, HS_FAILURE_TLS_PROTOCOL_ERROR},
        {false, 48, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
        {false, 45, HS_FAILURE_TLS_CERT_DATE_INVALID},
        {false, 44, HS_FAILURE_TLS_CERT_REVOKED},
        {false, 42, HS_FAILURE_TLS_CERT_INVALID},
        {false, 255, HS_FAILURE_TLS_ALERT},
    };
    wire *w = wire_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w->client_port++;
        wire_open(w);
        send_hello(w);
        send_alert(w, rows[i].from_server, rows[i].description);
        hs_trace *t = wire_finish(w);
        assert_int_equal(t->failure.cls, rows[i].cls);
        assert_int_equal(t->failure.alert, rows[i].description);
        assert_int_equal(t->failure.phase, HS_PHASE_TLS);
        assert_int_equal(t->failure.elapsed, 20 * MS);
        assert_string_equal(t->failure.last_event, "Alert");
    }
    wire_free(w);
}

static void closed_within_tls(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    send_hello(w);
    close_both(w, 1 + HELLO, 1);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_TLS_CLOSED);
    assert_string_equal(t->failure.last_event, "ClientHello");
    assert_string_equal(t->target.scheme, "tls");
    /* The client gives up on a silent server. */
    w->client_port++;
    wire_open(w);
    send_hello(w);
    wire_client(w, 10000 * MS, HS_TCP_FIN, 1 + HELLO, 1, "");
    wire_server(w, 9 * MS, HS_TCP_FIN, 1, 2 + HELLO, "");
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_TLS_TIMED_OUT);
    /* Cut off by the end of the capture there is nothing to say. */
    w->client_port++;
    wire_open(w);
    send_hello(w);
    t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

static void an_answer_that_is_no_tls(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    send_hello(w);
    wire_server(w, 9 * MS, 0, 1, 1 + HELLO, "HTTP/1.1 400 Bad Request\r\n\r\n");
    close_both(w, 1 + HELLO, 1 + 28);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->failure.cls, HS_FAILURE_TLS_NOT_TLS);
    assert_non_null(strstr(t->failure.message, "\"HTTP/1.1 400"));
    wire_free(w);
}

static void missing_packets_leave_the_failure_open(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    send_hello(w);
    close_both(w, 1 + HELLO, 1 + 100); /* 100 bytes of the server were not captured */
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->capture.missing_bytes, 100);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

#define UPGRADE                                                                                    \
    "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"               \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define SWITCH(accept)                                                                             \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: " accept "\r\n\r\n"

static hs_trace *upgrade(wire *w, const char *answer)
{
    w->client_port++;
    wire_open(w);
    wire_client(w, 1 * MS, 0, 1, 1, UPGRADE);
    uint32_t c = 1 + (uint32_t)strlen(UPGRADE);
    wire_server(w, 9 * MS, 0, 1, c, answer);
    close_both(w, c, 1 + (uint32_t)strlen(answer));
    return wire_finish(w);
}

static void websocket_upgrades_and_refusals(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    hs_trace *t = upgrade(w, SWITCH("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    assert_string_equal(t->target.scheme, "ws");
    assert_string_equal(t->target.url, "ws://h:443/chat");
    assert_true(t->phases[HS_PHASE_UPGRADE].present);
    t = upgrade(w, SWITCH("AAAPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_int_equal(t->failure.cls, HS_FAILURE_WEBSOCKET_BAD_ACCEPT);
    t = upgrade(w, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert_int_equal(t->failure.cls, HS_FAILURE_WEBSOCKET_BAD_UPGRADE);
    t = upgrade(w, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(t->failure.cls, HS_FAILURE_WEBSOCKET_STATUS);
    t = upgrade(w, "");
    assert_int_equal(t->failure.cls, HS_FAILURE_WEBSOCKET_CLOSED);
    wire_free(w);
}

static void closed_without_an_answer(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    close_both(w, 1 + (uint32_t)strlen(REQUEST), 1);
    assert_int_equal(wire_finish(w)->failure.cls, HS_FAILURE_HTTP_CLOSED);
    w->client_port++;
    wire_open(w);
    wire_client(w, 1 * MS, 0, 1, 1, "\x01\x02\x03");
    close_both(w, 4, 1);
    assert_int_equal(wire_finish(w)->failure.cls, HS_FAILURE_TCP_CLOSED);
    wire_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_packets_close_it),
        cmocka_unit_test(three_packets_close_it_and_the_server_may_begin),
        cmocka_unit_test(both_may_close_at_once),
        cmocka_unit_test(a_fin_that_is_lost_behind_the_capture_is_not_received),
        cmocka_unit_test(one_direction_may_close_alone),
        cmocka_unit_test(a_refused_syn_is_a_failure_until_one_is_taken),
        cmocka_unit_test(a_reset_behind_lost_data_is_not_before_any),
        cmocka_unit_test(silence_is_a_failure_once_it_lasts),
        cmocka_unit_test(a_reset_at_each_point_is_its_own_failure),
        cmocka_unit_test(a_client_that_resets_in_place_of_its_ack_was_never_established),
        cmocka_unit_test(a_reset_behind_both_fins_does_not_change_the_end),
        cmocka_unit_test(alerts_name_the_failure_by_who_sent_them),
        cmocka_unit_test(closed_within_tls),
        cmocka_unit_test(an_answer_that_is_no_tls),
        cmocka_unit_test(missing_packets_leave_the_failure_open),
        cmocka_unit_test(websocket_upgrades_and_refusals),
        cmocka_unit_test(closed_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
