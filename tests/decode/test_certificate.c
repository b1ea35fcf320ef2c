/* Certificates to facts: against the values that openssl's own programs print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "data/certificates.h"
#include "decode/certificate.h"
#include "kit.h"

static hs_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = hs_arena_new(NULL, 64 * 1024 * 1024);
    return arena ? 0 : -1;
}

static int end_arena(void **state)
{
    (void)state;
    hs_arena_free(arena);
    return 0;
}

static void as_openssl_prints_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sample_certificates / sizeof sample_certificates[0]; i++) {
        const sample_certificate *want = &sample_certificates[i];
        hs_bytes der = kit_hex(want->der);
        hs_certificate got;
        assert_int_equal(hs_certificate_parse(arena, der, &got), HS_OK);
        assert_string_equal(got.subject, want->subject);
        assert_string_equal(got.issuer, want->issuer);
        assert_string_equal(got.serial, want->serial);
        assert_int_equal(got.not_before, want->not_before);
        assert_int_equal(got.not_after, want->not_after);
        assert_string_equal(got.key, want->key);
        assert_string_equal(got.signature, want->signature);
        assert_string_equal(got.sha256, want->sha256);
        assert_string_equal(got.pin, want->pin);
        char names[512] = "";
        for (size_t n = 0; n < got.name_count; n++) {
            strcat(names, n > 0 ? " " : "");
            strcat(names, got.names[n]);
        }
        assert_string_equal(names, want->names);
        assert_int_equal(got.der.len, der.len);
        assert_memory_equal(got.der.data, der.data, der.len);
        free((void *)(uintptr_t)der.data);
    }
}

static void every_truncation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sample_certificates / sizeof sample_certificates[0]; i++) {
        hs_bytes der = kit_hex(sample_certificates[i].der);
        hs_certificate got;
        for (size_t len = 0; len < der.len; len++) {
            uint8_t *cut = malloc(len + 1);
            assert_non_null(cut);
            memcpy(cut, der.data, len);
            assert_int_equal(hs_certificate_parse(arena, hs_bytes_of(cut, len), &got),
                             HS_MALFORMED);
            free(cut);
        }
        free((void *)(uintptr_t)der.data);
    }
}

static void trailing_bytes(void **state)
{
    (void)state;
    hs_bytes der = kit_hex(sample_certificates[0].der);
    uint8_t *longer = calloc(1, der.len + 1);
    assert_non_null(longer);
    memcpy(longer, der.data, der.len);
    hs_certificate got;
    assert_int_equal(hs_certificate_parse(arena, hs_bytes_of(longer, der.len + 1), &got),
                     HS_MALFORMED);
    free(longer);
    free((void *)(uintptr_t)der.data);
}

static void out_of_memory(void **state)
{
    (void)state;
    hs_bytes der = kit_hex(sample_certificates[0].der);
    hs_arena *small = hs_arena_new(NULL, 256);
    assert_non_null(small);
    hs_certificate got;
    assert_int_not_equal(hs_certificate_parse(small, der, &got), HS_OK);
    hs_arena_free(small);
    free((void *)(uintptr_t)der.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_openssl_prints_them),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(trailing_bytes),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_arena, end_arena);
}
