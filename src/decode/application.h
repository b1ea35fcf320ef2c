/* The bytes inside the transport's protection: HTTP/1.1, the WebSocket upgrade and frames, HTTP/2,
 * or data of no known protocol. Finds out by itself which it is. */
#ifndef HS_DECODE_APPLICATION_H
#define HS_DECODE_APPLICATION_H

#include <stdbool.h>

#include <handshake/trace.h>

/* Plain bytes of one direction, and which bytes of that side's TCP stream carried them. */
typedef struct hs_chunk {
    hs_side from;
    hs_bytes bytes;
    uint64_t first;
    uint64_t end;
    bool is_protected; /* they crossed encrypted */
} hs_chunk;

typedef struct hs_application hs_application;

/* NULL when out of memory. */
hs_application *hs_application_new(hs_trace *trace);
void hs_application_free(hs_application *application);
/* Never fails on what the peer sent. HS_NO_MEMORY, HS_LIMIT: that direction is no longer decoded.
 */
HS_CHECKED hs_result hs_application_feed(hs_application *application, const hs_chunk *chunk);
/* Bytes of that direction are missing here. What they were part of is shown as far as it goes, what
 * follows is data. */
HS_CHECKED hs_result hs_application_gap(hs_application *application, hs_side from);
/* What the client has said counts for nothing, and it begins anew: its early data was rejected. */
void hs_application_forget_client(hs_application *application);
/* No protocol that is known here is spoken, or not yet. */
bool hs_application_is_unknown(const hs_application *application);
/* No more is coming: an unfinished message becomes an event that says so. */
void hs_application_finish(hs_application *application);

#endif
