/* What packets tell together: losses, probe timeouts, amplification; resets; why a handshake
 * failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/quic.h"
#include "quic_talk.h"
#include "trace/build.h"
#include "wire/quic/error.h"
#include "wire/quic/packet.h"

/* The Initial is sent again after a second, and another packet of it is never seen. */
static void probe_timeout_and_loss(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    hs_bytes hello = talk_client_hello(talk);
    talk_message(talk, HS_CLIENT, TALK_INITIAL, hello);
    talk_send(talk, 0);
    talk->numbers[0][HS_CLIENT]++;
    talk_handshake(talk, 1000 * HS_MILLISECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->quic.probe_timeouts, 1);
    assert_int_equal(trace->quic.retransmits, 1);
    assert_int_equal(trace->quic.lost, 1);
    assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_START].at, 0);
    assert_int_equal(trace->quic.probed_at[0], HS_SECOND);
    assert_int_equal(trace->accounting.loss, HS_SECOND);
    hs_trace_free(trace);

    /* Two datagrams at the end of one silence (RFC 9002 6.2.4), a PING in the second. */
    quic_talk *twice = talk_new(HS_QUIC_V1);
    talk_message(twice, HS_CLIENT, TALK_INITIAL, hello);
    talk_send(twice, 0);
    talk_message(twice, HS_CLIENT, TALK_INITIAL, hello);
    talk_send(twice, HS_SECOND);
    talk_ping(twice);
    talk_packet(twice, HS_CLIENT, TALK_INITIAL);
    talk_send(twice, HS_SECOND + 10 * HS_MICROSECOND);
    trace = talk_judge(twice, TALK_KEYS_FIRST, true);
    assert_int_equal(trace->quic.probe_timeouts, 1);
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_TIMED_OUT);
    assert_int_equal(trace->failure.phase, HS_PHASE_QUIC);
    hs_trace_free(trace);
    talk_free(twice);
    talk_free(talk);
}

static void silence_is_no_failure_yet(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_initial(talk, 0);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->failure.cls, HS_FAILURE_NONE);
    assert_int_equal(trace->quic.retry, HS_UNSEEN);
    assert_int_equal(trace->quic.amplification_limited, HS_UNSEEN);
    assert_int_equal(trace->quic.rtt_server, HS_TIME_NONE);
    hs_trace_free(trace);
    talk_free(talk);
}

/* A long certificate: the server stops at three times 1200 bytes, and goes on behind the ACK. */
static void amplification(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        hs_bytes hello = talk_client_hello(talk);
        hs_bytes extensions = talk_encrypted_extensions(talk);
        hs_bytes certificate = talk_certificate(4500);
        talk_crypto(talk, 0, hello);
        talk_padding(talk, 1200 - hello.len - 60);
        talk_packet(talk, HS_CLIENT, TALK_INITIAL);
        talk_send(talk, 0);
        talk_message(talk, HS_SERVER, TALK_INITIAL, talk_server_hello(talk));
        talk_crypto(talk, 0, extensions);
        talk_crypto(talk, extensions.len, talk_part(certificate, 0, 700));
        talk_packet(talk, HS_SERVER, TALK_HANDSHAKE);
        talk_send(talk, 10);
        for (size_t at = 700, n = 1; at < 4000; at += 1100, n++) {
            bool is_behind = n == 3;
            if (is_behind) {
                talk_ack(talk, 0, 0, 0);
                talk_padding(talk, 1100);
                talk_packet(talk, HS_CLIENT, TALK_INITIAL);
                talk_send(talk, 20);
            }
            talk_crypto(talk, extensions.len + at, talk_part(certificate, at, at + 1100));
            talk_packet(talk, HS_SERVER, TALK_HANDSHAKE);
            /* With `way` it had not waited for the client. */
            talk_send(talk, is_behind && way == 0 ? 30 : 11);
        }
        talk->client_knows = true;
        talk_ack(talk, 1, 0, 0);
        talk_packet(talk, HS_CLIENT, TALK_HANDSHAKE);
        talk_send(talk, 40);
        for (int keys = 0; keys < 2; keys++) {
            hs_trace *trace = talk_decode(talk, keys ? TALK_KEYS_FIRST : TALK_KEYS_NONE, NULL);
            assert_int_equal(trace->quic.amplification_limited, way == 0 ? HS_YES : HS_NO);
            hs_trace_free(trace);
        }
        talk_free(talk);
    }
}

static void stateless_reset(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    uint8_t reset[43] = {0x41, 0x99};
    memcpy(reset + sizeof reset - HS_QUIC_STATELESS_RESET_TOKEN_LEN, talk_reset_token().data,
           HS_QUIC_STATELESS_RESET_TOKEN_LEN);
    talk_raw(talk, HS_SERVER, hs_bytes_of(reset, sizeof reset));
    talk_send(talk, 60 * HS_MILLISECOND);
    for (int way = 0; way < 2; way++) {
        hs_trace *trace = talk_judge(talk, way ? TALK_KEYS_LAST : TALK_KEYS_FIRST, false);
        assert_int_equal(trace->quic.stateless_reset, HS_YES);
        assert_non_null(talk_event(trace, "Stateless Reset", 0));
        assert_int_equal(trace->failure.cls, HS_FAILURE_NONE); /* the handshake was done */
        hs_trace_free(trace);
    }
    /* Without the server's parameters it is a packet like any other. */
    hs_trace *trace = talk_decode(talk, TALK_KEYS_NONE, NULL);
    assert_int_equal(trace->quic.stateless_reset, HS_UNSEEN);
    hs_trace_free(trace);
    talk_free(talk);
}

typedef struct close_row {
    bool is_application;
    bool is_done;
    uint64_t error;
    hs_failure_class cls;
} close_row;

static void closes(void **state)
{
    (void)state;
    static const close_row rows[] = {
        {false, false, HS_QUIC_ERROR_CRYPTO + 120, HS_FAILURE_TLS_ALPN_MISMATCH},
        {false, false, HS_QUIC_ERROR_CRYPTO + 40, HS_FAILURE_TLS_CIPHER_MISMATCH},
        {false, true, HS_QUIC_ERROR_CRYPTO + 116, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
        {false, false, HS_QUIC_ERROR_INVALID_TOKEN, HS_FAILURE_QUIC_INVALID_TOKEN},
        {false, false, HS_QUIC_ERROR_PROTOCOL_VIOLATION, HS_FAILURE_QUIC_PROTOCOL_ERROR},
        {false, true, HS_QUIC_ERROR_FRAME_ENCODING_ERROR, HS_FAILURE_QUIC_PROTOCOL_ERROR},
        {false, false, HS_QUIC_ERROR_CONNECTION_REFUSED, HS_FAILURE_QUIC_CLOSED},
        {false, false, HS_QUIC_ERROR_VERSION_NEGOTIATION_ERROR, HS_FAILURE_QUIC_VERSION_MISMATCH},
        {false, false, HS_QUIC_ERROR_NO_ERROR, HS_FAILURE_QUIC_CLOSED},
        {false, false, 0x4711, HS_FAILURE_QUIC_CLOSED},
        {false, true, HS_QUIC_ERROR_NO_ERROR, HS_FAILURE_NONE},
        {true, true, 0, HS_FAILURE_NONE},
        {true, true, 0x100, HS_FAILURE_NONE},
        {true, true, 0x10c, HS_FAILURE_QUIC_CLOSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        if (rows[i].is_done) {
            talk_handshake(talk, 0);
        } else {
            talk_initial(talk, 0);
        }
        talk_close(talk, rows[i].is_application, rows[i].error, "for a reason");
        talk_packet(talk, HS_SERVER, rows[i].is_done ? TALK_APPLICATION : TALK_INITIAL);
        talk_send(talk, 60 * HS_MILLISECOND);
        hs_trace *trace = talk_judge(talk, TALK_KEYS_LAST, true);
        assert_int_equal(trace->failure.cls, rows[i].cls);
        assert_true(trace->quic.close.present);
        assert_int_equal(trace->quic.close.from, HS_SERVER);
        assert_int_equal(trace->quic.close.error, rows[i].error);
        assert_string_equal(trace->quic.close.reason, "for a reason");
        if (rows[i].cls != HS_FAILURE_NONE) {
            assert_non_null(strstr(trace->failure.message, "for a reason"));
        }
        hs_trace_free(trace);
        talk_free(talk);
    }
}

/* The client tells the wire that it gave up. */
static void client_gives_up(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_initial(talk, 0);
    talk_close(talk, false, HS_QUIC_ERROR_NO_ERROR, "no recent network activity");
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_send(talk, 4 * HS_SECOND);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_FIRST, false);
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_TIMED_OUT);
    hs_trace_free(trace);
    talk_free(talk);
}

/* The client does not like the certificate, and says so in a Handshake packet. */
static void hidden_close(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_initial(talk, 0);
    talk_message(talk, HS_SERVER, TALK_INITIAL, talk_server_hello(talk));
    talk_message(talk, HS_SERVER, TALK_HANDSHAKE, talk_encrypted_extensions(talk));
    talk_send(talk, 10);
    hs_trace *trace = talk_judge(talk, TALK_KEYS_NO_LOG, true);
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_TIMED_OUT);
    hs_trace_free(trace);
    talk->client_knows = true;
    talk_close(talk, false, HS_QUIC_ERROR_CRYPTO + 48, "");
    talk_packet(talk, HS_CLIENT, TALK_HANDSHAKE);
    talk_send(talk, 20);
    trace = talk_judge(talk, TALK_KEYS_NO_LOG, true);
    assert_int_equal(trace->failure.cls, HS_FAILURE_QUIC_CLOSED);
    hs_trace_free(trace);
    trace = talk_judge(talk, TALK_KEYS_FIRST, true);
    assert_int_equal(trace->failure.cls, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID);
    assert_int_equal(trace->failure.alert, 48);
    hs_trace_free(trace);
    talk_free(talk);
}

/* The client's Finished is hidden, and nothing of 1-RTT follows from it: its length tells. */
static void hidden_finished(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        talk_initial(talk, 0);
        talk_message(talk, HS_SERVER, TALK_INITIAL, talk_server_hello(talk));
        talk_message(talk, HS_SERVER, TALK_HANDSHAKE, talk_finished());
        talk_send(talk, 10);
        talk->client_knows = true;
        talk_ack(talk, 0, 0, 0);
        talk_packet(talk, HS_CLIENT, TALK_HANDSHAKE);
        talk_send(talk, 20);
        if (way == 0) {
            talk_message(talk, HS_CLIENT, TALK_HANDSHAKE, talk_finished());
            talk_send(talk, 21);
        }
        talk_ping(talk);
        talk_packet(talk, HS_SERVER, TALK_APPLICATION);
        talk_send(talk, 30);
        hs_trace *trace = talk_decode(talk, TALK_KEYS_NO_LOG, NULL);
        assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_DONE].at,
                         way == 0 ? 21 : HS_TIME_NONE);
        hs_trace_free(trace);
        talk_free(talk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_timeout_and_loss),
        cmocka_unit_test(silence_is_no_failure_yet),
        cmocka_unit_test(amplification),
        cmocka_unit_test(stateless_reset),
        cmocka_unit_test(closes),
        cmocka_unit_test(client_gives_up),
        cmocka_unit_test(hidden_finished),
        cmocka_unit_test(hidden_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
