/* Bytes written in hex, for tests. */
#ifndef TESTS_SECRETS_HEX_H
#define TESTS_SECRETS_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"

/* In one of a few buffers that take turns. */
static inline hs_bytes hex(const char *text)
{
    static uint8_t buffers[16][4096];
    static size_t turn;
    uint8_t *out = buffers[turn++ % 16];
    size_t len = strlen(text) / 2;
    assert_true(len <= sizeof buffers[0]);
    for (size_t i = 0; i < len; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(text + 2 * i, "%2x", &value), 1);
        out[i] = (uint8_t)value;
    }
    return hs_bytes_of(out, len);
}

static inline void assert_hex(const uint8_t *got, size_t len, const char *want)
{
    hs_bytes bytes = hex(want);
    assert_int_equal(len, bytes.len);
    assert_memory_equal(got, bytes.data, bytes.len);
}

#endif
