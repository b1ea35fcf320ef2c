/* What the tests of the TLS codecs share: bytes from hex, and readers over them. */
#ifndef HS_TESTS_WIRE_TLS_SUPPORT_H
#define HS_TESTS_WIRE_TLS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls_samples.h"
#include "wire/tls/message.h"

/* Bytes of exactly their own size on the heap, so that a sanitizer sees a read past them. */
static inline hs_bytes tls_unhex(const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *out = malloc(len > 0 ? len : 1);
    assert_non_null(out);
    for (size_t i = 0; i < len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return hs_bytes_of(out, len);
}

static inline hs_bytes tls_copy(hs_bytes bytes)
{
    uint8_t *out = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(out);
    if (bytes.len > 0) {
        memcpy(out, bytes.data, bytes.len);
    }
    return hs_bytes_of(out, bytes.len);
}

static inline void tls_free(hs_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static inline const tls_sample *tls_sample_named(const char *name)
{
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        if (strcmp(tls_samples[i].name, name) == 0) {
            return &tls_samples[i];
        }
    }
    fail_msg("no sample \"%s\"", name);
    return NULL;
}

static inline hs_result tls_read_message(hs_bytes bytes, uint16_t version,
                                         hs_tls_key_exchange key_exchange, hs_notes *notes,
                                         hs_fault *fault, hs_tls_message *out)
{
    hs_reader r;
    hs_tls_message_context context = {version, key_exchange};
    hs_reader_init(&r, bytes, fault, notes);
    return hs_tls_message_read(&r, &context, out);
}

/* Reads a sample that must be right; `bytes` is for tls_free. */
static inline void tls_read_sample(const char *name, hs_bytes *bytes, hs_tls_message *out)
{
    const tls_sample *sample = tls_sample_named(name);
    hs_fault fault;
    *bytes = tls_unhex(sample->hex);
    assert_int_equal(
        tls_read_message(*bytes, sample->version, sample->key_exchange, NULL, &fault, out), HS_OK);
}

#endif
