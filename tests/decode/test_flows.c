/* Openings: who is who, when, and what was said. */
#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"
#include "wire/packet.h"

#define MS HS_MILLISECOND
#define REQUEST "GET /x HTTP/1.1\r\nHost: example.test:8080\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void a_handshake_has_its_times_ends_and_options(void **state)
{
    (void)state;
    char text[512];
    wire *w = wire_new_open();
    hs_trace *t = wire_finish(w);
    assert_int_equal(w->count, 1);
    assert_int_equal(t->at, 1700000000 * HS_SECOND);
    assert_string_equal(t->capture.client_address, "10.0.0.1");
    assert_int_equal(t->capture.client_port, 40000);
    assert_string_equal(t->target.address, "192.0.2.1");
    assert_int_equal(t->target.port, 443);
    assert_string_equal(t->target.scheme, "tcp");
    assert_string_equal(t->target.url, "tcp://192.0.2.1:443");
    assert_int_equal(t->capture.packets, 3);
    assert_int_equal(t->capture.first_packet, 1);
    assert_false(t->capture.midstream);
    assert_int_equal(t->tcp.rtt_server, 9 * MS);
    assert_int_equal(t->tcp.rtt_client, 1 * MS);
    assert_int_equal(t->phases[HS_PHASE_TCP].end.at - t->phases[HS_PHASE_TCP].start.at, 10 * MS);
    assert_int_equal(t->phases[HS_PHASE_TCP].end.clock, HS_CLOCK_CAPTURE);
    assert_int_equal(t->tcp.client.isn, WIRE_CLIENT_ISN);
    assert_int_equal(t->tcp.server.isn, WIRE_SERVER_ISN);
    assert_int_equal(t->tcp.client.mss, 1460);
    assert_int_equal(t->tcp.server.window_scale, 7);
    assert_int_equal(t->tcp.client.sack, HS_YES);
    assert_int_equal(t->tcp.timestamps, HS_YES);
    assert_int_equal(t->tcp.ecn, HS_NO);
    assert_int_equal(t->tcp.syn_retransmits, 0);
    assert_int_equal(t->tcp.syn_ack_retransmits, 0);
    assert_null(t->tcp.ended);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    assert_string_equal(wire_states(t, HS_CLIENT, text), "CLOSED > SYN-SENT > ESTABLISHED");
    assert_string_equal(wire_states(t, HS_SERVER, text), "LISTEN > SYN-RECEIVED > ESTABLISHED");
    const hs_event *syn = wire_event(t, "SYN", 0);
    assert_non_null(syn);
    assert_int_equal(syn->layer, HS_LAYER_TCP);
    assert_string_equal(syn->details->key, "seq");
    assert_int_equal(syn->details->number, WIRE_CLIENT_ISN);
    assert_non_null(wire_event(t, "SYN-ACK", 0));
    assert_non_null(wire_event(t, "ACK", 0));
    assert_int_equal(wire_event(t, "ACK", 0)->moment.at, 10 * MS);
    wire_free(w);
}

static void ipv6_ends_are_told_as_such(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    w->family = 6;
    wire_open(w);
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->capture.client_address, "2001:db8::a00:1");
    assert_string_equal(t->target.url, "tcp://[2001:db8::c000:201]:443");
    assert_int_equal(t->target.family, 6);
    wire_free(w);
}

static void lost_syns_cost_the_time_until_the_last_one(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_syn(w, 0);
    wire_syn(w, 1000 * MS);
    wire_syn(w, 2000 * MS);
    wire_syn_ack(w, 9 * MS);
    wire_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->tcp.syn_retransmits, 2);
    assert_int_equal(t->tcp.rtt_server, 9 * MS);
    assert_int_equal(t->phases[HS_PHASE_TCP].end.at, 3010 * MS);
    assert_int_equal(t->accounting.loss, 3000 * MS);
    assert_int_equal(t->accounting.network, 10 * MS);
    wire_free(w);
}

static void lost_syn_acks_are_counted(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_syn(w, 0);
    wire_syn_ack(w, 9 * MS);
    wire_syn_ack(w, 1000 * MS);
    wire_syn(w, 1 * MS); /* behind the SYN-ACK: not what rtt_server is measured from */
    wire_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->tcp.syn_ack_retransmits, 1);
    assert_int_equal(t->tcp.syn_retransmits, 1);
    assert_int_equal(t->tcp.rtt_server, 9 * MS);
    assert_int_equal(t->tcp.rtt_client, 1002 * MS);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

static void both_ends_may_open_at_once(void **state)
{
    (void)state;
    char text[512];
    wire *w = wire_new(NULL);
    wire_syn(w, 0);
    wire_send(w, 1 * MS, &(wire_packet){.from_server = true, .flags = HS_TCP_SYN});
    wire_send(w, 5 * MS, &(wire_packet){.flags = HS_TCP_SYN | HS_TCP_ACK, .ack = 1});
    wire_syn_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(w->count, 1);
    assert_string_equal(t->capture.client_address, "10.0.0.1");
    const char *both = "CLOSED > SYN-SENT > SYN-RECEIVED > ESTABLISHED";
    assert_string_equal(wire_states(t, HS_CLIENT, text), both);
    assert_string_equal(wire_states(t, HS_SERVER, text), both);
    assert_int_equal(t->phases[HS_PHASE_TCP].end.at, 7 * MS);
    assert_int_equal(t->failure.cls, HS_FAILURE_NONE);
    wire_free(w);
}

static void the_ack_may_carry_the_first_data(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_syn(w, 0);
    wire_syn_ack(w, 9 * MS);
    wire_client(w, 1 * MS, HS_TCP_PSH, 1, 1, REQUEST);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->tcp.rtt_client, 1 * MS);
    assert_string_equal(t->target.scheme, "http");
    assert_string_equal(t->target.host, "example.test");
    assert_string_equal(t->target.path, "/x");
    /* The ACK stands before what it carries. */
    assert_true(wire_event(t, "ACK", 0)->order < wire_event(t, "request", 0)->order);
    wire_free(w);
}

static const uint8_t cookie[] = {34, 10, 1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t no_cookie[] = {34, 2};

static void fast_open_asks_gives_and_uses_a_cookie(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    hs_bytes empty = hs_bytes_of(no_cookie, sizeof no_cookie);
    hs_bytes given = hs_bytes_of(cookie, sizeof cookie);
    wire_send(w, 0, &(wire_packet){.flags = HS_TCP_SYN, .options = empty});
    wire_send(
        w, 9 * MS,
        &(wire_packet){
            .from_server = true, .flags = HS_TCP_SYN | HS_TCP_ACK, .ack = 1, .options = given});
    wire_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->tcp.client.fast_open, "cookie_requested");
    assert_string_equal(t->tcp.server.fast_open, "cookie_given");
    assert_string_equal(t->tcp.fast_open, "cookie_requested");
    assert_int_equal(t->tcp.syn_data_acknowledged, HS_UNSEEN);

    hs_bytes request = hs_bytes_of(REQUEST, strlen(REQUEST));
    w->client_port++;
    wire_send(w, 0, &(wire_packet){.flags = HS_TCP_SYN, .options = given, .data = request});
    wire_send(w, 9 * MS,
              &(wire_packet){.from_server = true,
                             .flags = HS_TCP_SYN | HS_TCP_ACK,
                             .ack = 1 + (uint32_t)request.len});
    wire_client(w, 1 * MS, 0, 1 + (uint32_t)request.len, 1, "");
    wire_server(w, 9 * MS, 0, 1, 1 + (uint32_t)request.len, RESPONSE);
    t = wire_finish(w);
    assert_string_equal(t->tcp.client.fast_open, "cookie_used");
    assert_string_equal(t->tcp.fast_open, "syn_data_acknowledged");
    assert_int_equal(t->tcp.syn_data_acknowledged, HS_YES);
    assert_int_equal(t->http.status, 200);
    assert_int_equal(t->capture.missing_bytes, 0);
    assert_int_equal(t->tcp.retransmits, 0);
    assert_int_equal(wire_event(t, "request", 0)->moment.at, 0);

    w->client_port++;
    wire_send(w, 0, &(wire_packet){.flags = HS_TCP_SYN, .options = given, .data = request});
    wire_syn_ack(w, 9 * MS); /* takes the SYN, not its data */
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    wire_server(w, 9 * MS, 0, 1, 1 + (uint32_t)request.len, RESPONSE);
    t = wire_finish(w);
    assert_string_equal(t->tcp.fast_open, "syn_data_not_acknowledged");
    assert_int_equal(t->http.status, 200);
    assert_int_equal(t->tcp.retransmits, 1);
    wire_free(w);
}

static void ecn_is_what_both_set_up(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_send(w, 0, &(wire_packet){.flags = HS_TCP_SYN | HS_TCP_ECE | HS_TCP_CWR});
    wire_send(w, 9 * MS,
              &(wire_packet){
                  .from_server = true, .flags = HS_TCP_SYN | HS_TCP_ACK | HS_TCP_ECE, .ack = 1});
    wire_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->tcp.client.ecn, HS_YES);
    assert_int_equal(t->tcp.server.ecn, HS_YES);
    assert_int_equal(t->tcp.ecn, HS_YES);
    assert_int_equal(t->tcp.window_scale, HS_NO);
    assert_int_equal(t->tcp.client.mss, -1);
    wire_free(w);
}

static void without_the_syn_the_rest_is_told(void **state)
{
    (void)state;
    char text[512];
    wire *w = wire_new(NULL);
    wire_syn_ack(w, 0);
    wire_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_string_equal(t->capture.client_address, "10.0.0.1");
    assert_int_equal(t->tcp.rtt_client, 1 * MS);
    assert_int_equal(t->tcp.rtt_server, HS_TIME_NONE);
    assert_false(t->tcp.client.seen);
    assert_true(t->tcp.server.seen);
    assert_false(t->phases[HS_PHASE_TCP].present);
    assert_int_equal(t->tcp.syn_retransmits, -1);
    assert_string_equal(wire_states(t, HS_CLIENT, text), "SYN-SENT > ESTABLISHED");
    wire_free(w);
}

static void midstream_the_client_is_who_asks(void **state)
{
    (void)state;
    /* The request goes from the lower port to the higher one. */
    wire *w = wire_new(NULL);
    w->client_port = 1000;
    w->server_port = 8080;
    wire_server(w, 0, 0, 100, 100, "");
    wire_client(w, 1 * MS, 0, 100, 100, REQUEST);
    wire_server(w, 1 * MS, 0, 100, 100 + (uint32_t)strlen(REQUEST), RESPONSE);
    hs_trace *t = wire_finish(w);
    assert_true(t->capture.midstream);
    assert_int_equal(t->target.port, 8080);
    assert_int_equal(t->http.status, 200);
    assert_int_equal(t->tcp.state_count, 0);
    assert_false(t->tcp.client.seen);
    /* Bytes that tell nothing: the lower port is the server's. */
    w->client_port = 50000;
    w->server_port = 22;
    wire_server(w, 0, 0, 100, 100, "\x01\x02\x03");
    t = wire_finish(w);
    assert_int_equal(t->target.port, 22);
    /* And without any. */
    w->client_port = 50001;
    wire_server(w, 0, 0, 100, 100, "");
    t = wire_finish(w);
    assert_int_equal(t->target.port, 22);
    wire_free(w);
}

static void a_syn_that_comes_late_is_of_the_same_connection(void **state)
{
    (void)state;
    wire *w = wire_new(NULL);
    wire_syn_ack(w, 0);
    wire_syn(w, 0);
    wire_ack(w, 1 * MS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(w->count, 1);
    assert_true(t->tcp.client.seen);
    assert_string_equal(t->capture.client_address, "10.0.0.1");
    wire_free(w);
}

static void the_same_ports_again_are_another_connection(void **state)
{
    (void)state;
    wire *w = wire_new_open();
    wire_client(w, 1 * MS, HS_TCP_FIN, 1, 1, "");
    wire_server(w, 1 * MS, HS_TCP_FIN, 1, 2, "");
    wire_client(w, 1 * MS, 0, 2, 2, "");
    w->client_isn += 70000;
    w->server_isn += 90000;
    wire_open(w);
    assert_int_equal(w->count, 1);
    assert_int_equal(w->traces[0]->capture.packets, 6);
    assert_string_equal(w->traces[0]->tcp.ended, "client_fin");
    /* A SYN with another number ends an open one too, and nothing is said of its end. */
    w->client_isn += 70000;
    wire_syn(w, 1 * MS);
    assert_int_equal(w->count, 2);
    assert_null(w->traces[1]->tcp.ended);
    assert_int_equal(w->traces[1]->capture.first_packet, 7);
    /* With the same number it is the same SYN. */
    wire_syn(w, 1000 * MS);
    hs_trace *t = wire_finish(w);
    assert_int_equal(w->count, 3);
    assert_int_equal(t->tcp.syn_retransmits, 1);
    wire_free(w);
}

static void sequence_numbers_wrap_around(void **state)
{
    (void)state;
    char text[512];
    wire *w = wire_new(NULL);
    w->client_isn = UINT32_MAX - 3;
    w->server_isn = UINT32_MAX;
    wire_open(w);
    wire_client(w, 1 * MS, 0, 1, 1, REQUEST);
    wire_server(w, 9 * MS, 0, 1, 1 + (uint32_t)strlen(REQUEST), RESPONSE);
    uint32_t c = 1 + (uint32_t)strlen(REQUEST);
    uint32_t s = 1 + (uint32_t)strlen(RESPONSE);
    wire_client(w, 1 * MS, HS_TCP_FIN, c, s, "");
    wire_server(w, 9 * MS, HS_TCP_FIN, s, c + 1, "");
    wire_client(w, 1 * MS, 0, c + 1, s + 1, "");
    hs_trace *t = wire_finish(w);
    assert_int_equal(t->http.status, 200);
    assert_int_equal(t->tcp.retransmits, 0);
    assert_int_equal(t->capture.missing_bytes, 0);
    assert_string_equal(wire_states(t, HS_SERVER, text),
                        "LISTEN > SYN-RECEIVED > ESTABLISHED > CLOSE-WAIT > LAST-ACK > CLOSED");
    wire_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_has_its_times_ends_and_options),
        cmocka_unit_test(ipv6_ends_are_told_as_such),
        cmocka_unit_test(lost_syns_cost_the_time_until_the_last_one),
        cmocka_unit_test(lost_syn_acks_are_counted),
        cmocka_unit_test(both_ends_may_open_at_once),
        cmocka_unit_test(the_ack_may_carry_the_first_data),
        cmocka_unit_test(fast_open_asks_gives_and_uses_a_cookie),
        cmocka_unit_test(ecn_is_what_both_set_up),
        cmocka_unit_test(without_the_syn_the_rest_is_told),
        cmocka_unit_test(midstream_the_client_is_who_asks),
        cmocka_unit_test(a_syn_that_comes_late_is_of_the_same_connection),
        cmocka_unit_test(the_same_ports_again_are_another_connection),
        cmocka_unit_test(sequence_numbers_wrap_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
