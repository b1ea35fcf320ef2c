/* What real messages say, field by field: the values were read from the same bytes by tshark. */
#include "tls_support.h"
#include "wire/tls/extension_get.h"

static void samples_have_no_broken_extension(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        hs_bytes bytes;
        hs_tls_message m;
        const hs_tls_extensions *extensions = NULL;
        tls_read_sample(tls_samples[i].name, &bytes, &m);
        if (m.msg_type == HS_TLS_HS_CLIENT_HELLO) {
            extensions = &m.body.client_hello.extensions;
        } else if (m.msg_type == HS_TLS_HS_SERVER_HELLO) {
            extensions = &m.body.server_hello.extensions;
        } else if (m.msg_type == HS_TLS_HS_ENCRYPTED_EXTENSIONS) {
            extensions = &m.body.encrypted_extensions.extensions;
        } else if (m.msg_type == HS_TLS_HS_CERTIFICATE_REQUEST) {
            extensions = &m.body.certificate_request.extensions;
        } else if (m.msg_type == HS_TLS_HS_NEW_SESSION_TICKET) {
            extensions = &m.body.new_session_ticket.extensions;
        }
        if (extensions && extensions->malformed > 0) {
            fail_msg("%s: %s: %s", tls_samples[i].name, extensions->fault.field,
                     extensions->fault.why);
        }
        wire_free(bytes);
    }
}

static void a_client_hello_of_chromium(void **state)
{
    (void)state;
    hs_bytes bytes;
    hs_tls_message m;
    tls_read_sample("chromium ClientHello", &bytes, &m);
    const hs_tls_client_hello *hello = &m.body.client_hello;
    const hs_tls_extensions *extensions = &hello->extensions;
    assert_int_equal(hello->legacy_version, HS_TLS_1_2);
    assert_int_equal(hs_tls_client_hello_version(hello), HS_TLS_1_3);
    assert_int_equal(hello->random.len, 32);
    assert_int_equal(hello->legacy_session_id.len, 32);
    assert_int_equal(hello->cipher_suites.len, 32);
    assert_int_equal(extensions->count, 19);
    hs_bytes host_name;
    assert_true(hs_tls_get_host_name(extensions, &host_name));
    assert_true(hs_bytes_are(host_name, "lab.example"));
    hs_tls_opaque_list alpn;
    hs_bytes protocol;
    assert_true(hs_tls_get_alpn_list(extensions, &alpn));
    assert_true(hs_tls_opaque_next(&alpn, &protocol));
    assert_true(hs_bytes_are(protocol, "h2"));
    assert_true(hs_tls_opaque_next(&alpn, &protocol));
    assert_true(hs_bytes_are(protocol, "http/1.1"));
    assert_false(hs_tls_opaque_next(&alpn, &protocol));
    hs_tls_u16_list list;
    uint16_t value = 0;
    static const uint16_t groups[] = {4588, 29, 23, 24};
    assert_true(hs_tls_get_supported_groups(extensions, &list));
    assert_true(hs_tls_u16_next(&list, &value));
    assert_true(hs_tls_is_grease(value));
    for (size_t i = 0; i < 4; i++) {
        assert_true(hs_tls_u16_next(&list, &value));
        assert_int_equal(value, groups[i]);
    }
    assert_false(hs_tls_u16_next(&list, &value));
    hs_tls_key_share_list shares;
    hs_tls_key_share_entry share;
    assert_true(hs_tls_get_key_shares(extensions, &shares));
    assert_true(hs_tls_key_share_next(&shares, &share));
    assert_true(hs_tls_is_grease(share.group));
    assert_true(hs_tls_key_share_next(&shares, &share));
    assert_int_equal(share.group, 4588);
    assert_int_equal(share.key_exchange.len, 1216);
    assert_true(hs_tls_key_share_next(&shares, &share));
    assert_int_equal(share.group, 29);
    assert_int_equal(share.key_exchange.len, 32);
    assert_false(hs_tls_key_share_next(&shares, &share));
    uint8_t status_type = 0;
    assert_true(hs_tls_get_status_request(extensions, &status_type));
    assert_int_equal(status_type, 1);
    assert_true(hs_tls_has_extension(extensions, HS_TLS_EXT_ENCRYPTED_CLIENT_HELLO));
    assert_false(hs_tls_get_early_data(extensions));
    hs_tls_psk_list psks;
    size_t count = 0;
    assert_false(hs_tls_get_psk_identities(extensions, &count, &psks));
    wire_free(bytes);
}

static void early_data_and_its_psk(void **state)
{
    (void)state;
    hs_bytes bytes;
    hs_bytes answer;
    hs_tls_message m;
    hs_tls_message s;
    tls_read_sample("1.3 ClientHello with early data", &bytes, &m);
    assert_true(hs_tls_get_early_data(&m.body.client_hello.extensions));
    hs_tls_psk_list psks;
    hs_tls_psk_identity identity;
    size_t count = 0;
    assert_true(hs_tls_get_psk_identities(&m.body.client_hello.extensions, &count, &psks));
    assert_int_equal(count, 1);
    assert_true(hs_tls_psk_next(&psks, &identity));
    assert_int_equal(identity.identity.len, 32);
    assert_false(hs_tls_psk_next(&psks, &identity));
    hs_bytes modes;
    assert_true(hs_tls_get_psk_key_exchange_modes(&m.body.client_hello.extensions, &modes));
    assert_int_equal(modes.len, 1);
    wire_free(bytes);

    tls_read_sample("1.3 ServerHello with PSK", &answer, &s);
    uint16_t selected = 99;
    assert_true(hs_tls_get_psk_selected(&s.body.server_hello.extensions, &selected));
    assert_int_equal(selected, 0);
    wire_free(answer);
    tls_read_sample("1.3 EncryptedExtensions with early data", &answer, &s);
    assert_true(hs_tls_get_early_data(&s.body.encrypted_extensions.extensions));
    wire_free(answer);
    tls_read_sample("1.3 NewSessionTicket", &answer, &s);
    uint32_t size = 0;
    assert_true(hs_tls_get_max_early_data_size(&s.body.new_session_ticket.extensions, &size));
    assert_int_equal(size, 16384);
    assert_int_equal(s.body.new_session_ticket.ticket_lifetime, 7200);
    assert_int_equal(s.body.new_session_ticket.ticket_nonce.len, 8);
    wire_free(answer);
}

static void server_hellos(void **state)
{
    (void)state;
    hs_bytes bytes;
    hs_tls_message m;
    hs_bytes share;
    uint16_t group = 0;
    tls_read_sample("1.3 ServerHello", &bytes, &m);
    assert_int_equal(m.body.server_hello.legacy_version, HS_TLS_1_2);
    assert_int_equal(hs_tls_server_hello_version(&m.body.server_hello), HS_TLS_1_3);
    assert_int_equal(m.body.server_hello.cipher_suite, 0x1302);
    assert_false(m.body.server_hello.is_hello_retry_request);
    assert_int_equal(hs_tls_server_hello_downgrade(&m.body.server_hello), 0);
    assert_true(hs_tls_get_selected_group(&m.body.server_hello.extensions, &group, &share));
    assert_int_equal(group, 29);
    assert_int_equal(share.len, 32);
    wire_free(bytes);
    tls_read_sample("1.3 HelloRetryRequest", &bytes, &m);
    assert_true(m.body.server_hello.is_hello_retry_request);
    assert_int_equal(hs_tls_server_hello_version(&m.body.server_hello), HS_TLS_1_3);
    assert_true(hs_tls_get_selected_group(&m.body.server_hello.extensions, &group, &share));
    assert_int_equal(group, 24);
    assert_int_equal(share.len, 0);
    wire_free(bytes);
    tls_read_sample("1.2 ServerHello", &bytes, &m);
    assert_int_equal(hs_tls_server_hello_version(&m.body.server_hello), HS_TLS_1_2);
    hs_bytes protocol;
    assert_true(hs_tls_get_alpn_first(&m.body.server_hello.extensions, &protocol));
    assert_true(hs_bytes_are(protocol, "http/1.1"));
    wire_free(bytes);
}

static void a_downgrade_is_told_by_the_random(void **state)
{
    (void)state;
    uint8_t random[32] = {0};
    hs_tls_server_hello hello = {.random = hs_bytes_of(random, sizeof(random))};
    memcpy(random + 24, "DOWNGRD\x01", 8);
    assert_int_equal(hs_tls_server_hello_downgrade(&hello), HS_TLS_1_2);
    random[31] = 0;
    assert_int_equal(hs_tls_server_hello_downgrade(&hello), HS_TLS_1_1);
    random[31] = 2;
    assert_int_equal(hs_tls_server_hello_downgrade(&hello), 0);
}

static void certificates_and_their_status(void **state)
{
    (void)state;
    hs_bytes bytes;
    hs_tls_message m;
    hs_tls_certificate_entry entry;
    tls_read_sample("1.3 Certificate with status", &bytes, &m);
    assert_int_equal(m.body.certificate.count, 1);
    hs_tls_certificate_iterator it = hs_tls_certificate_begin(&m.body.certificate);
    assert_true(hs_tls_certificate_next(&it, &entry));
    assert_int_equal(entry.cert_data.len, 407);
    assert_int_equal(entry.cert_data.data[0], 0x30);
    uint8_t status_type = 0;
    hs_bytes response;
    assert_true(hs_tls_get_certificate_status(&entry.extensions, &status_type, &response));
    assert_int_equal(status_type, HS_TLS_STATUS_OCSP);
    assert_int_equal(response.len, 304);
    assert_false(hs_tls_certificate_next(&it, &entry));
    uint8_t out[1024];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    it = hs_tls_certificate_begin(&m.body.certificate);
    assert_true(hs_tls_certificate_next(&it, &entry));
    hs_tls_certificate_entry_write(&w, HS_TLS_1_3, &entry);
    assert_true(hs_bytes_equal(hs_writer_bytes(&w), m.body.certificate.certificate_list));
    wire_free(bytes);

    tls_read_sample("1.2 Certificate", &bytes, &m);
    it = hs_tls_certificate_begin(&m.body.certificate);
    assert_true(hs_tls_certificate_next(&it, &entry));
    assert_int_equal(entry.cert_data.len, 407);
    assert_false(entry.extensions.present);
    assert_false(hs_tls_certificate_next(&it, &entry));
    wire_free(bytes);
    tls_read_sample("1.2 CertificateStatus", &bytes, &m);
    assert_int_equal(m.body.certificate_status.response.len, 304);
    wire_free(bytes);
}

static void key_exchanges(void **state)
{
    (void)state;
    hs_bytes bytes;
    hs_tls_message m;
    const hs_tls_server_key_exchange *ske = &m.body.server_key_exchange;
    const hs_tls_client_key_exchange *cke = &m.body.client_key_exchange;
    tls_read_sample("1.2 ServerKeyExchange ECDHE", &bytes, &m);
    assert_int_equal(ske->form, HS_TLS_SKE_ECDHE);
    assert_int_equal(ske->named_curve, 29);
    assert_int_equal(ske->public_key.len, 32);
    assert_string_equal(hs_tls_signature_scheme_name(ske->algorithm), "ecdsa_secp256r1_sha256");
    wire_free(bytes);
    tls_read_sample("1.2 ServerKeyExchange DHE", &bytes, &m);
    assert_int_equal(ske->form, HS_TLS_SKE_DHE);
    assert_int_equal(ske->dh_p.len, 256);
    assert_int_equal(ske->dh_g.len, 1);
    assert_true(ske->is_signed);
    assert_int_equal(ske->signature.len, 256);
    wire_free(bytes);
    tls_read_sample("1.2 ServerKeyExchange DH_anon", &bytes, &m);
    assert_int_equal(ske->form, HS_TLS_SKE_DHE);
    assert_false(ske->is_signed);
    wire_free(bytes);
    tls_read_sample("1.2 ServerKeyExchange ECDHE_PSK", &bytes, &m);
    assert_true(hs_bytes_are(ske->psk_identity_hint, "hint"));
    assert_int_equal(ske->named_curve, 29);
    wire_free(bytes);
    tls_read_sample("1.0 ServerKeyExchange ECDHE", &bytes, &m);
    assert_int_equal(ske->algorithm, 0);
    assert_true(ske->signature.len > 60);
    wire_free(bytes);
    tls_read_sample("1.2 ClientKeyExchange RSA_PSK", &bytes, &m);
    assert_int_equal(cke->form, HS_TLS_CKE_RSA);
    assert_true(hs_bytes_are(cke->psk_identity, "Client_identity"));
    assert_int_equal(cke->exchange_keys.len, 256);
    wire_free(bytes);
}

static void static_keys_leave_the_message_empty(void **state)
{
    (void)state;
    static const uint8_t empty[] = {HS_TLS_HS_CLIENT_KEY_EXCHANGE, 0, 0, 0};
    hs_tls_message m;
    hs_fault fault;
    hs_bytes bytes = hs_bytes_of(empty, sizeof(empty));
    assert_int_equal(tls_read_message(bytes, HS_TLS_1_2, HS_TLS_KX_ECDH, NULL, &fault, &m), HS_OK);
    assert_true(m.body.client_key_exchange.is_implicit);
    assert_int_equal(tls_read_message(bytes, HS_TLS_1_2, HS_TLS_KX_ECDHE, NULL, &fault, &m),
                     HS_MALFORMED);
}

static void certificate_requests_ask_for_algorithms(void **state)
{
    (void)state;
    static const char *const names[] = {"1.3 CertificateRequest", "1.2 CertificateRequest"};
    for (size_t i = 0; i < 2; i++) {
        hs_bytes bytes;
        hs_tls_message m;
        hs_tls_u16_list list;
        uint16_t value = 0;
        tls_read_sample(names[i], &bytes, &m);
        assert_true(hs_tls_certificate_request_algorithms(&m.body.certificate_request, &list));
        assert_true(hs_tls_u16_next(&list, &value));
        assert_int_equal(value, 0x0403);
        wire_free(bytes);
    }
    hs_bytes bytes;
    hs_tls_message m;
    hs_tls_u16_list list;
    tls_read_sample("1.0 CertificateRequest", &bytes, &m);
    assert_int_equal(m.body.certificate_request.certificate_types.len, 3);
    assert_false(hs_tls_certificate_request_algorithms(&m.body.certificate_request, &list));
    wire_free(bytes);
}

static void a_compressed_certificate_keeps_its_payload(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("1900000b00020012340000"
                                "03aabbcc");
    hs_tls_message m;
    hs_fault fault;
    assert_int_equal(tls_read_message(bytes, HS_TLS_1_3, HS_TLS_KX_ANY, NULL, &fault, &m), HS_OK);
    assert_string_equal(
        hs_tls_certificate_compression_name(m.body.compressed_certificate.algorithm), "brotli");
    assert_int_equal(m.body.compressed_certificate.uncompressed_length, 0x1234);
    assert_int_equal(m.body.compressed_certificate.compressed_certificate_message.len, 3);
    wire_free(bytes);
}

/* As published captures of draft 18 have it: no session id, no compression, key_share under 40. */
static void a_server_hello_of_an_early_draft(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("0200002e7f12"
                                "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
                                "1301"
                                "0008"
                                "00280004001d0000");
    hs_tls_message m;
    hs_fault fault;
    uint16_t group = 0;
    hs_result result = tls_read_message(bytes, HS_TLS_1_2, HS_TLS_KX_NONE, NULL, &fault, &m);
    assert_int_equal(result, HS_OK);
    assert_int_equal(m.body.server_hello.cipher_suite, 0x1301);
    assert_string_equal(hs_tls_version_name(hs_tls_server_hello_version(&m.body.server_hello)),
                        "TLSv1.3-draft-18");
    assert_true(hs_tls_get_selected_group(&m.body.server_hello.extensions, &group, NULL));
    assert_int_equal(group, 29);
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    hs_tls_message_write(&w, &m);
    assert_true(hs_bytes_equal(hs_writer_bytes(&w), bytes));
    wire_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_have_no_broken_extension),
        cmocka_unit_test(a_client_hello_of_chromium),
        cmocka_unit_test(early_data_and_its_psk),
        cmocka_unit_test(server_hellos),
        cmocka_unit_test(a_downgrade_is_told_by_the_random),
        cmocka_unit_test(certificates_and_their_status),
        cmocka_unit_test(key_exchanges),
        cmocka_unit_test(static_keys_leave_the_message_empty),
        cmocka_unit_test(certificate_requests_ask_for_algorithms),
        cmocka_unit_test(a_compressed_certificate_keeps_its_payload),
        cmocka_unit_test(a_server_hello_of_an_early_draft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
