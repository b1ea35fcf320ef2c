/* WebSocket messages (RFC 6455 5 to 7), echoed, whichever transport they come by. */
#ifndef HS_SERVE_WEBSOCKET_FRAMES_H
#define HS_SERVE_WEBSOCKET_FRAMES_H

#include <wslay/wslay.h>

#include "serve/connection.h"

/* What carries the frames. */
typedef struct hs_frames_transport {
    /* Whether more should be made to send now; if not, hs_frames_flush is called when it should. */
    bool (*has_room)(void *context);
    void (*send)(void *context, hs_bytes bytes);
    void *context;
    hs_connection *connection; /* for its lines and counts */
    int32_t stream;            /* of HTTP/2, for the lines; 0: none */
} hs_frames_transport;

typedef struct hs_frames {
    hs_frames_transport transport;
    wslay_event_context_ptr wslay;
    hs_bytes input;  /* not yet taken by wslay */
    bool is_starved; /* an echo could not be kept */
} hs_frames;

typedef enum hs_frames_state {
    HS_FRAMES_OPEN,
    HS_FRAMES_CLOSED, /* both sides have sent a close */
    HS_FRAMES_BROKEN, /* the peer broke the protocol, and was told so by a close */
    HS_FRAMES_NO_MEMORY,
} hs_frames_state;

HS_CHECKED hs_result hs_frames_open(hs_frames *frames, const hs_frames_transport *transport);
void hs_frames_free(hs_frames *frames);
/* Takes what the peer sent, and answers as far as there is room. */
hs_frames_state hs_frames_receive(hs_frames *frames, hs_bytes bytes);
/* Sends what waits, as far as there is room. */
hs_frames_state hs_frames_flush(hs_frames *frames);
/* Queues a close with code 1001. False: it cannot be said. hs_frames_flush is to follow. */
bool hs_frames_leave(hs_frames *frames, const char *why);

#endif
