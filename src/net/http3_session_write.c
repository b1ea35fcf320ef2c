/* What goes out over an HTTP/3 session: requests, responses and their bodies, as far as the streams
 * have room. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/http3_session_state.h"

enum { PARTS_MAX = 16 };

/* --- bodies --- */

static hs_result keep_body(hs_http3_session *session, int64_t stream, hs_bytes bytes)
{
    hs_http3_body *kept = malloc(sizeof *kept + bytes.len);
    if (!kept) {
        return HS_NO_MEMORY;
    }
    *kept = (hs_http3_body){.next = session->bodies, .stream = stream, .len = bytes.len};
    memcpy(kept->bytes, bytes.data, bytes.len);
    session->bodies = kept;
    return HS_OK;
}

static hs_http3_body *find_body(const hs_http3_session *session, int64_t stream)
{
    hs_http3_body *each = session->bodies;
    while (each && each->stream != stream) {
        each = each->next;
    }
    return each;
}

void hs_http3_session_drop_body(hs_http3_session *session, int64_t stream)
{
    hs_http3_body **link = &session->bodies;
    while (*link && (*link)->stream != stream) {
        link = &(*link)->next;
    }
    if (*link) {
        hs_http3_body *gone = *link;
        *link = gone->next;
        free(gone);
    }
}

static nghttp3_ssize read_body(nghttp3_conn *connection, int64_t stream, nghttp3_vec *parts,
                               size_t count, uint32_t *flags, void *context, void *stream_context)
{
    hs_http3_body *found = find_body(context, stream);
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

/* --- bytes for the streams --- */

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
            return hs_http3_session_broke(session, (int)count);
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
            return hs_http3_session_broke(session, error);
        }
    }
}

hs_result hs_http3_session_writable(hs_http3_session *session, int64_t stream)
{
    int error = nghttp3_conn_unblock_stream(session->connection, stream);
    return error != 0 ? hs_http3_session_broke(session, error) : hs_http3_session_flush(session);
}

/* --- messages --- */

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
    return error != 0 ? hs_http3_session_broke(session, error) : hs_http3_session_flush(session);
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
        hs_http3_session_drop_body(session, stream);
        return error == NGHTTP3_ERR_NOMEM ? HS_NO_MEMORY : HS_INVALID;
    }
    return hs_http3_session_flush(session);
}

hs_result hs_http3_session_shut_down(hs_http3_session *session)
{
    int error = nghttp3_conn_shutdown(session->connection);
    return error != 0 ? hs_http3_session_broke(session, error) : hs_http3_session_flush(session);
}
