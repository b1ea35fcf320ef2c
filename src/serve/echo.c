/* The protocol of tcp:// and tls://: what comes goes back (RFC 862). */
#include "serve/protocols.h"

static void echo_received(hs_connection *c, hs_bytes bytes)
{
    hs_connection_line(c, "received %zu byte%s%s", bytes.len, bytes.len == 1 ? "" : "s",
                       hs_connection_is_early(c) ? " as early data" : "");
    c->units += bytes.len;
    hs_connection_send(c, bytes);
}

const hs_protocol hs_protocol_echo = {
    .unit = "byte",
    .received = echo_received,
};
