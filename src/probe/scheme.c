#include "probe/scheme.h"

#include <string.h>
#include <strings.h>

#include "probe/step.h"

/* STARTTLS, when it comes, is one more step between `connect` and `tls`. */
static const hs_scheme schemes[] = {
    {"tcp", 0, false, false, NULL, {&hs_step_connect}},
    {"tls", 0, true, false, NULL, {&hs_step_connect, &hs_step_tls}},
    {"http", 80, false, true, NULL, {&hs_step_connect, &hs_step_http}},
    {"https", 443, true, true, "h2,http/1.1", {&hs_step_connect, &hs_step_tls, &hs_step_http}},
    {"ws", 80, false, true, NULL, {&hs_step_connect, &hs_step_websocket}},
    {"wss", 443, true, true, "http/1.1", {&hs_step_connect, &hs_step_tls, &hs_step_websocket}},
};

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
