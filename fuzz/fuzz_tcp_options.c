/* Any bytes as TCP options: bounded, and what is said to be there was there. */
#include <stdlib.h>

#include "wire/tcp_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_tcp_options options;
    hs_tcp_options_read((hs_bytes){data, size}, &options);
    hs_bytes cookie = options.fast_open_cookie;
    if (cookie.len > 0 && (cookie.data < data || cookie.data + cookie.len > data + size)) {
        abort();
    }
    if (options.mss < -1 || options.mss > UINT16_MAX || options.window_scale < -1 ||
        options.window_scale > UINT8_MAX || options.mptcp_subtype < -1 ||
        options.mptcp_subtype > 15) {
        abort();
    }
    return 0;
}
