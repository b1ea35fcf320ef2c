#include "../cmocka_headers.h"

#include <string.h>

#include "trace/build.h"

static hs_moment ms(hs_time at)
{
    return (hs_moment){at * HS_MILLISECOND, HS_CLOCK_KERNEL};
}

static hs_trace *new_trace(void)
{
    hs_trace_config config = {0};
    hs_trace *t = hs_trace_new(&config);
    assert_non_null(t);
    t->target.scheme = "https";
    return t;
}

static hs_time sum(const hs_accounting *a)
{
    return a->dns + a->network + a->server + a->client + a->tail + a->loss;
}

static void each_stretch_goes_to_who_spent_it(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->tcp.rtt_us = 50000;
    hs_trace_mark(t, HS_MILESTONE_DNS_START, ms(1));
    hs_trace_mark(t, HS_MILESTONE_DNS_DONE, ms(21));
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(22));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(72));
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(74));  /* client 2 */
    hs_trace_add_segment(t, HS_SERVER, 10, ms(134)); /* network 50, server 10 */
    hs_trace_add_segment(t, HS_SERVER, 10, ms(141)); /* tail 7 */
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(144)); /* client 3 */
    hs_trace_add_segment(t, HS_SERVER, 10, ms(194)); /* network 50 */
    hs_trace_mark(t, HS_MILESTONE_END, ms(195));     /* client 1 */
    assert_int_equal(hs_trace_finish(t), HS_OK);
    const hs_accounting *a = &t->accounting;
    assert_true(a->dns == 20 * HS_MILLISECOND);
    assert_true(a->network == 150 * HS_MILLISECOND);
    assert_true(a->server == 10 * HS_MILLISECOND);
    assert_true(a->tail == 7 * HS_MILLISECOND);
    assert_true(a->client == 8 * HS_MILLISECOND);
    assert_true(a->loss == 0);
    assert_int_equal(a->path_rtt_source, HS_CLOCK_TCP_INFO);
    assert_true(sum(a) == a->total);
    hs_trace_free(t);
}

/* HTTP/2: the server's SETTINGS come once the client's are there, and their acknowledgement leaves
 * while the server works at the response. */
static void acknowledging_settings_is_no_question(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->tcp.rtt_us = 50000;
    t->http2.present = true;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(50));
    hs_trace_mark(t, HS_MILESTONE_SETTINGS_START, ms(50));
    hs_trace_mark(t, HS_MILESTONE_REQUEST, ms(50));
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(50));  /* preface, SETTINGS, HEADERS */
    hs_trace_add_segment(t, HS_SERVER, 10, ms(103)); /* SETTINGS: network 50, server 3 */
    hs_trace_mark(t, HS_MILESTONE_SETTINGS_DONE, ms(103));
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(104)); /* their ACK */
    hs_trace_add_segment(t, HS_SERVER, 10, ms(903)); /* HEADERS: server 800 */
    hs_trace_mark(t, HS_MILESTONE_FIRST_RESPONSE, ms(903));
    hs_trace_mark(t, HS_MILESTONE_END, ms(903));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_int_equal(t->phases[HS_PHASE_RESPONSE].round_trips, 1);
    assert_true(t->accounting.network == 100 * HS_MILLISECOND);
    assert_true(t->accounting.server == 803 * HS_MILLISECOND);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

/* While the server works at the response, packets of QUIC go to and fro that have nothing to do
 * with it: probes of the path's MTU, and acknowledgements. */
static void acknowledging_packets_is_no_question(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->quic.present = true;
    hs_trace_mark(t, HS_MILESTONE_QUIC_START, ms(0));
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(0));
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(50));
    hs_trace_mark(t, HS_MILESTONE_QUIC_DONE, ms(50));
    hs_trace_mark(t, HS_MILESTONE_REQUEST, ms(51));
    hs_trace_add_segment(t, HS_CLIENT, 200, ms(51));  /* Finished, request: client 1 */
    hs_trace_add_segment(t, HS_SERVER, 100, ms(102)); /* HANDSHAKE_DONE: network 50, server 1 */
    hs_trace_add_segment(t, HS_CLIENT, 30, ms(103));
    hs_trace_add_segment(t, HS_SERVER, 1300, ms(300)); /* a probe of the MTU: server 198 */
    hs_trace_add_segment(t, HS_CLIENT, 30, ms(301));
    hs_trace_add_segment(t, HS_SERVER, 100, ms(900)); /* response: server 600 */
    hs_trace_mark(t, HS_MILESTONE_FIRST_RESPONSE, ms(900));
    hs_trace_mark(t, HS_MILESTONE_END, ms(900));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_int_equal(t->phases[HS_PHASE_RESPONSE].round_trips, 1);
    assert_true(t->accounting.network == 100 * HS_MILLISECOND);
    assert_true(t->accounting.server == 799 * HS_MILLISECOND);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

static void a_lost_syn_is_loss(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->tcp.syn_retransmits = 1;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(1050));
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(1050));
    hs_trace_add_segment(t, HS_SERVER, 10, ms(1100));
    hs_trace_mark(t, HS_MILESTONE_END, ms(1100));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    /* The SYN gives no round trip (Karn); the smallest wait of a turn stands in. */
    assert_true(t->accounting.path_rtt == 50 * HS_MILLISECOND);
    assert_true(t->accounting.loss == 1000 * HS_MILLISECOND);
    assert_true(t->accounting.network == 100 * HS_MILLISECOND);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

static void waiting_for_an_address_that_gave_nothing_is_loss(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    const hs_attempt attempts[] = {
        {.address = "2001:db8::1", .start = 5 * HS_MILLISECOND, .end = HS_TIME_NONE},
        {.address = "192.0.2.1",
         .start = 255 * HS_MILLISECOND,
         .end = 305 * HS_MILLISECOND,
         .won = true},
    };
    t->target.attempts = attempts;
    t->target.attempt_count = 2;
    t->tcp.rtt_us = 50000;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(255));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(305));
    hs_trace_mark(t, HS_MILESTONE_END, ms(305));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.client == 5 * HS_MILLISECOND);
    assert_true(t->accounting.loss == 250 * HS_MILLISECOND);
    assert_true(t->accounting.network == 50 * HS_MILLISECOND);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

static void a_refusal_is_the_paths(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    const hs_attempt attempts[] = {
        {.address = "2001:db8::1",
         .start = 5 * HS_MILLISECOND,
         .end = 35 * HS_MILLISECOND,
         .failure = HS_FAILURE_TCP_REFUSED},
        {.address = "192.0.2.1",
         .start = 35 * HS_MILLISECOND,
         .end = 75 * HS_MILLISECOND,
         .failure = HS_FAILURE_TCP_REFUSED},
    };
    t->target.attempts = attempts;
    t->target.attempt_count = 2;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(35));
    hs_trace_fail(t, HS_FAILURE_TCP_REFUSED, HS_PHASE_TCP, 75 * HS_MILLISECOND, "refused");
    hs_trace_mark(t, HS_MILESTONE_END, ms(75));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.client == 5 * HS_MILLISECOND);
    assert_true(t->accounting.network == 70 * HS_MILLISECOND);
    assert_true(t->accounting.loss == 0);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

static const hs_attempt refused_at_first[] = {
    {.address = "2001:db8::1",
     .start = 5 * HS_MILLISECOND,
     .end = 35 * HS_MILLISECOND,
     .failure = HS_FAILURE_TCP_REFUSED},
    {.address = "192.0.2.1",
     .start = 40 * HS_MILLISECOND,
     .end = 70 * HS_MILLISECOND,
     .failure = HS_FAILURE_TCP_REFUSED},
    {.address = "192.0.2.2",
     .start = 90 * HS_MILLISECOND,
     .end = 140 * HS_MILLISECOND,
     .won = true},
};

static void between_a_refusal_and_the_next_attempt_the_client_is_at_work(void **state)
{
    (void)state;
    for (size_t count = 2; count <= 3; count++) {
        hs_trace *t = new_trace();
        t->target.attempts = refused_at_first;
        t->target.attempt_count = count;
        if (count == 3) {
            t->tcp.rtt_us = 50000;
            hs_trace_mark(t, HS_MILESTONE_SYN, ms(90));
            hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(140));
            hs_trace_mark(t, HS_MILESTONE_END, ms(140));
        } else {
            hs_trace_mark(t, HS_MILESTONE_SYN, ms(5));
            hs_trace_fail(t, HS_FAILURE_TCP_REFUSED, HS_PHASE_TCP, 70 * HS_MILLISECOND, "refused");
            hs_trace_mark(t, HS_MILESTONE_END, ms(71));
        }
        assert_int_equal(hs_trace_finish(t), HS_OK);
        assert_true(t->accounting.network == (count == 3 ? 110 : 60) * HS_MILLISECOND);
        assert_true(t->accounting.client == (count == 3 ? 30 : 11) * HS_MILLISECOND);
        assert_true(t->accounting.loss == 0);
        assert_true(sum(&t->accounting) == t->accounting.total);
        hs_trace_free(t);
    }
}

/* While one address is silent, another refuses: until the next attempt the silence is waited for.
 */
static void a_refusal_beside_silence_ends_no_wait(void **state)
{
    (void)state;
    static const hs_attempt attempts[] = {
        {.address = "2001:db8::1", .start = 0, .end = 400 * HS_MILLISECOND},
        {.address = "192.0.2.1",
         .start = 250 * HS_MILLISECOND,
         .end = 260 * HS_MILLISECOND,
         .failure = HS_FAILURE_TCP_REFUSED},
        {.address = "192.0.2.2",
         .start = 300 * HS_MILLISECOND,
         .end = 400 * HS_MILLISECOND,
         .won = true},
        {.address = "192.0.2.3", .start = 350 * HS_MILLISECOND, .end = 400 * HS_MILLISECOND},
    };
    hs_trace *t = new_trace();
    t->target.attempts = attempts;
    t->target.attempt_count = 4;
    t->tcp.rtt_us = 100000;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(300));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(400));
    hs_trace_mark(t, HS_MILESTONE_END, ms(400));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.loss == 290 * HS_MILLISECOND);
    assert_true(t->accounting.network == 110 * HS_MILLISECOND);
    assert_true(t->accounting.client == 0);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

/* An attempt that began while another, which won, was under way: its wait was the path's. */
static void an_attempt_that_began_later_and_lost_takes_nothing(void **state)
{
    (void)state;
    static const hs_attempt attempts[] = {
        {.address = "2001:db8::1", .start = 0, .end = 300 * HS_MILLISECOND, .won = true},
        {.address = "192.0.2.1", .start = 250 * HS_MILLISECOND, .end = 300 * HS_MILLISECOND},
    };
    hs_trace *t = new_trace();
    t->target.attempts = attempts;
    t->target.attempt_count = 2;
    t->tcp.rtt_us = 300000;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(300));
    hs_trace_mark(t, HS_MILESTONE_END, ms(300));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.network == 300 * HS_MILLISECOND);
    hs_trace_free(t);
}

static void silence_until_the_deadline_is_not_our_own_time(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->tcp.rtt_us = 10000;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(10));
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(10));
    hs_trace_fail(t, HS_FAILURE_TLS_TIMED_OUT, HS_PHASE_TLS, 0, "silence");
    hs_trace_mark(t, HS_MILESTONE_END, ms(510));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.client == 0);
    assert_true(t->accounting.server == 490 * HS_MILLISECOND);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

/* TLS 1.3 tickets come before the answer; what the server thinks about is no part of their flight.
 */
static void thinking_after_tickets_is_the_servers(void **state)
{
    (void)state;
    for (int answered = 0; answered < 2; answered++) {
        hs_trace *t = new_trace();
        t->tcp.rtt_us = 10000;
        hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
        hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(10));
        hs_trace_add_segment(t, HS_CLIENT, 10, ms(10));
        hs_trace_mark_byte(t, HS_MILESTONE_REQUEST, HS_CLIENT, 9);
        hs_trace_add_segment(t, HS_SERVER, 10, ms(20)); /* tickets */
        if (answered) {
            hs_trace_add_segment(t, HS_SERVER, 10, ms(320));
            hs_trace_mark_byte(t, HS_MILESTONE_FIRST_RESPONSE, HS_SERVER, 10);
        } else {
            hs_trace_fail(t, HS_FAILURE_HTTP_TIMED_OUT, HS_PHASE_RESPONSE, 0, "silence");
        }
        hs_trace_mark(t, HS_MILESTONE_END, ms(320));
        assert_int_equal(hs_trace_finish(t), HS_OK);
        assert_true(t->accounting.server == 300 * HS_MILLISECOND);
        assert_true(t->accounting.tail == 0);
        assert_true(t->accounting.client == 0);
        assert_true(sum(&t->accounting) == t->accounting.total);
        hs_trace_free(t);
    }
}

/* Any trace at all, with times that cross and marks that are missing: the parts add up. */
static void the_parts_always_add_up(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        hs_trace *t = new_trace();
        hs_time now = 0;
        for (int i = 0; i < 20; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned r = (unsigned)(seed >> 33);
            now += (hs_time)(r % 1000) - 100;
            if (r % 3 != 0) {
                hs_trace_add_segment(t, r & 64 ? HS_CLIENT : HS_SERVER, 1 + r % 9, ms(now));
            } else {
                hs_trace_mark(t, (hs_milestone)(r / 3 % HS_MILESTONE_COUNT), ms(now));
            }
            if (r % 17 == 0) {
                t->tcp.rtt_us = r % 100000;
            }
        }
        hs_trace_mark(t, HS_MILESTONE_END, ms(now < 0 ? 0 : now));
        assert_int_equal(hs_trace_finish(t), HS_OK);
        const hs_accounting *a = &t->accounting;
        if (a->present) {
            assert_true(sum(a) == a->total);
            assert_true(a->dns >= 0 && a->network >= 0 && a->server >= 0 && a->client >= 0);
            assert_true(a->tail >= 0 && a->loss >= 0);
        }
        hs_trace_free(t);
    }
}

/* The first address is silent, the second answers; the ACKs tell the path, whose time the server's
 * first wait is not all. */
static void a_quic_handshake_begins_with_its_datagrams(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    const hs_attempt attempts[] = {
        {.address = "2001:db8::1",
         .start = 2 * HS_MILLISECOND,
         .end = 1002 * HS_MILLISECOND,
         .failure = HS_FAILURE_QUIC_TIMED_OUT},
        {.address = "192.0.2.1", .start = 1002 * HS_MILLISECOND, .won = true},
    };
    t->target.attempts = attempts;
    t->target.attempt_count = 2;
    t->quic.present = true;
    t->quic.rtt_server = 40 * HS_MILLISECOND;
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(3));
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(1005)); /* client 3 */
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(1055)); /* network 40, server 10 */
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(1056)); /* tail 1 */
    hs_trace_add_segment(t, HS_CLIENT, 80, ms(1058));   /* client 2 */
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_DONE, HS_CLIENT, 2400);
    hs_trace_mark(t, HS_MILESTONE_END, ms(1060)); /* client 2 */
    assert_int_equal(hs_trace_finish(t), HS_OK);
    const hs_accounting *a = &t->accounting;
    assert_true(a->path_rtt == 40 * HS_MILLISECOND);
    assert_int_equal(a->path_rtt_source, HS_CLOCK_QUIC_ACK);
    assert_true(a->loss == 1000 * HS_MILLISECOND);
    assert_true(a->network == 40 * HS_MILLISECOND);
    assert_true(a->server == 10 * HS_MILLISECOND);
    assert_true(a->tail == 1 * HS_MILLISECOND);
    assert_true(a->client == 9 * HS_MILLISECOND);
    assert_true(sum(a) == a->total);
    assert_int_equal(a->round_trips_to_ready, 1);
    assert_int_equal(t->phases[HS_PHASE_QUIC].round_trips, 1);
    assert_true(t->milestones[HS_MILESTONE_READY].at == 1058 * HS_MILLISECOND);
    hs_trace_free(t);
}

/* In 0-RTT the client may send before anything has come. */
/* The first Initial packet is lost, and its second one is answered after another silence. */
static void a_silence_that_a_probe_ends_is_loss(void **state)
{
    (void)state;
    static const hs_time probed_at[] = {1000 * HS_MILLISECOND, 3000 * HS_MILLISECOND};
    hs_trace *t = new_trace();
    t->quic.present = true;
    t->quic.rtt_server = 40 * HS_MILLISECOND;
    t->quic.probe_timeouts = 2;
    t->quic.probed_at = probed_at;
    hs_trace_mark(t, HS_MILESTONE_QUIC_START, ms(0));
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(0));
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(1000)); /* loss 1000 */
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(1001)); /* client 1 */
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(3000)); /* loss 1999 */
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(3050)); /* network 40, server 10 */
    hs_trace_add_segment(t, HS_CLIENT, 80, ms(3055));   /* client 5 */
    hs_trace_mark(t, HS_MILESTONE_END, ms(3055));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.loss == 2999 * HS_MILLISECOND);
    assert_true(t->accounting.network == 40 * HS_MILLISECOND);
    assert_true(t->accounting.server == 10 * HS_MILLISECOND);
    assert_true(t->accounting.client == 6 * HS_MILLISECOND);
    assert_true(sum(&t->accounting) == t->accounting.total);
    hs_trace_free(t);
}

static void quic_with_early_data_is_ready_at_its_start(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->quic.present = true;
    t->quic.early_data = HS_EARLY_DATA_ACCEPTED;
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(1));
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(51));
    hs_trace_add_segment(t, HS_CLIENT, 80, ms(52));
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_DONE, HS_CLIENT, 1200);
    hs_trace_mark(t, HS_MILESTONE_END, ms(53));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->milestones[HS_MILESTONE_READY].at == 1 * HS_MILLISECOND);
    assert_int_equal(t->accounting.round_trips_to_ready, 0);
    hs_trace_free(t);
}

/* A probe that leaves while the answer is on its way is no question that it answers: the path is as
 * long as the ACKs say. */
static void a_datagram_in_between_does_not_shorten_the_path(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->quic.present = true;
    t->quic.rtt_server = 40 * HS_MILLISECOND;
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(0));
    hs_trace_add_segment(t, HS_CLIENT, 40, ms(23));
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(41));
    hs_trace_add_segment(t, HS_CLIENT, 80, ms(42));
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_DONE, HS_CLIENT, 1240);
    hs_trace_mark(t, HS_MILESTONE_END, ms(42));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    const hs_accounting *a = &t->accounting;
    assert_true(a->path_rtt == 40 * HS_MILLISECOND);
    assert_int_equal(a->path_rtt_source, HS_CLOCK_QUIC_ACK);
    assert_true(sum(a) == a->total);
    hs_trace_free(t);
}

/* In a capture the path is in two parts. */
static void captured_quic_has_halves(void **state)
{
    (void)state;
    hs_trace *t = new_trace();
    t->capture.present = true;
    t->quic.present = true;
    t->quic.rtt_server = 30 * HS_MILLISECOND;
    t->quic.rtt_client = 20 * HS_MILLISECOND;
    hs_trace_add_segment(t, HS_CLIENT, 1200, ms(0));
    hs_trace_add_segment(t, HS_SERVER, 1200, ms(35)); /* network 30, server 5 */
    hs_trace_add_segment(t, HS_CLIENT, 80, ms(60));   /* network 20, client 5 */
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    hs_trace_mark(t, HS_MILESTONE_END, ms(60));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->accounting.path_rtt == 50 * HS_MILLISECOND);
    assert_int_equal(t->accounting.path_rtt_source, HS_CLOCK_CAPTURE);
    assert_true(t->accounting.network == 50 * HS_MILLISECOND);
    assert_true(t->accounting.server == 5 * HS_MILLISECOND);
    assert_true(t->accounting.client == 5 * HS_MILLISECOND);
    hs_trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quic_handshake_begins_with_its_datagrams),
        cmocka_unit_test(a_silence_that_a_probe_ends_is_loss),
        cmocka_unit_test(quic_with_early_data_is_ready_at_its_start),
        cmocka_unit_test(a_datagram_in_between_does_not_shorten_the_path),
        cmocka_unit_test(captured_quic_has_halves),
        cmocka_unit_test(each_stretch_goes_to_who_spent_it),
        cmocka_unit_test(acknowledging_settings_is_no_question),
        cmocka_unit_test(acknowledging_packets_is_no_question),
        cmocka_unit_test(a_lost_syn_is_loss),
        cmocka_unit_test(waiting_for_an_address_that_gave_nothing_is_loss),
        cmocka_unit_test(a_refusal_is_the_paths),
        cmocka_unit_test(between_a_refusal_and_the_next_attempt_the_client_is_at_work),
        cmocka_unit_test(a_refusal_beside_silence_ends_no_wait),
        cmocka_unit_test(an_attempt_that_began_later_and_lost_takes_nothing),
        cmocka_unit_test(silence_until_the_deadline_is_not_our_own_time),
        cmocka_unit_test(thinking_after_tickets_is_the_servers),
        cmocka_unit_test(the_parts_always_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
