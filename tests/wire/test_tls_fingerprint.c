/* Fingerprints of the samples. JA3's texts are tshark's (tls.handshake.ja3_full); JA4's were
 * computed from the same bytes by a separate program that follows FoxIO's description. */
#include "tls_support.h"
#include "wire/tls/fingerprint.h"

typedef struct fingerprint {
    const char *sample;
    const char *ja3;
    const char *ja4_a;
    const char *ja4_b;
    const char *ja4_c;
} fingerprint;

/* clang-format off */
static const fingerprint expected[] = {
    {"curl ClientHello",
     "771,4866-4867-4865-49196-49200-159-52393-52392-52394-49195-49199-158-49188-49192"
     "-107-49187-49191-103-49162-49172-57-49161-49171-51-157-156-61-60-53-47-255,0-11-"
     "10-16-22-23-49-13-43-45-51-21,29-23-30-25-24-256-257-258-259-260,0-1-2",
     "t13d3112h2",
     "002f,0033,0035,0039,003c,003d,0067,006b,009c,009d,009e,009f,00ff,1301,1302,1303,"
     "c009,c00a,c013,c014,c023,c024,c027,c028,c02b,c02c,c02f,c030,cca8,cca9,ccaa",
     "000a,000b,000d,0015,0016,0017,002b,002d,0031,0033_0403,0503,0603,0807,0808,0809,"
     "080a,080b,0804,0805,0806,0401,0501,0601,0303,0301,0302,0402,0502,0602"},
    {"node ClientHello",
     "771,4866-4867-4865-49199-49195-49200-49196-158-49191-103-49192-107-163-159-52393"
     "-52392-52394-49327-49325-49315-49311-49245-49249-49239-49235-162-49326-49324-493"
     "14-49310-49244-49248-49238-49234-49188-106-49187-64-49162-49172-57-56-49161-4917"
     "1-51-50-157-49313-49309-49233-156-49312-49308-49232-61-60-53-47-255,0-11-10-35-1"
     "6-22-23-13-43-45-51,29-23-30-25-24-256-257-258-259-260,0-1-2",
     "t13d5911h1",
     "002f,0032,0033,0035,0038,0039,003c,003d,0040,0067,006a,006b,009c,009d,009e,009f,"
     "00a2,00a3,00ff,1301,1302,1303,c009,c00a,c013,c014,c023,c024,c027,c028,c02b,c02c,"
     "c02f,c030,c050,c051,c052,c053,c056,c057,c05c,c05d,c060,c061,c09c,c09d,c09e,c09f,"
     "c0a0,c0a1,c0a2,c0a3,c0ac,c0ad,c0ae,c0af,cca8,cca9,ccaa",
     "000a,000b,000d,0016,0017,0023,002b,002d,0033_0403,0503,0603,0807,0808,0809,080a,"
     "080b,0804,0805,0806,0401,0501,0601,0303,0301,0302,0402,0502,0602"},
    {"gnutls-cli ClientHello",
     "771,4866-4867-4865-4868-49196-52393-49325-49162-49195-49324-49161-49200-52392-49"
     "172-49199-49171-157-49309-53-156-49308-47-159-52394-49311-57-158-49310-51,5-10-1"
     "1-13-22-23-35-51-43-65281-0-45-28,23-24-25-29-30-256-257-258-259-260,0",
     "t13d291300",
     "002f,0033,0035,0039,009c,009d,009e,009f,1301,1302,1303,1304,c009,c00a,c013,c014,"
     "c02b,c02c,c02f,c030,c09c,c09d,c09e,c09f,c0ac,c0ad,cca8,cca9,ccaa",
     "0005,000a,000b,000d,0016,0017,001c,0023,002b,002d,0033,ff01_0401,0809,0804,0403,"
     "0807,0501,080a,0805,0503,0808,0601,080b,0806,0603,0201,0203"},
    {"chromium ClientHello",
     "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53"
     ",65037-10-13-0-35-51764-51-11-17613-23-45-18-65281-43-27-5-16,4588-29-23-24,0",
     "t13d1517h2",
     "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9",
     "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,ca34,fe0d,ff01_0904,"
     "0905,0906,0403,0804,0401,0503,0805,0501,0806,0601"},
    {"openssl 1.0 ClientHello",
     "769,49162-49172-57-56-136-135-49177-58-137-49161-49171-51-50-69-68-49176-52-70-5"
     "3-132-47-65-255,11-10-35-22-23,29-23-30-25-24,0-1-2",
     "t10i230500",
     "002f,0032,0033,0034,0035,0038,0039,003a,0041,0044,0045,0046,0084,0087,0088,0089,"
     "00ff,c009,c00a,c013,c014,c018,c019",
     "000a,000b,0016,0017,0023"},
};
/* clang-format on */

enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };

static void client_hellos_have_their_fingerprints(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTED; i++) {
        hs_bytes bytes;
        hs_tls_message m;
        char text[HS_TLS_JA_TEXT_MAX];
        tls_read_sample(expected[i].sample, &bytes, &m);
        const hs_tls_client_hello *hello = &m.body.client_hello;
        assert_int_equal(hs_tls_ja3_text(hello, text, sizeof(text)), HS_OK);
        assert_string_equal(text, expected[i].ja3);
        hs_tls_ja4_a(hello, 't', text);
        assert_string_equal(text, expected[i].ja4_a);
        assert_int_equal(hs_tls_ja4_b_text(hello, text, sizeof(text)), HS_OK);
        assert_string_equal(text, expected[i].ja4_b);
        assert_int_equal(hs_tls_ja4_c_text(hello, text, sizeof(text)), HS_OK);
        assert_string_equal(text, expected[i].ja4_c);
        wire_free(bytes);
    }
}

static void a_server_hello_has_its_ja3s(void **state)
{
    (void)state;
    hs_bytes bytes;
    hs_tls_message m;
    char text[64];
    tls_read_sample("1.3 ServerHello", &bytes, &m);
    assert_int_equal(hs_tls_ja3s_text(&m.body.server_hello, text, sizeof(text)), HS_OK);
    assert_string_equal(text, "771,4866,43-51");
    wire_free(bytes);
}

typedef hs_result text_of(const hs_tls_client_hello *hello, char *out, size_t size);

static void a_text_that_does_not_fit_is_said(void **state)
{
    (void)state;
    static text_of *const texts[] = {hs_tls_ja3_text, hs_tls_ja4_b_text, hs_tls_ja4_c_text};
    hs_bytes bytes;
    hs_tls_message m;
    tls_read_sample("chromium ClientHello", &bytes, &m);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char whole[HS_TLS_JA_TEXT_MAX];
        assert_int_equal(texts[i](&m.body.client_hello, whole, sizeof(whole)), HS_OK);
        size_t need = strlen(whole) + 1;
        for (size_t size = 0; size < need; size++) {
            char *small = malloc(size > 0 ? size : 1);
            assert_non_null(small);
            assert_int_equal(texts[i](&m.body.client_hello, small, size), HS_LIMIT);
            assert_true(size == 0 || small[0] == '\0');
            free(small);
        }
    }
    wire_free(bytes);
}

/* A hello that offers only this ALPN block. */
static void ja4_a_of_alpn(const char *alpn_extension, char out[HS_TLS_JA4_A])
{
    hs_bytes bytes = wire_unhex(alpn_extension);
    hs_tls_client_hello hello = {
        .legacy_version = HS_TLS_1_2,
        .extensions = {.present = true, .context = HS_TLS_IN_CLIENT_HELLO, .bytes = bytes}};
    hs_tls_ja4_a(&hello, 'q', out);
    wire_free(bytes);
}

static void alpn_that_is_not_alphanumeric_is_hex(void **state)
{
    (void)state;
    static const struct {
        const char *extension;
        const char *ja4_a;
    } cases[] = {
        {"00100005000302"
         "6832",
         "q12i0001h2"},
        {"0010000b0009"
         "08687474702f312e31",
         "q12i0001h1"},
        {"00100004000201"
         "61",
         "q12i0001aa"},
        {"00100004000201"
         "ab",
         "q12i0001ab"},
        {"00100005000302"
         "abcd",
         "q12i0001ad"},
        {"00100005000302"
         "30ab",
         "q12i00013b"},
        {"00100007000504"
         "3031abcd",
         "q12i00013d"},
        {"00100007000504"
         "30abcd31",
         "q12i000101"},
        {"00100002"
         "0000",
         "q12i000100"},
        {"0010000300"
         "0100",
         "q12i000100"},
        {"1a1a0000", "q12i000000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[HS_TLS_JA4_A];
        ja4_a_of_alpn(cases[i].extension, out);
        assert_string_equal(out, cases[i].ja4_a);
    }
}

static void counts_end_at_99_and_nothing_is_empty(void **state)
{
    (void)state;
    uint8_t suites[2 * 300];
    char text[HS_TLS_JA_TEXT_MAX];
    char a[HS_TLS_JA4_A];
    hs_writer w;
    hs_writer_init(&w, suites, sizeof(suites));
    for (unsigned i = 300; i > 0; i--) {
        hs_write_u16(&w, (uint16_t)(0x2000 + i * 0x21));
    }
    hs_tls_client_hello hello = {.legacy_version = 0x0305,
                                 .cipher_suites = hs_writer_bytes(&w),
                                 .extensions.context = HS_TLS_IN_CLIENT_HELLO};
    hs_tls_ja4_a(&hello, 't', a);
    assert_string_equal(a, "t00i990000");
    assert_int_equal(hs_tls_ja4_b_text(&hello, text, sizeof(text)), HS_OK);
    assert_true(strlen(text) % 5 == 4);
    for (size_t at = 5; at < strlen(text); at += 5) {
        assert_true(memcmp(text + at - 5, text + at, 4) < 0);
    }
    assert_int_equal(hs_tls_ja4_c_text(&hello, text, sizeof(text)), HS_OK);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hellos_have_their_fingerprints),
        cmocka_unit_test(a_server_hello_has_its_ja3s),
        cmocka_unit_test(a_text_that_does_not_fit_is_said),
        cmocka_unit_test(alpn_that_is_not_alphanumeric_is_hex),
        cmocka_unit_test(counts_end_at_99_and_nothing_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
