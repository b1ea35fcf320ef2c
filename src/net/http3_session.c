#include "net/http3_session.h"

#include <stdlib.h>
#include <string.h>

#include <nghttp3/nghttp3.h>

#include "base/reader.h"
#include "wire/http3.h"

enum { PARTS_MAX = 16 };

/* A response's body, from its submission until its stream is closed. */
typedef struct body {
    struct body *next;
    int64_t stream;
    bool is_given; /* nghttp3 has it */
    size_t len;
    uint8_t bytes[];
} body;

struct hs_http3_session {
    nghttp3_conn *connection;
    bool is_server;
    hs_http3_transport transport;
    hs_http3_session_events events;
    body *bodies;
    uint64_t requests_allowed; /* of a server's client */
    int error;                 /* nghttp3's, that broke the connection; 0 none */
};

/* --- what comes --- */

static hs_bytes bytes_of(nghttp3_rcbuf *buffer)
{
    nghttp3_vec part = nghttp3_rcbuf_get_buf(buffer);
    return hs_bytes_of(part.base, part.len);
}

static void consume(hs_http3_session *session, int64_t stream, size_t len)
{
    if (session->transport.consume && len > 0) {
        session->transport.consume(session->transport.context, stream, len);
    }
}

static int on_field(nghttp3_conn *connection, int64_t stream, int32_t token, nghttp3_rcbuf *name,
                    nghttp3_rcbuf *value, uint8_t flags, void *context, void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)token;
    (void)flags;
    (void)stream_context;
    if (session->events.field) {
        session->events.field(session->events.context, stream, bytes_of(name), bytes_of(value));
    }
    return 0;
}

static int on_head(nghttp3_conn *connection, int64_t stream, int fin, void *context,
                   void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    if (session->events.head) {
        session->events.head(session->events.context, stream, fin != 0);
    }
    return 0;
}

static int on_body(nghttp3_conn *connection, int64_t stream, const uint8_t *data, size_t len,
                   void *context, void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    if (session->events.body) {
        session->events.body(session->events.context, stream, hs_bytes_of(data, len));
    }
    consume(session, stream, len);
    return 0;
}

static int on_deferred(nghttp3_conn *connection, int64_t stream, size_t len, void *context,
                       void *stream_context)
{
    (void)connection;
    (void)stream_context;
    consume(context, stream, len);
    return 0;
}

static int on_message_end(nghttp3_conn *connection, int64_t stream, void *context,
                          void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    if (session->events.message_end) {
        session->events.message_end(session->events.context, stream);
    }
    return 0;
}

static int on_goaway(nghttp3_conn *connection, int64_t id, void *context)
{
    hs_http3_session *session = context;
    (void)connection;
    if (session->events.goaway && !session->is_server) {
        session->events.goaway(session->events.context, (uint64_t)id);
    }
    return 0;
}

static int on_settings(nghttp3_conn *connection, const nghttp3_settings *settings, void *context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)settings;
    if (session->events.settings) {
        session->events.settings(session->events.context);
    }
    return 0;
}

static int on_stop_sending(nghttp3_conn *connection, int64_t stream, uint64_t error, void *context,
                           void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    session->transport.stop(session->transport.context, stream, error);
    return 0;
}

static int on_reset_stream(nghttp3_conn *connection, int64_t stream, uint64_t error, void *context,
                           void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    session->transport.reset(session->transport.context, stream, error);
    return 0;
}

static hs_result broke(hs_http3_session *session, int error)
{
    if (error == NGHTTP3_ERR_NOMEM) {
        return HS_NO_MEMORY;
    }
    session->error = error;
    return HS_MALFORMED;
}

/* A limit of the sum of all requests; it moves on with those that came. */
static void allow_requests(hs_http3_session *session, int64_t stream)
{
    uint64_t allowed = ((uint64_t)stream >> 2) + HS_HTTP3_REQUESTS_AHEAD;
    bool is_request = session->is_server && (stream & 3) == 0;
    if (is_request && allowed > session->requests_allowed) {
        session->requests_allowed = allowed;
        nghttp3_conn_set_max_client_streams_bidi(session->connection, allowed);
    }
}

hs_result hs_http3_session_data(hs_http3_session *session, int64_t stream, hs_bytes bytes, bool fin)
{
    if (session->error != 0) {
        return HS_MALFORMED;
    }
    allow_requests(session, stream);
    nghttp3_ssize used = nghttp3_conn_read_stream(session->connection, stream, bytes.data,
                                                  bytes.len, fin);
    if (used < 0) {
        return broke(session, (int)used);
    }
    consume(session, stream, (size_t)used);
    return hs_http3_session_flush(session);
}

/* --- bodies that go out --- */

static body *find_body(const hs_http3_session *session, int64_t stream)
{
    body *each = session->bodies;
    while (each && each->stream != stream) {
        each = each->next;
    }
    return each;
}

static void drop_body(hs_http3_session *session, int64_t stream)
{
    body **link = &session->bodies;
    while (*link && (*link)->stream != stream) {
        link = &(*link)->next;
    }
    if (*link) {
        body *gone = *link;
        *link = gone->next;
        free(gone);
    }
}

static nghttp3_ssize read_body(nghttp3_conn *connection, int64_t stream, nghttp3_vec *parts,
                               size_t count, uint32_t *flags, void *context, void *stream_context)
{
    body *found = find_body(context, stream);
    (void)connection;
    (void)count;
    (void)stream_context;
    *flags |= NGHTTP3_DATA_FLAG_EOF;
    if (!found || found->is_given || found->len == 0) {
        return 0;
    }
    found->is_given = true;
    parts[0] = (nghttp3_vec){.base = found->bytes, .len = found->len};
    return 1;
}

hs_result hs_http3_session_closed(hs_http3_session *session, int64_t stream, uint64_t error)
{
    /* Where the stream waits for QPACK nghttp3 keeps it a while, and would go on sending. */
    nghttp3_conn_shutdown_stream_write(session->connection, stream);
    int result = nghttp3_conn_close_stream(session->connection, stream, error);
    drop_body(session, stream);
    if (result != 0 && result != NGHTTP3_ERR_STREAM_NOT_FOUND) {
        return broke(session, result);
    }
    return HS_OK;
}

/* --- what goes out --- */

/* The parts, as far as the stream takes them. */
static hs_result send_parts(hs_http3_session *session, int64_t stream, const nghttp3_vec *parts,
                            size_t count, bool fin, size_t *taken)
{
    const hs_http3_transport *t = &session->transport;
    size_t room = t->room(t->context, stream);
    hs_result result = HS_OK;
    *taken = 0;
    if (count == 0) {
        return t->send(t->context, stream, hs_bytes_of(NULL, 0), fin);
    }
    for (size_t i = 0; i < count && room > 0 && result == HS_OK; i++) {
        size_t len = parts[i].len < room ? parts[i].len : room;
        bool is_last = i + 1 == count && len == parts[i].len;
        result = t->send(t->context, stream, hs_bytes_of(parts[i].base, len), fin && is_last);
        *taken += result == HS_OK ? len : 0;
        room -= len;
    }
    return result;
}

static size_t length_of(const nghttp3_vec *parts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        length += parts[i].len;
    }
    return length;
}

/* The transport has its own copy: what it took counts as acknowledged for nghttp3, which then keeps
 * no more of it. */
static int note_taken(hs_http3_session *session, int64_t stream, size_t taken)
{
    int error = nghttp3_conn_add_write_offset(session->connection, stream, taken);
    return error != 0 ? error : nghttp3_conn_add_ack_offset(session->connection, stream, taken);
}

hs_result hs_http3_session_flush(hs_http3_session *session)
{
    for (;;) {
        nghttp3_vec parts[PARTS_MAX];
        int64_t stream = -1;
        int fin = 0;
        nghttp3_ssize count = nghttp3_conn_writev_stream(session->connection, &stream, &fin, parts,
                                                         PARTS_MAX);
        if (count < 0) {
            return broke(session, (int)count);
        }
        if (stream < 0) {
            return HS_OK;
        }
        size_t taken = 0;
        hs_result result = send_parts(session, stream, parts, (size_t)count, fin != 0, &taken);
        if (result == HS_NO_MEMORY) {
            return result;
        }
        if (result != HS_OK && result != HS_LIMIT) {
            /* The peer has stopped the stream: nothing of it is sent any more. */
            nghttp3_conn_shutdown_stream_write(session->connection, stream);
            continue;
        }
        if (taken < length_of(parts, (size_t)count)) {
            nghttp3_conn_block_stream(session->connection, stream);
        }
        int error = note_taken(session, stream, taken);
        if (error != 0) {
            return broke(session, error);
        }
    }
}

hs_result hs_http3_session_writable(hs_http3_session *session, int64_t stream)
{
    int error = nghttp3_conn_unblock_stream(session->connection, stream);
    return error != 0 ? broke(session, error) : hs_http3_session_flush(session);
}

static nghttp3_nv field_of(const hs_http3_field *field)
{
    return (nghttp3_nv){.name = (uint8_t *)(uintptr_t)field->name,
                        .namelen = strlen(field->name),
                        .value = (uint8_t *)(uintptr_t)field->value,
                        .valuelen = strlen(field->value)};
}

static hs_result take_fields(const hs_http3_field *fields, size_t count,
                             nghttp3_nv out[HS_HTTP3_FIELDS_MAX])
{
    if (count > HS_HTTP3_FIELDS_MAX) {
        return HS_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = field_of(&fields[i]);
    }
    return HS_OK;
}

hs_result hs_http3_session_request(hs_http3_session *session, const hs_http3_field *fields,
                                   size_t count, int64_t *stream)
{
    nghttp3_nv given[HS_HTTP3_FIELDS_MAX];
    hs_result result = take_fields(fields, count, given);
    if (result == HS_OK) {
        result = session->transport.open(session->transport.context, true, stream);
    }
    if (result != HS_OK) {
        return result;
    }
    int error = nghttp3_conn_submit_request(session->connection, *stream, given, count, NULL, NULL);
    return error != 0 ? broke(session, error) : hs_http3_session_flush(session);
}

static hs_result keep_body(hs_http3_session *session, int64_t stream, hs_bytes bytes)
{
    body *kept = malloc(sizeof *kept + bytes.len);
    if (!kept) {
        return HS_NO_MEMORY;
    }
    *kept = (body){.next = session->bodies, .stream = stream, .len = bytes.len};
    memcpy(kept->bytes, bytes.data, bytes.len);
    session->bodies = kept;
    return HS_OK;
}

hs_result hs_http3_session_respond(hs_http3_session *session, int64_t stream,
                                   const hs_http3_field *fields, size_t count, hs_bytes bytes)
{
    nghttp3_nv given[HS_HTTP3_FIELDS_MAX];
    const nghttp3_data_reader reader = {.read_data = read_body};
    hs_result result = take_fields(fields, count, given);
    if (result == HS_OK && bytes.len > 0) {
        result = keep_body(session, stream, bytes);
    }
    if (result != HS_OK) {
        return result;
    }
    int error = nghttp3_conn_submit_response(session->connection, stream, given, count,
                                             bytes.len > 0 ? &reader : NULL);
    if (error != 0) {
        drop_body(session, stream);
        return error == NGHTTP3_ERR_NOMEM ? HS_NO_MEMORY : HS_INVALID;
    }
    return hs_http3_session_flush(session);
}

hs_result hs_http3_session_shut_down(hs_http3_session *session)
{
    int error = nghttp3_conn_shutdown(session->connection);
    return error != 0 ? broke(session, error) : hs_http3_session_flush(session);
}

/* --- beginning and end --- */

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
    return error != 0 ? broke(session, error) : hs_http3_session_flush(session);
}

hs_result hs_http3_session_new(bool is_server, const hs_http3_transport *transport,
                               const hs_http3_session_events *events, hs_http3_session **out)
{
    static const nghttp3_callbacks callbacks = {.recv_header = on_field,
                                                .end_headers = on_head,
                                                .recv_data = on_body,
                                                .deferred_consume = on_deferred,
                                                .end_stream = on_message_end,
                                                .stop_sending = on_stop_sending,
                                                .reset_stream = on_reset_stream,
                                                .shutdown = on_goaway,
                                                .recv_settings = on_settings};
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
    int error = is_server ? nghttp3_conn_server_new(&session->connection, &callbacks, &settings,
                                                    NULL, session)
                          : nghttp3_conn_client_new(&session->connection, &callbacks, &settings,
                                                    NULL, session);
    if (error != 0) {
        free(session);
        return HS_NO_MEMORY;
    }
    allow_requests(session, 0);
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
        drop_body(session, session->bodies->stream);
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
