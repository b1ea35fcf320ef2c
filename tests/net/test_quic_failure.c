#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <gnutls/gnutls.h>

#include "base/reader.h"
#include "net/pins.h"
#include "net/quic_state.h"
#include "quic_world.h"
#include "wire/quic/error.h"
#include "wire/quic/packet.h"
#include "wire/quic/version.h"

enum { DAY = 86400 };

static const uint32_t only_v1[] = {HS_QUIC_V1};
static const uint32_t only_v2[] = {HS_QUIC_V2};

/* What comes of one handshake; the world stays open. */
static void meet(world *w, const tls_fixture *fixture, const world_options *options,
                 const char *name, const char *alpn)
{
    world_open(w, fixture, options);
    world_client(w, name, alpn, NULL, 0);
    world_start(w);
    world_shake_hands(w, 10 * HS_SECOND);
    world_settle(w);
}

static void certificate_case(const tls_fixture *fixture, const mint *leaf, const mint *chain,
                             const char *name, int verify, int alert, hs_failure_class cls,
                             const char *part)
{
    world w;
    char *file = mint_write(fixture->folder, "case.pem", leaf->certificate,
                            chain ? chain->certificate : NULL, leaf->key);
    meet(&w, fixture, &(world_options){.cert = file}, name, NULL);
    world_expect_failure(&w, cls, part);
    assert_int_equal(w.c.completed, 0);
    assert_int_equal(w.c.end.kind, HS_QUIC_END_LOCAL_CLOSE);
    assert_int_equal(w.c.end.failure.verify, verify);
    assert_int_equal(w.c.end.failure.alert, alert);
    assert_false(w.c.end.failure.alert_received);
    assert_true(w.c.end.has_error);
    assert_int_equal(w.c.end.error, 0x100 + alert);
    assert_int_equal(w.s->closed, 1);
    assert_int_equal(w.s->end.failure.alert, alert);
    assert_true(w.s->end.failure.alert_received);
    world_close(&w);

    meet(&w, fixture, &(world_options){.cert = file, .insecure = true}, name, NULL);
    assert_int_equal(w.c.closed, 0);
    assert_int_equal(w.c.confirmed, 1);
    assert_int_equal(hs_quic_session_verify(w.client), verify);
    assert_non_null(strstr(hs_quic_session_verify_text(w.client), part));
    world_close(&w);
    free(file);
}

static void certificates(void **state)
{
    const tls_fixture *fixture = *state;
    mint expired = tls_leaf(&fixture->ca, -9 * DAY, -3 * DAY - 60, 0, false);
    mint early = tls_leaf(&fixture->ca, 7300, 9 * DAY, 0, false);
    mint self_signed = mint_leaf(NULL);
    mint other_ca = mint_ca("Other CA");
    mint stranger = mint_leaf(&other_ca);
    certificate_case(fixture, &expired, NULL, "host.example", 10, 45,
                     HS_FAILURE_TLS_CERT_DATE_INVALID,
                     "the certificate expired 3 days ago (notAfter 20");
    certificate_case(fixture, &early, NULL, "host.example", 9, 42, HS_FAILURE_TLS_CERT_DATE_INVALID,
                     "becomes valid in 2 hours (notBefore 20");
    certificate_case(fixture, &self_signed, NULL, "host.example", 18, 48,
                     HS_FAILURE_TLS_CERT_SELF_SIGNED, "is self-signed and not trusted");
    certificate_case(fixture, &stranger, NULL, "host.example", 20, 48,
                     HS_FAILURE_TLS_CERT_AUTHORITY_INVALID, "which is neither trusted nor sent");
    certificate_case(fixture, &stranger, &other_ca, "host.example", 19, 48,
                     HS_FAILURE_TLS_CERT_AUTHORITY_INVALID, "the chain ends in the root");
    certificate_case(fixture, &fixture->leaf, NULL, "other.example", 62, 42,
                     HS_FAILURE_TLS_CERT_NAME_INVALID, "not for other.example");
    certificate_case(fixture, &fixture->leaf, NULL, "192.0.2.1", 64, 42,
                     HS_FAILURE_TLS_CERT_NAME_INVALID, "not for 192.0.2.1");
    mint_free(&expired);
    mint_free(&early);
    mint_free(&self_signed);
    mint_free(&other_ca);
    mint_free(&stranger);
}

static void an_address_is_verified_as_one(void **state)
{
    world w;
    meet(&w, *state, &(world_options){0}, "127.0.0.1", NULL);
    assert_int_equal(w.c.confirmed, 1);
    assert_null(hs_quic_session_server_name(w.accepted));
    world_close(&w);
}

static void pins(void **state)
{
    const tls_fixture *fixture = *state;
    char pin[HS_PIN_TEXT_MAX];
    world w;
    meet(&w, *state, &(world_options){.pins = hs_pin_text(fixture->leaf.certificate, pin)}, NULL,
         NULL);
    assert_int_equal(w.c.confirmed, 1);
    world_close(&w);
    meet(&w, *state, &(world_options){.pins = hs_pin_text(fixture->ca.certificate, pin)}, NULL,
         NULL);
    world_expect_failure(&w, HS_FAILURE_TLS_CERT_PINNED_KEY, "not the pinned one");
    world_close(&w);
}

/* A ticket of an insecure connection is no way around the verification. */
static void a_resumed_certificate_is_judged(void **state)
{
    const tls_fixture *fixture = *state;
    mint expired = tls_leaf(&fixture->ca, -9 * DAY, -3 * DAY, 0, false);
    char *file = mint_write(fixture->folder, "expired.pem", expired.certificate, NULL, expired.key);
    world w;
    meet(&w, fixture, &(world_options){.cert = file, .insecure = true, .secret = 3}, NULL, NULL);
    assert_int_equal(w.c.confirmed, 1);
    hs_bytes ticket = world_ticket(&w);
    world_close(&w);
    world_open(&w, fixture, &(world_options){.cert = file, .secret = 3});
    world_client(&w, NULL, NULL, NULL, 0);
    world_offer(&w, ticket, true);
    world_connect(&w);
    world_expect_failure(&w, HS_FAILURE_TLS_CERT_DATE_INVALID, "expired 3 days ago");
    assert_int_equal(w.c.completed, 0);
    assert_int_equal(w.c.end.error, 0x100 + 45);
    world_close(&w);
    free((void *)ticket.data);
    free(file);
    mint_free(&expired);
}

static void no_protocol_in_common(void **state)
{
    world w;
    meet(&w, *state, &(world_options){0}, NULL, "hq-interop,doq");
    world_expect_failure(&w, HS_FAILURE_TLS_ALPN_MISMATCH, "offered was hq-interop,doq");
    assert_int_equal(w.c.end.kind, HS_QUIC_END_PEER_CLOSE);
    assert_int_equal(w.c.end.failure.alert, 120);
    assert_true(w.c.end.failure.alert_received);
    assert_int_equal(w.c.end.error, 0x178);
    world_close(&w);
    meet(&w, *state, &(world_options){0}, NULL, "");
    world_expect_failure(&w, HS_FAILURE_TLS_ALPN_MISMATCH, "no_application_protocol (120)");
    world_close(&w);
}

static void no_group_in_common(void **state)
{
    world w;
    meet(&w, *state, &(world_options){.groups = "x448"}, NULL, NULL);
    world_expect_failure(&w, HS_FAILURE_TLS_CIPHER_MISMATCH,
                         "found no cipher suite, group or signature algorithm in common");
    world_close(&w);
}

static void no_version_in_common(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){.server_versions = only_v1, .server_version_count = 1});
    world_client(&w, NULL, NULL, only_v2, 1);
    world_connect(&w);
    world_expect_failure(&w, HS_FAILURE_QUIC_VERSION_MISMATCH,
                         "the server does not speak QUIC v2; it offers v1");
    assert_int_equal(w.c.end.kind, HS_QUIC_END_VERSION_NEGOTIATION);
    assert_int_equal(w.sessions, 0);
    assert_string_equal(w.last_stateless, "Version Negotiation");
    world_settle(&w);
    assert_int_equal(w.c.ended, 1);
    world_close(&w);
}

static void stateless_reset(void **state)
{
    world w;
    meet(&w, *state, &(world_options){0}, NULL, NULL);
    assert_int_equal(w.c.confirmed, 1);
    world_restart_server(&w);
    world_ask(&w, "are you there?", true);
    assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
    world_settle(&w);
    world_expect_failure(&w, HS_FAILURE_QUIC_STATELESS_RESET, "sent a stateless reset");
    assert_int_equal(w.c.end.kind, HS_QUIC_END_STATELESS_RESET);
    assert_string_equal(w.last_stateless, "stateless reset");
    assert_int_equal(w.c.ended, 1);
    world_close(&w);
}

static void icmp(void **state)
{
    static const struct {
        int os_errno;
        hs_failure_class cls;
    } cases[] = {
        {ECONNREFUSED, HS_FAILURE_QUIC_REFUSED},
        {EHOSTUNREACH, HS_FAILURE_QUIC_UNREACHABLE},
        {EACCES, HS_FAILURE_QUIC_UNREACHABLE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world w;
        world_open(&w, *state, &(world_options){0});
        world_client(&w, NULL, NULL, NULL, 0);
        world_start(&w);
        assert_int_equal(hs_quic_session_icmp(w.client, EMSGSIZE, w.now), HS_OK);
        assert_int_equal(w.c.closed, 0);
        assert_int_equal(hs_quic_session_icmp(w.client, cases[i].os_errno, w.now), HS_OK);
        world_expect_failure(&w, cases[i].cls, "");
        assert_int_equal(w.c.end.kind, HS_QUIC_END_ICMP);
        assert_false(w.c.end.has_error);
        world_close(&w);
    }
}

static bool is_retry(const uint8_t *bytes, size_t len, bool from_client)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_packet packet;
    hs_reader_init(&r, hs_bytes_of(bytes, len), &fault, NULL);
    return !from_client && hs_quic_read_packet(&r, 8, &packet) == HS_OK &&
           packet.type == HS_QUIC_RETRY;
}

/* The token is taken away on the way, so that the server asks again. */
static bool change_server_secret(world *w, bool from_client, int number, uint8_t *bytes,
                                 size_t *len)
{
    (void)number;
    if (is_retry(bytes, *len, from_client)) {
        w->lost_number++;
    }
    return true;
}

static void an_invalid_token(void **state)
{
    world w;
    world other;
    world_open(&w, *state, &(world_options){.retry = HS_QUIC_RETRY_ALWAYS});
    world_client(&w, NULL, NULL, NULL, 0);
    w.filter = change_server_secret;
    world_start(&w);
    while (w.lost_number == 0) {
        world_run(&w, w.now + HS_MILLISECOND);
    }
    /* Another server, with another secret, gets the Initial with the token. */
    world_open(&other, *state, &(world_options){.secret = 9, .retry = HS_QUIC_RETRY_ALWAYS});
    hs_quic_server *first = w.server;
    hs_quic_context *first_context = w.server_context;
    w.server_context = other.server_context;
    w.server = NULL;
    world_restart_server(&w);
    world_settle(&w);
    world_expect_failure(&w, HS_FAILURE_QUIC_INVALID_TOKEN, "INVALID_TOKEN");
    assert_string_equal(w.last_stateless, "INVALID_TOKEN");
    hs_quic_server_free(w.server);
    w.server = first;
    w.server_context = first_context;
    world_close(&other);
    world_close(&w);
}

static void silence_is_left_to_the_caller(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    assert_true(hs_quic_session_deadline(w.client) > w.now);
    hs_quic_session_close_transport(w.client, 0, NULL, w.now);
    assert_int_equal(w.c.closed, 1);
    assert_int_equal(w.c.end.failure.cls, HS_FAILURE_NONE);
    world_settle(&w);
    world_run(&w, w.now + 20 * HS_SECOND);
    assert_int_equal(w.c.ended, 1);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    world_close(&w);
}

static bool lose_all(world *w, bool from_client, int number, uint8_t *bytes, size_t *len)
{
    (void)w;
    (void)from_client;
    (void)number;
    (void)bytes;
    (void)len;
    return false;
}

static void idle(void **state)
{
    world w;
    meet(&w, *state, &(world_options){.idle_timeout = 5 * HS_SECOND}, NULL, NULL);
    assert_int_equal(w.c.confirmed, 1);
    hs_time quiet = w.now;
    w.filter = lose_all;
    world_run(&w, w.now + 60 * HS_SECOND);
    world_expect_failure(&w, HS_FAILURE_QUIC_TIMED_OUT, "until the idle timeout");
    assert_int_equal(w.c.end.kind, HS_QUIC_END_IDLE);
    assert_in_range(w.c.closed_at - quiet, 3 * HS_SECOND, 5 * HS_SECOND);
    assert_int_equal(w.c.ended, 1);
    assert_int_equal(w.s->closed, 1);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    world_close(&w);
}

static void a_silent_server_does_not_keep_a_half_open_session(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    world_run(&w, w.now + WORLD_DELAY + 1);
    assert_int_equal(hs_quic_server_count(w.server), 1);
    world_drop_client(&w);
    world_run(&w, w.now + 60 * HS_SECOND);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    assert_int_equal(w.s->closed, 1);
    assert_int_equal(w.s->end.failure.cls, HS_FAILURE_QUIC_TIMED_OUT);
    world_close(&w);
}

static void a_full_server_refuses(void **state)
{
    world w;
    meet(&w, *state, &(world_options){.sessions_max = 1, .retry = HS_QUIC_RETRY_NEVER}, NULL, NULL);
    assert_int_equal(w.c.confirmed, 1);
    world_client(&w, NULL, NULL, NULL, 0);
    world_connect(&w);
    world_expect_failure(&w, HS_FAILURE_QUIC_CLOSED,
                         "closed the connection within the handshake: CONNECTION_REFUSED");
    assert_int_equal(w.c.end.error, HS_QUIC_ERROR_CONNECTION_REFUSED);
    world_close(&w);
}

static void a_server_shuts_down(void **state)
{
    world w;
    meet(&w, *state, &(world_options){0}, NULL, NULL);
    hs_quic_server_shutdown(w.server, 0x100, w.now);
    world_settle(&w);
    world_expect_failure(&w, HS_FAILURE_QUIC_CLOSED, "application error 0x100");
    assert_true(w.c.end.is_application);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    world_client(&w, NULL, NULL, NULL, 0);
    world_connect(&w);
    world_expect_failure(&w, HS_FAILURE_QUIC_CLOSED, "CONNECTION_REFUSED");
    world_close(&w);
}

/* --- a server that wants what ours does not: GnuTLS's session is set up by hand --- */

static void require_certificate(hs_quic_session *session)
{
    gnutls_certificate_server_set_request(hs_quic_tls_native(session->tls), GNUTLS_CERT_REQUIRE);
}

static void client_certificates(void **state)
{
    const tls_fixture *fixture = *state;
    world w;
    world_open(&w, fixture, &(world_options){0});
    w.on_accepted = require_certificate;
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    world_settle(&w);
    /* To the client the handshake was done when the server's answer came. */
    assert_int_equal(w.c.completed, 1);
    world_expect_failure(&w, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT,
                         "wants a client certificate and none was given");
    assert_true(w.c.end.failure.alert_received);
    assert_int_equal(w.c.end.failure.alert, 116);
    world_close(&w);

    world_open(&w, fixture, &(world_options){.client_cert = fixture->server_file});
    w.on_accepted = require_certificate;
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    world_settle(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_int_equal(w.c.closed, 0);
    unsigned count = 0;
    assert_non_null(gnutls_certificate_get_peers(hs_quic_tls_native(w.accepted->tls), &count));
    assert_int_equal(count, 1);
    world_close(&w);
}

static int give_staple(gnutls_session_t session, void *context, gnutls_datum_t *response)
{
    static const uint8_t bytes[] = {0x30, 0x03, 0x0a, 0x01, 0x06}; /* unauthorized */
    (void)session;
    (void)context;
    response->data = gnutls_malloc(sizeof(bytes));
    assert_non_null(response->data);
    memcpy(response->data, bytes, sizeof(bytes));
    response->size = sizeof(bytes);
    return 0;
}

static void staple(hs_quic_session *session)
{
    void *credentials = NULL;
    assert_int_equal(gnutls_credentials_get(hs_quic_tls_native(session->tls),
                                            GNUTLS_CRD_CERTIFICATE, &credentials),
                     0);
    gnutls_certificate_set_ocsp_status_request_function(credentials, give_staple, NULL);
}

static void a_stapled_response_is_judged(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    w.on_accepted = staple;
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    world_settle(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_non_null(hs_quic_session_ocsp_text(w.client));
    assert_non_null(strstr(hs_quic_session_ocsp_text(w.client), "unauthorized"));
    world_close(&w);
}

static void options_that_quic_cannot_have(void **state)
{
    const tls_fixture *fixture = *state;
    static const struct {
        hs_probe_options options;
        const char *part;
    } cases[] = {
        {{.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"}, "'ECDHE-RSA-AES128-GCM-SHA256' is not one"},
        {{.ciphers = "TLS_AES_128_CCM_8_SHA256"}, "'TLS_AES_128_CCM_8_SHA256' is not one"},
        {{.ciphers = " : "}, "names none"},
        {{.groups = "x25519:brainpoolP256r1"}, "'brainpoolP256r1' is not one"},
        {{.tls_max = 0x0303}, "QUIC needs TLS 1.3"},
        {{.key = "/nonexistent"}, "there is no certificate for it"},
        {{.cert = "/nonexistent"}, "certificate: /nonexistent: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_problem problem = {""};
        hs_quic_context *context = NULL;
        hs_result result = hs_quic_context_new_client(&cases[i].options, fixture->client, &context,
                                                      &problem);
        assert_true(result == HS_INVALID || result == HS_SYSTEM);
        assert_null(context);
        assert_non_null(strstr(problem.text, cases[i].part));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates),
        cmocka_unit_test(an_address_is_verified_as_one),
        cmocka_unit_test(pins),
        cmocka_unit_test(a_resumed_certificate_is_judged),
        cmocka_unit_test(no_protocol_in_common),
        cmocka_unit_test(no_group_in_common),
        cmocka_unit_test(no_version_in_common),
        cmocka_unit_test(stateless_reset),
        cmocka_unit_test(icmp),
        cmocka_unit_test(an_invalid_token),
        cmocka_unit_test(silence_is_left_to_the_caller),
        cmocka_unit_test(idle),
        cmocka_unit_test(a_silent_server_does_not_keep_a_half_open_session),
        cmocka_unit_test(a_full_server_refuses),
        cmocka_unit_test(a_server_shuts_down),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(a_stapled_response_is_judged),
        cmocka_unit_test(options_that_quic_cannot_have),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
