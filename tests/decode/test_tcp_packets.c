/* A connection's TCP packets put into a trace whose streams come from elsewhere. */
#include <string.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "decode/tcp_packets.h"
#include "trace/build.h"
#include "wire/packet_write.h"

enum { CLIENT_ISN = 1000, CLIENT_PORT = 50000, SERVER_PORT = 443 };

static const uint32_t server_isn = UINT32_MAX;
static const int64_t start = 1759509014343441000;
static const uint8_t syn_options[] = {2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7};
static const uint8_t data[4000];

typedef struct link {
    hs_trace *trace;
    hs_tcp_packets *packets;
} link_state;

static link_state open_link(bool stamp_sent)
{
    link_state l;
    hs_trace_config kept = {.keep_events = true};
    l.trace = hs_trace_new(&kept);
    hs_tcp_packets_config config = {.trace = l.trace,
                                    .start = start,
                                    .family = 4,
                                    .server = {{192, 0, 2, 1}},
                                    .server_port = SERVER_PORT,
                                    .client_port = CLIENT_PORT,
                                    .stamp_sent = stamp_sent};
    l.packets = hs_tcp_packets_new(&config);
    return l;
}

typedef struct segment {
    bool is_server;
    unsigned flags;
    uint32_t sequence; /* behind the ISN */
    uint32_t acknowledgment;
    size_t length;
    uint16_t client_port; /* 0: CLIENT_PORT */
} segment;

static void take(link_state *l, const segment *s, hs_time at)
{
    uint8_t room[5000];
    hs_writer w;
    static const hs_ip_address client = {{198, 51, 100, 7}};
    static const hs_ip_address server = {{192, 0, 2, 1}};
    uint16_t port = s->client_port ? s->client_port : CLIENT_PORT;
    uint32_t own = s->is_server ? server_isn : CLIENT_ISN;
    uint32_t other = s->is_server ? CLIENT_ISN : server_isn;
    hs_packet packet = {.family = 4,
                        .source = s->is_server ? server : client,
                        .destination = s->is_server ? client : server,
                        .source_port = s->is_server ? SERVER_PORT : port,
                        .destination_port = s->is_server ? port : SERVER_PORT,
                        .payload = hs_bytes_of(data, s->length)};
    packet.tcp.sequence = own + s->sequence;
    packet.tcp.acknowledgment = s->flags & HS_TCP_ACK ? other + s->acknowledgment : 0;
    packet.tcp.flags = (uint16_t)s->flags;
    packet.tcp.window = 1024;
    if (s->flags & HS_TCP_SYN) {
        packet.tcp.options = hs_bytes_of(syn_options, sizeof syn_options);
    }
    hs_writer_init(&w, room, sizeof room);
    hs_packet_write(&w, &packet);
    assert_int_equal(
        hs_tcp_packets_take(l->packets, HS_LINK_TYPE_RAW, hs_writer_bytes(&w), start + at), HS_OK);
}

static void tell(link_state *l)
{
    hs_tcp_packets_tell(l->packets);
    hs_tcp_packets_free(l->packets);
    hs_trace_mark(l->trace, HS_MILESTONE_END, (hs_moment){900000, HS_CLOCK_USER});
    assert_int_equal(hs_trace_finish(l->trace), HS_OK);
}

static void add_message(hs_trace *trace, hs_side from, uint64_t first, uint64_t end,
                        const char *name)
{
    hs_message message = {.from = from,
                          .layer = HS_LAYER_TLS,
                          .name = name,
                          .bytes = (size_t)(end - first),
                          .first = first,
                          .end = end};
    assert_non_null(hs_trace_add_event(trace, &message));
}

static void assert_names(const hs_trace *trace, const char *expected)
{
    char names[512] = "";
    for (const hs_event *event = trace->events; event; event = event->next) {
        strncat(names, event->name, sizeof names - strlen(names) - 1);
        strncat(names, " ", sizeof names - strlen(names) - 1);
    }
    assert_string_equal(names, expected);
}

static void test_a_connection(void **state)
{
    (void)state;
    link_state l = open_link(false);
    hs_trace *trace = l.trace;
    hs_trace_mark(trace, HS_MILESTONE_SYN, (hs_moment){90000, HS_CLOCK_USER});
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, (hs_moment){155000, HS_CLOCK_TCP_INFO});
    trace->tcp.rtt_us = 65;
    trace->tcp.ended = "client_fin"; /* read before the server's was */
    hs_trace_add_segment(trace, HS_CLIENT, 300, (hs_moment){200000, HS_CLOCK_KERNEL});
    hs_trace_add_segment(trace, HS_SERVER, 500, (hs_moment){300000, HS_CLOCK_KERNEL});
    add_message(trace, HS_CLIENT, 0, 300, "hello");
    add_message(trace, HS_SERVER, 0, 500, "answer");

    const segment packets[] = {
        {.flags = HS_TCP_SYN},
        {.is_server = true, .flags = HS_TCP_SYN | HS_TCP_ACK, .acknowledgment = 1},
        {.flags = HS_TCP_ACK, .sequence = 1, .acknowledgment = 1},
        {.flags = HS_TCP_SYN, .client_port = 50001}, /* not ours */
        {.flags = HS_TCP_ACK, .sequence = 1, .acknowledgment = 1, .length = 300},
        /* The server's FIN comes with its last bytes, at the time that these have. */
        {true, HS_TCP_ACK | HS_TCP_FIN, 1, 301, 500, 0},
        {.flags = HS_TCP_ACK | HS_TCP_FIN, .sequence = 301, .acknowledgment = 502},
        {true, HS_TCP_ACK, 502, 302, 0, 0},
    };
    const hs_time times[] = {100000, 160000, 170000, 171000, 199000, 300000, 310000, 350000};
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        take(&l, &packets[i], times[i]);
    }
    tell(&l);
    assert_names(trace, "SYN SYN-ACK ACK hello answer FIN-ACK FIN-ACK ");
    assert_int_equal(trace->events->moment.clock, HS_CLOCK_KERNEL);
    assert_int_equal(trace->events->moment.at, 100000);
    const hs_tcp_facts *tcp = &trace->tcp;
    assert_true(tcp->client.seen && tcp->server.seen);
    assert_int_equal(tcp->client.isn, CLIENT_ISN);
    assert_int_equal(tcp->server.isn, server_isn);
    assert_int_equal(tcp->client.mss, 1460);
    assert_int_equal(tcp->client.window_scale, 7);
    assert_int_equal(tcp->sack, HS_YES);
    assert_int_equal(tcp->rtt_server, 60000);
    assert_int_equal(tcp->rtt_client, 10000);
    assert_int_equal(tcp->syn_retransmits, 0);
    assert_int_equal(tcp->retransmits, 0);
    assert_string_equal(tcp->ended, "server_fin");
    assert_true(tcp->state_count > 0);
    assert_string_equal(tcp->states[tcp->state_count - 1].to, "CLOSED");
    /* The phase and the path's round trip are the packets', not TCP_INFO's. */
    const hs_phase_span *phase = &trace->phases[HS_PHASE_TCP];
    assert_int_equal(phase->start.at, 100000);
    assert_int_equal(phase->end.at, 160000);
    assert_int_equal(phase->end.clock, HS_CLOCK_KERNEL);
    assert_int_equal(trace->accounting.path_rtt, 60000);
    assert_int_equal(trace->accounting.path_rtt_source, HS_CLOCK_KERNEL);
    assert_int_equal(tcp->rtt_us, 65);
    hs_trace_free(trace);
}

static void test_nothing_was_caught(void **state)
{
    (void)state;
    link_state l = open_link(false);
    hs_trace_mark(l.trace, HS_MILESTONE_SYN, (hs_moment){90000, HS_CLOCK_USER});
    const segment middle = {.flags = HS_TCP_ACK, .sequence = 1, .acknowledgment = 1, .length = 9};
    take(&l, &middle, 100000);
    tell(&l);
    assert_null(l.trace->events);
    assert_false(l.trace->tcp.client.seen);
    assert_int_equal(l.trace->milestones[HS_MILESTONE_SYN].clock, HS_CLOCK_USER);
    hs_trace_free(l.trace);
}

static void test_refused(void **state)
{
    (void)state;
    link_state l = open_link(false);
    hs_trace_fail(l.trace, HS_FAILURE_TCP_REFUSED, HS_PHASE_TCP, 250000, "refused");
    take(&l, &(segment){.flags = HS_TCP_SYN}, 100000);
    take(&l, &(segment){.flags = HS_TCP_SYN}, 150000);
    take(&l, &(segment){true, HS_TCP_RST | HS_TCP_ACK, 0, 1, 0, 0}, 200000);
    tell(&l);
    assert_names(l.trace, "SYN SYN RST ");
    assert_string_equal(l.trace->failure.last_event, "RST");
    assert_int_equal(l.trace->tcp.syn_retransmits, 1);
    assert_string_equal(l.trace->tcp.ended, "server_rst");
    assert_int_equal(l.trace->milestones[HS_MILESTONE_ESTABLISHED].at, HS_TIME_NONE);
    hs_trace_free(l.trace);
}

/* With TCP Fast Open the bytes are handed over before the SYN leaves with some of them. */
static void test_fast_open(void **state)
{
    (void)state;
    link_state l = open_link(true);
    hs_trace *trace = l.trace;
    hs_trace_mark(trace, HS_MILESTONE_SYN, (hs_moment){10000, HS_CLOCK_USER});
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, (hs_moment){10000, HS_CLOCK_USER});
    hs_trace_add_segment(trace, HS_CLIENT, 1500, (hs_moment){20000, HS_CLOCK_USER});
    hs_trace_add_segment(trace, HS_CLIENT, 100, (hs_moment){25000, HS_CLOCK_USER});
    add_message(trace, HS_CLIENT, 0, 1500, "hello");
    add_message(trace, HS_CLIENT, 1500, 1600, "request");
    take(&l, &(segment){.flags = HS_TCP_SYN, .length = 1000}, 100000);
    take(&l, &(segment){true, HS_TCP_SYN | HS_TCP_ACK, 0, 1001, 0, 0}, 150000);
    take(&l, &(segment){false, HS_TCP_ACK, 1001, 1, 600, 0}, 160000);
    take(&l, &(segment){false, HS_TCP_ACK, 1001, 1, 600, 0}, 400000); /* again: not when it left */
    trace->tcp.syn_data_acknowledged = HS_YES;
    tell(&l);
    assert_names(trace, "SYN SYN-ACK ACK hello request retransmission ");
    assert_int_equal(trace->segments[0].moment.at, 160000); /* its last bytes */
    assert_int_equal(trace->segments[1].moment.at, 160000);
    assert_int_equal(trace->segments[1].moment.clock, HS_CLOCK_KERNEL);
    assert_int_equal(trace->milestones[HS_MILESTONE_SYN].at, 100000);
    assert_int_equal(trace->milestones[HS_MILESTONE_ESTABLISHED].at, 100000);
    hs_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection),
        cmocka_unit_test(test_nothing_was_caught),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_fast_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
