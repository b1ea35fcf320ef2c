#include "decode/telling_field.h"

#include "wire/http1.h"

enum { DETAILS_MAX = 48 };

const char *hs_telling_field(const hs_event *event, hs_bytes name)
{
    static const char *const telling[] = {
        ":method",
        ":scheme",
        ":authority",
        ":path",
        ":protocol",
        ":status",
        "host",
        "user-agent",
        "server",
        "via",
        "location",
        "date",
        "content-type",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "http2-settings",
        "alt-svc",
        "retry-after",
        "strict-transport-security",
        "www-authenticate",
        "origin",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "sec-websocket-accept",
    };
    size_t count = 0;
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        count++;
    }
    for (size_t i = 0; count < DETAILS_MAX && i < sizeof telling / sizeof telling[0]; i++) {
        if (hs_http1_is_same(name, telling[i])) {
            return telling[i];
        }
    }
    return NULL;
}
