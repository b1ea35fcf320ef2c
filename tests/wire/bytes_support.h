/* What the tests of the codecs share: bytes from hex, of exactly their own size on the heap, so
 * that a sanitizer sees a read past them. */
#ifndef HS_TESTS_WIRE_BYTES_SUPPORT_H
#define HS_TESTS_WIRE_BYTES_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"

static inline hs_bytes wire_copy(hs_bytes bytes)
{
    uint8_t *out = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(out);
    if (bytes.len > 0) {
        memcpy(out, bytes.data, bytes.len);
    }
    return hs_bytes_of(out, bytes.len);
}

static inline hs_bytes wire_unhex(const char *hex)
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

static inline void wire_free(hs_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

#endif
