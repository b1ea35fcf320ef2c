/* A WebSocket in the version of HTTP that ALPN chose, or that the user asked for where there is no
 * TLS. */
#include <string.h>

#include "probe/run.h"

static void start(hs_run *run)
{
    const char *alpn = hs_run_alpn(run);
    bool is_http2 = alpn && strcmp(alpn, "h2") == 0;
    if (!run->setup.url->scheme->has_tls) {
        /* Without TLS only prior knowledge tells (RFC 9113 3.3). */
        is_http2 = run->setup.options->http_version == HS_HTTP_2;
    }
    hs_run_become(run, is_http2 ? &hs_step_websocket_settings : &hs_step_websocket_http1);
}

const hs_step hs_step_websocket = {
    .name = "WebSocket upgrade",
    .phase = HS_PHASE_UPGRADE,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_WEBSOCKET_TIMED_OUT,
    .closed = HS_FAILURE_WEBSOCKET_CLOSED,
    .reset = HS_FAILURE_WEBSOCKET_RESET,
    .start = start,
};
