/* What the files of an HTTP/3 session (http3_session*.c) share. */
#ifndef HS_NET_HTTP3_SESSION_STATE_H
#define HS_NET_HTTP3_SESSION_STATE_H

#include <nghttp3/nghttp3.h>

#include "net/http3_session.h"

/* A response's body, from its submission until its stream is closed. */
typedef struct hs_http3_body {
    struct hs_http3_body *next;
    int64_t stream;
    bool is_given; /* nghttp3 has it */
    size_t len;
    uint8_t bytes[];
} hs_http3_body;

struct hs_http3_session {
    nghttp3_conn *connection;
    bool is_server;
    hs_http3_transport transport;
    hs_http3_session_events events;
    hs_http3_body *bodies;
    uint64_t requests_allowed; /* of a server's client */
    int error;                 /* nghttp3's, that broke the connection; 0 none */
};

/* http3_session.c: nghttp3 has failed by this error. HS_NO_MEMORY, or HS_MALFORMED, and then the
 * error is kept. */
HS_CHECKED hs_result hs_http3_session_broke(hs_http3_session *session, int error);

/* http3_session_read.c. Server: as many requests may be named ahead of this stream's. */
void hs_http3_session_allow_requests(hs_http3_session *session, int64_t stream);
/* What nghttp3 calls; its context is the session. */
extern const nghttp3_callbacks hs_http3_session_callbacks;

/* http3_session_write.c: nothing more of this stream's body is sent. */
void hs_http3_session_drop_body(hs_http3_session *session, int64_t stream);

#endif
