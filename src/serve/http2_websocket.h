/* A WebSocket on a stream of HTTP/2 (RFC 8441). */
#ifndef HS_SERVE_HTTP2_WEBSOCKET_H
#define HS_SERVE_HTTP2_WEBSOCKET_H

#include "serve/http2_stream.h"

/* At once on a connection: each may hold a message that comes and one that goes. */
enum { HS_HTTP2_WEBSOCKETS_MAX = 16 };

/* Answers a request where only WebSockets are served: with one, or with why there is none. The
 * stream then has its `websocket`. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_http2_websocket_answer(nghttp2_session *session, int32_t id,
                                               hs_http2_stream *stream, hs_connection *c);
/* DATA came; its part of the stream's window is given back when there is room for an answer. */
void hs_http2_websocket_received(hs_http2_websocket *websocket, hs_bytes bytes);
/* The peer's END_STREAM came. */
void hs_http2_websocket_ended(hs_http2_websocket *websocket);
/* Says goodbye; nothing follows. */
void hs_http2_websocket_leave(hs_http2_websocket *websocket, const char *why);
/* Accepts NULL. */
void hs_http2_websocket_free(hs_http2_websocket *websocket);

#endif
