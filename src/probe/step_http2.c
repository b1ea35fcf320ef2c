/* HTTP/2 through nghttp2: preface and SETTINGS, then one request. */
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/run.h"

typedef struct exchange {
    nghttp2_session *session;
    int status;    /* of the newest header block; 0 none */
    bool answered; /* the final response head came */
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
        hs_run_fail(run, HS_FAILURE_HTTP2_GOAWAY, "%s sent GOAWAY (%s) before it answered",
                    hs_run_peer(run), nghttp2_http2_strerror(frame->goaway.error_code));
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

/* What nghttp2 wants to send goes out in one piece, so that it leaves in one segment. */
static void flush(hs_run *run)
{
    exchange *x = run->exchange;
    hs_buffer out;
    hs_buffer_init(&out, 1024 * 1024);
    const uint8_t *data = NULL;
    ssize_t len;
    hs_result result = HS_OK;
    while (result == HS_OK && (len = nghttp2_session_mem_send(x->session, &data)) > 0) {
        result = hs_buffer_append(&out, hs_bytes_of(data, (size_t)len));
    }
    if (result != HS_OK) {
        hs_run_give_up(run, result);
    } else if (hs_buffer_bytes(&out).len > 0) {
        hs_run_send(run, hs_buffer_bytes(&out));
    }
    hs_buffer_free(&out);
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .namelen = strlen(name),
                        .value = (uint8_t *)(uintptr_t)value,
                        .valuelen = strlen(value)};
}

static int submit(hs_run *run, exchange *x)
{
    const hs_url *url = run->setup.url;
    char authority[HS_HOST_MAX + 16];
    char agent[64];
    hs_url_authority(url, authority);
    (void)snprintf(agent, sizeof agent, "handshake/%s", hs_version());
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
    };
    const nghttp2_nv request[] = {
        field(":method", run->setup.options->head ? "HEAD" : "GET"),
        field(":scheme", url->scheme->has_tls ? "https" : "http"),
        field(":authority", authority),
        field(":path", url->path),
        field("user-agent", agent),
        field("accept", "*/*"),
    };
    int error = nghttp2_submit_settings(x->session, NGHTTP2_FLAG_NONE, settings,
                                        sizeof settings / sizeof settings[0]);
    if (error == 0) {
        error = nghttp2_submit_request(x->session, NULL, request,
                                       sizeof request / sizeof request[0], NULL, NULL);
    }
    return error < 0 ? error : 0;
}

static int new_session(hs_run *run, exchange *x)
{
    nghttp2_session_callbacks *callbacks = NULL;
    int error = nghttp2_session_callbacks_new(&callbacks);
    if (error == 0) {
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        error = nghttp2_session_client_new(&x->session, callbacks, run);
    }
    nghttp2_session_callbacks_del(callbacks);
    return error;
}

static void start(hs_run *run)
{
    exchange *x = calloc(1, sizeof *x);
    run->exchange = x;
    if (!x || new_session(run, x) != 0 || submit(run, x) != 0) {
        hs_run_give_up(run, HS_NO_MEMORY);
        return;
    }
    flush(run);
}

static void received(hs_run *run, hs_bytes bytes)
{
    exchange *x = run->exchange;
    ssize_t used = nghttp2_session_mem_recv(x->session, bytes.data, bytes.len);
    if (used < 0 && !run->finished) {
        hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR, "%s broke HTTP/2: %s", hs_run_peer(run),
                    nghttp2_strerror((int)used));
        return;
    }
    if (run->over) {
        return;
    }
    flush(run);
    if (run->finished) {
        return;
    }
    if (x->answered) {
        hs_run_step_done(run);
    } else if (!nghttp2_session_want_read(x->session)) {
        /* nghttp2 found a breach and has queued its own GOAWAY. */
        hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR,
                    "%s sent what is not valid HTTP/2 in its place", hs_run_peer(run));
    }
}

static void leave(hs_run *run)
{
    exchange *x = run->exchange;
    if (nghttp2_session_terminate_session(x->session, NGHTTP2_NO_ERROR) == 0) {
        flush(run);
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
    .leave = leave,
    .end = end,
};
