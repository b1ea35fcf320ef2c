/* What the steps that speak HTTP/2 through nghttp2 have in common. */
#ifndef HS_PROBE_HTTP2_CLIENT_H
#define HS_PROBE_HTTP2_CLIENT_H

#include <nghttp2/nghttp2.h>

#include "probe/run.h"

/* They get the run as their context. */
typedef struct hs_http2_client_callbacks {
    nghttp2_on_header_callback header;
    nghttp2_on_frame_recv_callback frame;
    nghttp2_on_invalid_frame_recv_callback invalid_frame;
    nghttp2_on_data_chunk_recv_callback data; /* NULL: of no interest */
} hs_http2_client_callbacks;

/* nghttp2's error. */
int hs_http2_client_new(hs_run *run, const hs_http2_client_callbacks *callbacks,
                        nghttp2_session **out);
/* What nghttp2 wants to send goes out in one piece, so that it leaves in one segment. */
void hs_http2_client_flush(hs_run *run, nghttp2_session *session);
/* Hands bytes to nghttp2. False: the run has failed. */
bool hs_http2_client_receive(hs_run *run, nghttp2_session *session, hs_bytes bytes);
/* Fails the run: nghttp2 found a breach in these bytes, which are the last that came. Which one, it
 * tells only of some (its on_invalid_frame_recv): else 0. */
void hs_http2_client_fail(hs_run *run, hs_bytes bytes, int breach);
/* Our SETTINGS; nghttp2's error. */
int hs_http2_client_settings(nghttp2_session *session);

enum { HS_HTTP2_AGENT_MAX = 64 };
/* One field of a request; both are borrowed. */
nghttp2_nv hs_http2_field(const char *name, const char *value);
/* The value of user-agent; returns `out`. */
const char *hs_http2_agent(char out[HS_HTTP2_AGENT_MAX]);

#endif
