/* Any fragments: what is put together is no longer than a packet may be, and memory stays bounded.
 * Six bytes of input a fragment, then its bytes. */
#include <stdlib.h>

#include "base/reader.h"
#include "decode/fragments.h"

enum { MEMORY = 256 * 1024, HEADER = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_fragments *fragments = hs_fragments_new(MEMORY);
    if (!fragments) {
        return 0;
    }
    size_t at = 0;
    for (int64_t now = 0; at + HEADER <= size; now += HS_SECOND) {
        const uint8_t *header = data + at;
        at += HEADER;
        size_t len = header[5] < size - at ? header[5] : size - at;
        hs_packet packet = {.family = header[0] & 1 ? 6 : 4};
        packet.source.bytes[0] = header[0] >> 4;
        packet.fragment = (hs_fragment){.is_fragment = true,
                                        .more = header[0] & 2,
                                        .id = header[1],
                                        .protocol = header[2] & 1 ? HS_PROTOCOL_UDP
                                                                  : HS_PROTOCOL_TCP,
                                        .offset = (uint16_t)((header[3] << 8 | header[4]) * 8),
                                        .bytes = hs_bytes_of(data + at, len),
                                        .length = (uint32_t)len + (header[0] & 4 ? 1 : 0)};
        at += len;
        uint8_t protocol = 0;
        hs_bytes payload = {0};
        hs_result result = hs_fragments_add(fragments, &packet, now, &protocol, &payload);
        if (hs_fragments_count(fragments).memory > MEMORY + HS_FRAGMENTS_PACKETS * 1024) {
            abort();
        }
        uint8_t sum = 0;
        for (size_t i = 0; result == HS_OK && i < payload.len; i++) {
            sum = (uint8_t)(sum + payload.data[i]); /* all of it can be read */
        }
        if (payload.len > HS_FRAGMENTS_SIZE ||
            (result == HS_OK && sum == 0 && !payload.data && payload.len > 0)) {
            abort();
        }
    }
    hs_fragments_free(fragments);
    return 0;
}
