/* NIST CAVP's vectors for the PRFs of TLS 1.1 and TLS 1.2, as OpenSSL's test suite has them. */
#include "hex.h"

#include "secrets/tls12_schedule.h"
#include "wire/tls/names.h"

static void sha256_vectors(void **state)
{
    (void)state;
    uint8_t master[HS_TLS12_MASTER_SECRET];
    uint8_t block[128];
    assert_int_equal(hs_tls12_master_secret(
                         HS_TLS12_PRF_SHA256,
                         hex("f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bca"
                             "db386b411fd4fe4313a604fce6c17fbc"),
                         hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"),
                         hex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"),
                         master),
                     HS_OK);
    assert_hex(master, sizeof master,
               "202c88c00f84a17a20027079604787461176455539e705be730890602c289a50"
               "01e34eeb3a043e5d52a65e66125188bf");
    assert_int_equal(
        hs_tls12_key_block(HS_TLS12_PRF_SHA256, hs_bytes_of(master, sizeof master),
                           hex("62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616"),
                           hex("ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868"),
                           block, sizeof block),
        HS_OK);
    assert_hex(block, sizeof block,
               "d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531"
               "016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f"
               "6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f"
               "1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928");
}

static void md5_sha1_vectors(void **state)
{
    (void)state;
    uint8_t master[HS_TLS12_MASTER_SECRET];
    uint8_t block[104];
    assert_int_equal(hs_tls12_master_secret(
                         HS_TLS12_PRF_MD5_SHA1,
                         hex("bded7fa5c1699c010be23dd06ada3a48349f21e5f86263d512c0c5cc379f0e78"
                             "0ec55d9844b2f1db02a96453513568d0"),
                         hex("e5acaf549cd25c22d964c0d930fa4b5261d2507fad84c33715b7b9a864020693"),
                         hex("135e4d557fdf3aa6406d82975d5c606a9734c9334b42136e96990fbd5358cdb2"),
                         master),
                     HS_OK);
    assert_hex(master, sizeof master,
               "2f6962dfbc744c4b2138bb6b3d33054c5ecc14f24851d9896395a44ab3964efc"
               "2090c5bf51a0891209f46c1e1e998f62");
    assert_int_equal(
        hs_tls12_key_block(HS_TLS12_PRF_MD5_SHA1, hs_bytes_of(master, sizeof master),
                           hex("d58a7b1cd4fedaa232159df652ce188f9d997e061b9bf48e83b62990440931f6"),
                           hex("67267e650eb32444119d222a368c191af3082888dc35afe8368e638c828874be"),
                           block, sizeof block),
        HS_OK);
    assert_hex(block, sizeof block,
               "3088825988e77fce68d19f756e18e43eb7fe672433504feaf99b3c503d9091b1"
               "64f166db301d70c9fc0870b4a94563907bee1a61fb786cb717576890bcc51cb9"
               "ead97e01d0a2fea99c953377b195205ff07b369589178796edc963fd80fdbe51"
               "8a2fc1c35c18ae8d");
}

static void extended_master_secret(void **state)
{
    (void)state;
    /* The same secret and seed under another label: the one call is the other's definition. */
    hs_bytes secret = hex("00112233445566778899aabbccddeeff");
    hs_bytes hash = hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c");
    uint8_t got[HS_TLS12_MASTER_SECRET];
    uint8_t want[HS_TLS12_MASTER_SECRET];
    uint8_t plain[HS_TLS12_MASTER_SECRET];
    assert_int_equal(hs_tls12_extended_master_secret(HS_TLS12_PRF_SHA384, secret, hash, got),
                     HS_OK);
    assert_int_equal(hs_tls12_prf_derive(HS_TLS12_PRF_SHA384, secret, "extended master secret",
                                         hash, want, sizeof want),
                     HS_OK);
    assert_int_equal(hs_tls12_prf_derive(HS_TLS12_PRF_SHA384, secret, "master secret", hash, plain,
                                         sizeof plain),
                     HS_OK);
    assert_memory_equal(got, want, sizeof got);
    assert_memory_not_equal(got, plain, sizeof got);
}

static void which_prf(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        uint16_t suite;
        hs_result result;
        hs_tls12_prf prf;
    } rows[] = {
        {HS_TLS_1_2, 0xc02f, HS_OK, HS_TLS12_PRF_SHA256},
        {HS_TLS_1_2, 0xc030, HS_OK, HS_TLS12_PRF_SHA384},
        {HS_TLS_1_2, 0x002f, HS_OK, HS_TLS12_PRF_SHA256}, /* SHA in its name is the MAC */
        {HS_TLS_1_2, 0xc028, HS_OK, HS_TLS12_PRF_SHA384},
        {HS_TLS_1_1, 0x002f, HS_OK, HS_TLS12_PRF_MD5_SHA1},
        {HS_TLS_1_0, 0x0035, HS_OK, HS_TLS12_PRF_MD5_SHA1},
        {HS_TLS_SSLV3, 0x0035, HS_INVALID, HS_TLS12_PRF_MD5_SHA1},
        {HS_TLS_1_3, 0x1301, HS_INVALID, HS_TLS12_PRF_MD5_SHA1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_tls12_prf prf = HS_TLS12_PRF_MD5_SHA1;
        const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(rows[i].suite);
        assert_non_null(suite);
        assert_int_equal(hs_tls12_prf_of(rows[i].version, suite, &prf), rows[i].result);
        assert_int_equal(prf, rows[i].prf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(md5_sha1_vectors),
        cmocka_unit_test(extended_master_secret),
        cmocka_unit_test(which_prf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
