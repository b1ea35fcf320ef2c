/* What a probe does with a WebSocket, whichever version of HTTP it begins in. */
#ifndef HS_PROBE_WEBSOCKET_H
#define HS_PROBE_WEBSOCKET_H

#include <wslay/wslay.h>

#include "probe/run.h"

/* The frames of RFC 6455 5: one ping, whose pong (or a message) is the first response. */
typedef struct hs_probe_frames {
    hs_run *run;
    void (*send)(hs_run *run, hs_bytes bytes);
    wslay_event_context_ptr wslay; /* NULL before they are opened */
    hs_bytes incoming;             /* what wslay has not taken yet */
    bool answered;                 /* the pong, or a message, came */
    bool close_received;
} hs_probe_frames;

/* Sends the ping. */
HS_CHECKED hs_result hs_probe_frames_open(hs_probe_frames *frames, hs_run *run,
                                          void (*send)(hs_run *run, hs_bytes bytes));
/* Bytes that came: with the answer in them the step is done. May fail the run. */
void hs_probe_frames_receive(hs_probe_frames *frames, hs_bytes bytes);
/* Says goodbye, where they are open. */
void hs_probe_frames_leave(hs_probe_frames *frames);
void hs_probe_frames_free(hs_probe_frames *frames);

/* The peer's bytes for a message; never NULL. */
const char *hs_probe_text(hs_run *run, hs_bytes bytes);
/* RFC 6455 4.1: a subprotocol that was not offered fails the run. True where it was. */
bool hs_probe_subprotocol_is_good(hs_run *run, hs_bytes chosen);
/* RFC 6455 4.1: so does an extension, and none is ever offered here. Browsers end such a
 * connection. */
bool hs_probe_extensions_are_good(hs_run *run, hs_bytes chosen);
/* The server refused the upgrade: fails the run. `location` may be NULL. */
void hs_probe_upgrade_refused(hs_run *run, int status, const char *reason, const char *location);

#endif
