/* What the tests of the QUIC and HTTP/3 codecs share: bytes from hex, and readers over them. */
#ifndef HS_TESTS_WIRE_QUIC_SUPPORT_H
#define HS_TESTS_WIRE_QUIC_SUPPORT_H

#include "base/writer.h"
#include "bytes_support.h"

static inline void assert_bytes(hs_bytes got, const char *hex)
{
    hs_bytes want = wire_unhex(hex);
    assert_int_equal(got.len, want.len);
    if (want.len > 0) {
        assert_memory_equal(got.data, want.data, want.len);
    }
    wire_free(want);
}

#endif
