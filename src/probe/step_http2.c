/* HTTP/2 through nghttp2: preface and SETTINGS, then one request. */
#include <stdlib.h>
#include <string.h>

#include "probe/http2_client.h"

typedef struct exchange {
    nghttp2_session *session;
    int32_t stream; /* of the request */
    int status;     /* of the newest header block; 0 none */
    bool answered;  /* the final response head came */
    int breach;     /* nghttp2's error for what is malformed; 0 none */
} exchange;

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    exchange *x = ((hs_run *)context)->exchange;
    (void)session;
    (void)frame;
    (void)flags;
    if (name_len == 7 && memcmp(name, ":status", 7) == 0 && value_len == 3) {
        /* nghttp2 has checked that these are digits. */
        x->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    }
    return 0;
}

/* A server that shuts down gracefully still answers up to the stream that it names (RFC 9113 6.8):
 * nginx says so ahead of the last response that a connection gets. */
static bool is_spared(const exchange *x, const nghttp2_goaway *goaway)
{
    return x->stream <= goaway->last_stream_id && goaway->error_code == NGHTTP2_NO_ERROR;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    hs_run *run = context;
    exchange *x = run->exchange;
    (void)session;
    if (x->answered) {
        return 0;
    }
    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
        hs_run_set_phase(run, HS_PHASE_RESPONSE);
        break;
    case NGHTTP2_HEADERS:
        x->answered = x->status >= 200;
        break;
    case NGHTTP2_GOAWAY:
        if (!is_spared(x, &frame->goaway)) {
            hs_run_fail(run, HS_FAILURE_HTTP2_GOAWAY, "%s sent GOAWAY (%s) before it answered",
                        hs_run_peer(run), nghttp2_http2_strerror(frame->goaway.error_code));
        }
        break;
    case NGHTTP2_RST_STREAM:
        hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR, "%s reset the request's stream (%s)",
                    hs_run_peer(run), nghttp2_http2_strerror(frame->rst_stream.error_code));
        break;
    default:
        break;
    }
    return 0;
}

/* A malformed response costs nghttp2 only its stream (RFC 9113 8.1.1): nothing would follow. */
static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int error,
                      void *context)
{
    exchange *x = ((hs_run *)context)->exchange;
    (void)session;
    (void)frame;
    x->breach = error;
    return 0;
}

static int submit(hs_run *run, exchange *x)
{
    const hs_url *url = run->setup.url;
    char authority[HS_HOST_MAX + 16];
    char agent[HS_HTTP2_AGENT_MAX];
    hs_url_authority(url, authority);
    const nghttp2_nv request[] = {
        hs_http2_field(":method", run->setup.options->head ? "HEAD" : "GET"),
        hs_http2_field(":scheme", url->scheme->has_tls ? "https" : "http"),
        hs_http2_field(":authority", authority),
        hs_http2_field(":path", url->path),
        hs_http2_field("user-agent", hs_http2_agent(agent)),
        hs_http2_field("accept", "*/*"),
    };
    int error = hs_http2_client_settings(x->session);
    if (error == 0) {
        x->stream = nghttp2_submit_request(x->session, NULL, request,
                                           sizeof request / sizeof request[0], NULL, NULL);
    }
    return x->stream < 0 ? x->stream : error;
}

static const hs_http2_client_callbacks callbacks = {
    .header = on_header, .frame = on_frame, .invalid_frame = on_invalid};

static void start(hs_run *run)
{
    exchange *x = calloc(1, sizeof *x);
    run->exchange = x;
    if (!x || hs_http2_client_new(run, &callbacks, &x->session) != 0 || submit(run, x) != 0) {
        hs_run_give_up(run, HS_NO_MEMORY);
        return;
    }
    hs_http2_client_flush(run, x->session);
}

static void received(hs_run *run, hs_bytes bytes)
{
    exchange *x = run->exchange;
    if (!hs_http2_client_receive(run, x->session, bytes) || run->over) {
        return;
    }
    hs_http2_client_flush(run, x->session);
    if (run->finished) {
        return;
    }
    if (x->answered) {
        hs_run_step_done(run);
    } else if (x->breach != 0 || !nghttp2_session_want_read(x->session)) {
        /* nghttp2 found a breach and has queued its own RST_STREAM or GOAWAY. */
        hs_http2_client_fail(run, bytes, x->breach);
    }
}

static void expired(hs_run *run)
{
    hs_run_expire(run,
                  run->phase == HS_PHASE_RESPONSE ? "sent its SETTINGS, and no response" : NULL);
}

static void leave(hs_run *run)
{
    exchange *x = run->exchange;
    if (nghttp2_session_terminate_session(x->session, NGHTTP2_NO_ERROR) == 0) {
        hs_http2_client_flush(run, x->session);
    }
}

static void end(hs_run *run)
{
    exchange *x = run->exchange;
    if (x) {
        nghttp2_session_del(x->session);
        free(x);
        run->exchange = NULL;
    }
}

const hs_step hs_step_http2 = {
    .name = "HTTP/2 exchange",
    .phase = HS_PHASE_SETTINGS,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_HTTP2_TIMED_OUT,
    .closed = HS_FAILURE_HTTP2_CLOSED,
    .reset = HS_FAILURE_HTTP2_RESET,
    .start = start,
    .received = received,
    .expired = expired,
    .leave = leave,
    .end = end,
};
