/* Blocks of a pcapng file in memory: whatever they are, every byte that is given out can be read,
 * and each step goes on. */
#include <stdlib.h>

#include "wire/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void touch(hs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        sink = sink ^ bytes.data[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_pcapng *pcapng = hs_pcapng_new();
    hs_bytes left = {data, size};
    hs_result result = pcapng ? HS_OK : HS_NO_MEMORY;
    while (result == HS_OK && left.len > 0) {
        hs_pcapng_item item;
        const char *why = NULL;
        size_t used = 0;
        result = hs_pcapng_block(pcapng, left, &used, &item, &why);
        if (result == HS_OK) {
            if (used == 0 || used > left.len || item.at < 0) {
                abort();
            }
            touch(item.frame);
            touch(item.secrets);
            left = hs_bytes_of(left.data + used, left.len - used);
        } else if (result == HS_NEED_MORE ? used <= left.len : result == HS_MALFORMED && !why) {
            abort();
        }
    }
    hs_pcapng_free(pcapng);
    return 0;
}
