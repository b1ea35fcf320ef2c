/* The published Retry packets, and every way to spoil one. */
#include "quic_fixture.h"

#include "secrets/quic_retry.h"

static void published_packets(void **state)
{
    (void)state;
    hs_bytes dcid = hex(quic_sample_dcid);
    for (size_t i = 0; i < QUIC_SAMPLE_SETS; i++) {
        const quic_samples *s = &quic_sample_sets[i];
        hs_bytes retry = hex(s->retry);
        size_t before_tag = retry.len - HS_QUIC_RETRY_TAG_LEN;
        uint8_t tag[HS_QUIC_RETRY_TAG_LEN];
        assert_int_equal(hs_quic_retry_check(crypto, s->version, dcid, retry), HS_OK);
        assert_int_equal(
            hs_quic_retry_make(crypto, s->version, dcid, hs_bytes_of(retry.data, before_tag), tag),
            HS_OK);
        assert_memory_equal(tag, retry.data + before_tag, sizeof tag);
    }
}

/* The texts of these drafts have another version's sample; key and nonce are the same. */
static void drafts_that_share(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        size_t sample;
    } rows[] = {{0xff00001e, 2}, {0xff000021, 0}, {0xff000022, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(hs_quic_retry_check(crypto, rows[i].version, hex(quic_sample_dcid),
                                             hex(quic_sample_sets[rows[i].sample].retry)),
                         HS_OK);
    }
}

static void spoilt_packets(void **state)
{
    (void)state;
    hs_bytes dcid = hex(quic_sample_dcid);
    hs_bytes whole = hex(quic_sample_sets[0].retry);
    uint8_t spoilt[64];
    memcpy(spoilt, whole.data, whole.len);
    hs_bytes retry = hs_bytes_of(spoilt, whole.len);
    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        spoilt[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(hs_quic_retry_check(crypto, 1, dcid, retry), HS_MALFORMED);
        spoilt[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(hs_quic_retry_check(crypto, 1, dcid, retry), HS_OK);
    for (size_t len = 0; len < whole.len; len++) {
        assert_int_equal(hs_quic_retry_check(crypto, 1, dcid, hs_bytes_of(spoilt, len)),
                         len < HS_QUIC_RETRY_TAG_LEN ? HS_NEED_MORE : HS_MALFORMED);
    }
    for (size_t len = 0; len < dcid.len; len++) {
        assert_int_equal(hs_quic_retry_check(crypto, 1, hs_bytes_of(dcid.data, len), retry),
                         HS_MALFORMED);
    }
    assert_int_equal(hs_quic_retry_check(crypto, 1, hex("8394c8f03e515709"), retry), HS_MALFORMED);
    assert_int_equal(hs_quic_retry_check(crypto, 0x6b3343cf, dcid, retry), HS_MALFORMED);
    assert_int_equal(hs_quic_retry_check(crypto, 0xff00001d, dcid, retry), HS_MALFORMED);
    assert_int_equal(hs_quic_retry_check(crypto, 0xff00001c, dcid, retry), HS_NO_KEY);
    assert_int_equal(hs_quic_retry_check(crypto, 0, dcid, (hs_bytes){0}), HS_NO_KEY);
}

static void limits(void **state)
{
    (void)state;
    uint8_t *zeros = calloc(1, 65544);
    uint8_t tag[HS_QUIC_RETRY_TAG_LEN];
    assert_non_null(zeros);
    assert_int_equal(
        hs_quic_retry_make(crypto, 1, hs_bytes_of(zeros, 255), hs_bytes_of(zeros, 65527), tag),
        HS_OK);
    assert_int_equal(
        hs_quic_retry_make(crypto, 1, hs_bytes_of(zeros, 256), hs_bytes_of(zeros, 20), tag),
        HS_LIMIT);
    assert_int_equal(
        hs_quic_retry_make(crypto, 1, hs_bytes_of(zeros, 8), hs_bytes_of(zeros, 65528), tag),
        HS_LIMIT);
    assert_int_equal(
        hs_quic_retry_check(crypto, 1, hs_bytes_of(zeros, 8), hs_bytes_of(zeros, 65544)), HS_LIMIT);
    assert_int_equal(hs_quic_retry_make(crypto, 0x0a0a0a0a, (hs_bytes){0}, (hs_bytes){0}, tag),
                     HS_NO_KEY);
    assert_int_equal(hs_quic_retry_make(crypto, 1, (hs_bytes){0}, (hs_bytes){0}, tag), HS_OK);
    free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_packets),
        cmocka_unit_test(drafts_that_share),
        cmocka_unit_test(spoilt_packets),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
