#include "probe/scheme.h"

#include <string.h>
#include <strings.h>

#include "probe/step.h"

/* STARTTLS, when it comes, is one more step between `connect` and `tls`. */
static const hs_scheme schemes[] = {
    {.name = "tcp", .steps = {&hs_step_connect}},
    {.name = "tls", .has_tls = true, .steps = {&hs_step_connect, &hs_step_tls}},
    {.name = "quic",
     .has_tls = true,
     .is_quic = true,
     .steps = {&hs_step_quic_connect, &hs_step_quic}},
    {.name = "http", .port = 80, .has_request = true, .steps = {&hs_step_connect, &hs_step_http}},
    {.name = "https",
     .port = 443,
     .has_tls = true,
     .has_request = true,
     .alpn = "h2,http/1.1",
     .steps = {&hs_step_connect, &hs_step_tls, &hs_step_http}},
    {.name = "ws",
     .port = 80,
     .has_request = true,
     .steps = {&hs_step_connect, &hs_step_websocket}},
    {.name = "wss",
     .port = 443,
     .has_tls = true,
     .has_request = true,
     .alpn = "http/1.1",
     .steps = {&hs_step_connect, &hs_step_tls, &hs_step_websocket}},
};

static const hs_scheme https_over_quic = {
    .name = "https",
    .port = 443,
    .has_tls = true,
    .is_quic = true,
    .has_request = true,
    .alpn = "h3",
    .steps = {&hs_step_quic_connect, &hs_step_quic, &hs_step_http3}};

const hs_scheme *hs_scheme_over_quic(const hs_scheme *scheme)
{
    return strcmp(scheme->name, https_over_quic.name) == 0 ? &https_over_quic : NULL;
}

const hs_scheme *hs_scheme_at(size_t index)
{
    return index < sizeof schemes / sizeof schemes[0] ? &schemes[index] : NULL;
}

const hs_scheme *hs_scheme_find(const char *name, size_t len)
{
    const hs_scheme *scheme;
    for (size_t i = 0; (scheme = hs_scheme_at(i)); i++) {
        if (strlen(scheme->name) == len && strncasecmp(scheme->name, name, len) == 0) {
            return scheme;
        }
    }
    return NULL;
}
