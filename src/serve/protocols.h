/* What the server can speak over a connection; one file each. */
#ifndef HS_SERVE_PROTOCOLS_H
#define HS_SERVE_PROTOCOLS_H

#include "serve/connection.h"

extern const hs_protocol hs_protocol_echo;      /* what comes goes back */
extern const hs_protocol hs_protocol_cleartext; /* HTTP/2 with prior knowledge, or HTTP/1.1 */
extern const hs_protocol hs_protocol_http1;     /* the page over HTTP/1.1 */
extern const hs_protocol hs_protocol_http2;     /* the page over HTTP/2 */
extern const hs_protocol hs_protocol_upgrade;   /* WebSocket's opening handshake */
extern const hs_protocol hs_protocol_websocket; /* and its messages, echoed */
extern const hs_protocol hs_protocol_http2_websockets; /* both on streams of HTTP/2 */
/* HTTP/2 with prior knowledge, or HTTP/1.1, for a WebSocket */
extern const hs_protocol hs_protocol_cleartext_upgrade;

#endif
