/* HTTP/3 through nghttp3: SETTINGS, then one request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http3_session.h"
#include "probe/run.h"
#include "wire/http3.h"

typedef struct exchange {
    hs_http3_session *session;
    int64_t request; /* its stream */
    int status;      /* of the newest head; 0 none */
    bool answered;   /* the final response head came */
} exchange;

/* --- what HTTP/3 asks of the connection --- */

static hs_result on_open(void *context, bool bidirectional, int64_t *stream)
{
    return hs_quic_session_open(((hs_run *)context)->quic->session, bidirectional, stream);
}

static size_t on_room(void *context, int64_t stream)
{
    return hs_quic_session_room(((hs_run *)context)->quic->session, stream);
}

static hs_result on_send(void *context, int64_t stream, hs_bytes bytes, bool fin)
{
    return hs_quic_session_send(((hs_run *)context)->quic->session, stream, bytes, fin);
}

/* A stream that is gone by now needs neither. */
static void on_stop(void *context, int64_t stream, uint64_t error)
{
    hs_result result = hs_quic_session_stop(((hs_run *)context)->quic->session, stream, error);
    (void)result;
}

static void on_reset(void *context, int64_t stream, uint64_t error)
{
    hs_result result = hs_quic_session_reset(((hs_run *)context)->quic->session, stream, error);
    (void)result;
}

static void on_consume(void *context, int64_t stream, size_t len)
{
    hs_run_quic_consume(context, stream, len);
}

/* --- what comes --- */

static void on_settings(void *context)
{
    hs_run *run = context;
    if (!run->finished) {
        hs_run_set_phase(run, HS_PHASE_RESPONSE);
    }
}

static void on_field(void *context, int64_t stream, hs_bytes name, hs_bytes value)
{
    exchange *x = ((hs_run *)context)->exchange;
    if (stream == x->request && hs_bytes_are(name, ":status") && value.len == 3) {
        /* nghttp3 has checked that these are digits. */
        x->status = (value.data[0] - '0') * 100 + (value.data[1] - '0') * 10 +
                    (value.data[2] - '0');
    }
}

static void on_head(void *context, int64_t stream, bool fin)
{
    exchange *x = ((hs_run *)context)->exchange;
    (void)fin;
    if (stream == x->request) {
        x->answered = x->answered || x->status >= 200;
    }
}

static void on_goaway(void *context, uint64_t id)
{
    hs_run *run = context;
    const exchange *x = run->exchange;
    if (!x->answered && (uint64_t)x->request >= id) {
        hs_run_fail(run, HS_FAILURE_HTTP3_GOAWAY, "%s sent GOAWAY (%" PRIu64 ") before it answered",
                    hs_run_peer(run), id);
    }
}

/* --- the step --- */

/* What a call of the session came to. */
static void settle(hs_run *run, hs_result result)
{
    exchange *x = run->exchange;
    if (run->finished) {
        return;
    }
    if (result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    } else if (result == HS_LIMIT) {
        hs_run_fail(run, HS_FAILURE_HTTP3_PROTOCOL_ERROR,
                    "%s does not allow the streams that HTTP/3 needs (RFC 9114 6.2)",
                    hs_run_peer(run));
    } else if (result == HS_MALFORMED) {
        hs_quic_session_close(run->quic->session, hs_http3_session_error(x->session), NULL,
                              hs_clock_monotonic());
        hs_run_fail(run, HS_FAILURE_HTTP3_PROTOCOL_ERROR, "%s broke HTTP/3: %s", hs_run_peer(run),
                    hs_http3_session_error_text(x->session));
    } else if (result != HS_OK) {
        hs_run_give_up(run, result);
    } else if (x->answered && !run->in_early_start) {
        hs_run_step_done(run);
    }
}

static hs_result submit(hs_run *run, exchange *x)
{
    const hs_url *url = run->setup.url;
    char authority[HS_HOST_MAX + 16];
    char agent[64];
    hs_url_authority(url, authority);
    (void)snprintf(agent, sizeof agent, "handshake/%s", hs_version());
    const hs_http3_field request[] = {
        {":method", run->setup.options->head ? "HEAD" : "GET"},
        {":scheme", "https"},
        {":authority", authority},
        {":path", url->path},
        {"user-agent", agent},
        {"accept", "*/*"},
    };
    return hs_http3_session_request(x->session, request, sizeof request / sizeof request[0],
                                    &x->request);
}

static void start(hs_run *run)
{
    const hs_http3_transport transport = {.context = run,
                                          .open = on_open,
                                          .room = on_room,
                                          .send = on_send,
                                          .stop = on_stop,
                                          .reset = on_reset,
                                          .consume = on_consume};
    const hs_http3_session_events events = {.context = run,
                                            .settings = on_settings,
                                            .field = on_field,
                                            .head = on_head,
                                            .goaway = on_goaway};
    exchange *x = calloc(1, sizeof *x);
    run->exchange = x;
    hs_result result = x ? hs_http3_session_new(false, &transport, &events, &x->session)
                         : HS_NO_MEMORY;
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    x->request = -1;
    result = hs_http3_session_start(x->session);
    if (result == HS_OK) {
        result = submit(run, x);
    }
    settle(run, result);
}

static void on_data(hs_run *run, int64_t stream, hs_bytes bytes, bool fin)
{
    exchange *x = run->exchange;
    settle(run, hs_http3_session_data(x->session, stream, bytes, fin));
}

static void on_stream_reset(hs_run *run, int64_t stream, uint64_t error)
{
    const exchange *x = run->exchange;
    if (stream == x->request && !x->answered) {
        const char *name = hs_http3_error_name(error);
        hs_run_fail(run, HS_FAILURE_HTTP3_PROTOCOL_ERROR,
                    "%s reset the request's stream (%s, 0x%" PRIx64 ")", hs_run_peer(run),
                    name ? name : "unknown error", error);
    }
}

static void on_closed(hs_run *run, int64_t stream, bool has_error, uint64_t error)
{
    exchange *x = run->exchange;
    settle(run, hs_http3_session_closed(x->session, stream,
                                        has_error ? error : HS_HTTP3_ERROR_NO_ERROR));
}

static void on_writable(hs_run *run, int64_t stream)
{
    exchange *x = run->exchange;
    settle(run, hs_http3_session_writable(x->session, stream));
}

static void end(hs_run *run)
{
    exchange *x = run->exchange;
    if (x) {
        hs_http3_session_free(x->session);
        free(x);
        run->exchange = NULL;
    }
}

static const hs_step_streams streams = {
    .data = on_data,
    .reset = on_stream_reset,
    .closed = on_closed,
    .writable = on_writable,
};

const hs_step hs_step_http3 = {
    .name = "HTTP/3 exchange",
    .phase = HS_PHASE_SETTINGS,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_HTTP3_TIMED_OUT,
    .closed = HS_FAILURE_HTTP3_CLOSED,
    .reset = HS_FAILURE_QUIC_STATELESS_RESET,
    .start = start,
    .streams = &streams,
    .end = end,
};
