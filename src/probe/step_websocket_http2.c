/* The WebSocket opening handshake over HTTP/2 (RFC 8441), then its frames in DATA.
 *
 * Two steps: until the server's SETTINGS it is HTTP/2's affair whether anything comes at all, and
 * nothing can be asked; from the request on it is the WebSocket's. */
#include <stdlib.h>
#include <string.h>

#include "probe/http2_client.h"
#include "probe/websocket.h"

enum { OUTPUT_MAX = 64 * 1024, INPUT_MAX = 4 * 1024 * 1024 };

typedef struct exchange {
    nghttp2_session *session;
    int32_t stream;       /* 0 before the request */
    int status;           /* of the newest header block; 0 none */
    hs_bytes subprotocol; /* of the answer, in the trace's memory; NULL data: none */
    hs_bytes extensions;  /* the same */
    const char *location;
    bool answered; /* the final response head came */
    bool is_open;  /* and it is a WebSocket */
    bool is_ended; /* the server's END_STREAM */
    bool is_reset; /* its RST_STREAM */
    bool is_gone;  /* its GOAWAY, which does not spare the stream */
    uint32_t error;
    int breach;   /* nghttp2's error for what is malformed; 0 none */
    bool is_left; /* nothing follows what is in `out` */
    hs_probe_frames frames;
    hs_buffer in;  /* DATA that came, until nghttp2 has returned */
    hs_buffer out; /* for DATA */
} exchange;

/* --- what comes --- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    hs_run *run = context;
    exchange *x = run->exchange;
    hs_bytes field = {name, name_len};
    hs_bytes text = {value, value_len};
    (void)session;
    (void)flags;
    if (frame->hd.stream_id != x->stream || x->answered) {
        return 0;
    }
    if (hs_bytes_are(field, ":status") && value_len == 3) {
        /* nghttp2 has checked that these are digits. */
        x->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    } else if (hs_bytes_are(field, "sec-websocket-protocol") && x->status >= 200) {
        x->subprotocol = hs_arena_copy(hs_trace_arena(run->trace), text);
    } else if (hs_bytes_are(field, "sec-websocket-extensions") && x->status >= 200) {
        x->extensions = hs_arena_copy(hs_trace_arena(run->trace), text);
    } else if (hs_bytes_are(field, "location") && x->status >= 200) {
        x->location = hs_probe_text(run, text);
    }
    return 0;
}

static void handle_settings(hs_run *run, exchange *x)
{
    if (x->stream != 0 || run->step != &hs_step_websocket_settings) {
        return; /* later ones, and the answer to ours */
    }
    if (nghttp2_session_get_remote_settings(x->session, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) ==
        1) {
        hs_run_become(run, &hs_step_websocket_http2);
    } else {
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_BAD_UPGRADE,
                    "%s does not offer WebSocket over HTTP/2: ENABLE_CONNECT_PROTOCOL is not in "
                    "its SETTINGS",
                    hs_run_peer(run));
    }
}

/* What it still answers, it may answer (RFC 9113 6.8). */
static bool is_spared(const exchange *x, const nghttp2_goaway *goaway)
{
    return x->stream != 0 && x->stream <= goaway->last_stream_id &&
           goaway->error_code == NGHTTP2_NO_ERROR;
}

/* An end is only noted: what came before it counts first. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    hs_run *run = context;
    exchange *x = run->exchange;
    bool is_ours = x->stream != 0 && frame->hd.stream_id == x->stream;
    (void)session;
    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
        if (!(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
            handle_settings(run, x);
        }
        break;
    case NGHTTP2_HEADERS:
        x->answered = x->answered || (is_ours && x->status >= 200);
        break;
    case NGHTTP2_GOAWAY:
        if (!x->is_gone && !is_spared(x, &frame->goaway)) {
            x->is_gone = true;
            x->error = frame->goaway.error_code;
        }
        break;
    case NGHTTP2_RST_STREAM:
        if (is_ours && !x->is_ended) {
            x->is_reset = true;
            x->error = frame->rst_stream.error_code;
        }
        break;
    default:
        break;
    }
    if (is_ours && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        x->is_ended = true;
    }
    return 0;
}

/* A malformed answer costs nghttp2 only its stream (RFC 9113 8.1.1): nothing would follow. */
static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int error,
                      void *context)
{
    exchange *x = ((hs_run *)context)->exchange;
    (void)session;
    (void)frame;
    x->breach = error;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *context)
{
    hs_run *run = context;
    exchange *x = run->exchange;
    (void)session;
    (void)flags;
    if (stream == x->stream && !run->finished &&
        hs_buffer_append(&x->in, hs_bytes_of(data, len)) != HS_OK) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
}

/* --- what goes --- */

static ssize_t read_frames(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)stream;
    (void)context;
    exchange *x = source->ptr;
    hs_bytes bytes = hs_buffer_bytes(&x->out);
    size_t len = bytes.len < room ? bytes.len : room;
    if (len > 0) {
        memcpy(out, bytes.data, len);
        hs_buffer_consume(&x->out, len);
    }
    if (len == bytes.len && x->is_left) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (len == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)len;
}

static void send_frames(hs_run *run, hs_bytes bytes)
{
    exchange *x = run->exchange;
    hs_result result = hs_buffer_append(&x->out, bytes);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    /* Fails only where the stream is gone, or is being read from already. */
    (void)nghttp2_session_resume_data(x->session, x->stream);
}

/* RFC 8441 4 and 5: no key, no Upgrade and no Connection. */
static int submit_request(hs_run *run, exchange *x)
{
    const hs_url *url = run->setup.url;
    const char *subprotocols = run->setup.options->subprotocols;
    char authority[HS_HOST_MAX + 16];
    char agent[HS_HTTP2_AGENT_MAX];
    hs_url_authority(url, authority);
    const nghttp2_nv request[] = {
        hs_http2_field(":method", "CONNECT"),
        hs_http2_field(":protocol", "websocket"),
        hs_http2_field(":scheme", url->scheme->has_tls ? "https" : "http"),
        hs_http2_field(":authority", authority),
        hs_http2_field(":path", url->path),
        hs_http2_field("user-agent", hs_http2_agent(agent)),
        hs_http2_field("sec-websocket-version", "13"),
        hs_http2_field("sec-websocket-protocol", subprotocols ? subprotocols : ""),
    };
    size_t count = sizeof request / sizeof request[0] - (subprotocols ? 0 : 1);
    const nghttp2_data_provider frames = {.source = {.ptr = x}, .read_callback = read_frames};
    x->stream = nghttp2_submit_request(x->session, NULL, request, count, &frames, NULL);
    return x->stream < 0 ? x->stream : 0;
}

/* --- the steps --- */

static const hs_http2_client_callbacks callbacks = {
    .header = on_header, .frame = on_frame, .invalid_frame = on_invalid, .data = on_data};

static void start_session(hs_run *run)
{
    exchange *x = calloc(1, sizeof *x);
    run->exchange = x;
    if (x) {
        hs_buffer_init(&x->in, INPUT_MAX);
        hs_buffer_init(&x->out, OUTPUT_MAX);
    }
    if (!x || hs_http2_client_new(run, &callbacks, &x->session) != 0 ||
        hs_http2_client_settings(x->session) != 0) {
        hs_run_give_up(run, HS_NO_MEMORY);
        return;
    }
    hs_http2_client_flush(run, x->session);
}

/* From within nghttp2, which sends it later. */
static void start_request(hs_run *run)
{
    exchange *x = run->exchange;
    if (submit_request(run, x) != 0) {
        hs_run_give_up(run, HS_NO_MEMORY);
    }
}

/* The answer to the request: true where it makes a WebSocket of the stream. */
static bool check_answer(hs_run *run, const exchange *x)
{
    if (x->status > 299) {
        hs_probe_upgrade_refused(run, x->status, "", x->location);
        return false;
    }
    if (!hs_probe_extensions_are_good(run, x->extensions)) {
        return false;
    }
    return !x->subprotocol.data || hs_probe_subprotocol_is_good(run, x->subprotocol);
}

static void go_on(hs_run *run, exchange *x)
{
    if (x->answered && !x->is_open && check_answer(run, x)) {
        x->is_open = true;
        hs_run_set_phase(run, HS_PHASE_RESPONSE);
        hs_result result = hs_probe_frames_open(&x->frames, run, send_frames);
        if (result != HS_OK) {
            hs_run_give_up(run, result);
        }
    }
    hs_bytes came = hs_buffer_bytes(&x->in);
    if (x->is_open && came.len > 0 && !run->finished) {
        hs_probe_frames_receive(&x->frames, came);
        hs_buffer_consume(&x->in, came.len);
    }
}

/* RFC 8441 5: END_STREAM is what a FIN is to HTTP/1.1, and a reset of the stream what an RST is. */
static void judge_end(hs_run *run, const exchange *x, hs_bytes bytes)
{
    const char *error = nghttp2_http2_strerror(x->error);
    if (x->is_ended) {
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_CLOSED,
                    "%s ended the WebSocket's stream before it answered", hs_run_peer(run));
    } else if (x->is_reset) {
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_RESET, "%s reset the WebSocket's stream (%s)",
                    hs_run_peer(run), error);
    } else if (x->is_gone) {
        hs_run_fail(run, HS_FAILURE_HTTP2_GOAWAY, "%s sent GOAWAY (%s) before it answered",
                    hs_run_peer(run), error);
    } else if (x->breach != 0 || !nghttp2_session_want_read(x->session)) {
        /* nghttp2 found a breach and has queued its own RST_STREAM or GOAWAY. */
        hs_http2_client_fail(run, bytes, x->breach);
    }
}

static void received(hs_run *run, hs_bytes bytes)
{
    exchange *x = run->exchange;
    if (!hs_http2_client_receive(run, x->session, bytes) || run->over) {
        return;
    }
    if (!run->finished) {
        go_on(run, x);
    }
    if (run->over) {
        return;
    }
    hs_http2_client_flush(run, x->session);
    if (!run->finished) {
        judge_end(run, x, bytes);
    }
}

/* RFC 8441 5: the end of the stream stands for that of the connection. */
static void leave(hs_run *run)
{
    exchange *x = run->exchange;
    x->is_left = true;
    hs_probe_frames_leave(&x->frames);
    if (x->stream > 0) {
        (void)nghttp2_session_resume_data(x->session, x->stream);
        hs_http2_client_flush(run, x->session);
    }
    if (nghttp2_session_terminate_session(x->session, NGHTTP2_NO_ERROR) == 0) {
        hs_http2_client_flush(run, x->session);
    }
}

static void end(hs_run *run)
{
    exchange *x = run->exchange;
    if (x) {
        hs_probe_frames_free(&x->frames);
        nghttp2_session_del(x->session);
        hs_buffer_free(&x->in);
        hs_buffer_free(&x->out);
        free(x);
        run->exchange = NULL;
    }
}

const hs_step hs_step_websocket_settings = {
    .name = "HTTP/2 SETTINGS exchange",
    .phase = HS_PHASE_SETTINGS,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_HTTP2_TIMED_OUT,
    .closed = HS_FAILURE_HTTP2_CLOSED,
    .reset = HS_FAILURE_HTTP2_RESET,
    .start = start_session,
    .received = received,
    .leave = leave,
    .end = end,
};

const hs_step hs_step_websocket_http2 = {
    .name = "WebSocket upgrade",
    .phase = HS_PHASE_UPGRADE,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_WEBSOCKET_TIMED_OUT,
    .closed = HS_FAILURE_WEBSOCKET_CLOSED,
    .reset = HS_FAILURE_WEBSOCKET_RESET,
    .start = start_request,
    .received = received,
    .leave = leave,
    .end = end,
};
