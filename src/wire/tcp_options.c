#include "wire/tcp_options.h"

#include "wire/span.h"

enum { EXPERIMENT_FAST_OPEN = 0xf989 }; /* RFC 6994, RFC 7413 A.1 */

/* RFC 7413 4.1.1: none, or 4 to 16 bytes in pairs. */
static bool read_fast_open(hs_bytes cookie, hs_tcp_options *out)
{
    out->has_fast_open = true;
    out->fast_open_cookie = cookie;
    return cookie.len == 0 || (cookie.len >= 4 && cookie.len <= 16 && cookie.len % 2 == 0);
}

static bool read_experiment(hs_bytes value, hs_tcp_options *out)
{
    if (value.len < 2 || hs_load_u16(value.data) != EXPERIMENT_FAST_OPEN) {
        return true;
    }
    return read_fast_open((hs_bytes){value.data + 2, value.len - 2}, out);
}

/* False: the kind does not allow a value of this length. */
static bool read_option(uint8_t kind, hs_bytes value, hs_tcp_options *out)
{
    switch (kind) {
    case HS_TCP_OPTION_MSS:
        if (value.len == 2) {
            out->mss = hs_load_u16(value.data);
        }
        return value.len == 2;
    case HS_TCP_OPTION_WINDOW_SCALE:
        if (value.len == 1) {
            out->window_scale = value.data[0];
        }
        return value.len == 1;
    case HS_TCP_OPTION_SACK_PERMITTED:
        out->sack_permitted = out->sack_permitted || value.len == 0;
        return value.len == 0;
    case HS_TCP_OPTION_TIMESTAMPS:
        if (value.len == 8) {
            out->has_timestamps = true;
            out->timestamp_value = hs_load_u32(value.data);
            out->timestamp_echo = hs_load_u32(value.data + 4);
        }
        return value.len == 8;
    case HS_TCP_OPTION_MPTCP:
        if (value.len > 0) {
            out->mptcp_subtype = value.data[0] >> 4;
        }
        return value.len > 0;
    case HS_TCP_OPTION_FAST_OPEN:
        return read_fast_open(value, out);
    case HS_TCP_OPTION_EXPERIMENT:
        return read_experiment(value, out);
    default:
        return true;
    }
}

void hs_tcp_options_read(hs_bytes options, hs_tcp_options *out)
{
    *out = (hs_tcp_options){.mss = -1, .window_scale = -1, .mptcp_subtype = -1, .cut_kind = -1};
    hs_span span = hs_span_of(options);
    const uint8_t *kind;
    while ((kind = hs_span_take(&span, 1)) != NULL && *kind != HS_TCP_OPTION_END) {
        if (*kind == HS_TCP_OPTION_NO_OPERATION) {
            continue;
        }
        const uint8_t *length = hs_span_take(&span, 1);
        const uint8_t *value = length && *length >= 2 ? hs_span_take(&span, (size_t)*length - 2)
                                                      : NULL;
        if (!value) {
            out->malformed = true;
            out->cut_kind = !length || *length >= 2 ? *kind : -1;
            return;
        }
        if (!read_option(*kind, (hs_bytes){value, (size_t)*length - 2}, out)) {
            out->malformed = true;
        }
    }
}
