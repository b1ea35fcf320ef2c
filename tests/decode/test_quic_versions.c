/* Retry, Version Negotiation, version 2 and the way to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../secrets/hex.h"
#include "../secrets/quic_samples.h"
#include "decode/quic.h"
#include "quic_talk.h"
#include "trace/build.h"
#include "wire/quic/packet.h"

static const uint8_t retry_id[] = {0x2e, 0x72, 0x69, 0x01, 0x02};
static const uint8_t other_id[] = {0x2e, 0x72, 0x69, 0x0a, 0x0b};
static const uint8_t token_bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};

static hs_bytes retry_scid(void)
{
    return hs_bytes_of(retry_id, sizeof retry_id);
}

static hs_bytes token(void)
{
    return hs_bytes_of(token_bytes, sizeof token_bytes);
}

/* The client's Initial, a Retry, and the handshake with its token. */
static quic_talk *talk_with_retry(bool is_right)
{
    quic_talk *talk = talk_new(HS_QUIC_V1);
    hs_bytes first = talk->client_dcid;
    talk_initial(talk, 0);
    talk_retry(talk, retry_scid(), token(), first, is_right);
    talk_send(talk, 2 * HS_MILLISECOND);
    talk_set_initial(talk, HS_QUIC_V1, retry_scid());
    talk->token = token();
    return talk;
}

static void retry(void **state)
{
    (void)state;
    quic_talk *talk = talk_with_retry(true);
    talk_handshake(talk, 4 * HS_MILLISECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_LAST, false);
    assert_int_equal(trace->quic.retry, HS_YES);
    assert_int_equal(trace->quic.token, HS_NO); /* of the first Initial */
    assert_string_equal(trace->quic.original_dcid, "8394c8f03e515708");
    assert_string_equal(talk_detail(talk_event(trace, "Retry", 0), "integrity_tag"), "right");
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    assert_int_equal(trace->quic.retransmits, 0); /* the same data again, as it must be */
    assert_int_equal(trace->quic.amplification_limited, HS_NO);
    assert_null(talk_event(trace, "ClientHello", 1));
    assert_int_equal(trace->phases[HS_PHASE_QUIC].round_trips, 2);
    hs_trace_free(trace);
    talk_free(talk);
}

static void retry_with_a_wrong_tag(void **state)
{
    (void)state;
    quic_talk *talk = talk_with_retry(false);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_LAST, true);
    assert_int_equal(trace->quic.retry, HS_UNSEEN);
    assert_string_equal(talk_detail(talk_event(trace, "Retry", 0), "integrity_tag"), "wrong");
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_TIMED_OUT);
    hs_trace_free(trace);
    talk_free(talk);
}

/* The client takes the first one (17.2.5.2). */
static void second_retry(void **state)
{
    (void)state;
    quic_talk *talk = talk_with_retry(true);
    talk_retry(talk, hs_bytes_of(other_id, sizeof other_id), token(),
               hs_bytes_of((const uint8_t *)"\x83\x94\xc8\xf0\x3e\x51\x57\x08", 8), true);
    talk_send(talk, 3 * HS_MILLISECOND);
    talk_handshake(talk, 4 * HS_MILLISECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    assert_non_null(talk_detail(talk_event(trace, "Retry", 1), "ignored"));
    assert_non_null(talk_event(trace, "ServerHello", 0));
    hs_trace_free(trace);
    talk_free(talk);
}

static void retry_loop(void **state)
{
    (void)state;
    quic_talk *talk = talk_with_retry(true);
    talk_initial(talk, 4 * HS_MILLISECOND);
    talk_retry(talk, hs_bytes_of(other_id, sizeof other_id), token(), retry_scid(), true);
    talk_send(talk, 6 * HS_MILLISECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, true);
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_RETRY_LOOP);
    hs_trace_free(trace);
    talk_free(talk);
}

/* The samples of the RFCs: the Retry answers a client's first Initial. */
static void sample_retries(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    for (size_t i = 0; i < sizeof quic_sample_sets / sizeof quic_sample_sets[0]; i++) {
        const quic_samples *s = &quic_sample_sets[i];
        hs_trace_config config = {.keep_events = true};
        hs_trace *trace = hs_trace_new(&config);
        hs_quic_decoder *decoder = hs_quic_decoder_new(trace, NULL, talk->crypto);
        hs_moment moment = {0, HS_CLOCK_CAPTURE};
        /* The Retry is come upon first: it waits. */
        assert_int_equal(hs_quic_decoder_feed(decoder, HS_SERVER, hex(s->retry), moment), HS_OK);
        assert_int_equal(trace->quic.retry, HS_UNSEEN);
        assert_int_equal(hs_quic_decoder_feed(decoder, HS_CLIENT, hex(s->client_packet), moment),
                         HS_OK);
        assert_int_equal(trace->quic.retry, HS_YES);
        assert_int_equal(hs_quic_decoder_finish(decoder), HS_OK);
        hs_quic_decoder_free(decoder);
        hs_trace_free(trace);
    }
    talk_free(talk);
}

static void version_2(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V2);
    talk->early = true;
    talk_handshake(talk, 0);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_LAST, NULL);
    assert_int_equal(trace->quic.version, HS_QUIC_V2);
    assert_int_equal(trace->quic.handshake_confirmed, HS_YES);
    assert_int_equal(trace->quic.early_data, HS_EARLY_DATA_ACCEPTED);
    assert_non_null(talk_event(trace, "0-RTT", 0));
    hs_trace_free(trace);
    talk_free(talk);
}

/* RFC 9368 2.3, RFC 9369 4.1: the server goes on in version 2, with the same connection ID's keys;
 * early data was sent in version 1. */
static void compatible_upgrade(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->early = true;
    talk_initial(talk, 0);
    talk_stream(talk, 0, 0, "early", false);
    talk_packet(talk, HS_CLIENT, TALK_EARLY);
    talk_send(talk, 0);
    talk_set_initial(talk, HS_QUIC_V2, talk->client_dcid);
    talk_set_version(talk, HS_QUIC_V2);
    size_t before = talk->count;
    talk_handshake(talk, 0);
    /* The client said hello already. */
    free((void *)(uintptr_t)talk->steps[before].bytes.data);
    memmove(&talk->steps[before], &talk->steps[before + 1],
            (--talk->count - before) * sizeof talk->steps[0]);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_LAST, NULL);
    assert_int_equal(trace->quic.original_version, HS_QUIC_V1);
    assert_int_equal(trace->quic.version, HS_QUIC_V2);
    assert_int_equal(trace->quic.handshake_confirmed, HS_YES);
    assert_null(talk_event(trace, "ClientHello", 1));
    assert_string_equal(talk_detail(talk_event(trace, "0-RTT", 0), "frames"), "STREAM 0[0..5)");
    hs_trace_free(trace);
    talk_free(talk);
}

static void negotiation(quic_talk *talk, hs_bytes dcid, const uint32_t *versions, size_t count)
{
    uint8_t bytes[128];
    hs_writer w;
    hs_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(
        hs_quic_write_version_negotiation(&w, 0x40, talk->client_scid, dcid, versions, count),
        HS_OK);
    talk_raw(talk, HS_SERVER, hs_writer_bytes(&w));
}

static const uint32_t offered[] = {0x1a2a3a4a, HS_QUIC_V1};

static void version_negotiation(void **state)
{
    (void)state;
    static const uint8_t id[] = {7, 7, 7, 7, 7, 7, 7, 7, 7};
    quic_talk *talk = talk_new(HS_QUIC_V2);
    talk_initial(talk, 0);
    negotiation(talk, talk->client_dcid, offered, 2);
    talk_send(talk, 5 * HS_MILLISECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->quic.version_negotiation, HS_YES);
    assert_int_equal(trace->quic.offered_version_count, 2);
    assert_int_equal(trace->quic.offered_versions[1], HS_QUIC_V1);
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_VERSION_MISMATCH);
    hs_trace_free(trace);

    /* The client begins anew, with another hello. */
    talk->random = 0x24;
    talk->numbers[0][HS_CLIENT] = 0;
    talk_set_initial(talk, HS_QUIC_V1, hs_bytes_of(id, sizeof id));
    talk_set_version(talk, HS_QUIC_V1);
    for (char *at = talk->keylog; (at = strstr(at, "42424242424242424242424242424242"
                                                   "42424242424242424242424242424242"));) {
        for (int i = 0; i < 64; i += 2) {
            at[i] = '2';
            at[i + 1] = '4';
        }
    }
    talk_handshake(talk, 6 * HS_MILLISECOND);
    trace = talk_judge(talk, TALK_KEYS_LAST, false);
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    assert_int_equal(trace->quic.original_version, HS_QUIC_V2);
    assert_int_equal(trace->quic.version, HS_QUIC_V1);
    assert_string_equal(trace->quic.original_dcid, "8394c8f03e515708");
    assert_non_null(talk_event(trace, "ClientHello", 1));
    assert_int_equal(trace->tls.client_random[0], 0x24);
    assert_int_equal(trace->quic.handshake_confirmed, HS_YES);
    assert_int_equal(trace->quic.retransmits, 0);
    assert_int_equal(trace->quic.lost, 0);
    hs_trace_free(trace);
    talk_free(talk);
}

/* What a client ignores (RFC 9000 6.2). */
static void negotiation_ignored(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_initial(talk, 0);
    negotiation(talk, talk->server_scid, offered, 1); /* not its connection ID */
    talk_send(talk, 1);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->quic.version_negotiation, HS_UNSEEN);
    assert_non_null(talk_detail(talk_event(trace, "Version Negotiation", 0), "ignored"));
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    hs_trace_free(trace);
    negotiation(talk, talk->client_dcid, offered, 2); /* the client's version is among them */
    talk_send(talk, 2);
    trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->quic.version_negotiation, HS_YES);
    assert_non_null(talk_detail(talk_event(trace, "Version Negotiation", 1), "problem"));
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    hs_trace_free(trace);
    talk_handshake(talk, 3);
    talk_retry(talk, retry_scid(), token(), talk->client_dcid, true); /* behind its answer */
    negotiation(talk, talk->client_dcid, offered, 1);
    talk_send(talk, HS_SECOND);
    trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->quic.retry, HS_NO);
    hs_trace_free(trace);
    talk_free(talk);
}

/* A reserved version asks for the negotiation (RFC 9000 15). */
static void unknown_first_version(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    static uint8_t first[1200] = {0xc3, 0x0a, 0x1a, 0x2a, 0x3a, 8,    1,    2,    3,   4,
                                  5,    6,    7,    8,    4,    0xc1, 0xc2, 0xc3, 0xc4};
    talk_raw(talk, HS_CLIENT, hs_bytes_of(first, sizeof first));
    talk_send(talk, 0);
    negotiation(talk, hs_bytes_of(first + 6, 8), offered + 1, 1);
    talk_send(talk, 5 * HS_MILLISECOND);
    talk_handshake(talk, 6 * HS_MILLISECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    assert_int_equal(trace->quic.version_negotiation, HS_YES);
    assert_int_equal(trace->quic.original_version, 0x0a1a2a3a);
    assert_string_equal(trace->quic.original_dcid, "0102030405060708");
    assert_int_equal(trace->quic.version, HS_QUIC_V1);
    assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_START].at, 0);
    hs_trace_free(trace);

    /* The invariants alone tell both connection IDs (RFC 8999 5.1). */
    size_t all = talk->count;
    talk->count = 2;
    trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_string_equal(trace->quic.original_dcid, "0102030405060708");
    assert_string_equal(trace->quic.client_cid, "c1c2c3c4");
    hs_trace_free(trace);
    talk->count = all;
    talk_free(talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry),
        cmocka_unit_test(retry_with_a_wrong_tag),
        cmocka_unit_test(second_retry),
        cmocka_unit_test(retry_loop),
        cmocka_unit_test(sample_retries),
        cmocka_unit_test(version_2),
        cmocka_unit_test(compatible_upgrade),
        cmocka_unit_test(version_negotiation),
        cmocka_unit_test(negotiation_ignored),
        cmocka_unit_test(unknown_first_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
