/* A certificate's DER. */
#include "base/reader.h"
#include "decode/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_arena *arena = hs_arena_new(NULL, 4 * 1024 * 1024);
    if (arena) {
        hs_certificate certificate;
        (void)!hs_certificate_parse(arena, hs_bytes_of(data, size), &certificate);
        hs_arena_free(arena);
    }
    return 0;
}
