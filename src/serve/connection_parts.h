/* What the files of the connection share: it is one thing, told in four parts. */
#ifndef HS_SERVE_CONNECTION_PARTS_H
#define HS_SERVE_CONNECTION_PARTS_H

#include "serve/connection.h"

static inline uv_stream_t *hs_connection_stream(hs_connection *c)
{
    return (uv_stream_t *)&c->socket;
}

/* connection.c: the beginning */
bool hs_connection_start_protocol(hs_connection *c, const hs_protocol *protocol);

/* connection_tls.c: the TLS session */
bool hs_connection_start_tls(hs_connection *c);
void hs_connection_feed_tls(hs_connection *c, hs_bytes bytes);

/* connection_transfer.c: bytes in and out */
void hs_connection_send_raw(hs_connection *c, hs_bytes bytes);
/* Reads, unless there is a reason not to. */
void hs_connection_read_or_wait(hs_connection *c);
/* Tells a protocol that waits for it that there is room. */
void hs_connection_go_on(hs_connection *c);

/* connection_end.c: deadlines and the end */
void hs_connection_arm_timer(hs_connection *c);
/* As hs_connection_set_deadline, in every phase. While the server stops, the deadline is its own.
 */
void hs_connection_set_own_deadline(hs_connection *c, unsigned milliseconds);
void hs_connection_note_error(hs_connection *c, int error);
/* The socket cannot go on. */
void hs_connection_fail(hs_connection *c, int error);
/* Sends FIN behind what is queued. */
void hs_connection_shut_down(hs_connection *c);

#endif
