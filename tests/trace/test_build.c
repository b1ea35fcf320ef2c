#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "trace/build.h"

static hs_moment at_us(hs_time us)
{
    return (hs_moment){us * HS_MICROSECOND, HS_CLOCK_USER};
}

static hs_trace *new_trace(bool keep_bytes)
{
    hs_trace_config config = {.keep_events = true, .keep_bytes = keep_bytes};
    hs_trace *trace = hs_trace_new(&config);
    assert_non_null(trace);
    return trace;
}

static hs_event *add(hs_trace *trace, hs_side from, const char *name, uint64_t first, uint64_t end)
{
    hs_message message = {.from = from,
                          .layer = HS_LAYER_TLS,
                          .name = name,
                          .bytes = (size_t)(end - first),
                          .raw = {(const uint8_t *)name, strlen(name)},
                          .first = first,
                          .end = end};
    return hs_trace_add_event(trace, &message);
}

static void a_new_trace_has_seen_nothing(void **state)
{
    (void)state;
    hs_trace *trace = new_trace(false);
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        assert_true(trace->milestones[i].at == HS_TIME_NONE);
    }
    assert_int_equal(trace->tls.resumed, HS_UNSEEN);
    assert_int_equal(trace->tcp.rtt_us, -1);
    assert_int_equal(trace->failure.alert, -1);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    assert_false(trace->accounting.present);
    hs_trace_free(trace);
}

static void events_found_late_stand_in_wire_order(void **state)
{
    (void)state;
    hs_trace *trace = new_trace(false);
    hs_trace_add_segment(trace, HS_CLIENT, 100, at_us(10));
    hs_trace_add_segment(trace, HS_SERVER, 200, at_us(20));
    hs_trace_add_segment(trace, HS_SERVER, 50, at_us(30));
    hs_trace_add_segment(trace, HS_CLIENT, 40, at_us(40));
    add(trace, HS_CLIENT, "ClientHello", 0, 100);
    add(trace, HS_SERVER, "ServerHello", 0, 90);
    add(trace, HS_CLIENT, "Finished", 100, 140); /* found before the server's, which had no key */
    add(trace, HS_SERVER, "EncryptedExtensions", 90, 200);
    add(trace, HS_SERVER, "Certificate", 90, 250);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    static const char *const names[] = {"ClientHello", "ServerHello", "EncryptedExtensions",
                                        "Certificate", "Finished"};
    size_t i = 0;
    for (const hs_event *e = trace->events; e; e = e->next, i++) {
        assert_string_equal(e->name, names[i]);
        assert_int_equal(e->order, i);
    }
    assert_int_equal(i, 5);
    const hs_event *certificate = trace->events->next->next->next;
    assert_true(certificate->moment.at == 30 * HS_MICROSECOND);
    assert_true(certificate->first_at == 20 * HS_MICROSECOND);
    hs_trace_free(trace);
}

static void a_late_stamp_moves_events_and_milestones(void **state)
{
    (void)state;
    hs_trace *trace = new_trace(false);
    hs_trace_add_segment(trace, HS_CLIENT, 100, at_us(10));
    add(trace, HS_CLIENT, "ClientHello", 0, 100);
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_START, HS_CLIENT, 99);
    /* A stamp for a byte in the middle says less than the segment's own. */
    hs_trace_stamp(trace, HS_CLIENT, 50, (hs_moment){11000, HS_CLOCK_KERNEL});
    hs_trace_stamp(trace, HS_CLIENT, 99, (hs_moment){12000, HS_CLOCK_KERNEL});
    hs_trace_stamp(trace, HS_CLIENT, 100, (hs_moment){99000, HS_CLOCK_KERNEL});
    hs_trace_stamp(trace, HS_SERVER, 99, (hs_moment){99000, HS_CLOCK_KERNEL});
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    assert_true(trace->events->moment.at == 12000);
    assert_int_equal(trace->events->moment.clock, HS_CLOCK_KERNEL);
    assert_true(trace->milestones[HS_MILESTONE_TLS_START].at == 12000);
    hs_trace_free(trace);
}

/* Our last message left while the peer's was already on its way: the source came upon that later.
 */
static void what_crossed_stands_in_the_order_of_its_stamps(void **state)
{
    (void)state;
    hs_trace *trace = new_trace(false);
    hs_trace_add_segment(trace, HS_CLIENT, 10, at_us(10));
    hs_trace_add_segment(trace, HS_CLIENT, 10, at_us(30));
    hs_trace_add_segment(trace, HS_SERVER, 10, at_us(20));
    hs_trace_add_segment(trace, HS_SERVER, 10, at_us(15)); /* another clock; cannot precede */
    add(trace, HS_CLIENT, "request", 0, 10);
    add(trace, HS_CLIENT, "close", 10, 20);
    add(trace, HS_SERVER, "answer", 0, 10);
    add(trace, HS_SERVER, "end", 10, 20);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    static const char *const names[] = {"request", "answer", "end", "close"};
    size_t i = 0;
    for (const hs_event *e = trace->events; e; e = e->next, i++) {
        assert_string_equal(e->name, names[i]);
    }
    assert_int_equal(i, 4);
    assert_int_equal(trace->segments[1].from, HS_SERVER);
    assert_true(hs_trace_moment_of(trace, HS_CLIENT, 15).at == 30 * HS_MICROSECOND);
    hs_trace_free(trace);
}

static void the_first_mark_and_the_first_failure_count(void **state)
{
    (void)state;
    hs_trace *trace = new_trace(false);
    hs_trace_mark(trace, HS_MILESTONE_SYN, at_us(1));
    hs_trace_mark(trace, HS_MILESTONE_SYN, at_us(2));
    add(trace, HS_CLIENT, "ClientHello", 0, 1);
    hs_trace_fail(trace, HS_FAILURE_TLS_CLOSED, HS_PHASE_TLS, 5, "closed by %s", "x");
    hs_trace_fail(trace, HS_FAILURE_TCP_RESET, HS_PHASE_TCP, 6, "later");
    assert_true(trace->milestones[HS_MILESTONE_SYN].at == HS_MICROSECOND);
    assert_int_equal(trace->failure.cls, HS_FAILURE_TLS_CLOSED);
    assert_string_equal(trace->failure.message, "closed by x");
    assert_string_equal(trace->failure.last_event, "ClientHello");
    assert_non_null(trace->failure.advice);
    hs_trace_free(trace);
}

static void bytes_are_kept_only_where_asked(void **state)
{
    (void)state;
    hs_trace *without = new_trace(false);
    assert_int_equal(add(without, HS_CLIENT, "Finished", 0, 8)->raw.len, 0);
    hs_trace_free(without);
    hs_trace *with = new_trace(true);
    hs_event *event = add(with, HS_CLIENT, "Finished", 0, 8);
    assert_int_equal(event->raw.len, 8);
    assert_memory_equal(event->raw.data, "Finished", 8);
    hs_trace_free(with);
    hs_trace_config config = {0};
    hs_trace *none = hs_trace_new(&config);
    assert_null(add(none, HS_CLIENT, "Finished", 0, 8));
    hs_event_add_number(none, NULL, "x", 1); /* details of no event are no error */
    hs_trace_free(none);
}

static void details_keep_their_order(void **state)
{
    (void)state;
    hs_trace *trace = new_trace(false);
    hs_event *event = add(trace, HS_CLIENT, "ClientHello", 0, 8);
    hs_event_add_text(trace, event, "a", "one");
    hs_event_add_number(trace, event, "b", -2);
    hs_event_add_format(trace, event, "c", "%d/%d", 3, 4);
    hs_event_add_text(trace, event, "d", NULL);
    assert_string_equal(event->details->text, "one");
    assert_null(event->details->next->text);
    assert_int_equal(event->details->next->number, -2);
    assert_string_equal(event->details->next->next->text, "3/4");
    assert_null(event->details->next->next->next);
    hs_trace_free(trace);
}

static void limits_are_counted_not_silent(void **state)
{
    (void)state;
    hs_trace_config config = {.keep_events = true, .event_limit = 3, .segment_limit = 4};
    hs_trace *trace = hs_trace_new(&config);
    for (uint64_t i = 0; i < 10; i++) {
        hs_trace_add_segment(trace, HS_SERVER, 10, at_us((hs_time)i));
        add(trace, HS_SERVER, "x", i * 10, i * 10 + 10);
    }
    assert_int_equal(trace->event_count, 3);
    assert_int_equal(trace->events_dropped, 7);
    assert_int_equal(trace->segment_count, 4);
    assert_int_equal(trace->bytes_received, 100);
    /* Bytes beyond the kept segments count as part of the last one. */
    assert_true(hs_trace_moment_of(trace, HS_SERVER, 99).at == 3 * HS_MICROSECOND);
    assert_true(hs_trace_moment_of(trace, HS_SERVER, 100).at == HS_TIME_NONE);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    hs_trace_free(trace);
}

typedef struct counter {
    int left;
    int held;
} counter;

static void *allocate(void *context, size_t size)
{
    counter *c = context;
    if (c->left == 0) {
        return NULL;
    }
    c->left--;
    c->held++;
    return malloc(size);
}

static void release(void *context, void *memory)
{
    ((counter *)context)->held--;
    free(memory);
}

static void every_failed_allocation_leaves_a_consistent_trace(void **state)
{
    (void)state;
    for (int n = 0; n < 12; n++) {
        counter c = {.left = n};
        hs_allocator allocator = {allocate, release, &c};
        hs_trace_config config = {.allocator = &allocator, .keep_bytes = true};
        hs_trace *trace = hs_trace_new(&config);
        if (!trace) {
            assert_int_equal(c.held, 0);
            continue;
        }
        for (uint64_t i = 0; i < 300; i++) {
            hs_trace_add_segment(trace, i % 2 ? HS_SERVER : HS_CLIENT, 10, at_us((hs_time)i));
            hs_event *event = add(trace, i % 2 ? HS_SERVER : HS_CLIENT, "message", i / 2 * 10,
                                  i / 2 * 10 + 10);
            hs_event_add_text(trace, event, "key", "value");
        }
        hs_trace_mark(trace, HS_MILESTONE_END, at_us(301));
        hs_result result = hs_trace_finish(trace);
        assert_true(result == HS_OK || result == HS_NO_MEMORY || result == HS_LIMIT);
        assert_int_equal(trace->event_count + trace->events_dropped, 300);
        hs_trace_free(trace);
        assert_int_equal(c.held, 0);
    }
}

/* A second handshake on the same trace: nothing of the first but what crossed, and the name. */
static void beginning_again_forgets_the_handshake(void **state)
{
    (void)state;
    hs_trace_config config = {.keep_events = true};
    hs_trace *t = hs_trace_new(&config);
    const hs_moment at = {5, HS_CLOCK_USER};
    hs_trace_mark(t, HS_MILESTONE_DNS_START, at);
    hs_trace_add_segment(t, HS_CLIENT, 100, at);
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    t->quic.present = true;
    t->quic.retry = HS_YES;
    t->tls.present = true;
    assert_int_equal(hs_trace_stream_length(t, HS_CLIENT), 100);
    hs_trace_begin_again(t);
    assert_false(t->quic.present || t->tls.present);
    assert_int_equal(t->quic.retry, HS_UNSEEN);
    assert_false(hs_trace_is_marked(t, HS_MILESTONE_QUIC_START));
    assert_true(t->milestones[HS_MILESTONE_DNS_START].at == 5);
    assert_int_equal(t->segment_count, 1);
    hs_trace_add_segment(t, HS_CLIENT, 50, (hs_moment){9, HS_CLOCK_USER});
    hs_trace_mark_byte(t, HS_MILESTONE_QUIC_START, HS_CLIENT, 100);
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->milestones[HS_MILESTONE_QUIC_START].at == 9);
    hs_trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginning_again_forgets_the_handshake),
        cmocka_unit_test(a_new_trace_has_seen_nothing),
        cmocka_unit_test(events_found_late_stand_in_wire_order),
        cmocka_unit_test(a_late_stamp_moves_events_and_milestones),
        cmocka_unit_test(what_crossed_stands_in_the_order_of_its_stamps),
        cmocka_unit_test(the_first_mark_and_the_first_failure_count),
        cmocka_unit_test(bytes_are_kept_only_where_asked),
        cmocka_unit_test(details_keep_their_order),
        cmocka_unit_test(limits_are_counted_not_silent),
        cmocka_unit_test(every_failed_allocation_leaves_a_consistent_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
