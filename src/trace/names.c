/* Printable names of the model's enumerations. */
#include <handshake/trace.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *hs_phase_name(hs_phase phase)
{
    static const char *const names[] = {
#define HS_X(symbol, name, title) name,
        HS_PHASE_MAP(HS_X)
#undef HS_X
    };
    return (size_t)phase < COUNT(names) ? names[phase] : "unknown";
}

const char *hs_milestone_name(hs_milestone milestone)
{
    static const char *const names[] = {
#define HS_X(symbol, name) name,
        HS_MILESTONE_MAP(HS_X)
#undef HS_X
    };
    return (size_t)milestone < COUNT(names) ? names[milestone] : "unknown";
}

const char *hs_layer_name(hs_layer layer)
{
    static const char *const names[] = {
        [HS_LAYER_TCP] = "tcp",
        [HS_LAYER_TLS] = "tls",
        [HS_LAYER_HTTP] = "http",
        [HS_LAYER_HTTP2] = "http2",
        [HS_LAYER_WEBSOCKET] = "websocket",
        [HS_LAYER_DATA] = "data",
        [HS_LAYER_UDP] = "udp",
        [HS_LAYER_QUIC] = "quic",
        [HS_LAYER_HTTP3] = "http3",
    };
    return (size_t)layer < COUNT(names) ? names[layer] : "unknown";
}

const char *hs_severity_name(hs_severity severity)
{
    static const char *const names[] = {"info", "notice", "warning", "error"};
    return (size_t)severity < COUNT(names) ? names[severity] : "unknown";
}
