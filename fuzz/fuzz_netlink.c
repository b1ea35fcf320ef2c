/* Any bytes as a netlink datagram: messages go on, and what is given out lies within. */
#include <stdlib.h>

#include "audit/messages.h"
#include "net/netlink_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_payload(hs_bytes payload)
{
    hs_audit_listener listener;
    hs_audit_route route;
    char text[HS_AUDIT_ENDPOINT];
    bool is_listening;
    bool is_default;
    if (hs_audit_listener_read(payload, &listener, &is_listening) == HS_OK &&
        hs_audit_endpoint(&listener, text)[0] == '\0') {
        abort();
    }
    if (hs_audit_route_read(payload, &route, &is_default) == HS_OK && payload.len == 0) {
        abort();
    }
    if (hs_netlink_error_read(payload) < -1) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_fault fault;
    hs_reader r;
    hs_netlink_message message;
    hs_reader_init(&r, (hs_bytes){data, size}, &fault, NULL);
    while (hs_reader_left(&r) > 0) {
        size_t before = hs_reader_left(&r);
        if (hs_netlink_message_read(&r, &message) != HS_OK) {
            break;
        }
        if (hs_reader_left(&r) >= before || message.payload.len > before) {
            abort();
        }
        read_payload(message.payload);
    }
    read_payload((hs_bytes){data, size});
    return 0;
}
