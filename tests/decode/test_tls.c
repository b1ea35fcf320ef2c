/* Connections of OpenSSL's and GnuTLS's programs: the messages in order, the facts, and the same
 * whatever the chunks and whenever the keys come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"
#include "wire/tls/alert.h"
#include "wire/tls/names.h"

typedef struct row {
    const char *file;
    const char *client;
    const char *server;
    uint16_t version;
    const char *cipher;
    const char *group;     /* NULL: unseen */
    const char *signature; /* NULL: unseen */
    hs_seen resumed;
    hs_early_data early_data;
    hs_seen ocsp_stapled;
    hs_seen client_certificate_requested;
    int tickets;
    int done_at; /* which step has the byte with which the handshake is done; 0: none */
    int alert;   /* -1: none */
} row;

#define DATA_END "data* Alert*"
#define CLIENT_13 "ClientHello ChangeCipherSpec Finished* " DATA_END
#define SERVER_13_HELLO "ServerHello ChangeCipherSpec EncryptedExtensions* "
#define SERVER_13_END                                                                              \
    "Certificate* CertificateVerify* Finished* NewSessionTicket* NewSessionTicket* "
#define SERVER_13 SERVER_13_HELLO SERVER_13_END "Alert*"
#define CLIENT_12 "ClientHello ClientKeyExchange ChangeCipherSpec Finished* " DATA_END
#define SERVER_12_END "ServerHelloDone NewSessionTicket ChangeCipherSpec Finished* Alert*"
#define SERVER_12 "ServerHello Certificate ServerKeyExchange " SERVER_12_END
#define CLIENT_12_RESUMED "ClientHello ChangeCipherSpec Finished* " DATA_END
#define SERVER_12_RESUMED "ServerHello ChangeCipherSpec Finished* Alert*"
#define ECDSA "ecdsa_secp256r1_sha256"
#define NOT_OFFERED HS_EARLY_DATA_NOT_OFFERED

/* clang-format off */
static const row rows[] = {
    {"tls13_aes256", CLIENT_13, SERVER_13, HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_chacha20", CLIENT_13, SERVER_13, HS_TLS_1_3, "TLS_CHACHA20_POLY1305_SHA256", "x25519",
     ECDSA, HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_ccm", CLIENT_13, SERVER_13, HS_TLS_1_3, "TLS_AES_128_CCM_SHA256", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_ccm8", CLIENT_13, SERVER_13, HS_TLS_1_3, "TLS_AES_128_CCM_8_SHA256", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_hrr", "ClientHello ChangeCipherSpec ClientHello Finished* " DATA_END,
     "HelloRetryRequest ChangeCipherSpec ServerHello EncryptedExtensions* " SERVER_13_END "Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "secp384r1", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 5, -1},
    {"tls13_client_auth",
     "ClientHello ChangeCipherSpec Certificate* CertificateVerify* Finished* " DATA_END,
     SERVER_13_HELLO "CertificateRequest* " SERVER_13_END "Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_YES, 2, 3, -1},
    {"tls13_ocsp", CLIENT_13, SERVER_13, HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_YES, HS_NO, 2, 3, -1},
    {"tls13_alpn", CLIENT_13, SERVER_13, HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_resumed", CLIENT_13, SERVER_13_HELLO "Finished* NewSessionTicket* Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", NULL,
     HS_YES, NOT_OFFERED, HS_UNSEEN, HS_NO, 1, 3, -1},
    {"tls13_early_data", "ClientHello ChangeCipherSpec EndOfEarlyData* Finished* " DATA_END,
     SERVER_13_HELLO "Finished* NewSessionTicket* Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", NULL,
     HS_YES, HS_EARLY_DATA_ACCEPTED, HS_UNSEEN, HS_NO, 1, 3, -1},
    {"tls13_early_data_rejected", "ClientHello ChangeCipherSpec data* Finished* " DATA_END,
     SERVER_13,
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, HS_EARLY_DATA_REJECTED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_early_data_hrr", "ClientHello ChangeCipherSpec data* ClientHello Finished* " DATA_END,
     "HelloRetryRequest ChangeCipherSpec ServerHello EncryptedExtensions* " SERVER_13_END "Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "secp384r1", ECDSA,
     HS_NO, HS_EARLY_DATA_REJECTED, HS_NO, HS_NO, 2, 5, -1},
    {"tls13_key_update",
     "ClientHello ChangeCipherSpec Finished* KeyUpdate* KeyUpdate* " DATA_END,
     SERVER_13_HELLO SERVER_13_END "KeyUpdate* Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 3, -1},
    {"tls13_no_group", "ClientHello", "Alert", 0, NULL, NULL, NULL,
     HS_UNSEEN, NOT_OFFERED, HS_UNSEEN, HS_UNSEEN, 0, 0, HS_TLS_ALERT_HANDSHAKE_FAILURE},
    {"tls13_rejected_certificate", "ClientHello Alert",
     SERVER_13_HELLO "Certificate* CertificateVerify* Finished*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 0, 0, HS_TLS_ALERT_UNKNOWN_CA},
    {"tls12_ecdhe_gcm", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_gcm_sha384", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "x25519", "rsa_pss_rsae_sha256",
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_chacha20", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_ccm8", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_cbc_etm", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_cbc_mte", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_dhe", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", NULL, "rsa_pss_rsae_sha256",
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_rsa", CLIENT_12, "ServerHello Certificate " SERVER_12_END,
     HS_TLS_1_2, "TLS_RSA_WITH_AES_128_CBC_SHA", NULL, NULL,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_null", CLIENT_12, SERVER_12,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_NULL_SHA", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls12_client_auth",
     "ClientHello Certificate ClientKeyExchange CertificateVerify ChangeCipherSpec Finished* "
     DATA_END,
     "ServerHello Certificate ServerKeyExchange CertificateRequest " SERVER_12_END,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_YES, 1, 4, -1},
    {"tls12_ocsp", CLIENT_12,
     "ServerHello Certificate CertificateStatus ServerKeyExchange " SERVER_12_END,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_YES, HS_NO, 1, 4, -1},
    {"tls12_resumed_ticket", CLIENT_12_RESUMED, SERVER_12_RESUMED,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", NULL, NULL,
     HS_YES, NOT_OFFERED, HS_UNSEEN, HS_NO, 0, 3, -1},
    {"tls12_resumed_id", CLIENT_12_RESUMED, SERVER_12_RESUMED,
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", NULL, NULL,
     HS_YES, NOT_OFFERED, HS_UNSEEN, HS_NO, 0, 3, -1},
    {"tls12_renegotiated",
     "ClientHello ClientKeyExchange ChangeCipherSpec Finished* ClientHello* ClientKeyExchange* "
     "ChangeCipherSpec* Finished* " DATA_END,
     "ServerHello Certificate ServerKeyExchange ServerHelloDone NewSessionTicket ChangeCipherSpec "
     "Finished* ServerHello* Certificate* ServerKeyExchange* ServerHelloDone* NewSessionTicket* "
     "ChangeCipherSpec* Finished* Alert*",
     HS_TLS_1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "x25519", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 2, 4, -1},
    {"tls11_cbc", CLIENT_12, SERVER_12,
     HS_TLS_1_1, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "x25519", NULL,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls10_cbc", CLIENT_12, SERVER_12,
     HS_TLS_1_0, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "x25519", NULL,
     HS_NO, NOT_OFFERED, HS_NO, HS_NO, 1, 4, -1},
    {"tls10_alert", "ClientHello", "Alert", 0, NULL, NULL, NULL,
     HS_UNSEEN, NOT_OFFERED, HS_UNSEEN, HS_UNSEEN, 0, 0, HS_TLS_ALERT_PROTOCOL_VERSION},
    {"gnutls_tls13", "ClientHello ChangeCipherSpec Certificate* Finished* data* data* Alert*",
     SERVER_13_HELLO "CertificateRequest* " SERVER_13_END "data* data* Alert*",
     HS_TLS_1_3, "TLS_AES_256_GCM_SHA384", "secp256r1", ECDSA,
     HS_NO, NOT_OFFERED, HS_NO, HS_YES, 2, 4, -1},
    {"gnutls_tls12_3des",
     "ClientHello Certificate ClientKeyExchange ChangeCipherSpec Finished* data* data* Alert*",
     "ServerHello Certificate CertificateRequest ServerHelloDone NewSessionTicket "
     "ChangeCipherSpec Finished* data* data* Alert*",
     HS_TLS_1_2, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", NULL, NULL,
     HS_NO, NOT_OFFERED, HS_NO, HS_YES, 1, 4, -1},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

static kit_recording *load(const char *name)
{
    char file[64];
    snprintf(file, sizeof file, "%s.tls", name);
    return kit_load(file);
}

static void assert_text(const char *got, const char *want)
{
    if (want) {
        assert_non_null(got);
        assert_string_equal(got, want);
    } else {
        assert_null(got);
    }
}

static void assert_facts(const hs_trace *trace, const row *want)
{
    const hs_tls_facts *t = &trace->tls;
    assert_true(t->present);
    assert_int_equal(t->version, want->version);
    assert_text(t->has_cipher ? hs_tls_cipher_suite_name(t->cipher) : NULL, want->cipher);
    assert_text(t->group ? hs_tls_group_name(t->group) : NULL, want->group);
    assert_text(t->signature ? hs_tls_signature_scheme_name(t->signature) : NULL, want->signature);
    assert_string_equal(t->server_name, "localhost");
    assert_int_equal(t->resumed, want->resumed);
    assert_int_equal(t->early_data, want->early_data);
    assert_int_equal(t->ocsp_stapled, want->ocsp_stapled);
    assert_int_equal(t->client_certificate_requested, want->client_certificate_requested);
    assert_int_equal(t->tickets, want->tickets);
    assert_int_equal(t->has_alert, want->alert >= 0);
    assert_int_equal(t->has_alert ? t->alert_description : -1, want->alert);
    assert_int_equal(trace->milestones[HS_MILESTONE_TLS_START].at, HS_MILLISECOND);
    hs_time done = trace->milestones[HS_MILESTONE_TLS_DONE].at;
    assert_int_equal(done, want->done_at > 0 ? want->done_at * HS_MILLISECOND : HS_TIME_NONE);
}

static void messages_and_facts(void **state)
{
    const row *want = *state;
    kit_recording *recording = load(want->file);
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    char *client = kit_names(trace, HS_CLIENT);
    char *server = kit_names(trace, HS_SERVER);
    assert_string_equal(client, want->client);
    assert_string_equal(server, want->server);
    assert_facts(trace, want);
    free(client);
    free(server);
    hs_trace_free(trace);
    kit_assert_same_every_way(recording);
    kit_recording_free(recording);
}

/* Without keys the facts that cross in the clear stay the same. */
static void without_keys(void **state)
{
    (void)state;
    kit_recording *recording = load("tls12_ecdhe_gcm");
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_NO_LOG});
    char *client = kit_names(trace, HS_CLIENT);
    char *server = kit_names(trace, HS_SERVER);
    assert_string_equal(client, "ClientHello ClientKeyExchange ChangeCipherSpec encrypted record* "
                                "application data* encrypted record*");
    assert_string_equal(server,
                        "ServerHello Certificate ServerKeyExchange ServerHelloDone "
                        "NewSessionTicket ChangeCipherSpec encrypted record* encrypted record*");
    assert_facts(trace, &rows[15]);
    assert_string_equal(kit_detail(kit_event(trace, "encrypted record", 0), "type"), "handshake");
    free(client);
    free(server);
    hs_trace_free(trace);
    kit_recording_free(recording);
}

static void details(void **state)
{
    (void)state;
    kit_recording *recording = load("tls13_early_data");
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    const hs_event *hello = kit_event(trace, "ClientHello", 0);
    assert_string_equal(kit_detail(hello, "versions"), "TLSv1.3");
    assert_string_equal(kit_detail(hello, "server_name"), "localhost");
    assert_string_equal(kit_detail(hello, "psk_identities"), "1");
    assert_string_equal(kit_detail(hello, "early_data"), "offered");
    assert_string_equal(kit_detail(hello, "key_share"), "x25519");
    assert_string_equal(kit_detail(kit_event(trace, "EncryptedExtensions", 0), "early_data"),
                        "accepted");
    assert_string_equal(kit_detail(kit_event(trace, "ServerHello", 0), "psk_selected"), "0");
    assert_string_equal(kit_detail(kit_event(trace, "NewSessionTicket", 0), "max_early_data_size"),
                        "16384");
    hs_trace_free(trace);
    kit_recording_free(recording);

    recording = load("tls13_alpn");
    trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    assert_string_equal(trace->tls.alpn, "http/1.1");
    assert_string_equal(kit_detail(kit_event(trace, "ClientHello", 0), "alpn"), "h2 http/1.1");
    assert_string_equal(kit_detail(kit_event(trace, "Certificate", 0), "subject"),
                        "CN=handshake test ec");
    hs_trace_free(trace);
    kit_recording_free(recording);

    recording = load("tls13_key_update");
    trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    assert_string_equal(kit_detail(kit_event(trace, "KeyUpdate", 0), "request_update"),
                        "update_requested");
    hs_trace_free(trace);
    kit_recording_free(recording);
}

/* A wrong secret: what it should have opened is said to be malformed, and nothing is made up. */
static void a_wrong_secret(void **state)
{
    (void)state;
    kit_recording *recording = load("tls13_aes256");
    char *at = strstr(recording->keylog, "SERVER_HANDSHAKE_TRAFFIC_SECRET ");
    assert_non_null(at);
    at = strchr(at, '\n') - 1;
    *at = *at == '0' ? '1' : '0';
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    char *server = kit_names(trace, HS_SERVER);
    assert_string_equal(server, "ServerHello ChangeCipherSpec malformed* encrypted record* "
                                "encrypted record* encrypted record*");
    char *client = kit_names(trace, HS_CLIENT);
    assert_string_equal(client, CLIENT_13);
    free(server);
    free(client);
    hs_trace_free(trace);
    kit_assert_same_every_way(recording);
    kit_recording_free(recording);
}

/* Only some secrets of the connection are in the key log. */
static void some_secrets(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *missing;
        const char *client;
        const char *server;
    } cases[] = {
        {"tls13_aes256", "SERVER_HANDSHAKE_TRAFFIC_SECRET", CLIENT_13,
         "ServerHello ChangeCipherSpec encrypted record* NewSessionTicket* NewSessionTicket* "
         "Alert*"},
        {"tls13_aes256", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
         "ClientHello ChangeCipherSpec encrypted record* data* Alert*", SERVER_13},
        {"tls13_aes256", "CLIENT_TRAFFIC_SECRET_0",
         "ClientHello ChangeCipherSpec Finished* encrypted record*", SERVER_13},
        {"tls13_early_data", "CLIENT_EARLY_TRAFFIC_SECRET",
         "ClientHello ChangeCipherSpec encrypted record* encrypted record* Finished* data* Alert*",
         SERVER_13_HELLO "Finished* NewSessionTicket* Alert*"},
        {"tls13_early_data_rejected", "CLIENT_EARLY_TRAFFIC_SECRET",
         "ClientHello ChangeCipherSpec encrypted record* Finished* data* Alert*", SERVER_13},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_recording *recording = load(cases[i].file);
        char *line = strstr(recording->keylog, cases[i].missing);
        assert_non_null(line);
        line[0] = 'X';
        hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
        char *client = kit_names(trace, HS_CLIENT);
        char *server = kit_names(trace, HS_SERVER);
        assert_string_equal(client, cases[i].client);
        assert_string_equal(server, cases[i].server);
        free(client);
        free(server);
        hs_trace_free(trace);
        kit_assert_same_every_way(recording);
        kit_recording_free(recording);
    }
}

int main(void)
{
    struct CMUnitTest tests[ROWS + 4];
    size_t count = 0;
    for (; count < ROWS; count++) {
        tests[count] = (struct CMUnitTest){.name = rows[count].file,
                                           .test_func = messages_and_facts,
                                           .initial_state = (void *)(uintptr_t)&rows[count]};
    }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(without_keys);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(details);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_wrong_secret);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(some_secrets);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
