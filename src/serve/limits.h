/* What one server, and one connection to it, may use. */
#ifndef HS_SERVE_LIMITS_H
#define HS_SERVE_LIMITS_H

enum {
    HS_SERVE_CONNECTIONS_MAX = 1024, /* at once; more are refused */
    HS_SERVE_IDLE_MS = 60 * 1000,    /* without a byte in either direction */
    HS_SERVE_HANDSHAKE_MS = 10 *
                            1000, /* for TLS; for a request's head; for HTTP/2's first SETTINGS */
    HS_SERVE_GOODBYE_MS = 1000,   /* for the peer's FIN after ours */
    HS_SERVE_READ_SIZE = 64 * 1024,
    HS_SERVE_QUEUE_HIGH = 1024 * 1024,  /* bytes not yet sent: above, nothing more is read */
    HS_SERVE_QUEUE_LOW = 256 * 1024,    /* until below this */
    HS_SERVE_MESSAGE_MAX = 1024 * 1024, /* of a WebSocket message */
};

#endif
