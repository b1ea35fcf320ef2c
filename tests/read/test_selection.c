/* Which packets belong to a handshake: by ends, time, and what they do. */
#include <string.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "kit.h"
#include "read/selection.h"
#include "trace/build.h"
#include "wire/packet.h"

#define START (INT64_C(1000) * HS_SECOND)

/* An IPv4 packet with a TCP header. */
static hs_source_item packet(uint8_t *frame, const char *source, uint16_t from,
                             const char *destination, uint16_t to, uint8_t flags, int64_t at)
{
    hs_writer w;
    hs_writer_init(&w, frame, 40);
    hs_write_u16(&w, 0x4500);
    hs_write_u16(&w, 40);
    hs_write_u32(&w, 0);
    hs_write_u32(&w, 0x40060000);
    hs_write_bytes(&w, hs_bytes_of(source, 4));
    hs_write_bytes(&w, hs_bytes_of(destination, 4));
    hs_write_u16(&w, from);
    hs_write_u16(&w, to);
    hs_write_u64(&w, 0);
    hs_write_u16(&w, (uint16_t)(0x5000 | flags));
    hs_write_u16(&w, 1024);
    hs_write_u32(&w, 0);
    return (hs_source_item){.event = HS_SOURCE_PACKET,
                            .link_type = KIT_LINK_RAW,
                            .frame = hs_writer_bytes(&w),
                            .length = 40,
                            .at = START + at};
}

static hs_trace *connection(uint16_t client_port, int64_t start, hs_time ready, hs_time closed)
{
    hs_trace_config config = {.keep_events = false};
    hs_trace *trace = hs_trace_new(&config);
    hs_tcp_transition *state = HS_ARENA_NEW(hs_trace_arena(trace), hs_tcp_transition);
    *state = (hs_tcp_transition){closed, HS_CLIENT, "TIME-WAIT", "CLOSED"};
    trace->at = START + start;
    trace->target.address = "10.0.0.2";
    trace->target.port = 443;
    trace->capture.client_address = "10.0.0.1";
    trace->capture.client_port = client_port;
    trace->milestones[HS_MILESTONE_READY].at = ready;
    trace->tcp.states = state;
    trace->tcp.state_count = 1;
    return trace;
}

static bool has(const hs_selection *selection, bool from_client, uint16_t client_port,
                uint8_t flags, int64_t at)
{
    uint8_t frame[40];
    static const char client[] = "\x0a\0\0\1";
    static const char server[] = "\x0a\0\0\2";
    hs_source_item item = from_client ? packet(frame, client, client_port, server, 443, flags, at)
                                      : packet(frame, server, 443, client, client_port, flags, at);
    return hs_selection_has(selection, &item);
}

static void test_times(void **state)
{
    (void)state;
    hs_selection *selection = hs_selection_new();
    assert_true(hs_selection_is_empty(selection));
    hs_trace *first = connection(5000, 100, 50, 900);
    hs_trace *again = connection(5000, 2000, 50, 60);
    assert_int_equal(hs_selection_add(selection, first), HS_OK);
    assert_int_equal(hs_selection_add(selection, again), HS_OK);
    assert_false(hs_selection_is_empty(selection));
    for (int from_client = 0; from_client < 2; from_client++) {
        assert_false(has(selection, from_client, 5000, HS_TCP_ACK, 99));
        assert_true(has(selection, from_client, 5000, HS_TCP_SYN, 100));
        assert_true(has(selection, from_client, 5000, HS_TCP_ACK, 150));
        assert_false(has(selection, from_client, 5000, HS_TCP_ACK, 151));
        assert_true(has(selection, from_client, 5000, HS_TCP_FIN | HS_TCP_ACK, 1000));
        assert_false(has(selection, from_client, 5000, HS_TCP_FIN | HS_TCP_ACK, 1001));
        assert_true(has(selection, from_client, 5000, HS_TCP_ACK, 2010));
        assert_false(has(selection, from_client, 5001, HS_TCP_ACK, 150));
    }
    hs_trace_free(first);
    hs_trace_free(again);
    hs_selection_free(selection);
}

/* Growth loses nobody. */
static void test_many(void **state)
{
    (void)state;
    hs_selection *selection = hs_selection_new();
    for (uint16_t port = 1; port < 5000; port++) {
        hs_trace *trace = connection(port, port, 10, 10);
        assert_int_equal(hs_selection_add(selection, trace), HS_OK);
        hs_trace_free(trace);
    }
    for (uint16_t port = 1; port < 5000; port++) {
        assert_true(has(selection, true, port, HS_TCP_ACK, port + 10));
        assert_false(has(selection, true, port, HS_TCP_ACK, port + 11));
    }
    hs_selection_free(selection);
}

static void test_without_ends(void **state)
{
    (void)state;
    hs_selection *selection = hs_selection_new();
    hs_trace *trace = connection(1, 0, 0, 0);
    trace->target.address = NULL;
    assert_int_equal(hs_selection_add(selection, trace), HS_INVALID);
    assert_true(hs_selection_is_empty(selection));
    hs_trace_free(trace);
    hs_selection_free(selection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_without_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
