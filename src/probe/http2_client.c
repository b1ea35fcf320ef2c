#include "probe/http2_client.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_MAX = 1024 * 1024 };

int hs_http2_client_new(hs_run *run, const hs_http2_client_callbacks *callbacks,
                        nghttp2_session **out)
{
    nghttp2_session_callbacks *all = NULL;
    int error = nghttp2_session_callbacks_new(&all);
    if (error == 0) {
        nghttp2_session_callbacks_set_on_header_callback(all, callbacks->header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(all, callbacks->frame);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, callbacks->invalid_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, callbacks->data);
        error = nghttp2_session_client_new(out, all, run);
    }
    nghttp2_session_callbacks_del(all);
    return error;
}

void hs_http2_client_flush(hs_run *run, nghttp2_session *session)
{
    hs_buffer out;
    hs_buffer_init(&out, OUTPUT_MAX);
    const uint8_t *data = NULL;
    ssize_t len;
    hs_result result = HS_OK;
    while (result == HS_OK && (len = nghttp2_session_mem_send(session, &data)) > 0) {
        result = hs_buffer_append(&out, hs_bytes_of(data, (size_t)len));
    }
    if (result != HS_OK) {
        hs_run_give_up(run, result);
    } else if (hs_buffer_bytes(&out).len > 0) {
        hs_run_send(run, hs_buffer_bytes(&out));
    }
    hs_buffer_free(&out);
}

bool hs_http2_client_receive(hs_run *run, nghttp2_session *session, hs_bytes bytes)
{
    ssize_t used = nghttp2_session_mem_recv(session, bytes.data, bytes.len);
    if (used < 0 && !run->finished) {
        hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR, "%s broke HTTP/2: %s", hs_run_peer(run),
                    nghttp2_strerror((int)used));
    }
    return used >= 0;
}

/* Some servers have h2 in their TLS, and HTTP/1.1 behind it. */
void hs_http2_client_fail(hs_run *run, hs_bytes bytes, int breach)
{
    static const char http1[] = "HTTP/1.";
    enum { SHOWN = 48 };
    const size_t len = sizeof http1 - 1;
    if (breach != 0) {
        hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR, "%s broke HTTP/2: %s", hs_run_peer(run),
                    nghttp2_strerror(breach));
        return;
    }
    if (bytes.len < len || !hs_bytes_are(hs_bytes_of(bytes.data, len), http1)) {
        hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR,
                    "%s sent what HTTP/2 does not allow at this point", hs_run_peer(run));
        return;
    }
    bytes.len = bytes.len > SHOWN ? SHOWN : bytes.len;
    const char *alpn = hs_run_alpn(run);
    hs_run_fail(run, HS_FAILURE_HTTP2_PROTOCOL_ERROR, "%s %s HTTP/2 and answers in HTTP/1: \"%s\"",
                hs_run_peer(run), alpn && strcmp(alpn, "h2") == 0 ? "agreed on" : "was asked in",
                hs_arena_escaped(hs_trace_arena(run->trace), bytes));
}

int hs_http2_client_settings(nghttp2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
    };
    return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]);
}

nghttp2_nv hs_http2_field(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .namelen = strlen(name),
                        .value = (uint8_t *)(uintptr_t)value,
                        .valuelen = strlen(value)};
}

const char *hs_http2_agent(char out[HS_HTTP2_AGENT_MAX])
{
    (void)snprintf(out, HS_HTTP2_AGENT_MAX, "handshake/%s", hs_version());
    return out;
}
