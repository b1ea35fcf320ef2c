/* The services as a table. */
#include "serve/protocols.h"

/* In the order of HS_SERVICE_MAP. */
static const hs_service_descriptor services[HS_SERVICE_COUNT] = {
    [HS_SERVICE_TCP] = {"tcp", false, NULL, &hs_protocol_echo, NULL},
    [HS_SERVICE_TLS] = {"tls", true, NULL, &hs_protocol_echo, NULL},
    [HS_SERVICE_HTTP] = {"http", false, NULL, &hs_protocol_cleartext, NULL},
    [HS_SERVICE_HTTPS] = {"https", true, "h2,http/1.1", &hs_protocol_http1, &hs_protocol_http2},
    [HS_SERVICE_WS] = {"ws", false, NULL, &hs_protocol_upgrade, NULL},
    [HS_SERVICE_WSS] = {"wss", true, "http/1.1", &hs_protocol_upgrade, NULL},
};

const hs_service_descriptor *hs_service_describe(hs_service service)
{
    return &services[service];
}
