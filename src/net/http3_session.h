/* HTTP/3 (RFC 9114) over the streams of one QUIC connection, either side: nghttp3, without the
 * connection.
 *
 * Stream bytes are fed in, in order; what is to be sent goes out by the table of the transport,
 * from within the functions below. What comes is told by call-back, from within
 * hs_http3_session_data. A call-back may submit and be followed by hs_http3_session_flush; it may
 * not feed or free. Any call-back may be NULL.
 *
 * Nothing is kept of bodies that come. Bodies that go out are copied.
 */
#ifndef HS_NET_HTTP3_SESSION_H
#define HS_NET_HTTP3_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <handshake/api.h>

typedef struct hs_http3_session hs_http3_session;

enum {
    HS_HTTP3_FIELDS_MAX = 64,           /* of one message that goes out */
    HS_HTTP3_FIELD_SECTION_MAX = 65536, /* of one that comes: MAX_FIELD_SECTION_SIZE */
    HS_HTTP3_QPACK_CAPACITY = 4096,
    HS_HTTP3_QPACK_BLOCKED = 16,
};

/* What HTTP/3 asks of its connection. */
typedef struct hs_http3_transport {
    void *context;
    /* HS_LIMIT: none may be opened now. */
    hs_result (*open)(void *context, bool bidirectional, int64_t *stream);
    /* How many bytes `send` would take now. */
    size_t (*room)(void *context, int64_t stream);
    hs_result (*send)(void *context, int64_t stream, hs_bytes bytes, bool fin);
    /* STOP_SENDING and RESET_STREAM (RFC 9000 3). */
    void (*stop)(void *context, int64_t stream, uint64_t error);
    void (*reset)(void *context, int64_t stream, uint64_t error);
} hs_http3_transport;

typedef struct hs_http3_field {
    const char *name; /* lower case; ":method" … first */
    const char *value;
} hs_http3_field;

typedef struct hs_http3_session_events {
    void *context;
    /* The peer's SETTINGS came. */
    void (*settings)(void *context);
    /* A field of a request (server) or a response (client), interim ones too. */
    void (*field)(void *context, int64_t stream, hs_bytes name, hs_bytes value);
    /* The end of the fields; with `fin` no body follows. */
    void (*head)(void *context, int64_t stream, bool fin);
    void (*body)(void *context, int64_t stream, hs_bytes bytes);
    /* The peer has sent all of the message. */
    void (*message_end)(void *context, int64_t stream);
    /* Client: GOAWAY (RFC 9114 5.2); requests from stream `id` on are not answered. */
    void (*goaway)(void *context, uint64_t id);
} hs_http3_session_events;

/* HS_NO_MEMORY. */
HS_CHECKED hs_result hs_http3_session_new(bool is_server, const hs_http3_transport *transport,
                                          const hs_http3_session_events *events,
                                          hs_http3_session **out);
void hs_http3_session_free(hs_http3_session *session);

/* Opens the control stream and those of QPACK, and sends SETTINGS. HS_LIMIT: the peer does not
 * allow three streams, which it must (RFC 9114 6.2). */
HS_CHECKED hs_result hs_http3_session_start(hs_http3_session *session);
/* Bytes of a stream of the peer's, or of the peer's half of ours. HS_MALFORMED: the peer broke
 * HTTP/3: the connection is to be closed with hs_http3_session_error. */
HS_CHECKED hs_result hs_http3_session_data(hs_http3_session *session, int64_t stream,
                                           hs_bytes bytes, bool fin);
/* The stream is over, or the peer's half of it was reset. HS_MALFORMED as above (RFC 9114 6.2.1: a
 * critical stream). */
HS_CHECKED hs_result hs_http3_session_closed(hs_http3_session *session, int64_t stream,
                                             uint64_t error);
/* There is room again. */
HS_CHECKED hs_result hs_http3_session_writable(hs_http3_session *session, int64_t stream);
/* Sends what was submitted, as far as there is room. */
HS_CHECKED hs_result hs_http3_session_flush(hs_http3_session *session);

/* Client: a request without a body. HS_LIMIT: no stream may be opened now. */
HS_CHECKED hs_result hs_http3_session_request(hs_http3_session *session,
                                              const hs_http3_field *fields, size_t count,
                                              int64_t *stream);
/* Server: a response, with its whole body (copied; empty where there is none). */
HS_CHECKED hs_result hs_http3_session_respond(hs_http3_session *session, int64_t stream,
                                              const hs_http3_field *fields, size_t count,
                                              hs_bytes body);
/* Server: GOAWAY; requests under way are still answered. */
HS_CHECKED hs_result hs_http3_session_shut_down(hs_http3_session *session);

/* After HS_MALFORMED: the code to close with (RFC 9114 8.1), and what it means; static. */
uint64_t hs_http3_session_error(const hs_http3_session *session);
const char *hs_http3_session_error_text(const hs_http3_session *session);

#endif
