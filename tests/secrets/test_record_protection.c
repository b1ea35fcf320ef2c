/* Round trips of every suite that can be undone, and what must not be accepted. */
#include "hex.h"

#include "../decode/data/rfc8448.h"
#include "secrets/record_protection.h"
#include "wire/tls/cipher_suite.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

static uint8_t scratch[HS_TLS_CIPHERTEXT_MAX];
static uint8_t wire[HS_TLS_RECORD_MAX];
static const uint8_t iv[16] = {7, 1, 7, 2, 7, 3, 7, 4, 7, 5, 7, 6, 7, 7, 7, 8};

static size_t hash_len(hs_tls_hash hash)
{
    return hash == HS_TLS_HASH_SHA384 ? 48 : 32;
}

/* Protects contents of many lengths and takes the protection off again. */
static void round_trips(hs_record_protection *sender, hs_record_protection *receiver, size_t iv_len,
                        size_t padding)
{
    static const size_t lengths[] = {1, 0, 2, 15, 16, 17, 255, 16000, 16384};
    static uint8_t plain[HS_TLS_PLAINTEXT_MAX];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(plain, (int)i + 1, sizeof plain);
        size_t room = HS_TLS_PLAINTEXT_MAX - lengths[i];
        hs_record_content content = {.type = HS_TLS_HANDSHAKE,
                                     .bytes = hs_bytes_of(plain, lengths[i]),
                                     .padding = padding < room ? padding : room};
        hs_writer w;
        hs_writer_init(&w, wire, sizeof wire);
        assert_int_equal(hs_record_protect(sender, &content, hs_bytes_of(iv, iv_len), &w), HS_OK);
        hs_bytes record = hs_writer_bytes(&w);
        hs_record_content got;

        /* Any bit changed, or a byte missing, and it is refused; then it may be tried again. */
        wire[record.len - 1] ^= 0x10;
        assert_int_equal(hs_record_unprotect(receiver, record, scratch, &got), HS_MALFORMED);
        wire[record.len - 1] ^= 0x10;
        if (record.len > 6) {
            wire[5] ^= 1;
            assert_int_equal(hs_record_unprotect(receiver, record, scratch, &got), HS_MALFORMED);
            wire[5] ^= 1;
        }
        assert_int_equal(
            hs_record_unprotect(receiver, hs_bytes_of(wire, record.len - 1), scratch, &got),
            HS_MALFORMED);
        assert_int_equal(hs_record_unprotect(receiver, record, scratch, &got), HS_OK);
        assert_int_equal(got.type, HS_TLS_HANDSHAKE);
        assert_int_equal(got.bytes.len, lengths[i]);
        assert_memory_equal(got.bytes.data, plain, lengths[i]);
        assert_int_equal(got.padding, content.padding);
        /* A replay has another sequence number. */
        assert_int_equal(hs_record_unprotect(receiver, record, scratch, &got), HS_MALFORMED);
    }
}

static void tls13_suites(void **state)
{
    (void)state;
    size_t count = 0;
    size_t done = 0;
    const hs_tls_cipher_suite *suites = hs_tls_cipher_suites(&count);
    uint8_t secret[48];
    memset(secret, 0x42, sizeof secret);
    for (size_t i = 0; i < count; i++) {
        hs_record_protection *sender = NULL;
        hs_record_protection *receiver = NULL;
        hs_bytes traffic = hs_bytes_of(secret, hash_len(suites[i].hash));
        if (hs_record_protection_new_tls13(suites[i].id, traffic, &sender) != HS_OK) {
            assert_null(sender);
            continue;
        }
        assert_int_equal(hs_record_protection_new_tls13(suites[i].id, traffic, &receiver), HS_OK);
        round_trips(sender, receiver, 0, 37);
        assert_int_equal(hs_record_protection_update(sender), HS_OK);
        assert_int_equal(hs_record_protection_update(receiver), HS_OK);
        round_trips(sender, receiver, 0, 0);
        hs_record_protection_free(sender);
        hs_record_protection_free(receiver);
        done++;
    }
    assert_int_equal(done, 5); /* 1301 to 1305 */
}

static size_t block_len(hs_tls_bulk bulk)
{
    switch (bulk) {
    case HS_TLS_BULK_AES_128_CBC:
    case HS_TLS_BULK_AES_256_CBC:
        return 16;
    case HS_TLS_BULK_3DES_EDE_CBC:
        return 8;
    default:
        return 0;
    }
}

static void older_suites(void **state)
{
    (void)state;
    size_t count = 0;
    size_t done = 0;
    const hs_tls_cipher_suite *suites = hs_tls_cipher_suites(&count);
    uint8_t master[48];
    uint8_t randoms[2][32];
    memset(master, 0x17, sizeof master);
    memset(randoms, 0x99, sizeof randoms);
    for (size_t i = 0; i < count; i++) {
        for (uint16_t version = HS_TLS_1_0; version <= HS_TLS_1_2; version++) {
            for (int mode = 0; mode < 4; mode++) {
                bool of_client = mode & 1;
                hs_tls12_session session = {.version = version,
                                            .cipher_suite = suites[i].id,
                                            .encrypt_then_mac = (mode & 2) != 0,
                                            .master_secret = hs_bytes_of(master, 48),
                                            .client_random = hs_bytes_of(randoms[0], 32),
                                            .server_random = hs_bytes_of(randoms[1], 32)};
                hs_record_protection *sender = NULL;
                hs_record_protection *receiver = NULL;
                if (hs_record_protection_new_tls12(&session, of_client, &sender) != HS_OK) {
                    assert_null(sender);
                    continue;
                }
                assert_int_equal(hs_record_protection_new_tls12(&session, of_client, &receiver),
                                 HS_OK);
                round_trips(sender, receiver, block_len(suites[i].bulk), 0);
                assert_int_equal(hs_record_protection_update(sender), HS_INVALID);
                hs_record_protection_free(sender);
                hs_record_protection_free(receiver);
                done++;
            }
        }
    }
    assert_true(done > 500);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hs_record_protection *p = NULL;
    uint8_t secret[48] = {0};
    assert_int_equal(hs_record_protection_new_tls13(0x1301, hs_bytes_of(secret, 48), &p),
                     HS_INVALID);
    assert_int_equal(hs_record_protection_new_tls13(0x1302, hs_bytes_of(secret, 32), &p),
                     HS_INVALID);
    assert_int_equal(hs_record_protection_new_tls13(0xc02f, hs_bytes_of(secret, 32), &p),
                     HS_INVALID);
    assert_int_equal(hs_record_protection_new_tls13(0xeeee, hs_bytes_of(secret, 32), &p),
                     HS_INVALID);
    hs_tls12_session session = {.version = HS_TLS_1_1,
                                .cipher_suite = 0xc02f, /* an AEAD before TLS 1.2 */
                                .master_secret = hs_bytes_of(secret, 48),
                                .client_random = hs_bytes_of(secret, 32),
                                .server_random = hs_bytes_of(secret, 32)};
    assert_int_equal(hs_record_protection_new_tls12(&session, true, &p), HS_INVALID);
    session.version = HS_TLS_1_2;
    session.cipher_suite = 0x1301;
    assert_int_equal(hs_record_protection_new_tls12(&session, true, &p), HS_INVALID);
    session.cipher_suite = 0x0005; /* RC4 */
    assert_int_equal(hs_record_protection_new_tls12(&session, true, &p), HS_INVALID);
    assert_null(p);
    hs_record_protection_free(NULL);
}

/* The server's first flight in RFC 8448, 3, sealed again from its content. */
static void seals_as_published(void **state)
{
    (void)state;
    const rfc8448_trace *trace = &rfc8448_traces[0];
    hs_bytes record = hex(trace->records[2].hex);
    hs_bytes secret = hex(trace->secrets[1].hex);
    assert_string_equal(trace->secrets[1].label, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    hs_record_protection *reader = NULL;
    hs_record_protection *writer = NULL;
    assert_int_equal(hs_record_protection_new_tls13(0x1301, secret, &reader), HS_OK);
    assert_int_equal(hs_record_protection_new_tls13(0x1301, secret, &writer), HS_OK);
    hs_record_content content;
    assert_int_equal(hs_record_unprotect(reader, record, scratch, &content), HS_OK);
    assert_int_equal(content.type, HS_TLS_HANDSHAKE);
    hs_writer w;
    hs_writer_init(&w, wire, sizeof wire);
    assert_int_equal(hs_record_protect(writer, &content, (hs_bytes){0}, &w), HS_OK);
    assert_int_equal(w.len, record.len);
    assert_memory_equal(wire, record.data, record.len);
    hs_record_protection_free(reader);
    hs_record_protection_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls13_suites),
        cmocka_unit_test(older_suites),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(seals_as_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
