/* The beginning and the end of an HTTP/3 session. */
#include "net/http3_session.h"

#include <stdlib.h>

#include "net/http3_session_state.h"
#include "wire/http3.h"

hs_result hs_http3_session_broke(hs_http3_session *session, int error)
{
    if (error == NGHTTP3_ERR_NOMEM) {
        return HS_NO_MEMORY;
    }
    session->error = error;
    return HS_MALFORMED;
}

hs_result hs_http3_session_start(hs_http3_session *session)
{
    int64_t streams[3];
    for (size_t i = 0; i < 3; i++) {
        hs_result result = session->transport.open(session->transport.context, false, &streams[i]);
        if (result != HS_OK) {
            return result;
        }
    }
    int error = nghttp3_conn_bind_control_stream(session->connection, streams[0]);
    if (error == 0) {
        error = nghttp3_conn_bind_qpack_streams(session->connection, streams[1], streams[2]);
    }
    return error != 0 ? hs_http3_session_broke(session, error) : hs_http3_session_flush(session);
}

hs_result hs_http3_session_new(bool is_server, const hs_http3_transport *transport,
                               const hs_http3_session_events *events, hs_http3_session **out)
{
    nghttp3_settings settings;
    hs_http3_session *session = calloc(1, sizeof *session);
    if (!session) {
        return HS_NO_MEMORY;
    }
    session->is_server = is_server;
    session->transport = *transport;
    session->events = *events;
    nghttp3_settings_default(&settings);
    settings.max_field_section_size = HS_HTTP3_FIELD_SECTION_MAX;
    settings.qpack_max_dtable_capacity = HS_HTTP3_QPACK_CAPACITY;
    settings.qpack_blocked_streams = HS_HTTP3_QPACK_BLOCKED;
    int error = is_server
                    ? nghttp3_conn_server_new(&session->connection, &hs_http3_session_callbacks,
                                              &settings, NULL, session)
                    : nghttp3_conn_client_new(&session->connection, &hs_http3_session_callbacks,
                                              &settings, NULL, session);
    if (error != 0) {
        free(session);
        return HS_NO_MEMORY;
    }
    hs_http3_session_allow_requests(session, 0);
    *out = session;
    return HS_OK;
}

void hs_http3_session_free(hs_http3_session *session)
{
    if (!session) {
        return;
    }
    nghttp3_conn_del(session->connection);
    while (session->bodies) {
        hs_http3_session_drop_body(session, session->bodies->stream);
    }
    free(session);
}

uint64_t hs_http3_session_error(const hs_http3_session *session)
{
    /* A field too long for the decoder: nghttp3 would have it our own error. */
    if (session->error == NGHTTP3_ERR_QPACK_HEADER_TOO_LARGE) {
        return HS_HTTP3_ERROR_EXCESSIVE_LOAD;
    }
    return session->error != 0 ? nghttp3_err_infer_quic_app_error_code(session->error)
                               : HS_HTTP3_ERROR_NO_ERROR;
}

const char *hs_http3_session_error_text(const hs_http3_session *session)
{
    return nghttp3_strerror(session->error);
}
