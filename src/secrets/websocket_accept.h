/* Sec-WebSocket-Accept (RFC 6455 4.2.2): base64 of the SHA-1 of the key and a fixed GUID. */
#ifndef HS_SECRETS_WEBSOCKET_ACCEPT_H
#define HS_SECRETS_WEBSOCKET_ACCEPT_H

#include "wire/websocket.h"

/* The value that answers `key`, which is taken as it came. HS_OK or HS_CRYPTO. */
HS_CHECKED hs_result hs_websocket_accept(hs_bytes key, char out[HS_WEBSOCKET_ACCEPT_SIZE]);

#endif
