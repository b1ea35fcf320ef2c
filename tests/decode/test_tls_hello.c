/* Hellos read ahead: which packets have one, and that nothing less than a whole one is taken. What
 * the decoder makes of them is compared in test_tls.c with what it makes of single bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/tls_hello.h"
#include "kit.h"

/* A copy of its own, so that a reader past its end is caught. */
static bool reads(hs_bytes bytes, size_t len, hs_bytes *raw)
{
    uint8_t *copy = malloc(len + !len);
    assert_non_null(copy);
    memcpy(copy, bytes.data, len);
    hs_tls_hello hello;
    bool is_read = hs_tls_hello_read(hs_bytes_of(copy, len), &hello);
    if (is_read) {
        assert_ptr_equal(hello.raw.data, copy + 5);
        assert_int_equal(hello.raw.data[0], hello.message.msg_type);
        *raw = hs_bytes_of(bytes.data + 5, hello.raw.len);
    }
    free(copy);
    return is_read;
}

/* The first step of a side. */
static hs_bytes first_of(const kit_recording *recording, hs_side side)
{
    for (size_t i = 0; i < recording->count; i++) {
        if (recording->steps[i].from == side) {
            return recording->steps[i].bytes;
        }
    }
    fail();
    return (hs_bytes){0};
}

static void a_hello_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char *const files[] = {"tls13_aes256.tls", "tls12_ecdhe_gcm.tls", "tls13_hrr.tls",
                                        "gnutls_tls13.tls"};
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        kit_recording *recording = kit_load(files[f]);
        for (int side = 0; side < 2; side++) {
            hs_bytes bytes = first_of(recording, (hs_side)side);
            size_t record = 5 + (size_t)(bytes.data[3] << 8 | bytes.data[4]);
            hs_bytes raw;
            for (size_t len = 0; len < record; len++) {
                assert_false(reads(bytes, len, &raw));
            }
            assert_true(reads(bytes, bytes.len, &raw));
            size_t length = (size_t)(raw.data[1] << 16 | raw.data[2] << 8 | raw.data[3]);
            assert_int_equal(raw.len, 4 + length);
        }
        kit_recording_free(recording);
    }
}

static void other_and_malformed_messages_are_left_to_the_decoder(void **state)
{
    (void)state;
    kit_recording *recording = kit_load("tls13_aes256.tls");
    hs_bytes bytes = first_of(recording, HS_CLIENT);
    uint8_t *changed = malloc(bytes.len);
    assert_non_null(changed);
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {
        {0, 23},   /* another record */
        {1, 2},    /* of no version */
        {5, 11},   /* another message */
        {6, 1},    /* longer than its record */
        {43, 255}, /* a session id longer than the hello */
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        hs_bytes raw;
        memcpy(changed, bytes.data, bytes.len);
        changed[changes[i].at] = changes[i].value;
        assert_false(reads(hs_bytes_of(changed, bytes.len), bytes.len, &raw));
    }
    free(changed);
    kit_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_is_read_whole_or_not_at_all),
        cmocka_unit_test(other_and_malformed_messages_are_left_to_the_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
