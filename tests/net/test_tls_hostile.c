#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "base/reader.h"
#include "net/tls_failure.h"
#include "tls_fixture.h"

enum { WHOLE = 1 << 20 };

static void start_against(tls_end *end, hs_tls_context *context, const void *bytes, size_t len)
{
    tls_end_open(end, context, "host.example", "h2");
    tls_end_start(end);
    assert_int_equal(hs_tls_session_feed(end->session, hs_bytes_of(bytes, len)), HS_OK);
}

static void other_protocols(void **state)
{
    const tls_fixture *fixture = *state;
    static const struct {
        const char *bytes, *quoted;
    } cases[] = {
        {"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", "\"HTTP/1.1 400 Bad Request\""},
        {"220 mail.example ESMTP\r\n", "\"220 mail.example ESMTP\""},
        {"SSH-2.0-OpenSSH_9.2p1\r\n", "\"SSH-2.0-OpenSSH_9.2p1\""},
        {"<html>", "\"<html>\""},
        {"\x00\x00\x12\x04\x00\x00\x00\x00\x00", ""},
        {"no\n", "\"no\""}, /* shorter than a record's header */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = cases[i].bytes[0] ? strlen(cases[i].bytes) : 9;
        for (int server = 0; server < 2; server++) {
            tls_end end;
            start_against(&end, server ? fixture->server : fixture->client, cases[i].bytes, len);
            hs_tls_session_transport_ended(end.session, false);
            tls_end_check_failure(&end, HS_FAILURE_TLS_NOT_TLS, cases[i].quoted);
            assert_non_null(strstr(end.failure.message, server ? "the client" : "the server"));
            tls_end_free(&end);
        }
    }
}

static void a_plaintext_request_to_a_server(void **state)
{
    const tls_fixture *fixture = *state;
    static const char *const requests[] = {"GET / HTTP/1.1\r\n\r\n",
                                           "CONNECT a:1 HTTP/1.1\r\n\r\n"};
    for (size_t i = 0; i < 2; i++) {
        tls_end end;
        start_against(&end, fixture->server, requests[i], strlen(requests[i]));
        tls_end_check_failure(&end, HS_FAILURE_TLS_NOT_TLS, "HTTP/1.1\"");
        tls_end_free(&end);
    }
}

static void garbage_in_a_records_clothes(void **state)
{
    const tls_fixture *fixture = *state;
    static const uint8_t oversize[] = {22, 3, 3, 0xff, 0xff, 2, 0, 0, 0};
    static const uint8_t data_first[] = {23, 3, 3, 0, 2, 1, 2};
    static const uint8_t finished_first[] = {22, 3, 3, 0, 16, 20, 0, 0,  12, 1, 2,
                                             3,  4, 5, 6, 7,  8,  9, 10, 11, 12};
    static const uint8_t endless[] = {22, 3, 3, 0, 9, 2, 0xff, 0xff, 0xff, 3, 3, 0, 0, 0};
    static const uint8_t short_alert[] = {21, 3, 3, 0, 1, 2};
    uint8_t empties[40 * 5] = {0};
    for (size_t i = 0; i < sizeof(empties); i += 5) {
        memcpy(empties + i, oversize, 3);
    }
    const struct {
        const uint8_t *bytes;
        size_t len;
    } cases[] = {
        {oversize, sizeof(oversize)},     {empties, sizeof(empties)},
        {data_first, sizeof(data_first)}, {finished_first, sizeof(finished_first)},
        {endless, sizeof(endless)},       {short_alert, sizeof(short_alert)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tls_end end;
        start_against(&end, fixture->client, cases[i].bytes, cases[i].len);
        tls_end_check_failure(&end, HS_FAILURE_TLS_PROTOCOL_ERROR, "");
        assert_false(end.failure.alert_received);
        /* Nothing that comes later is news. */
        assert_int_equal(
            hs_tls_session_feed(end.session, hs_bytes_of(cases[i].bytes, cases[i].len)), HS_OK);
        hs_tls_session_transport_ended(end.session, true);
        assert_int_equal(hs_tls_session_send(end.session, hs_bytes_of("x", 1)), HS_INVALID);
        hs_tls_session_close(end.session);
        tls_end_free(&end);
    }
}

static void every_alert_has_its_class(void **state)
{
    const tls_fixture *fixture = *state;
    for (int alert = 1; alert < 256; alert++) {
        const uint8_t bytes[] = {21, 3, 3, 0, 2, 2, (uint8_t)alert};
        tls_end end;
        start_against(&end, fixture->client, bytes, sizeof(bytes));
        hs_failure_class expected = alert == 40 || alert == 71   ? HS_FAILURE_TLS_CIPHER_MISMATCH
                                    : alert == 70 || alert == 86 ? HS_FAILURE_TLS_VERSION_MISMATCH
                                    : alert == 112               ? HS_FAILURE_TLS_UNRECOGNIZED_NAME
                                    : alert == 116 ? HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT
                                    : alert == 120 ? HS_FAILURE_TLS_ALPN_MISMATCH
                                                   : HS_FAILURE_TLS_ALERT;
        tls_end_check_failure(&end, expected, "the server sent alert ");
        assert_int_equal(end.failure.alert, alert);
        assert_true(end.failure.alert_received);
        tls_end_free(&end);
    }
}

static void close_notify_within_the_handshake(void **state)
{
    const tls_fixture *fixture = *state;
    static const uint8_t bytes[] = {21, 3, 3, 0, 2, 1, 0};
    tls_end end;
    start_against(&end, fixture->client, bytes, sizeof(bytes));
    tls_end_check_failure(&end, HS_FAILURE_TLS_CLOSED, "sent close_notify");
    tls_end_free(&end);
}

/* What a server of ours answers to a new client's hello; the client waits for it. */
static hs_bytes servers_flight(const tls_fixture *fixture, hs_tls_context *context, tls_end *client,
                               tls_end *server)
{
    tls_end_open(client, context, "host.example", "h2");
    tls_end_open(server, fixture->server, NULL, "h2");
    tls_end_start(server);
    tls_end_start(client);
    tls_end_deliver(client, server, WHOLE);
    return hs_buffer_bytes(&server->wire);
}

static void cut_off_everywhere(const tls_fixture *fixture, uint16_t version)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    hs_tls_context *context = tls_client(&options);
    size_t len = SIZE_MAX;
    for (size_t cut = 0; cut < len; cut++) {
        tls_end client;
        tls_end server;
        hs_bytes flight = servers_flight(fixture, context, &client, &server);
        len = flight.len;
        bool reset = cut % 2;
        assert_true(len > 100);
        if (cut < len) {
            assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of(flight.data, cut)),
                             HS_OK);
            /* Its length varies with the signature: the last byte may have been there. */
            if (!client.established) {
                hs_tls_session_transport_ended(client.session, reset);
                tls_end_check_failure(&client, reset ? HS_FAILURE_TLS_RESET : HS_FAILURE_TLS_CLOSED,
                                      cut ? "within the TLS handshake, after "
                                          : "before it sent anything");
                assert_int_equal(client.failure.alert, -1);
            }
        }
        tls_end_free(&client);
        tls_end_free(&server);
    }
    hs_tls_context_free(context);
}

static void cut_off_at_every_byte(void **state)
{
    cut_off_everywhere(*state, 0x0304);
    cut_off_everywhere(*state, 0x0303);
}

static void every_byte_changed(const tls_fixture *fixture, uint16_t version)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    hs_tls_context *context = tls_client(&options);
    size_t len = SIZE_MAX;
    for (size_t at = 0; at < len; at++) {
        tls_end client;
        tls_end server;
        hs_bytes flight = servers_flight(fixture, context, &client, &server);
        len = flight.len;
        uint8_t *copy = malloc(flight.len);
        assert_non_null(copy);
        memcpy(copy, flight.data, flight.len);
        copy[at < len ? at : 0] ^= 0x41;
        assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of(copy, len)), HS_OK);
        hs_tls_session_transport_ended(client.session, false);
        /* legacy_record_version is ignored for all purposes (RFC 8446 5.1). In TLS 1.2 the Finished
         * that covers all of it has not come yet. */
        if (version != 0x0304 || at != 2) {
            assert_int_equal(client.established, 0);
            assert_int_equal(client.failed, 1);
        }
        free(copy);
        tls_end_free(&client);
        tls_end_free(&server);
    }
    hs_tls_context_free(context);
}

static void corrupt_at_every_byte(void **state)
{
    every_byte_changed(*state, 0x0304);
    every_byte_changed(*state, 0x0303);
}

static void corrupt_after_the_handshake(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    tls_end server;
    servers_flight(fixture, fixture->client, &client, &server);
    tls_end_run(&client, &server, WHOLE);
    assert_int_equal(client.established, 1);
    tls_end_send(&server, "hello");
    hs_bytes wire = hs_buffer_bytes(&server.wire);
    uint8_t record[64];
    assert_true(wire.len <= sizeof(record));
    memcpy(record, wire.data, wire.len);
    record[wire.len - 1] ^= 1;
    assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of(record, wire.len)), HS_OK);
    tls_end_check_failure(&client, HS_FAILURE_TLS_PROTOCOL_ERROR,
                          "a record does not decrypt; sent alert bad_record_mac (20)");
    tls_end_free(&client);
    tls_end_free(&server);
}

static void tables_answer_for_all_numbers(void **state)
{
    (void)state;
    assert_int_equal(hs_tls_verify_class(X509_V_OK), HS_FAILURE_NONE);
    assert_int_equal(hs_tls_verify_class(X509_V_ERR_CERT_REVOKED), HS_FAILURE_TLS_CERT_REVOKED);
    assert_int_equal(hs_tls_verify_class(X509_V_ERR_INVALID_CA), HS_FAILURE_TLS_CERT_INVALID);
    assert_int_equal(hs_tls_alert_class(48, true), HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT);
    assert_int_equal(hs_tls_alert_class(48, false), HS_FAILURE_TLS_ALERT);
    /* Numbers of facts seen with OpenSSL 3.0 and 3.5. */
    assert_int_equal(hs_tls_reason_class(258), HS_FAILURE_TLS_VERSION_MISMATCH);
    assert_int_equal(hs_tls_reason_class(191), HS_FAILURE_TLS_VERSION_MISMATCH);
    assert_int_equal(hs_tls_reason_class(333), HS_FAILURE_TLS_VERSION_MISMATCH);
    assert_int_equal(hs_tls_reason_class(193), HS_FAILURE_TLS_CIPHER_MISMATCH);
    assert_int_equal(hs_tls_reason_class(281), HS_FAILURE_TLS_PROTOCOL_ERROR);
    assert_int_equal(hs_tls_reason_class(9999), HS_FAILURE_TLS_PROTOCOL_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_protocols),
        cmocka_unit_test(a_plaintext_request_to_a_server),
        cmocka_unit_test(garbage_in_a_records_clothes),
        cmocka_unit_test(every_alert_has_its_class),
        cmocka_unit_test(close_notify_within_the_handshake),
        cmocka_unit_test(cut_off_at_every_byte),
        cmocka_unit_test(corrupt_at_every_byte),
        cmocka_unit_test(corrupt_after_the_handshake),
        cmocka_unit_test(tables_answer_for_all_numbers),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
