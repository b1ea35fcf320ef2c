/* Datagrams cut, changed and repeated; and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/annotate.h"
#include "decode/quic.h"
#include "decode/quic_order.h"
#include "quic_talk.h"
#include "trace/build.h"
#include "wire/quic/packet.h"

enum { NOTES_MAX = 256 };

/* Whatever came of it can be told. */
static void tell(hs_trace *trace)
{
    static hs_note items[NOTES_MAX];
    for (const hs_event *event = trace->events; event; event = event->next) {
        hs_notes notes = {.items = items, .capacity = NOTES_MAX};
        hs_fault fault;
        (void)!hs_annotate(trace, event, &notes, &fault);
    }
    char *dump = talk_dump(trace);
    free(dump);
    hs_trace_free(trace);
}

/* Each datagram cut at each length, the others whole. */
static void every_truncation(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->early = true;
    talk_handshake(talk, 0);
    for (size_t i = 0; i < talk->count; i++) {
        hs_bytes whole = talk->steps[i].bytes;
        for (size_t len = 0; len < whole.len; len += len < 80 ? 1 : 7) {
            uint8_t *cut = malloc(len + 1);
            memcpy(cut, whole.data, len);
            talk->steps[i].bytes = hs_bytes_of(cut, len);
            tell(talk_judge(talk, TALK_KEYS_FIRST, true));
            free(cut);
        }
        talk->steps[i].bytes = whole;
    }
    talk_free(talk);
}

/* Each byte of the first datagrams changed: what does not authenticate says so. */
static void every_change(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    for (size_t i = 0; i < talk->count; i++) {
        hs_bytes whole = talk->steps[i].bytes;
        uint8_t *changed = malloc(whole.len);
        for (size_t at = 0; at < whole.len; at += at < 64 ? 1 : 13) {
            memcpy(changed, whole.data, whole.len);
            changed[at] ^= 0x55;
            talk->steps[i].bytes = hs_bytes_of(changed, whole.len);
            tell(talk_judge(talk, TALK_KEYS_LAST, true));
        }
        free(changed);
        talk->steps[i].bytes = whole;
    }
    talk_free(talk);
}

static hs_quic_decoder *feed_initial(const quic_talk *talk, hs_trace *trace, hs_keylog *keylog)
{
    hs_quic_decoder *decoder = hs_quic_decoder_new(trace, keylog, talk->crypto);
    assert_int_equal(hs_quic_decoder_feed(decoder, talk->steps[0].from, talk->steps[0].bytes,
                                          (hs_moment){0, HS_CLOCK_CAPTURE}),
                     HS_OK);
    return decoder;
}

/* Packets without keys: the oldest are shown as they are. */
static void waiting_is_bounded(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(0);
    hs_quic_decoder *decoder = feed_initial(talk, trace, keylog);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(hs_quic_decoder_feed(decoder, talk->steps[2].from, talk->steps[2].bytes,
                                              (hs_moment){i, HS_CLOCK_CAPTURE}),
                         HS_OK);
        assert_true(hs_quic_decoder_memory(decoder) < HS_QUIC_WAITING_MAX + 256 * 1024);
    }
    assert_true(hs_quic_decoder_memory(decoder) > HS_QUIC_WAITING_MAX / 2);
    assert_true(trace->incomplete);
    assert_int_equal(hs_quic_decoder_finish(decoder), HS_OK);
    hs_quic_decoder_free(decoder);
    hs_keylog_free(keylog);
    hs_trace_free(trace);
    talk_free(talk);
}

/* CRYPTO data and streams with a hole at their beginning. */
static void holes_are_bounded(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    static const uint8_t fill[3000];
    talk->version = HS_QUIC_V1;
    for (uint64_t i = 0; talk->count + 2 <= TALK_STEPS_MAX; i++) {
        talk_crypto(talk, 4096 + 2 * i * sizeof fill, hs_bytes_of(fill, sizeof fill));
        talk_packet(talk, HS_SERVER, TALK_APPLICATION);
        talk_send(talk, 100);
        for (uint64_t id = 0; id < 40; id++) {
            talk_stream(talk, 4 * (id + 1), 100 + 3 * i, "x", false);
        }
        talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
        talk_send(talk, 100);
    }
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(0);
    assert_int_equal(
        hs_keylog_add_text(keylog, hs_bytes_of(talk->keylog, strlen(talk->keylog)), NULL), HS_OK);
    hs_quic_decoder *decoder = hs_quic_decoder_new(trace, keylog, talk->crypto);
    for (size_t i = 0; i < talk->count; i++) {
        (void)!hs_quic_decoder_feed(decoder, talk->steps[i].from, talk->steps[i].bytes,
                                    (hs_moment){0, HS_CLOCK_CAPTURE});
        assert_true(hs_quic_decoder_memory(decoder) <
                    HS_QUIC_CRYPTO_MAX + HS_QUIC_STREAMS_MAX * HS_QUIC_STREAM_MAX + 256 * 1024);
    }
    assert_true(trace->incomplete);
    (void)!hs_quic_decoder_finish(decoder);
    hs_quic_decoder_free(decoder);
    hs_keylog_free(keylog);
    hs_trace_free(trace);
    talk_free(talk);
}

/* Initial packets with any connection ID: only so many are tried. */
static void guesses_are_bounded(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    hs_quic_decoder *decoder = feed_initial(talk, trace, NULL);
    uint8_t other[1200];
    memcpy(other, talk->steps[0].bytes.data, talk->steps[0].bytes.len);
    for (int i = 0; i < 1000; i++) {
        other[6] = (uint8_t)i;
        other[7] = (uint8_t)(i >> 8);
        assert_int_equal(hs_quic_decoder_feed(decoder, HS_CLIENT,
                                              hs_bytes_of(other, talk->steps[0].bytes.len),
                                              (hs_moment){i, HS_CLOCK_CAPTURE}),
                         HS_OK);
    }
    assert_int_equal(hs_quic_decoder_finish(decoder), HS_OK);
    hs_quic_decoder_free(decoder);
    assert_string_equal(trace->tls.server_name, "example.com");
    hs_trace_free(trace);
    talk_free(talk);
}

/* --- pieces in order --- */

static void put(hs_quic_order *order, uint64_t offset, const char *text, bool overlaps)
{
    bool got = false;
    hs_quic_piece piece = {.offset = offset, .bytes = hs_bytes_of(text, strlen(text))};
    assert_int_equal(hs_quic_order_add(order, &piece, 1 << 16, 8, &got), HS_OK);
    assert_int_equal(got, overlaps);
}

static void pieces(void **state)
{
    (void)state;
    hs_quic_order order = {0};
    put(&order, 6, "gh", false);
    put(&order, 2, "cd", false);
    put(&order, 1, "bCDefGHi", true); /* what came first counts */
    assert_null(hs_quic_order_head(&order));
    put(&order, 0, "a", false);
    char text[16] = "";
    const hs_quic_piece *piece;
    while ((piece = hs_quic_order_head(&order))) {
        strncat(text, (const char *)piece->bytes.data, piece->bytes.len);
        hs_quic_order_drop(&order);
    }
    assert_string_equal(text, "abcdefghi");
    assert_int_equal(order.next, 9);
    put(&order, 3, "xx", true);
    assert_null(hs_quic_order_head(&order));
    hs_quic_piece far = {.offset = UINT64_MAX - 3, .bytes = hs_bytes_of("xx", 2)};
    assert_int_equal(hs_quic_order_add(&order, &far, 1 << 16, 8, NULL), HS_LIMIT);
    assert_int_equal(order.held, 0);
    for (uint64_t i = 0; i < 8; i++) {
        put(&order, 20 + 2 * i, "x", false);
    }
    far.offset = 100;
    assert_int_equal(hs_quic_order_add(&order, &far, 1 << 16, 8, NULL), HS_LIMIT);
    hs_quic_order_free(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation),    cmocka_unit_test(every_change),
        cmocka_unit_test(waiting_is_bounded),  cmocka_unit_test(holes_are_bounded),
        cmocka_unit_test(guesses_are_bounded), cmocka_unit_test(pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
