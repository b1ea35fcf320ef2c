/* The services as a table. */
#include "serve/protocols.h"

/* In the order of HS_SERVICE_MAP. */
static const hs_service_descriptor services[HS_SERVICE_COUNT] = {
    [HS_SERVICE_TCP] = {"tcp", false, false, NULL, &hs_protocol_echo, NULL},
    [HS_SERVICE_TLS] = {"tls", false, true, NULL, &hs_protocol_echo, NULL},
    [HS_SERVICE_HTTP] = {"http", false, false, NULL, &hs_protocol_cleartext, NULL},
    [HS_SERVICE_HTTPS] = {"https", false, true, "h2,http/1.1", &hs_protocol_http1,
                          &hs_protocol_http2},
    [HS_SERVICE_WS] = {"ws", false, false, NULL, &hs_protocol_cleartext_upgrade, NULL},
    [HS_SERVICE_WSS] = {"wss", false, true, "h2,http/1.1", &hs_protocol_upgrade,
                        &hs_protocol_http2_websockets},
    [HS_SERVICE_QUIC] = {.scheme = "quic", .is_udp = true},
    [HS_SERVICE_HTTPS3] = {.scheme = "https3", .is_udp = true},
};

const hs_service_descriptor *hs_service_describe(hs_service service)
{
    return &services[service];
}
